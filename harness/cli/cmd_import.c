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

/* What a case of this program is, by its id. */
static const struct scenario *own_case(const struct registry *registry, const char *id, struct case_result *c)
{
    for (size_t i = 0; i < registry->n; i++) {
        const struct scenario *s = registry->scenarios[i];
        size_t n = strlen(s->name);
        const char *variant = id + n + 1;

        if (strncmp(id, s->name, n) != 0 || id[n] != '/')
            continue;
        for (size_t v = 0; v < s->n_variants; v++) {
            size_t length = strlen(s->variants[v].name);

            if (strncmp(variant, s->variants[v].name, length) != 0 || (variant[length] && variant[length] != '/'))
                continue;
            text_copy(c->scenario, sizeof(c->scenario), s->name);
            text_copy(c->variant, sizeof(c->variant), s->variants[v].name);
            text_copy(c->reference, sizeof(c->reference), s->variants[0].name);
            text_copy(c->params, sizeof(c->params), variant[length] ? variant + length + 1 : "");
            c->role = s->variants[v].role;
            return s;
        }
    }
    return NULL;
}

/* One that this program has made of another's: "gbench/bench/BM_Sort/clock". */
static bool is_foreign_case(const char *id, struct case_result *c)
{
    const char *last = strrchr(id, '/');
    bool live = strncmp(id, "gbench/", 7) == 0, clock = last && strcmp(last, "/clock") == 0;

    if (!last || last - id < 8 || !(live || strncmp(id, "import/", 7) == 0) || !(strcmp(last, "/run") == 0 || (live && clock)))
        return false;
    snprintf(c->scenario, sizeof(c->scenario), "%.*s", (int)(last - id), id);
    text_copy(c->variant, sizeof(c->variant), last + 1);
    text_copy(c->reference, sizeof(c->reference), live ? "clock" : "run");
    c->role = clock ? ROLE_PEER : ROLE_OURS;
    return true;
}

/* The case of that name, which is an id where `pawl export` has written it: it comes back as what it was. */
static struct case_result *open_case(struct run_result *run, const struct registry *registry, const char *kind,
                                     const char *title, const char *name, const struct scenario **own)
{
    struct case_result c = { 0 };
    bool known;

    *own = NULL;
    known = strlen(name) < sizeof(c.id) && ((*own = own_case(registry, name, &c)) || is_foreign_case(name, &c));
    if (known) {
        text_copy(c.id, sizeof(c.id), name);
    } else {
        foreign_name(kind, title, name, c.scenario);
        text_copy(c.variant, sizeof(c.variant), "run");
        text_copy(c.reference, sizeof(c.reference), "run");
        snprintf(c.id, sizeof(c.id), "%.180s/run", c.scenario);
    }
    for (size_t i = 0; i < run->n_cases; i++)
        if (strcmp(run->cases[i].id, c.id) == 0)
            return &run->cases[i];
    *run_add_case(run) = c;
    return &run->cases[run->n_cases - 1];
}

/* What the harness or the scenario knows of a metric of that name; else `m` as it is. */
static const struct metric *known_metric(const struct scenario *own, const struct metric *m)
{
    static const struct scenario none;
    const struct metric *known = scenario_metric(own ? own : &none, m->name);

    return known ? known : m;
}

/* A figure for each block. `spread`: of the repetitions inside, NAN: there are none. One id for two names would mix them. */
static int add_metric(struct case_result *c, const struct metric *m, const double *values, size_t n, double spread,
                      struct err *err)
{
    double *sorted;
    struct interval r;
    struct estimate *e;

