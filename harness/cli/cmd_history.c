// SPDX-License-Identifier: MIT
/* cmd_history.c -- `history`, and what keeps it small and safe: `prune` and `backup`. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stepping.h"
#include "record/store_backup.h"
#include "record/store_prune.h"
#include "report/history.h"

#include <time.h>

static int print_history(const struct context *context, const struct stepping *stepping, struct err *err)
{
    struct table_style style = stdout_style();
    struct text out = { 0 };

    if (context->options->json)
        history_json(stepping->all, stepping->n, &out);
    else
        history_table(stepping->all, stepping->n, &style, &out);
    return print_text(&out, err);
}

int cmd_history(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    struct store *store = NULL;
    struct history history = { 0 };
    struct stepping stepping = { 0 };
    int ret = 0;

    for (size_t i = 0; i < o->n_args && ret == 0; i++)
        ret = text_glob_check(o->args[i], &err);
    if (ret == 0 && !(store = store_open(o->db, STORE_READ, &err)))
        ret = -1;
    if (ret == 0)
        ret = store_load_history(store, o->args, o->n_args, &history, &err);
    if (ret == 0 && history.n_series == 0 && o->n_args)
        ret = err_set(&err, ERR_CONFIG, "no series in '%s' is selected by '%s'", o->db, o->args[0]);
    if (ret == 0)
        ret = stepping_find(store, &history, &stepping, &err);
    if (ret == 0)
        ret = print_history(context, &stepping, &err);
    stepping_free(&stepping);
    history_free(&history);
    store_close(store);
    return ret < 0 ? say_error(context, &err) : 0;
}

int cmd_prune(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    struct store *store = store_open_old(o->db, &err);
    time_t before = time(NULL) - (time_t)o->days * 86400;
    struct pruned pruned;
    struct tm utc;
    char at[32];
    int ret;

    strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&before, &utc));
    ret = store ? store_prune(store, at, o->dry_run, &pruned, &err) : -1;
    if (ret == 0)
        say("pawl prune: %lld samples of %lld runs before %.10s %s %lld summaries of blocks; figures and verdicts stay",
            (long long)pruned.samples, (long long)pruned.runs, at, o->dry_run ? "would become" : "became",
            (long long)pruned.blocks);
    if (ret == 0 && pruned.bytes > 0)
        say("pawl prune: '%s' is %.1f MB smaller", o->db, (double)pruned.bytes / 1e6);
    store_close(store);
    return ret < 0 ? say_error(context, &err) : 0;
}

int cmd_backup(const struct context *context)
{
    const struct options *o = context->options;
    struct err err = { 0 };
    struct store *store = NULL;
    int ret = -1;

    if (o->n_args == 0)
        err_set(&err, ERR_USAGE, "name the file of the copy: pawl backup FILE");
    else if ((store = store_open(o->db, STORE_READ, &err)))
        ret = store_backup(store, o->args[0], &err);
    if (ret == 0)
        say("pawl backup: '%s' is a copy of '%s'", o->args[0], o->db);
    store_close(store);
    return ret < 0 ? say_error(context, &err) : 0;
}
