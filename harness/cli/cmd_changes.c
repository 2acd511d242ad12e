// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "cli/commands.h"
#include "judge/changes.h"
#include "record/import_csv.h"
#include "record/store.h"
#include "report/steps.h"

#include <stdlib.h>

/* On standard error: how much was looked at, and what is only suspected is no change yet. */
static void summary(const struct stepped *all, size_t n)
{
    size_t changes = 0, suspected = 0, points = 0;

    for (size_t i = 0; i < n; i++) {
        points += all[i].n_points;
        for (size_t k = 0; k < all[i].n_steps; k++) {
            changes += all[i].steps[k].state == STEP_CONFIRMED;
            suspected += all[i].steps[k].state == STEP_SUSPECTED;
            if (all[i].file && all[i].steps[k].state == STEP_SUSPECTED)
                say("pawl changes: suspected at index %zu, since %zu point%s: %g, then %g; the third decides",
                    all[i].steps[k].index, all[i].steps[k].n_after, all[i].steps[k].n_after == 1 ? "" : "s",
                    all[i].steps[k].before, all[i].steps[k].after);
        }
    }
    say("pawl changes: %zu change%s, %zu suspected, in %zu series of %zu points", changes, changes == 1 ? "" : "s",
        suspected, n, points);
}

static int print(const struct context *context, const struct stepped *all, size_t n, struct err *err)
{
    struct table_style style = stdout_style();
    struct text out = { 0 };

    if (context->options->json)
        steps_json(all, n, &out);
    else
        steps_table(all, n, &style, &out);
    summary(all, n);
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

static struct stepped search(const struct series *series)
{
    double *values = mem_array(series->n_points, sizeof(*values));
    int *epochs = mem_array(series->n_points, sizeof(*epochs)), epoch = 0;
    struct stepped found = { .series = series, .n_points = series->n_points };
    const char *known = "";
    struct step *steps;

    for (size_t i = 0; i < series->n_points; i++) {
        values[i] = series->points[i].value;
        epochs[i] = epoch += point_opens_epoch(&series->points[i], &known);
    }
    found.n_steps = changes_find(values, epochs, series->n_points, &steps);
    found.steps = steps;
    free(values);
    free(epochs);
    return found;
}

static int of_history(const struct context *context, struct err *err)
{
    const struct options *o = context->options;
    struct store *store = store_open(o->db, STORE_READ, err);
    struct history history = { 0 };
    struct stepped *all = NULL;
    size_t n = 0;
    int ret = -1;

    if (!store || store_load_history(store, o->args, o->n_args, &history, err) < 0)
        goto out;
    all = mem_array(history.n_series, sizeof(*all));
    for (size_t i = 0; i < history.n_series; i++)
        if (text_globs(o->args, o->n_args, history.series[i].case_id))
            all[n++] = search(&history.series[i]);
    if (n == 0 && history.n_series > 0)
        err_set(err, ERR_CONFIG, "no series in '%s' is selected by '%s'", o->db, o->args[0]);
    else
        ret = print(context, all, n, err);
out:
    for (size_t i = 0; i < n; i++)
        free((void *)all[i].steps);
    free(all);
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
    if (ret == 0)
        ret = o->csv ? of_csv(context, &err) : of_history(context, &err);
    return ret < 0 ? say_error(context, &err) : 0;
}
