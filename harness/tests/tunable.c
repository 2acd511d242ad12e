// SPDX-License-Identifier: MIT
/* tunable.c -- a subject for the tests of `pawl tune`: its time follows from its tunables, as the table says. */
#include "declare/scenario.h"

#include <stdlib.h>

struct tunable_state {
    int64_t pace, depth;
    int cost; /* turns of an iteration, in tens */
    volatile double x;
};

enum { DEFAULT_COST = 16 };

/* At n = 1 pace 2 costs an eighth of the default, and pace 7 still less, but is wrong; pace 9 cannot be set up. All the
 * rest, and at n = 2 everything, costs eight times as much: a busy host does not hide that. */
static int cost_of(int64_t n, int64_t pace, int64_t depth)
{
    int cost = pace == 0 ? DEFAULT_COST : pace == 7 ? 1 : n == 1 && pace == 2 ? DEFAULT_COST / 8 : DEFAULT_COST * 8;

    return depth ? 8 * cost : cost;
}

static int setup(const struct bench *bench, void **state, struct err *err)
{
    struct tunable_state *s = calloc(1, sizeof(*s));

    if (!s)
        return err_set(err, ERR_HOST, "no memory");
    *state = s;
    if (bench->variants & 2) {
        s->pace = bench_tuned(bench, 1, "pace");
        s->depth = bench_tuned(bench, 1, "depth");
    }
    s->cost = cost_of(params_get(bench->params, "n"), s->pace, s->depth);
    return s->pace == 9 ? err_set(err, ERR_HOST, "no room for pace 9") : 0;
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    struct tunable_state *s = state;
    int64_t turns = n * 10 * (variant->impl ? s->cost : DEFAULT_COST);

    for (int64_t i = 0; i < turns; i++)
        s->x = s->x * 0.5 + 1;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    const struct tunable_state *s = state;

    return variant->impl && s->pace == 7 ? err_set(err, ERR_HARNESS, "entry 3 is 4.5, want 4") : 0;
}

static int pace(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)err;
    *value = variant->impl ? (double)((struct tunable_state *)state)->pace : 0;
    return 0;
}

static size_t paces(const struct params *params, const struct variant *variant, const struct caches *caches,
                    int64_t values[TUNABLE_VALUES_MAX])
{
    static const int64_t known[] = { 2, 3, 7, 9 };

    (void)params;
    (void)caches;
    for (size_t i = 0; variant->impl && i < ARRAY_LEN(known); i++)
        values[i] = known[i];
    return variant->impl ? ARRAY_LEN(known) : 0;
}

static size_t depths(const struct params *params, const struct variant *variant, const struct caches *caches,
                     int64_t values[TUNABLE_VALUES_MAX])
{
    (void)params;
    (void)caches;
    values[0] = 5;
    return variant->impl ? 1 : 0;
}

static const int64_t sizes[] = { 1, 2 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = ARRAY_LEN(sizes) } };
static const struct variant variants[] = { { .name = "plain" }, { .name = "mine", .impl = variants } };
static const struct metric metrics[] = { { "pace", "", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = pace } };
static const struct tunable tunables[] = { { "depth", depths }, { "pace", paces } };

const struct scenario scenario_tunable = {
    .name = "tests/tunable",
    .summary = "a variant whose time follows from its tunables",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .tunables = tunables,
    .n_tunables = ARRAY_LEN(tunables),
    .setup = setup,
    .run = run,
    .check = check,
    .teardown = free,
};
