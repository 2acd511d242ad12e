// SPDX-License-Identifier: MIT
/* statistics.c -- a scenario that measures this room: from SAMPLES recorded samples to estimates with their intervals, as
 * a run does at each look. */
#include "base/mem.h"
#include "base/rng.h"
#include "declare/scenario.h"
#include "judge/compare.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCKS = 125, ROUNDS = 10, VARIANTS = 8, SAMPLES = BLOCKS * ROUNDS * VARIANTS };

/* What is judged: eight variants, one of them a roof. Nothing of it is ever run. */
static void not_run(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static const struct variant judged_variants[VARIANTS] = {
    { .name = "reference" },
    { .name = "a", .roofs = { "roof" } },
    { .name = "b", .roofs = { "roof" } },
    { .name = "roof", .role = ROLE_ROOF },
    { .name = "c", .roofs = { "roof" } },
    { .name = "d" },
    { .name = "e" },
    { .name = "f" },
};
static const struct scenario judged = {
    .name = "harness/judged", .summary = "recorded samples", .variants = judged_variants,
    .n_variants = VARIANTS, .run = not_run,
};

struct state {
    struct planned planned[VARIANTS];
    struct comparison comparison;
    struct block blocks[BLOCKS];
    struct sample samples[BLOCKS][ROUNDS * VARIANTS];
};

static int statistics_setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *s = mem_array(1, sizeof(*s));
    struct rng rng = rng_seed(bench->seed);

    (void)err;
    s->comparison = (struct comparison){ .params = { .scenario = &judged }, .variants = s->planned, .id = "harness/judged" };
    for (size_t v = 0; v < VARIANTS; v++)
        s->planned[v].wanted = true;
    for (int b = 0; b < BLOCKS; b++) {
        size_t n = 0;

        for (int round = 0; round < ROUNDS; round++)
            for (size_t v = 0; v < VARIANTS; v++, n++) {
                double ns = 1000 / (double)(v + 1) * exp(0.01 * rng_normal(&rng));

                s->samples[b][n] = (struct sample){ .variant = (int)v, .round = round, .order = (int)n, .iterations = 1,
                                                    .ns = ns, .cpu_ns = ns, .instructions = NAN };
            }
        s->blocks[b] = (struct block){ .index = b, .samples = s->samples[b], .n_samples = n, .variant = -1 };
    }
    *out = s;
    return 0;
}

static void statistics_run(void *state, const struct variant *variant, int64_t n)
{
    struct state *s = state;

    (void)variant;
    for (int64_t i = 0; i < n; i++) {
        struct run_result run = { 0 };

        compare_estimates(&s->comparison, s->blocks, BLOCKS, compare_rule(VARIANTS).alpha, &run);
        run_result_free(&run);
    }
}

/* The v-th variant was made v + 1 times as fast as the reference. */
static int statistics_check(void *state, const struct variant *variant, struct err *err)
{
    struct state *s = state;
    struct run_result run = { 0 };
    int ret = 0;

    (void)variant;
    compare_estimates(&s->comparison, s->blocks, BLOCKS, 0.01, &run);
    for (size_t v = 1; v < VARIANTS && ret == 0; v++) {
        const struct estimate *e = case_estimate(&run.cases[v], metric_speedup.name);

        if (!e || e->n_blocks != BLOCKS || !(fabs(e->value / (double)(v + 1) - 1) < 0.01))
            ret = err_set(err, ERR_HARNESS, "the speedup of '%s' is %g, not %zu", judged_variants[v].name,
                          e ? e->value : NAN, v + 1);
    }
    run_result_free(&run);
    return ret;
}

static double samples_per_second(const struct params *params, double ns)
{
    (void)params;
    return SAMPLES / ns * 1e9;
}

static const struct variant statistics_variants[] = { { .name = "estimates" } };
static const struct metric statistics_metrics[] = {
    { .name = "samples", .unit = "sample/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = samples_per_second },
};

const struct scenario scenario_statistics = {
    .name = "harness/statistics",
    .summary = "from 10,000 recorded samples to estimates with their intervals",
    .variants = statistics_variants,
    .n_variants = ARRAY_LEN(statistics_variants),
    .metrics = statistics_metrics,
    .n_metrics = ARRAY_LEN(statistics_metrics),
    .setup = statistics_setup,
    .run = statistics_run,
    .check = statistics_check,
    .teardown = free,
};
