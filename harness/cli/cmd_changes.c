// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stepping.h"
#include "judge/changes.h"
#include "record/import_csv.h"
#include "report/news.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* On standard error: how much was looked at, and what is only suspected is no change yet. */
static void summary(const struct stepped *all, size_t n, bool shown)
{
    size_t changes = 0, suspected = 0, points = 0, acked = 0;

    for (size_t i = 0; i < n; i++) {
        points += all[i].n_points;
        for (size_t k = 0; k < all[i].n_steps; k++) {
            changes += all[i].steps[k].state == STEP_CONFIRMED;
            acked += all[i].steps[k].acked != NULL;
            suspected += all[i].steps[k].state == STEP_SUSPECTED;
            if (all[i].file && all[i].steps[k].state == STEP_SUSPECTED)
                say("pawl changes: suspected at index %zu, since %zu point%s: %g, then %g; the third decides",
                    all[i].steps[k].index, all[i].steps[k].n_after, all[i].steps[k].n_after == 1 ? "" : "s",
                    all[i].steps[k].before, all[i].steps[k].after);
        }
    }
    say("pawl changes: %zu change%s, %zu suspected, in %zu series of %zu points", changes, changes == 1 ? "" : "s",
        suspected, n, points);
    if (acked)
        say("pawl changes: %zu of them acknowledged%s", acked, shown ? "" : ": --all shows these, too");
}

static int print(const struct context *context, const struct stepped *all, size_t n, struct err *err)
{
    struct table_style style = stdout_style();
    struct text out = { 0 };

    if (context->options->json)
        steps_json(all, n, &out);
    else
        steps_table(all, n, context->options->all, &style, &out);
    summary(all, n, context->options->all || context->options->json);
    return print_text(&out, err);
}

static int of_csv(const struct context *context, struct err *err)
{
    const struct options *o = context->options;
    struct stepped one = { .file = o->csv };
    struct import_csv csv;
    struct step *steps;
    int ret;

    if (o->n_args)
        return err_set(err, ERR_USAGE, "a GLOB selects series of the history: not together with --csv");
    if (import_csv(o->csv, o->column, &csv, err) < 0)
        return -1;
    one.column = csv.column;
    one.n_points = csv.n;
    one.n_steps = changes_find(csv.values, NULL, csv.n, &steps);
    one.steps = steps;
    ret = print(context, &one, 1, err);
    free(steps);
    import_csv_free(&csv);
    return ret;
}

/* The change that the user means. */
static const struct step *find_by_id(const struct stepping *stepping, const char *id, const struct series **series)
{
    for (size_t i = 0; i < stepping->n; i++)
        for (size_t k = 0; k < stepping->all[i].n_steps; k++) {
            const struct step *step = &stepping->all[i].steps[k];
            char own[STEP_ID];

            *series = stepping->all[i].series;
            step_id((*series)->case_id, (*series)->metric, (*series)->host_class, (*series)->points[step->index].run,
                    own);
            if (strcmp(own, id) == 0)
                return step;
        }
    return NULL;
}

static int add_ack(const struct series *series, const struct step *step, const char *reason, struct store *store,
                   struct err *err)
{
    struct ack ack = { .run = series->points[step->index].run };
    time_t now = time(NULL);
    struct tm utc;

    text_copy(ack.case_id, sizeof(ack.case_id), series->case_id);
    text_copy(ack.metric, sizeof(ack.metric), series->metric);
    text_copy(ack.host_class, sizeof(ack.host_class), series->host_class);
    text_copy(ack.reason, sizeof(ack.reason), reason);
    strftime(ack.at, sizeof(ack.at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    if (store_add_ack(store, &ack, err) < 0)
        return -1;
    say("pawl changes: acknowledged: %s, %s on %s, since run %lld", ack.case_id, ack.metric, ack.host_class,
        (long long)ack.run);
    return 0;
}

/* Is it the same change, seen in another metric of the case: to the worse or to the better as well, and begun by the same
 * run? Noise may show it to one a run or two later. */
static bool is_same_change(const struct series *a, const struct step *x, const struct series *b, const struct step *y)
{
    int64_t first = a->points[x->index].run;
    bool near = false;

    if (a == b || y->state == STEP_SUSPECTED || strcmp(a->case_id, b->case_id) != 0 || strcmp(a->host_class, b->host_class) != 0)
        return false;
    for (size_t i = y->index > 2 ? y->index - 2 : 0; i <= y->index + 2 && i < b->n_points; i++)
        near |= b->points[i].run == first;
    return near && (news_harm(a, x) > 0) == (news_harm(b, y) > 0);
}

static int acknowledge(const struct context *context, struct store *store, const struct stepping *stepping,
                       struct err *err)
{
    const struct options *o = context->options;
    const struct series *series;
    const struct step *step = find_by_id(stepping, o->ack, &series);
    int ret;

    if (!step)
        return err_set(err, ERR_CONFIG,
                       "there is no change '%s' in '%s': 'pawl changes --all' lists them with their ids", o->ack,
                       o->db);
    if (step->state == STEP_SUSPECTED)
        return err_set(err, ERR_CONFIG, "'%s' is only suspected: it can be acknowledged from its third point on",
                       o->ack);
    if (!text_is_utf8(o->reason) || strlen(o->reason) >= sizeof(((struct ack *)NULL)->reason))
        return err_set(err, ERR_USAGE, "the reason is longer than %zu bytes or no UTF-8",
                       sizeof(((struct ack *)NULL)->reason) - 1);
    ret = add_ack(series, step, o->reason, store, err);
    for (size_t i = 0; i < stepping->n; i++)
        for (size_t k = 0; k < stepping->all[i].n_steps && ret == 0; k++) {
            const struct stepped *other = &stepping->all[i];

            if (!other->steps[k].acked && is_same_change(series, step, other->series, &other->steps[k]))
                ret = add_ack(other->series, &other->steps[k], o->reason, store, err);
        }
    return ret;
}

static int of_history(const struct context *context, struct err *err)
{
    const struct options *o = context->options;
    struct store *store = o->ack ? store_open_old(o->db, err) : store_open(o->db, STORE_READ, err);
    struct history history = { 0 };
    struct stepping stepping = { 0 };
    int ret = -1;

    if (!store || store_load_history(store, o->args, o->n_args, &history, err) < 0 ||
        stepping_find(store, &history, &stepping, err) < 0)
        goto out;
    if (o->ack)
        ret = acknowledge(context, store, &stepping, err);
    else if (stepping.n == 0 && o->n_args)
        err_set(err, ERR_CONFIG, "no series in '%s' is selected by '%s'", o->db, o->args[0]);
    else
        ret = print(context, stepping.all, stepping.n, err);
out:
    stepping_free(&stepping);
    history_free(&history);
    store_close(store);
    return ret;
}

int cmd_changes(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    int ret = 0;

    for (size_t i = 0; i < o->n_args && ret == 0; i++)
        ret = text_glob_check(o->args[i], &err);
    if (ret == 0 && o->column && !o->csv)
        ret = err_set(&err, ERR_USAGE, "--column is one of the file that --csv names");
    if (ret == 0 && !o->ack != !o->reason)
        ret = err_set(&err, ERR_USAGE, "--ack ID and --reason TEXT go together");
    if (ret == 0 && o->ack && o->csv)
        ret = err_set(&err, ERR_USAGE, "--ack is of the history: not together with --csv");
    if (ret == 0)
        ret = o->csv ? of_csv(context, &err) : of_history(context, &err);
    return ret < 0 ? say_error(context, &err) : 0;
}
