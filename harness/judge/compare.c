// SPDX-License-Identifier: MIT
#include "judge/compare_private.h"

#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool compare_disturbed(const struct sample *s)
{
    return s->cpu_ns < COMPARE_CPU_SHARE * s->ns || s->switches > 0 || s->migrated;
}

static const struct sample *find_sample(const struct block *b, int variant, int round)
{
    for (size_t i = 0; i < b->n_samples; i++)
        if (b->samples[i].variant == variant && b->samples[i].round == round)
            return &b->samples[i];
    return NULL;
}

/* The time of the slowest base in the sample's round; NAN where one is missing, or disturbed and `clean` is wanted. */
static double base_ns(const struct block *b, const struct bases *bases, int round, bool clean)
{
    double ns = 0;

    for (int i = 0; i < bases->n; i++) {
        const struct sample *s = find_sample(b, bases->variants[i], round);

        if (!s || (clean && compare_disturbed(s)))
            return NAN;
        ns = fmax(ns, s->ns);
    }
    return ns;
}

/* The times of `variant` in the block, or with bases how many times as long the slowest of them took; only those that
 * nothing disturbed where `clean`. */
static struct figures collect(const struct block *b, int variant, const struct bases *bases, bool clean)
{
    struct figures f = { mem_array(b->n_samples, sizeof(*f.values)), 0 };

    for (size_t i = 0; i < b->n_samples; i++) {
        const struct sample *s = &b->samples[i];
        double base;

        if (s->variant != variant || (clean && compare_disturbed(s)))
            continue;
        base = base_ns(b, bases, s->round, clean);
        if (!isnan(base))
            f.values[f.n++] = bases->n ? base / s->ns : s->ns;
    }
    return f;
}

struct figures compare_block_figures(const struct block *b, int variant, const struct bases *bases)
{
    struct figures all = collect(b, variant, bases, false), clean = collect(b, variant, bases, true);

    if (2 * clean.n >= all.n) {
        free(all.values);
        all = clean;
    } else {
        free(clean.values);
    }
    stats_sort(all.values, all.n);
    return all;
}

/* Fills value, interval and spread from e->blocks and the blocks' spreads. */
static void close_estimate(struct estimate *e, double *spreads, double alpha)
{
    double *sorted = mem_array(e->n_blocks, sizeof(*sorted));
    struct interval r;

    memcpy(sorted, e->blocks, e->n_blocks * sizeof(*sorted));
    stats_sort(sorted, e->n_blocks);
    stats_sort(spreads, e->n_blocks);
    r = stats_median_interval(sorted, e->n_blocks, alpha);
    e->value = r.value;
    e->low = r.low;
    e->high = r.high;
    e->spread = stats_median(spreads, e->n_blocks);
    free(sorted);
}

struct estimate *compare_open(struct case_result *r, const struct metric *m, size_t n_blocks)
{
    struct estimate *e = case_add_estimate(r);

    text_copy(e->metric, sizeof(e->metric), m->name);
    text_copy(e->unit, sizeof(e->unit), m->unit);
    e->kind = m->kind;
    e->better = m->better;
    e->blocks = mem_array(n_blocks, sizeof(*e->blocks));
    return e;
}

void compare_finish(struct case_result *r, struct estimate *e, double *spreads, double alpha)
{
    if (e->n_blocks) {
        close_estimate(e, spreads, alpha);
    } else {
        free(e->blocks);
        r->n_estimates--;
    }
    free(spreads);
}

struct bases compare_bases(const struct scenario *s, int variant, const struct metric *m)
{
    struct bases bases = { .n = m == &metric_speedup }; /* variant 0 */

    if (m == &metric_roof_percent)
        while (bases.n < ROOFS_MAX && s->variants[variant].roofs[bases.n]) {
            bases.variants[bases.n] = scenario_variant(s, s->variants[variant].roofs[bases.n]);
            bases.n++;
        }
    return bases;
}

/* What a block of that side says of a metric that does not follow from its samples; NAN where it does not. */
static double block_value(const struct block *b, int side, int variant, const struct metric *m)
{
    for (size_t i = 0; i < b->n_exacts && b->status == CASE_OK && b->side == side; i++)
        if (b->exacts[i].variant == variant && b->exacts[i].metric == m)
            return b->exacts[i].value;
    return NAN;
}

