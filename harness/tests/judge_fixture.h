// SPDX-License-Identifier: MIT
/* judge_fixture.h -- a subject and recorded blocks of it, as the tests of judge/ write them down. */
#pragma once

#include "base/rng.h"
#include "base/text.h"
#include "judge/compare.h"
#include "judge/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

static void work(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static double rate(const struct params *params, double ns)
{
    (void)params;
    return 1000 / ns;
}

static int no_value(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)state;
    (void)variant;
    (void)value;
    return err_set(err, ERR_HARNESS, "not called here");
}

static const struct metric metrics[] = {
    { "rate", "1/us", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = rate },
    { "size", "bytes", METRIC_EXACT, METRIC_LOWER_IS_BETTER, .exact = no_value },
};
static const struct variant variants[] = { { .name = "plain" }, { .name = "fast" }, { .name = "other", .role = ROLE_PEER } };
static const struct scenario subject = {
    .name = "kernels/subject", .summary = "s", .variants = variants, .n_variants = 3,
    .metrics = metrics, .n_metrics = 2, .run = work,
};
static const struct scenario *const scenarios[] = { &subject };
static const struct registry registry = { scenarios, 1 };

/* As in a gate of one verdict with a single look at BLOCKS. */
#define ALPHA 0.02

enum { BLOCKS = 8, ROUNDS = 4, VARIANTS = 3 };

/* A comparison and its blocks, as measured data that a test writes down. */
struct recording {
    struct planned planned[VARIANTS];
    struct comparison comparison;
    struct block blocks[BLOCKS];
    struct sample samples[BLOCKS][ROUNDS * VARIANTS];
    struct exact_value exacts[BLOCKS][1];
};

/* plain takes 100 ns, fast 100 / speedup, with a drift over the blocks that is in both, and noise of 0.3 %. */
static void record(struct recording *r, double speedup, double size)
{
    struct rng rng = rng_seed(7);

    memset(r, 0, sizeof(*r));
    r->comparison = (struct comparison){ .params = { .scenario = &subject }, .variants = r->planned };
    text_copy(r->comparison.id, sizeof(r->comparison.id), subject.name);
    r->planned[0].wanted = r->planned[1].wanted = true;
    for (int b = 0; b < BLOCKS; b++) {
        r->blocks[b] = (struct block){ .index = b, .samples = r->samples[b], .variant = -1 };
        for (int i = 0; i < ROUNDS * 2; i++) {
            double drift = 1 + 0.2 * b, noise = 1 + 0.003 * rng_normal(&rng);

            r->samples[b][i] = (struct sample){ .variant = i % 2, .round = i / 2, .order = i, .iterations = 1,
                                                .ns = (i % 2 ? 100 / speedup : 100) * drift * noise };
            r->samples[b][i].cpu_ns = r->samples[b][i].ns;
        }
        r->blocks[b].n_samples = ROUNDS * 2;
        r->exacts[b][0] = (struct exact_value){ 1, &metrics[1], size };
        r->blocks[b].exacts = r->exacts[b];
        r->blocks[b].n_exacts = 1;
    }
}

static struct run_result estimate(const struct recording *r, size_t n_blocks)
{
    struct run_result run = { .info = { .id = 1, .commit = "abc", .started = "2026-11-20T00:00:00Z",
                                        .host = { .class = "test-host" } } };

    compare_estimates(&r->comparison, r->blocks, n_blocks, ALPHA, &run);
    return run;
}

static inline struct baseline accept(const struct recording *r)
{
    struct run_result run = estimate(r, BLOCKS);
    struct baseline baseline = { 0 };
    struct err err = { 0 };
    size_t changed;

    if (baseline_accept(&baseline, &run, "first", false, false, &changed, &err) < 0)
        fail_msg("%s", err.msg);
    run_result_free(&run);
    return baseline;
}

static inline const struct verdict *verdict_of(const struct run_result *run, const char *case_id, const char *metric)
{
    for (size_t i = 0; i < run->n_verdicts; i++)
        if (strcmp(run->verdicts[i].case_id, case_id) == 0 && strcmp(run->verdicts[i].metric, metric) == 0)
            return &run->verdicts[i];
    return NULL;
}
