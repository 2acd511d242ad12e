// SPDX-License-Identifier: MIT
/* measure_easy.c -- the scenario inference/router_easy: what routing and checking cost where plain greedy decoding would
 * have done. */
#include "inference/measure_reasoning.h"

static const int64_t levels[] = { 1, 2, 3 }, problems[] = { 20, 100 };
static const struct axis axes[] = {
    { .name = "level", .values = levels, .n_values = ARRAY_LEN(levels) },
    { .name = "problems", .values = problems, .n_values = ARRAY_LEN(problems), .quick = 1u << 0 },
};

static const struct way greedy = { .way = WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE },
                        routed = { .way = WAY_SPECULATE | WAY_EARLY_STOP | WAY_ROUTE | WAY_BATCH | WAY_SHARE };

static const struct variant variants[] = {
    { .name = "greedy", .impl = &greedy },
    { .name = "routed", .impl = &routed },
};

static const struct metric metrics[] = { MEASURED_METRICS };

static int setup(const struct bench *bench, void **state, struct err *err)
{
    return measured_setup(bench, variants, ARRAY_LEN(variants), state, err);
}

const struct scenario scenario_measure_easy = {
    .name = "inference/router_easy",
    .summary = "the router against plain greedy decoding, on the levels that it can do",
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
