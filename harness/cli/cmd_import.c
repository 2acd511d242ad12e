// SPDX-License-Identifier: MIT
/* cmd_import.c -- times that another tool took, as a run of the history. A file is understood whole before anything is
 * recorded. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "declare/gbench_report.h"
#include "judge/compare.h"
#include "measure/foreign.h"
#include "record/import_timings.h"
#include "record/store.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A case with the time of each of its blocks. `spreads`: of the repetitions inside, NULL: there are none. */
static void add_case(struct run_result *run, const char *kind, const char *title, const char *name, const double *ns, size_t n,
                     double spread)
{
    struct case_result *c = run_add_case(run);
    double *sorted = mem_array(n, sizeof(*sorted));
    struct interval r;
    struct estimate *e;

    memset(c, 0, sizeof(*c));
    foreign_name(kind, title, name, c->scenario);
    text_copy(c->variant, sizeof(c->variant), "run");
    text_copy(c->reference, sizeof(c->reference), "run");
    snprintf(c->id, sizeof(c->id), "%.180s/run", c->scenario);
    c->n_blocks = n;
    e = case_add_estimate(c);
    text_copy(e->metric, sizeof(e->metric), metric_time_ns.name);
    text_copy(e->unit, sizeof(e->unit), metric_time_ns.unit);
    e->better = metric_time_ns.better;
    e->blocks = mem_array(n, sizeof(*e->blocks));
    e->n_blocks = n;
    memcpy(e->blocks, ns, n * sizeof(*ns));
    memcpy(sorted, ns, n * sizeof(*ns));
    stats_sort(sorted, n);
    r = stats_median_interval(sorted, n, compare_rule_unjudged(false).alpha);
    e->value = r.value;
    e->low = r.low;
    e->high = r.high;
    e->spread = spread;
    free(sorted);
}

/* One id for two cases would mix them. */
static int check_ids(const struct run_result *run, struct err *err)
{
    for (size_t i = 0; i < run->n_cases; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(run->cases[i].id, run->cases[k].id) == 0)
                return err_set(err, ERR_CONFIG, "two names come to one case id, '%s': rename one of them", run->cases[i].id);
    return 0;
}

/* "imported-myhost": figures of a host that this program has not looked at are no host class of its own. */
static void set_host(struct run_result *run, const char *host)
{
    char *class = run->info.host.class;
    size_t n = 0;

    n = (size_t)snprintf(class, sizeof(run->info.host.class), "imported%s%.60s", *host ? "-" : "", host);
    for (size_t i = 0; i < n; i++)
        class[i] = isalnum((unsigned char)class[i]) ? (char)tolower((unsigned char)class[i]) : '-';
}

/* "2026-11-29T20:00:00+01:00" in UTC; now where it is no such date. */
static void set_start(struct run_result *run, const char *date)
{
    struct tm tm = { 0 };
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%S%z", &tm);
    long offset = tm.tm_gmtoff;
    time_t t = end && !*end ? timegm(&tm) - offset : time(NULL);
    struct tm utc;

    strftime(run->info.started, sizeof(run->info.started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &utc));
}

/* ---- Google Benchmark: a file is a process, and so a block ---- */

struct reports {
    struct gbench_report *all;
    size_t n;
};

/* The median of the repetitions of that name; NAN where the file has none that went well. */
static double median_of(const struct gbench_report *r, const char *name, double *spread)
{
    double *ns = mem_array(r->n, sizeof(*ns)), median = NAN;
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (!r->rows[i].error && strcmp(r->rows[i].name, name) == 0)
            ns[n++] = r->rows[i].real_ns;
    stats_sort(ns, n);
    *spread = n ? stats_spread(ns, n) : NAN;
    if (n)
        median = stats_median(ns, n);
    free(ns);
    return median;
}

static bool is_first(const struct reports *reports, size_t file, size_t row)
{
    const char *name = reports->all[file].rows[row].name;

    for (size_t f = 0; f <= file; f++)
        for (size_t i = 0; i < (f == file ? row : reports->all[f].n); i++)
            if (strcmp(reports->all[f].rows[i].name, name) == 0)
                return false;
    return true;
}

