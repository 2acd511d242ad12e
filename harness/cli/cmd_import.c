// SPDX-License-Identifier: MIT
/* cmd_import.c -- times that another tool took, as a run of the history. A file is understood whole before anything is
 * recorded. */
#include "cli/commands.h"
#include "cli/imported.h"
#include "declare/gbench_report.h"
#include "measure/foreign.h"
#include "record/import_timings.h"
#include "record/store.h"
#include "report/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of hyperfine and CSV: a time is of a process of its own. */
static int add_timing(struct imported *im, const char *format, const struct timing *t, struct err *err)
{
    const struct scenario *own;
    struct case_result *c = imported_case(im, "import", format, t->name, &own);
    char name[NAME_MAX_LEN];
    struct metric m = t->metric ? foreign_metric(t->metric, name) : metric_time_ns;

    if (im->run.n_cases > IMPORTED_CASES_MAX)
        return err_set(err, ERR_CONFIG, "more than %d cases: '%.60s' is one too many", IMPORTED_CASES_MAX, t->name);
    if (t->metric) {
        m = *imported_known(own, &m);
        m.unit = t->unit;
        m.kind = t->exact ? METRIC_EXACT : METRIC_TIMED;
    }
    return imported_metric(c, &m, t->ns, t->n, NAN, err);
}

static int from_timings(struct imported *im, const char *format, const char *path, struct err *err)
{
    struct timings t = { 0 };
    size_t n;
    int ret = -1;

    if (strcmp(format, "csv") == 0) {
        ret = import_timings_csv(path, &t, err);
    } else {
        char *bytes = gbench_report_bytes(path, &n, err);

        if (bytes && (ret = import_hyperfine(bytes, n, &t, err)) < 0)
            err_wrap(err, "cannot read '%.150s'", path);
        free(bytes);
    }
    imported_host(&im->run, "");
    imported_start(&im->run, "");
    for (size_t i = 0; i < t.n && ret == 0; i++)
        ret = add_timing(im, format, &t.rows[i], err);
    import_timings_free(&t);
    return ret;
}

static int keep(const struct context *context, struct run_result *run, struct err *err)
{
    struct store *store;
    int ret = -1;

    if (run->n_cases == 0)
        return err_set(err, ERR_CONFIG, "nothing in it can be imported");
    store = store_open(context->options->db, STORE_WRITE, err);
    if (store)
        ret = store_add_run(store, run, err);
    store_close(store);
    return ret;
}

static void say_imported(const struct context *context, const struct run_result *run)
{
    size_t none = 0;

    for (size_t i = 0; i < run->n_cases; i++)
        none += run->cases[i].status != CASE_OK;
    say("imported %zu cases as run %lld of host class '%s' into %s", run->n_cases, (long long)run->info.id, run->info.host.class,
        context->options->db);
    for (size_t i = 0; i < run->n_cases && none; i++)
        if (run->cases[i].status != CASE_OK)
            say("    %s: %s: %s", figure_status(run->cases[i].status), run->cases[i].id, run->cases[i].reason);
}

int cmd_import(const struct context *context)
{
    const struct options *o = context->options;
    struct imported im = { .registry = context->registry, .run = { .info = { .seconds = NAN } } };
    struct run_info *info = &im.run.info;
    struct err err = { 0 };
    int ret = -1;

    if (o->n_args < 2)
        err_set(&err, ERR_USAGE, "say what to import: pawl import {gbench,hyperfine,csv} FILE");
    else if (strcmp(o->args[0], "gbench") == 0)
        ret = import_gbench(&im, o->args + 1, o->n_args - 1, &err);
    else if (strcmp(o->args[0], "hyperfine") != 0 && strcmp(o->args[0], "csv") != 0)
        err_set(&err, ERR_USAGE, "unknown format '%.40s' (known are gbench, hyperfine, csv)", o->args[0]);
    else if (o->n_args > 2)
        err_set(&err, ERR_USAGE, "only of gbench several files make one run: '%.80s' is too many", o->args[2]);
    else
        ret = from_timings(&im, o->args[0], o->args[1], &err);
    if (ret == 0) {
        snprintf(info->command, sizeof(info->command), "import %s %.200s", o->args[0], o->args[1]);
        ret = keep(context, &im.run, &err);
    }
    if (ret == 0)
        say_imported(context, &im.run);
    names_free(&im.ids);
    run_result_free(&im.run);
    return ret < 0 ? say_error(context, &err) : 0;
}