static size_t block_values(int side, int variant, const struct metric *m, const struct block *blocks, size_t n_blocks,
                           double *values)
{
    size_t n = 0;

    for (size_t i = 0; i < n_blocks; i++) {
        values[n] = block_value(&blocks[i], side, variant, m);
        n += isfinite(values[n]) != 0;
    }
    return n;
}

/* A metric that was timed apart. */
static void add_apart(struct case_result *r, int variant, const struct metric *m, const struct block *blocks, size_t n_blocks,
                      double alpha)
{
    struct estimate *e = compare_open(r, m, n_blocks);

    e->n_blocks = block_values(0, variant, m, blocks, n_blocks, e->blocks);
    compare_finish(r, e, mem_array(n_blocks, sizeof(double)), alpha); /* single figures have no spread */
}

static void add_timed(struct case_result *r, const struct comparison *c, int variant, const struct metric *m,
                      const struct block *blocks, size_t n_blocks, double alpha)
{
    struct bases bases = compare_bases(c->params.scenario, variant, m);
    struct estimate *e = compare_open(r, m, n_blocks);
    double *spreads = mem_array(n_blocks, sizeof(*spreads));

    for (size_t i = 0; i < n_blocks; i++) {
        struct figures f;

        if (blocks[i].status != CASE_OK || blocks[i].side != 0)
            continue;
        f = compare_block_figures(&blocks[i], variant, &bases);
        if (f.n) {
            double middle = stats_median(f.values, f.n);

            spreads[e->n_blocks] = stats_spread(f.values, f.n);
            if (bases.n)
                middle *= m == &metric_roof_percent ? 100 : 1;
            else
                middle = m->from_ns(&c->params, middle);
            e->blocks[e->n_blocks++] = middle;
        }
        free(f.values);
    }
    compare_finish(r, e, spreads, alpha);
}

/* The block's median count of instructions; NAN where there is none. */
static double block_instructions(const struct block *b, int variant)
{
    double *counts = mem_array(b->n_samples, sizeof(*counts)), median = NAN;
    size_t n = 0;

    for (size_t i = 0; i < b->n_samples; i++)
        if (b->samples[i].variant == variant && b->samples[i].instructions > 0)
            counts[n++] = b->samples[i].instructions;
    stats_sort(counts, n);
    if (n && b->status == CASE_OK && b->side == 0)
        median = stats_median(counts, n);
    free(counts);
    return median;
}

static void add_instructions(struct case_result *r, int variant, const struct block *blocks, size_t n_blocks, double alpha)
{
    struct estimate *e = compare_open(r, &metric_instructions, n_blocks);
    double *spreads = mem_array(n_blocks, sizeof(*spreads));

    for (size_t i = 0; i < n_blocks; i++) {
        double count = block_instructions(&blocks[i], variant);

        if (isfinite(count))
            e->blocks[e->n_blocks++] = count;
    }
    compare_finish(r, e, spreads, alpha);
}

static void add_exact(struct case_result *r, int variant, const struct metric *m, const struct block *blocks,
                      size_t n_blocks)
{
    struct estimate *e = compare_open(r, m, n_blocks);
    double *there = mem_array(n_blocks, sizeof(*there));
    size_t n_there = block_values(1, variant, m, blocks, n_blocks, there);

    e->n_blocks = block_values(0, variant, m, blocks, n_blocks, e->blocks);
    e->has_there = n_there > 0;
    e->there = n_there ? there[n_there - 1] : 0;
    free(there);
    if (e->n_blocks == 0) {
        free(e->blocks);
        r->n_estimates--;
        return;
    }
    e->value = e->low = e->high = e->blocks[0];
    e->spread = NAN;
    for (size_t i = 1; i < e->n_blocks; i++)
        if (e->blocks[i] != e->value) {
            r->status = CASE_WRONG_RESULT;
            snprintf(r->reason, sizeof(r->reason), "%s is exact, but block 1 gave %.9g and block %zu %.9g", m->name,
                     e->value, i + 1, e->blocks[i]);
        }
}