static void add_benchmark(const struct reports *reports, const char *title, const char *name, struct run_result *run)
{
    double *blocks = mem_array(reports->n, sizeof(*blocks)), spread = NAN;
    size_t n = 0;

    for (size_t f = 0; f < reports->n; f++) {
        double one, ns = median_of(&reports->all[f], name, &one);

        if (isnan(ns))
            continue;
        blocks[n++] = ns;
        spread = isnan(spread) || one > spread ? one : spread;
    }
    if (n)
        add_case(run, "gbench", title, name, blocks, n, spread);
    else
        say("pawl import: '%s' failed in every file and is left out", name);
    free(blocks);
}

static int from_gbench(const char *const *paths, size_t n, struct run_result *run, struct err *err)
{
    struct reports reports = { mem_array(n, sizeof(*reports.all)), n };
    const char *slash, *title;
    char word[64];
    int ret = 0;

    for (size_t f = 0; f < n && ret == 0; f++)
        ret = gbench_report_read(paths[f], &reports.all[f], err);
    if (ret == 0) {
        slash = strrchr(reports.all[0].executable, '/');
        title = slash ? slash + 1 : reports.all[0].executable;
        snprintf(word, sizeof(word), "%.60s", *title ? title : "imported");
        for (char *c = word; *c; c++)
            *c = isalnum((unsigned char)*c) || strchr("_.-", *c) ? *c : '_';
        set_host(run, reports.all[0].host);
        set_start(run, reports.all[0].date);
        for (size_t f = 0; f < n; f++)
            for (size_t i = 0; i < reports.all[f].n; i++)
                if (is_first(&reports, f, i))
                    add_benchmark(&reports, word, reports.all[f].rows[i].name, run);
    }
    for (size_t f = 0; f < n; f++)
        gbench_report_free(&reports.all[f]);
    free(reports.all);
    return ret;
}

/* ---- hyperfine and CSV: a time is of a process of its own ---- */

static int from_timings(const char *format, const char *path, struct run_result *run, struct err *err)
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
    if (ret == 0 && t.others)
        say("pawl import: %zu lines of metrics other than time_ns are left out: they follow from it, or cannot be held", t.others);
    set_host(run, "");
    set_start(run, "");
    for (size_t i = 0; i < t.n && ret == 0; i++)
        add_case(run, "import", format, t.rows[i].name, t.rows[i].ns, t.rows[i].n, NAN);
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
    if (store && store_begin_run(store, &run->info, err) == 0 && store_finish_run(store, run, err) == 0)
        ret = 0;
    store_close(store);
    return ret;
}

int cmd_import(const struct context *context)
{
    const struct options *o = context->options;
    struct run_result run = { .info = { .seconds = NAN } };
    struct err err = { 0 };
    int ret = -1;

    if (o->n_args < 2)
        err_set(&err, ERR_USAGE, "say what to import: pawl import {gbench,hyperfine,csv} FILE");
    else if (strcmp(o->args[0], "gbench") == 0)
        ret = from_gbench(o->args + 1, o->n_args - 1, &run, &err);
    else if (strcmp(o->args[0], "hyperfine") != 0 && strcmp(o->args[0], "csv") != 0)
        err_set(&err, ERR_USAGE, "unknown format '%.40s' (known are gbench, hyperfine, csv)", o->args[0]);
    else if (o->n_args > 2)
        err_set(&err, ERR_USAGE, "only of gbench several files make one run: '%.80s' is too many", o->args[2]);
    else
        ret = from_timings(o->args[0], o->args[1], &run, &err);
    if (ret == 0) {
        snprintf(run.info.command, sizeof(run.info.command), "import %s %.200s", o->args[0], o->args[1]);
        ret = check_ids(&run, &err) < 0 ? -1 : keep(context, &run, &err);
    }
    if (ret == 0)
        say("imported %zu cases as run %lld of host class '%s' into %s", run.n_cases, (long long)run.info.id,
            run.info.host.class, o->db);
    run_result_free(&run);
    return ret < 0 ? say_error(context, &err) : 0;
}
