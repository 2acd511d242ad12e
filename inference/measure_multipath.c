// SPDX-License-Identifier: MIT
/* measure_multipath.c -- the scenario inference/multipath: fixed N paths against stopping at the first verified answer.
 */
#include "inference/measure_reasoning.h"

static const int64_t levels[] = { 1, 2, 3, 4 }, problems[] = { 20, 100 };
static const struct axis axes[] = {
    { .name = "level", .values = levels, .n_values = ARRAY_LEN(levels), .quick = 1u << 0 },
    { .name = "problems", .values = problems, .n_values = ARRAY_LEN(problems), .quick = 1u << 0 },
};

static const struct way fixed = { .way = WAY_BATCH | WAY_SHARE }, unshared = { .way = WAY_BATCH },
                        one_by_one = { .way = WAY_EARLY_STOP | WAY_SHARE },
                        early = { .way = WAY_EARLY_STOP | WAY_BATCH | WAY_SHARE },
                        greedy = { .way = WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE };

static const struct variant variants[] = {
    { .name = "fixed", .impl = &fixed },           /* the reference: N paths to their ends, in one batch */
    { .name = "unshared", .impl = &unshared },     /* each reads the prompt itself */
    { .name = "one_by_one", .impl = &one_by_one }, /* no batches, until one is verified */
    { .name = "early", .impl = &early },
    { .name = "greedy", .impl = &greedy }, /* path 0 alone: other answers, so not a rival */
};

static const struct metric metrics[] = {
    MEASURED_METRICS,
    { .name = "rows",
      .unit = "tokens/problem",
      .kind = METRIC_EXACT,
      .better = METRIC_LOWER_IS_BETTER,
      .exact = measured_rows },
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    return measured_setup(bench, variants, ARRAY_LEN(variants), state, err);
}

const struct scenario scenario_measure_multipath = {
    .name = "inference/multipath",
    .summary = "N attempts at a problem against stopping at the first that is verified, at the same answers",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = measured_run,
    .check = measured_check,
    .teardown = measured_teardown,
};
