// SPDX-License-Identifier: MIT
/* compare_runs.c -- the second half of compare.h: how the estimates of two runs differ. */
#include "judge/compare.h"

#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *logs(const struct estimate *e)
{
    double *l = mem_array(e->n_blocks, sizeof(*l));

    for (size_t i = 0; i < e->n_blocks; i++)
        l[i] = log(e->blocks[i]);
    return l;
}

struct interval compare_change(const struct estimate *a, const struct estimate *b, double alpha)
{
    struct interval r = { NAN, -INFINITY, INFINITY };
    double *x, *y;

    if (a->n_blocks < 1 || b->n_blocks < 1 || a->n_blocks > STATS_SHIFT_MAX || b->n_blocks > STATS_SHIFT_MAX)
        return r;
    if (a->kind == METRIC_EXACT)
        return (struct interval){ b->value / a->value, b->value / a->value, b->value / a->value };
    x = logs(a);
    y = logs(b);
    r = stats_shift(x, a->n_blocks, y, b->n_blocks, alpha);
    free(x);
    free(y);
    return (struct interval){ exp(r.value), exp(r.low), exp(r.high) };
}

/* The variance of normal noise whose median absolute deviation is that of the values; sorts them. */
static double robust_variance(double *values, size_t n)
{
    double middle, deviation;

    stats_sort(values, n);
    middle = stats_median(values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - middle);
    stats_sort(values, n);
    deviation = 1.4826 * stats_median(values, n);
    return deviation * deviation;
}

double compare_between(const struct estimate *e, double p)
{
    double mean = 0, squares = 0, n = (double)e->n_runs, variance, share, *blocks;

    if (e->n_runs < 2 || !(p > 0) || e->n_blocks == 0)
        return 0;
    for (size_t i = 0; i < e->n_runs; i++)
        mean += log(e->runs[i]) / n;
    for (size_t i = 0; i < e->n_runs; i++)
        squares += (log(e->runs[i]) - mean) * (log(e->runs[i]) - mean);
    variance = squares / (n - 1);
    share = M_PI / 2 * n / (double)e->n_blocks;
    if (share < 0.5) {
        blocks = logs(e);
        variance = fmax(0, (variance - share * robust_variance(blocks, e->n_blocks)) / (1 - share));
        free(blocks);
    }
    return expm1(stats_student(p, e->n_runs - 1) * sqrt(variance * (1 + 1 / n)));
}

static bool figure_of(const struct estimate *e)
{
    return e->kind == METRIC_EXACT || strcmp(e->metric, metric_time_ns.name) == 0 ||
           strcmp(e->metric, metric_speedup.name) == 0 || strcmp(e->metric, metric_roof_percent.name) == 0;
}

static struct change change_of(const struct case_result *c, const struct estimate *a, const struct estimate *b)
{
    struct interval r = compare_change(a, b, compare_rule_unjudged(0).alpha);
    struct change change = {
        .a = { a->value, a->low, a->high, a->n_blocks },
        .b = { b->value, b->low, b->high, b->n_blocks },
        .ratio = r.value, .low = r.low, .high = r.high,
        .significant = r.low > 1 || r.high < 1,
        .better = (r.value > 1) == (b->better == METRIC_HIGHER_IS_BETTER),
    };

    change.p = NAN;
    if (a->kind != METRIC_EXACT && isfinite(r.value))
        change.p = stats_shift_p(a->blocks, a->n_blocks, b->blocks, b->n_blocks);
    text_copy(change.case_id, sizeof(change.case_id), c->id);
    text_copy(change.metric, sizeof(change.metric), b->metric);
    text_copy(change.unit, sizeof(change.unit), b->unit);
    return change;
}

size_t compare_runs(const struct run_result *a, const struct run_result *b, struct change **changes)
{
    size_t n = 0, capacity = 0;

    *changes = NULL;
    for (size_t i = 0; i < b->n_cases; i++) {
        const struct case_result *was = run_case(a, b->cases[i].id);

        for (size_t j = 0; was && j < b->cases[i].n_estimates; j++) {
            const struct estimate *e = &b->cases[i].estimates[j], *old = case_estimate(was, e->metric);

            if (!old || !figure_of(e))
                continue;
            *changes = mem_grow(*changes, &capacity, n + 1, sizeof(**changes));
            (*changes)[n++] = change_of(&b->cases[i], old, e);
        }
    }
    return n;
}
