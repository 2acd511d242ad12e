// SPDX-License-Identifier: MIT
/* Reports of Google Benchmark, each of a process, as a run: a benchmark is a case, a file a block. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/imported.h"
#include "declare/gbench_report.h"
#include "measure/foreign.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One repetition. Those of one benchmark lie together, and those of one file in them. */
struct repetition {
    size_t benchmark, file; /* numbers */
    const struct gbench_row *row;
};

static int order(const void *a, const void *b)
{
    const struct repetition *one = a, *two = b;

    if (one->benchmark != two->benchmark)
        return one->benchmark < two->benchmark ? -1 : 1;
    if (one->file != two->file)
        return one->file < two->file ? -1 : 1;
    return one->row < two->row ? -1 : one->row > two->row;
}

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

/* The median of each file that has such a figure; none where no file has. */
static int add_figure(const struct repetition *r, size_t n, const char *what, const struct metric *m, struct case_result *c,
                      struct err *err)
{
    double *blocks = mem_array(n, sizeof(*blocks)), *values = mem_array(n, sizeof(*values)), spread = NAN;
    size_t n_blocks = 0, n_values = 0;
    int ret = 0;

    for (size_t i = 0; i < n; i++) {
        if (isfinite(figure_of(r[i].row, what)))
            values[n_values++] = figure_of(r[i].row, what);
        if (n_values && (i + 1 == n || r[i + 1].file != r[i].file)) {
            stats_sort(values, n_values);
            blocks[n_blocks++] = stats_median(values, n_values);
            spread = isnan(spread) ? stats_spread(values, n_values) : fmax(spread, stats_spread(values, n_values));
            n_values = 0;
        }
    }
    if (n_blocks)
        ret = imported_metric(c, m, blocks, n_blocks, spread, err);
    free(blocks);
    free(values);
    return ret;
}

/* The counters of the first repetition are those of all. */
static int add_counters(const struct repetition *r, size_t n, const struct scenario *own, struct case_result *c, struct err *err)
{
    int ret = 0;

    for (size_t k = 0; k < r[0].row->n_counters && ret == 0; k++) {
        const char *counter = r[0].row->counters[k].name;
        char name[NAME_MAX_LEN];
        struct metric m = foreign_metric(counter, name);

        if (case_estimate(c, name))
            say("pawl import: '%s': the counter '%s' is left out: another has its name", r[0].row->name, counter);
        else
            ret = add_figure(r, n, counter, imported_known(own, &m), c, err);
    }
    return ret;
}

/* As in a run of ours: a benchmark of which a repetition failed has no figures, but the program's own words. */
static int add_benchmark(struct imported *im, const char *title, const struct repetition *r, size_t n, struct err *err)
{
    const struct scenario *own;
    struct case_result *c = imported_case(im, "gbench", title, r[0].row->name, &own);

    if (im->run.n_cases > IMPORTED_CASES_MAX)
        return err_set(err, ERR_CONFIG, "more than %d benchmarks: '%.60s' is one too many", IMPORTED_CASES_MAX, r[0].row->name);
    for (size_t i = 0; i < n; i++)
        if (r[i].row->error) {
            c->status = r[i].row->skipped ? CASE_SKIPPED : CASE_FAILED;
            text_copy(c->reason, sizeof(c->reason), r[i].row->error);
            return 0;
        }
    if (add_figure(r, n, metric_time_ns.name, &metric_time_ns, c, err) < 0 ||
        add_figure(r, n, metric_cpu_time_ns.name, &metric_cpu_time_ns, c, err) < 0)
        return -1;
    return add_counters(r, n, own, c, err);
}

/* What stands in case ids for the program. */
static void title_of(const char *executable, char title[64])
{
    const char *slash = strrchr(executable, '/');

    snprintf(title, 64, "%.60s", slash ? slash + 1 : executable);
    if (!*title)
        strcpy(title, "imported");
    for (char *c = title; *c; c++)
        *c = isalnum((unsigned char)*c) || strchr("_.-", *c) ? *c : '_';
}

static int add_reports(struct imported *im, const struct gbench_report *reports, size_t n, struct err *err)
{
    struct names names = { 0 };
    struct repetition *all;
    size_t total = 0, at = 0, next;
    char title[64];
    int ret = 0;

    for (size_t f = 0; f < n; f++)
        total += reports[f].n;
    all = mem_array(total, sizeof(*all));
    for (size_t f = 0; f < n; f++)
        for (size_t i = 0; i < reports[f].n; i++)
            all[at++] = (struct repetition){ names_add(&names, reports[f].rows[i].name), f, &reports[f].rows[i] };
    qsort(all, total, sizeof(*all), order);
    title_of(reports[0].executable, title);
    for (at = 0; at < total && ret == 0; at = next) {
        for (next = at + 1; next < total && all[next].benchmark == all[at].benchmark;)
            next++;
        ret = add_benchmark(im, title, &all[at], next - at, err);
    }
    names_free(&names);
    free(all);
    return ret;
}

int import_gbench(struct imported *im, const char *const *paths, size_t n, struct err *err)
{
    struct gbench_report *reports = mem_array(n, sizeof(*reports));
    int ret = 0;

    for (size_t f = 0; f < n && ret == 0; f++)
        ret = gbench_report_read(paths[f], &reports[f], err);
    if (ret == 0) {
        imported_host(&im->run, reports[0].host);
        imported_start(&im->run, reports[0].date);
        ret = add_reports(im, reports, n, err);
    }
    for (size_t f = 0; f < n; f++)
        gbench_report_free(&reports[f]);
    free(reports);
    return ret;
}
