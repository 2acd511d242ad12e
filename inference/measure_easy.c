// SPDX-License-Identifier: MIT
/* measure_easy.c -- the scenario inference/router_easy: what routing and checking cost where plain greedy decoding
 * would have done: on the problems whose greedy answer stands. Where it does not, the answers differ, and so times are
 * not to be compared. */
#include "inference/measure_reasoning.h"

static const int64_t levels[] = { 1, 2, 3 }, problems[] = { 20, 100 };
static const struct axis axes[] = {
    { .name = "level", .values = levels, .n_values = ARRAY_LEN(levels), .quick = 1u << 2 },
    { .name = "problems", .values = problems, .n_values = ARRAY_LEN(problems), .quick = 1u << 0 },
};

static const struct way greedy = { .way = WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE },
                        routed = { .way = WAY_SPECULATE | WAY_EARLY_STOP | WAY_ROUTE | WAY_BATCH | WAY_SHARE };

static const struct variant variants[] = {
    { .name = "greedy", .impl = &greedy },
    { .name = "routed", .impl = &routed },
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    struct measured *m;

    if (measured_setup(bench, variants, ARRAY_LEN(variants), state, err) < 0)
        return -1;
    m = *state;
    reasoning_keep_greedy(m->reasoning);
    m->n = reasoning_count(m->reasoning);
    return 0;
}

static int problems_kept(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)variant, (void)err;
    *value = (double)((const struct measured *)state)->n;
    return 0;
}

static const struct metric metrics[] = {
    { .name = "accuracy",
      .unit = "",
      .kind = METRIC_EXACT,
      .better = METRIC_HIGHER_IS_BETTER,
      .exact = measured_accuracy },
    { .name = "problems_kept",
      .unit = "",
      .kind = METRIC_EXACT,
      .better = METRIC_HIGHER_IS_BETTER,
      .exact = problems_kept },
};

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
