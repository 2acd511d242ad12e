// SPDX-License-Identifier: MIT
/* pool.h -- several runs of one program on one class of hosts as one: a host has moods, and a baseline made in one of
 * them is a bad judge of the others. */
#pragma once

#include "declare/result.h"

/* -1 (ERR_CONFIG) where they are one run, or of two host classes, epochs, tunings or builds, or not of one commit and
 * clean. */
int pool_check(const struct run_result *a, const struct run_result *b, struct err *err);

/* Adds the blocks of `more` to the cases that *into has too, and the cases that it lacks; values and intervals are made
 * anew, those as in compare_rule_unjudged(), and each run's own value is kept (estimate.runs). Verdicts are added. An exact figure that differs is a wrong result. */
void pool_add(struct run_result *into, const struct run_result *more);

/* Makes the intervals of timed figures anew from their blocks: `alpha` is that of both sides together. */
void pool_intervals(struct run_result *run, double alpha);
