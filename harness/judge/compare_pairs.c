// SPDX-License-Identifier: MIT
/* compare_pairs.c -- blocks of two programs that ran one after the other. */
#include "base/mem.h"
#include "judge/compare_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double block_median(const struct block *b, int variant, const struct bases *bases)
{
    struct figures f = compare_block_figures(b, variant, bases);
    double median = f.n && b->status == CASE_OK ? stats_median(f.values, f.n) : NAN;

    free(f.values);
    return median;
}

/* Time of the other program's block over ours, pair by pair: they ran one after the other. With roofs, that time in
 * units of theirs. Fills ratios[n_blocks] and returns how many there are. */
static size_t pair_ratios(int variant, const struct bases *roofs, const struct block *blocks, size_t n_blocks,
                          double *ratios)
{
    size_t n = 0;

    for (size_t i = 0; i < n_blocks; i++)
        for (size_t j = 0; j < n_blocks && blocks[i].side == 0; j++) {
            double ours, other;

            if (blocks[j].side != 1 || blocks[j].index != blocks[i].index + 1)
                continue;
            ours = block_median(&blocks[i], variant, roofs);
            other = block_median(&blocks[j], variant, roofs);
            ratios[n] = roofs->n ? ours / other : other / ours;
            n += isfinite(ratios[n]) != 0;
        }
    return n;
}

/* Is some roof of the variant surely not the same loop in both programs (another compiler flag, an edit)? Then it is no
 * unit to count in. */
static bool roof_moved(const struct bases *roofs, const struct block *blocks, size_t n_blocks, double alpha)
{
    double *ratios = mem_array(n_blocks, sizeof(*ratios));
    bool moved = false;

    for (int i = 0; i < roofs->n; i++) {
        size_t n = pair_ratios(roofs->variants[i], &(struct bases){ .n = 0 }, blocks, n_blocks, ratios);
        struct interval r;

        if (n == 0)
            continue;
        stats_sort(ratios, n);
        r = stats_median_interval(ratios, n, alpha);
        moved |= r.low > 1 + COMPARE_ROOF_SAME || r.high < 1 / (1 + COMPARE_ROOF_SAME);
    }
    free(ratios);
    return moved;
}

void compare_add_vs_ref(struct case_result *r, const struct comparison *c, int variant, const struct block *blocks,
                       size_t n_blocks, double alpha)
{
    struct bases roofs = compare_bases(c->params.scenario, variant, &metric_roof_percent), none = { .n = 0 };
    struct estimate *e = compare_open(r, &metric_vs_ref, n_blocks);
    double *spreads = mem_array(n_blocks, sizeof(*spreads)); /* of single figures: none */

    if (roofs.n && !roof_moved(&roofs, blocks, n_blocks, alpha))
        e->n_blocks = pair_ratios(variant, &roofs, blocks, n_blocks, e->blocks);
    if (e->n_blocks == 0)
        e->n_blocks = pair_ratios(variant, &none, blocks, n_blocks, e->blocks);
    compare_finish(r, e, spreads, alpha);
}

void compare_add_ref_fault(struct case_result *r, int variant, const struct block *blocks, size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks && !*r->ref_fault; i++)
        if (blocks[i].side == 1 && blocks[i].status != CASE_OK && (blocks[i].variant <= 0 || blocks[i].variant == variant))
            snprintf(r->ref_fault, sizeof(r->ref_fault), "%s: %.290s", case_status_name(blocks[i].status),
                     blocks[i].reason);
}
