// SPDX-License-Identifier: MIT
/* measure_ablation.c -- the scenario inference/ablation: every set of the five switches of reasoning.h, so that it can
 * be seen which of them the speed comes from. A variant's name is the letters of what is on: s speculation, e early stop,
 * r router, b batched paths, p shared prefix; "bp" is the baseline of inference/router, "serbp" all of it. Beside them
 * stand plain greedy decoding (other answers) and, as in inference/router, who knows the fastest route of each problem. */
#include "inference/measure_reasoning.h"

static const int64_t problems[] = { 2, 8, 50 };
static const struct axis axes[] = {
    { .name = "level", .values = (const int64_t[]){ REASONING_ALL }, .n_values = 1 },
    { .name = "problems", .values = problems, .n_values = ARRAY_LEN(problems), .quick = 1u << 0 },
};

#define WAY(s, e, r, b, p)                                                                                             \
    &(const struct way)                                                                                                \
    {                                                                                                                  \
        .way = (s) * WAY_SPECULATE | (e) * WAY_EARLY_STOP | (r) * WAY_ROUTE | (b) * WAY_BATCH | (p) * WAY_SHARE        \
    }

/* Shown, not judged against a baseline: what they are for is the comparison, and the router's own scenario is judged. */
#define STUDY(n, s, e, r, b, p) { .name = n, .impl = WAY(s, e, r, b, p), .role = ROLE_PEER }

static const struct way greedy = { .way = WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE },
                        oracle = { .way = WAYS - 1, .oracle = true };

static const struct variant variants[] = {
    { .name = "bp", .impl = WAY(0, 0, 0, 1, 1) },
    STUDY("none", 0, 0, 0, 0, 0),
    STUDY("p", 0, 0, 0, 0, 1),
    STUDY("b", 0, 0, 0, 1, 0),
    STUDY("r", 0, 0, 1, 0, 0),
    STUDY("rp", 0, 0, 1, 0, 1),
    STUDY("rb", 0, 0, 1, 1, 0),
    STUDY("rbp", 0, 0, 1, 1, 1),
    STUDY("e", 0, 1, 0, 0, 0),
    STUDY("ep", 0, 1, 0, 0, 1),
    STUDY("eb", 0, 1, 0, 1, 0),
    STUDY("ebp", 0, 1, 0, 1, 1),
    STUDY("er", 0, 1, 1, 0, 0),
    STUDY("erp", 0, 1, 1, 0, 1),
    STUDY("erb", 0, 1, 1, 1, 0),
    STUDY("erbp", 0, 1, 1, 1, 1),
    STUDY("s", 1, 0, 0, 0, 0),
    STUDY("sp", 1, 0, 0, 0, 1),
    STUDY("sb", 1, 0, 0, 1, 0),
    STUDY("sbp", 1, 0, 0, 1, 1),
    STUDY("sr", 1, 0, 1, 0, 0),
    STUDY("srp", 1, 0, 1, 0, 1),
    STUDY("srb", 1, 0, 1, 1, 0),
    STUDY("srbp", 1, 0, 1, 1, 1),
    STUDY("se", 1, 1, 0, 0, 0),
    STUDY("sep", 1, 1, 0, 0, 1),
    STUDY("seb", 1, 1, 0, 1, 0),
    STUDY("sebp", 1, 1, 0, 1, 1),
    STUDY("ser", 1, 1, 1, 0, 0),
    STUDY("serp", 1, 1, 1, 0, 1),
    STUDY("serb", 1, 1, 1, 1, 0),
    STUDY("serbp", 1, 1, 1, 1, 1),
    { .name = "greedy", .impl = &greedy, .role = ROLE_PEER },
    { .name = "oracle", .impl = &oracle, .role = ROLE_PEER },
};

static const struct metric metrics[] = {
    { .name = "accuracy", .unit = "", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER,
      .exact = measured_accuracy },
    { .name = "rows", .unit = "tokens/problem", .kind = METRIC_EXACT, .better = METRIC_LOWER_IS_BETTER,
      .exact = measured_rows },
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    return measured_setup(bench, variants, ARRAY_LEN(variants), state, err);
}

const struct scenario scenario_measure_ablation = {
    .name = "inference/ablation",
    .summary = "speculation, early stop, router, batched paths and shared prefix, each on and off",
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
