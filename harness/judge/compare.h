// SPDX-License-Identifier: MIT
/* compare.h -- from blocks to estimates: pure functions over what was recorded.
 *
 * The block is the sampling unit. A block's speedup is the median over its rounds of time(reference) / time(variant),
 * both measured in that round: a drift of the host is in both and cancels. The estimate is the median over the blocks
 * with the order-statistic interval of base/stats.h, which assumes no shape of the noise.
 *
 * Disturbed samples: where the measuring thread had less than COMPARE_CPU_SHARE of the wall time, was switched out
 * against its will, or ended on another CPU, the time is not the code's. Such samples, and the pairs they belong to, are
 * left out of their block's median as long as at least half of the block's figures are left; a block that is disturbed
 * throughout (or whose threads wait for each other asleep) counts whole. The share is told in case_result.reason. All
 * samples are stored either way. */
#pragma once

#include "base/stats.h"
#include "declare/result.h"

#define COMPARE_CPU_SHARE 0.98

/* Against another program a roof's own code must not have changed either: by more than this, and the plain times are
 * compared instead. */
#define COMPARE_ROOF_SAME 0.01

/* The sequential rule. Blocks are added until every verdict is certain or the budget is spent, so the data is looked at
 * several times, and a suite has many verdicts. Group-sequential error spending (Lan & DeMets, "Discrete sequential
 * boundaries for clinical trials", Biometrika 70(3), 1983) with looks at numbers of blocks that are fixed before the
 * first, and the error split evenly over verdicts and looks, of which the end of the budget is one more. Proof: each
 * interval, at its look, misses the truth on a given side with probability at most alpha / 2 = COMPARE_SUITE_ERROR /
 * (2 x verdicts x (looks + 1)); a run errs on that side only if one of them does; there are verdicts x (looks + 1) of them;
 * the union bound gives half of COMPARE_SUITE_ERROR, whatever the dependence between looks, between verdicts, and on the
 * stopping rule. Taken for granted: blocks are independent, and the moment at which the budget ends has to do with how long
 * blocks take, not with their ratios. No shape of the noise is assumed. Many
 * looks cost little: the blocks needed grow with the logarithm of their number, and a verdict that the first look leaves
 * open may need fifty times as many blocks when the host is busy.
 *
 * What a host does to all blocks of a run no interval of that run knows. Against another program, whose blocks take turns
 * with ours, it does not matter. Against a baseline it is the larger part of the error (README.md has figures), and is
 * judged by what the baseline's own runs, of one unchanged program, differ by: with K runs whose values have the standard
 * deviation s in the logarithm, another run lies from their mean by more than t s sqrt(1 + 1/K) with probability p, t being
 * the quantile of Student's distribution with K - 1 degrees of freedom: the prediction interval of a normal variable
 * (Meeker, Hahn & Escobar, Statistical Intervals, 2nd ed., 2017, section 4.7). compare_between() is that bound, with
 * s freed of what the runs' own intervals cover already: a median of m blocks has the variance (pi / 2) v / m, v being the
 * variance of the blocks inside of a run (David & Nagaraja, as above, for normal noise), and the blocks of all runs have
 * v + s^2, from which and from the variance of the runs' values both follow. A slowdown
 * within it is tolerated as the host's, and only what stays below the margin by as much passes (judge/gate.h). Half of the
 * error is spent on this, split evenly over the verdicts, half on the intervals; the union bound adds them up. Of a baseline
 * of one run nothing is known: the bound is 0 then, and the promise holds only where runs differ by clearly less than what
 * is tolerated. */
#define COMPARE_SUITE_ERROR 0.01 /* per run, on each side: false alarms, and false passes */

/* An alarm against a baseline, and a pass of what looks slower than is tolerated, is not believed before this look (3.4
 * times the first one's blocks): a neighbour's busy seconds, which a whole short run may fall into, have then mostly
 * passed. Waiting spends no error. Where the budget ends sooner, what the interval says stands. */
enum { COMPARE_ALARM_LOOK = 3 };

enum { COMPARE_LOOKS = 11, COMPARE_BLOCKS_MIN = 8, COMPARE_BLOCKS_NIGHT = 16, COMPARE_BLOCKS_FULL = 64 };

struct compare_rule {
    double alpha;               /* of every single interval, both sides together */
    double between;             /* of compare_between(), one side */
    size_t looks[COMPARE_LOOKS]; /* ascending numbers of blocks; at the first an interval is finite */
};

/* For a suite of so many verdicts that rest on an interval; 0 counts as 1. The first look is at n blocks, n the least
 * number (and at least COMPARE_BLOCKS_MIN) whose smallest and largest block make an interval at alpha: it grows with the
 * logarithm of the verdicts. Each later look is at half as many blocks again. */
struct compare_rule compare_rule(size_t n_verdicts);

/* The rule of a run that judges nothing: one look, at so many blocks (at least COMPARE_BLOCKS_MIN); intervals at
 * 2 x COMPARE_SUITE_ERROR each. */
struct compare_rule compare_rule_unjudged(size_t blocks);

/* Adds one case_result per wanted variant of `c` to *run. Blocks that ended in a fault give their culprit its status
 * (the reference's fault is everybody's) and no figures. An exact metric that differs between blocks is a wrong result.
 */
void compare_estimates(const struct comparison *c, const struct block *blocks, size_t n_blocks, double alpha,
                       struct run_result *run);

bool compare_disturbed(const struct sample *s);

/* By how much another run of the same program may differ from an estimate of several runs, as a factor minus 1: exceeded
 * with probability `p` on a side. 0 of one run, or where p is 0. See above. */
double compare_between(const struct estimate *e, double p);

/* Every figure that both runs have, in b's order: *changes is owned by the caller; returns how many. Time and speedup of
 * the timed metrics (the others follow from the time), and all exact ones; intervals as in compare_rule_unjudged(). */
size_t compare_runs(const struct run_result *a, const struct run_result *b, struct change **changes);

/* The relative change b / a of two estimates of one metric, with its interval from their blocks. */
struct interval compare_change(const struct estimate *a, const struct estimate *b, double alpha);
