// SPDX-License-Identifier: MIT
#include "judge/drill.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void drill_count(struct drill_row *row, const struct run_result *run)
{
    int regressed = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct verdict *v = &run->verdicts[i];

        /* A slowdown moves no exact figure. */
        if (row->pairs ? v->against != AGAINST_REF || strcmp(v->metric, metric_vs_ref.name) != 0
                       : v->against != AGAINST_BASELINE || (strcmp(v->metric, metric_speedup.name) != 0 &&
                                                            strcmp(v->metric, metric_roof_percent.name) != 0))
            continue;
        row->verdicts++;
        regressed += v->outcome == OUTCOME_REGRESSED;
        row->inconclusive += v->outcome == OUTCOME_INCONCLUSIVE;
        row->passed += v->outcome == OUTCOME_PASS || v->outcome == OUTCOME_IMPROVED;
    }
    row->runs++;
    row->regressed += regressed;
    row->alarmed_runs += regressed > 0;
}

bool drill_same_kind(const struct drill_row *a, const struct drill_row *b)
{
    return strcmp(a->host_class, b->host_class) == 0 && strcmp(a->build, b->build) == 0 && strcmp(a->cases, b->cases) == 0 &&
           a->pairs == b->pairs && a->margin == b->margin && (*a->build || strcmp(a->started, b->started) == 0);
}

/* A sum on its way: where its kind was seen last, to sort by. */
struct sum {
    struct drill_row row;
    size_t last;
};

static int by_last_and_effect(const void *a, const void *b)
{
    const struct sum *x = a, *y = b;

    if (x->last != y->last)
        return x->last < y->last ? -1 : 1;
    return (x->row.effect > y->row.effect) - (x->row.effect < y->row.effect);
}

/* Over runs: a row of several counts as often. */
static double median_seconds(const struct drill_row *rows, size_t n, const struct drill_row *sum)
{
    double *seconds = mem_array((size_t)sum->runs + 1, sizeof(*seconds)), median;
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        for (int r = 0; r < rows[i].runs && rows[i].effect == sum->effect && drill_same_kind(&rows[i], sum); r++)
            seconds[k++] = rows[i].seconds;
    stats_sort(seconds, k);
    median = k ? stats_median(seconds, k) : 0;
    free(seconds);
    return median;
}

static void add(struct drill_row *sum, const struct drill_row *row)
{
    sum->runs += row->runs;
    sum->alarmed_runs += row->alarmed_runs;
    sum->verdicts += row->verdicts;
    sum->regressed += row->regressed;
    sum->inconclusive += row->inconclusive;
    sum->passed += row->passed;
}

size_t drill_pool(const struct drill_row *rows, size_t n, struct drill_row **pooled)
{
    struct sum *sums = mem_array(n, sizeof(*sums));
    size_t n_sums = 0;

    for (size_t i = 0; i < n; i++) {
        const struct drill_row *first = &rows[i];
        struct sum *to = NULL;

        for (size_t k = 0; k < n_sums; k++) {
            if (!drill_same_kind(&sums[k].row, &rows[i]))
                continue;
            first = first == &rows[i] ? &sums[k].row : first;
            sums[k].last = i;
            if (sums[k].row.effect == rows[i].effect)
                to = &sums[k];
        }
        if (to) {
            add(&to->row, &rows[i]);
            continue;
        }
        sums[n_sums] = (struct sum){ rows[i], i };
        memcpy(sums[n_sums].row.started, first->started, sizeof(first->started));
        memcpy(sums[n_sums].row.commit, first->commit, sizeof(first->commit));
        n_sums++;
    }
    *pooled = mem_array(n_sums, sizeof(**pooled));
    for (size_t k = 0; k < n_sums; k++)
        sums[k].row.seconds = median_seconds(rows, n, &sums[k].row);
    qsort(sums, n_sums, sizeof(*sums), by_last_and_effect);
    for (size_t k = 0; k < n_sums; k++)
        (*pooled)[k] = sums[k].row;
    free(sums);
    return n_sums;
}
