// SPDX-License-Identifier: MIT
/* compare.h -- from blocks to estimates: pure functions over what was recorded.
 *
 * The block is the sampling unit. A block's speedup is the median over its rounds of time(reference) / time(variant),
 * both measured in that round: a drift of the host is in both and cancels. The estimate is the median over the blocks
 * with the order-statistic interval of base/stats.h, which assumes no shape of the noise.
 *
 * Blocks are added until a verdict is certain, so the data is looked at several times. Looks are at fixed numbers of
 * blocks, and each interval is made at alpha / number of looks: by the union bound the chance that *any* of the looks
 * misses the truth is at most COMPARE_ALPHA for one comparison. */
#pragma once

#include "declare/result.h"

#define COMPARE_ALPHA 0.05
enum { COMPARE_LOOKS = 4 };
extern const size_t compare_looks[COMPARE_LOOKS]; /* ascending numbers of blocks; the first is the least that can
                                                     decide anything at this alpha */

/* The alpha of every single interval. */
#define COMPARE_LOOK_ALPHA (COMPARE_ALPHA / COMPARE_LOOKS)

/* Adds one case_result per wanted variant of `c` to *run. Blocks that ended in a fault give their culprit its status
 * (the reference's fault is everybody's) and no figures. An exact metric that differs between blocks is a wrong result.
 */
void compare_estimates(const struct comparison *c, const struct block *blocks, size_t n_blocks,
                       struct run_result *run);

/* Every figure that both runs have, in b's order: *changes is owned by the caller; returns how many. Time and speedup of
 * the timed metrics (the others follow from the time), and all exact ones. */
size_t compare_runs(const struct run_result *a, const struct run_result *b, struct change **changes);

/* The relative change b / a of two estimates of one metric, with its interval from their blocks. */
struct interval compare_change(const struct estimate *a, const struct estimate *b);
