// SPDX-License-Identifier: MIT
/* measure_router.c -- the scenario inference/router, end to end: the estimator routes each problem to greedy decoding,
 * drafts, or several paths, against N paths for all (B2); beside it plain greedy decoding (B1) and an oracle that knows
 * the fastest route of each problem (B3). */
#include "base/mem.h"
#include "inference/measure_reasoning.h"

#include <stdlib.h>
#include <time.h>

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

enum { FIXED, GREEDY, ROUTED, ORACLE };

static const unsigned all = WAY_SPECULATE | WAY_EARLY_STOP | WAY_ROUTE | WAY_BATCH | WAY_SHARE;
static const struct way fixed = { .way = WAY_BATCH | WAY_SHARE },
                        greedy = { .way = WAY_GREEDY | WAY_EARLY_STOP | WAY_SHARE }, routed = { .way = all },
                        oracle = { .way = all, .oracle = true };

static const struct variant variants[] = {
    [FIXED] = { .name = "fixed", .impl = &fixed },
    [GREEDY] = { .name = "greedy", .impl = &greedy },
    [ROUTED] = { .name = "routed", .impl = &routed },
    [ORACLE] = { .name = "oracle", .impl = &oracle },
};

/* First, for measured.h's functions. */
struct state {
    struct measured measured;
    enum route *best; /* (n) the fastest route of each problem */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The shortest of some tries, each route in turn. */
static enum route fastest(struct reasoning *r, size_t i)
{
    enum { TRIES = 3 };
    double best[ROUTES];
    struct multipath_answer answer;
    enum route choice = ROUTE_SIMPLE;

    for (int t = 0; t < TRIES; t++)
        for (int route = 0; route < ROUTES; route++) {
            double start = now(), took;

            reasoning_answer_as(r, i, all, (enum route)route, &answer);
            took = now() - start;
            best[route] = t == 0 || took < best[route] ? took : best[route];
        }
    for (int route = 1; route < ROUTES; route++)
        if (best[route] < best[choice])
            choice = (enum route)route;
    return choice;
}

static int setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *s = mem_array(1, sizeof(*s));
    void *measured;

    if (measured_setup(bench, variants, ARRAY_LEN(variants), &measured, err) < 0) {
        free(s);
        return -1;
    }
    s->measured = *(struct measured *)measured;
    free(measured);
    if (bench->variants & 1u << ORACLE) {
        s->best = mem_array(s->measured.n, sizeof(*s->best));
        for (size_t i = 0; i < s->measured.n; i++)
            s->best[i] = fastest(s->measured.reasoning, i);
    }
    *out = s;
    return 0;
}

static void teardown(void *state)
{
    struct state *s = state;

    if (s)
        free(s->best);
    measured_teardown(s);
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    struct state *s = state;
    const struct way *way = variant->impl;
    struct multipath_answer answer;

    for (int64_t k = 0; k < n; k++)
        for (size_t i = 0; i < s->measured.n; i++)
            if (way->oracle)
                reasoning_answer_as(s->measured.reasoning, i, way->way, s->best[i], &answer);
            else
                reasoning_answer(s->measured.reasoning, i, way->way, &answer);
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
    .run = run,
    .check = measured_check,
    .teardown = teardown,
};
