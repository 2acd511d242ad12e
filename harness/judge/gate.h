// SPDX-License-Identifier: MIT
/* gate.h -- the verdicts: what was measured, held against the targets and the accepted baseline.
 *
 * One rule for every noisy figure: the whole interval beyond the limit decides, an interval that straddles it is
 * INCONCLUSIVE. Every verdict says in words what was seen, and carries the smallest change it could have told. */
#pragma once

#include "judge/baseline.h"
#include "judge/targets.h"

/* A variant may be slower than its baseline by this much before it counts as a regression: with about 0.3 % of noise in
 * the median of paired ratios of compute-bound kernels on an owned core, and 5 to 7 % for memory-bound ones, less would
 * mostly be INCONCLUSIVE. */
#define GATE_MARGIN 0.05

/* What the run was asked for: a baseline's case inside this scope must be in the run. */
struct gate_scope {
    bool (*contains)(void *arg, const char *case_id);
    void *arg;
    bool whole; /* everything was asked for: a target that matches nothing is then MISSING too */
};

/* Fills run->verdicts (any before are dropped), run->judged and run->exit. `baseline` NULL: there is none for this host
 * class; `scope` NULL: nothing can be missing. */
void gate_judge(struct run_result *run, const struct targets *targets, const struct baseline *baseline,
                const struct gate_scope *scope);

/* The outcome of a slowdown (time now / time of the baseline: above 1 is slower) known to lie in [low, high]. */
enum outcome gate_regression(double low, double high);

/* The outcome of a value in [low, high] against a target. */
enum outcome gate_target(double low, double high, const struct target *target);

/* 0 pass, 1 a failure, 3 something is inconclusive and nothing failed. */
int gate_exit(const struct run_result *run);
