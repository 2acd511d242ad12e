// SPDX-License-Identifier: MIT
/* measure_router.c -- the scenario inference/router, end to end: the estimator routes each problem to greedy decoding,
 * drafts, or several paths, against N paths for all (B2); beside it plain greedy decoding (B1) and an oracle that knows
 * the fastest route of each problem (B3). */
#include "inference/measure_reasoning.h"

static const int64_t levels[] = { 1, 2, 3, 4, REASONING_ALL }, problems[] = { 10, 20, 250 };
static const struct axis axes[] = {
    { .name = "level", .values = levels, .n_values = ARRAY_LEN(levels), .quick = 1u << 4 },
    { .name = "problems", .values = problems, .n_values = ARRAY_LEN(problems), .quick = 1u << 0 },
};

/* Level by level with few of them: what counts is the mix. */
static bool has(const struct params *params)
{
    return params_get(params, "level") == REASONING_ALL || params_get(params, "problems") == problems[1];
}

static const unsigned all = WAY_SPECULATE | WAY_EARLY_STOP | WAY_ROUTE | WAY_BATCH | WAY_SHARE;
static const struct way fixed = { .way = WAY_BATCH | WAY_SHARE },
                        greedy = { .way = WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE }, routed = { .way = all },
                        oracle = { .way = all, .oracle = true };

static const struct variant variants[] = {
    { .name = "fixed", .impl = &fixed },
    { .name = "greedy", .impl = &greedy },
    { .name = "routed", .impl = &routed },
    { .name = "oracle", .impl = &oracle },
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    return measured_setup(bench, variants, ARRAY_LEN(variants), state, err);
}

static const struct metric metrics[] = { MEASURED_METRICS };

const struct scenario scenario_measure_router = {
    .name = "inference/router",
    .summary = "each problem by its own route against N paths for all, end to end at the same answers",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .has = has,
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = measured_run,
    .check = measured_check,
    .teardown = measured_teardown,
};