/* The fault that concerns this variant: its own, or one that spared nobody. */
static void add_fault(struct case_result *r, const struct comparison *c, int variant, const struct block *blocks,
                      size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks && r->status == CASE_OK; i++) {
        const struct block *b = &blocks[i];

        if (b->status == CASE_OK || b->side != 0 || (b->variant > 0 && b->variant != variant))
            continue;
        r->status = b->status;
        if (b->variant == variant || b->variant < 0)
            text_copy(r->reason, sizeof(r->reason), b->reason);
        else
            snprintf(r->reason, sizeof(r->reason), "the reference '%s': %.250s", c->params.scenario->variants[0].name,
                     b->reason);
    }
}

/* A reference that was never measured, because every variant that is held against it had a fault at once. */
static void add_loneliness(struct case_result *r, int variant, const struct block *blocks, size_t n_blocks)
{
    if (variant > 0 || n_blocks == 0)
        return;
    for (size_t i = 0; i < n_blocks; i++)
        if (blocks[i].side == 0 && (blocks[i].status == CASE_OK || blocks[i].variant <= 0))
            return;
    r->status = CASE_SKIPPED;
    text_copy(r->reason, sizeof(r->reason), "nothing was left to be held against it");
}

/* "5 of 64 samples disturbed"; nothing where none was. */
static void say_disturbed(struct case_result *r, int variant, const struct block *blocks, size_t n_blocks)
{
    size_t n = 0, disturbed = 0;

    for (size_t i = 0; i < n_blocks; i++)
        for (size_t s = 0; s < blocks[i].n_samples && blocks[i].side == 0; s++)
            if (blocks[i].samples[s].variant == variant) {
                n++;
                disturbed += compare_disturbed(&blocks[i].samples[s]);
            }
    if (disturbed)
        snprintf(r->reason, sizeof(r->reason), "%zu of %zu samples disturbed", disturbed, n);
}

static void add_case(const struct comparison *c, int v, const struct block *blocks, size_t n_blocks, double alpha,
                     struct run_result *run)
{
    const struct scenario *s = c->params.scenario;
    struct case_result *r = run_add_case(run);

    memset(r, 0, sizeof(*r));
    case_id(&c->params, &s->variants[v], r->id, sizeof(r->id));
    text_copy(r->scenario, sizeof(r->scenario), s->name);
    text_copy(r->variant, sizeof(r->variant), s->variants[v].name);
    text_copy(r->reference, sizeof(r->reference), s->variants[0].name);
    params_format(&c->params, r->params, sizeof(r->params));
    r->role = s->variants[v].role;
    if (c->variants[v].skip[0]) {
        r->status = CASE_SKIPPED;
        text_copy(r->reason, sizeof(r->reason), c->variants[v].skip);
        return;
    }
    add_fault(r, c, v, blocks, n_blocks);
    add_loneliness(r, v, blocks, n_blocks);
    if (r->status != CASE_OK)
        return;
    say_disturbed(r, v, blocks, n_blocks);
    add_timed(r, c, v, &metric_time_ns, blocks, n_blocks, alpha);
    if (v > 0)
        add_timed(r, c, v, &metric_speedup, blocks, n_blocks, alpha);
    if (s->variants[v].roofs[0])
        add_timed(r, c, v, &metric_roof_percent, blocks, n_blocks, alpha);
    add_instructions(r, v, blocks, n_blocks, alpha);
    if (c->variants[v].elsewhere)
        compare_add_vs_ref(r, c, v, blocks, n_blocks, alpha);
    if (c->variants[v].elsewhere)
        compare_add_ref_fault(r, v, blocks, n_blocks);
    for (size_t m = 0; m < s->n_metrics; m++)
        if (s->metrics[m].kind == METRIC_TIMED && !s->metrics[m].from_ns)
            add_apart(r, v, &s->metrics[m], blocks, n_blocks, alpha);
        else if (s->metrics[m].kind == METRIC_TIMED)
            add_timed(r, c, v, &s->metrics[m], blocks, n_blocks, alpha);
        else
            add_exact(r, v, &s->metrics[m], blocks, n_blocks);
    for (size_t e = 0; e < r->n_estimates; e++)
        if (r->estimates[e].n_blocks > r->n_blocks)
            r->n_blocks = r->estimates[e].n_blocks;
}

void compare_estimates(const struct comparison *c, const struct block *blocks, size_t n_blocks, double alpha,
                       struct run_result *run)
{
    for (size_t v = 0; v < c->params.scenario->n_variants; v++)
        if (c->variants[v].wanted)
            add_case(c, (int)v, blocks, n_blocks, alpha, run);
}