    if (case_estimate(c, m->name))
        return err_set(err, ERR_CONFIG, "two names come to one case id, '%s' (%s): rename one of them", c->id, m->name);
    sorted = mem_array(n, sizeof(*sorted));
    e = case_add_estimate(c);
    text_copy(e->metric, sizeof(e->metric), m->name);
    text_copy(e->unit, sizeof(e->unit), m->unit);
    e->kind = m->kind;
    e->better = m->better;
    e->blocks = mem_array(n, sizeof(*e->blocks));
    e->n_blocks = n;
    memcpy(e->blocks, values, n * sizeof(*values));
    memcpy(sorted, values, n * sizeof(*values));
    stats_sort(sorted, n);
    r = stats_median_interval(sorted, n, compare_rule_unjudged(0).alpha);
    if (m->kind == METRIC_EXACT)
        r = (struct interval){ r.value, r.value, r.value };
    e->value = r.value;
    e->low = r.low;
    e->high = r.high;
    e->spread = spread;
    c->n_blocks = c->n_blocks > n ? c->n_blocks : n;
    free(sorted);
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

/* What of a repetition: the time, the CPU time, or one of its counters. */
static double figure_of(const struct gbench_row *row, const char *what)
{
    const double *counter;

    if (strcmp(what, metric_time_ns.name) == 0)
        return row->real_ns;
    if (strcmp(what, metric_cpu_time_ns.name) == 0)
        return row->cpu_ns;
    counter = gbench_row_counter(row, what);
    return counter ? *counter : NAN;
}

/* The median over the repetitions of that name; NAN where the file has none that went well. */
static double median_of(const struct gbench_report *r, const char *name, const char *what, double *spread)
{
    double *values = mem_array(r->n, sizeof(*values)), median = NAN;
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (!r->rows[i].error && strcmp(r->rows[i].name, name) == 0 && isfinite(figure_of(&r->rows[i], what)))
            values[n++] = figure_of(&r->rows[i], what);
    stats_sort(values, n);
    *spread = n ? stats_spread(values, n) : NAN;
    if (n)
        median = stats_median(values, n);
    free(values);
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

/* A block a file. False: it has no such figure in any. */
static int add_figure(const struct reports *reports, const char *name, const char *what, const struct metric *m,
                      struct case_result *c, struct err *err)
{
    double *blocks = mem_array(reports->n, sizeof(*blocks)), spread = NAN;
    size_t n = 0;
    int ret = 0;

    for (size_t f = 0; f < reports->n; f++) {
        double one, value = median_of(&reports->all[f], name, what, &one);

        if (isnan(value))
            continue;
        blocks[n++] = value;
        spread = isnan(spread) || one > spread ? one : spread;
    }
    if (n)
        ret = add_metric(c, m, blocks, n, spread, err);
    free(blocks);
    return ret;
}

/* Of the row that is the first of its name: its counters are those of all. */
static int add_benchmark(const struct context *context, const struct reports *reports, const char *title,
                         const struct gbench_row *row, struct run_result *run, struct err *err)
{
    double unused;
    const struct scenario *own;
    struct case_result *c;
    bool any = false;
    int ret;

    for (size_t f = 0; f < reports->n; f++)
        any |= isfinite(median_of(&reports->all[f], row->name, metric_time_ns.name, &unused));
    if (!any) {
        say("pawl import: '%s' failed in every file and is left out", row->name);
        return 0;
    }
    c = open_case(run, context->registry, "gbench", title, row->name, &own);
    ret = add_figure(reports, row->name, metric_time_ns.name, &metric_time_ns, c, err);
    if (ret == 0)
        ret = add_figure(reports, row->name, metric_cpu_time_ns.name, &metric_cpu_time_ns, c, err);
    for (size_t k = 0; k < row->n_counters && ret == 0; k++) {
        char name[NAME_MAX_LEN];
        struct metric m = foreign_metric(row->counters[k].name, name);

        if (case_estimate(c, name))
            say("pawl import: '%s': the counter '%s' is left out: another has its name", row->name, row->counters[k].name);
        else
            ret = add_figure(reports, row->name, row->counters[k].name, known_metric(own, &m), c, err);
    }
    return ret;
}

static int from_gbench(const struct context *context, const char *const *paths, size_t n, struct run_result *run,
                       struct err *err)
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
            for (size_t i = 0; i < reports.all[f].n && ret == 0; i++)
                if (is_first(&reports, f, i))
                    ret = add_benchmark(context, &reports, word, &reports.all[f].rows[i], run, err);
    }
    for (size_t f = 0; f < n; f++)
        gbench_report_free(&reports.all[f]);
    free(reports.all);
    return ret;
}

/* ---- hyperfine and CSV: a time is of a process of its own ---- */

static int add_timing(const struct context *context, const char *format, const struct timing *t, struct run_result *run,
                      struct err *err)
{
    const struct scenario *own;
    struct case_result *c = open_case(run, context->registry, "import", format, t->name, &own);
    char name[NAME_MAX_LEN];
    struct metric m = t->metric ? foreign_metric(t->metric, name) : metric_time_ns;

    if (t->metric) {
        m = *known_metric(own, &m);
        m.unit = t->unit;
        m.kind = t->exact ? METRIC_EXACT : METRIC_TIMED;
    }
    return add_metric(c, &m, t->ns, t->n, NAN, err);
}

static int from_timings(const struct context *context, const char *format, const char *path, struct run_result *run,
                        struct err *err)
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
    set_host(run, "");
    set_start(run, "");
    for (size_t i = 0; i < t.n && ret == 0; i++)
        ret = add_timing(context, format, &t.rows[i], run, err);
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

int cmd_import(const struct context *context)
{
    const struct options *o = context->options;
    struct run_result run = { .info = { .seconds = NAN } };
    struct err err = { 0 };
    int ret = -1;

    if (o->n_args < 2)
        err_set(&err, ERR_USAGE, "say what to import: pawl import {gbench,hyperfine,csv} FILE");
    else if (strcmp(o->args[0], "gbench") == 0)
        ret = from_gbench(context, o->args + 1, o->n_args - 1, &run, &err);
    else if (strcmp(o->args[0], "hyperfine") != 0 && strcmp(o->args[0], "csv") != 0)
        err_set(&err, ERR_USAGE, "unknown format '%.40s' (known are gbench, hyperfine, csv)", o->args[0]);
    else if (o->n_args > 2)
        err_set(&err, ERR_USAGE, "only of gbench several files make one run: '%.80s' is too many", o->args[2]);
    else
        ret = from_timings(context, o->args[0], o->args[1], &run, &err);
    if (ret == 0) {
        snprintf(run.info.command, sizeof(run.info.command), "import %s %.200s", o->args[0], o->args[1]);
        ret = keep(context, &run, &err);
    }
    if (ret == 0)
        say("imported %zu cases as run %lld of host class '%s' into %s", run.n_cases, (long long)run.info.id,
            run.info.host.class, o->db);
    run_result_free(&run);
    return ret < 0 ? say_error(context, &err) : 0;
}
