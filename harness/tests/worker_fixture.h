// SPDX-License-Identifier: MIT
/* worker_fixture.h -- a test program that is its own worker, over a subject that reports where it runs, with what, and
 * when, and that hangs and leaves things behind. No test looks at how long anything took. */
#pragma once

#include "base/err.h"
#include "declare/team.h"
#include "measure/block.h"
#include "measure/worker.h"

#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLAIN, AGAIN, THIRD, SLICED, UNABLE, WRONG, CLOSES, STRAYS, WIDE, N_VARIANTS };

#define SLICES (INT64_C(1) << 40)

struct probe {
    struct team *team;
    uint64_t seed;
    uint32_t variants, isa;
    double cpus[2]; /* by rank: the one CPU that it may use; where there are more, how many, negative */
    pid_t stray;
    volatile double x;
};

static void see_cpus(void *arg, int rank, int size)
{
    struct probe *p = arg;
    cpu_set_t set;

    (void)size;
    if (rank >= (int)ARRAY_LEN(p->cpus) || sched_getaffinity(0, sizeof(set), &set) < 0)
        return;
    p->cpus[rank] = -CPU_COUNT(&set);
    for (int cpu = 0; CPU_COUNT(&set) == 1 && cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            p->cpus[rank] = cpu;
}

static int setup(const struct bench *bench, void **state, struct err *err)
{
    struct probe *p = calloc(1, sizeof(*p));

    if (!p || getenv("PROBE_NO_SETUP")) {
        free(p);
        return err_set(err, ERR_HOST, "the corpus is not there");
    }
    *p = (struct probe){ .team = bench->team, .seed = bench->seed, .variants = bench->variants, .isa = bench->isa,
                         .cpus = { -100, -100 } };
    team_run(p->team, see_cpus, p);
    *state = p;
    return 0;
}

static void hang(void)
{
    for (;;)
        pause();
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    struct probe *p = state;

    if (getenv("PROBE_TELL")) /* in between what the worker says */
        wire_send(WIRE_FD, json_pack("{s:s, s:s}", "t", "ran", "name", variant->name));
    if (strcmp(variant->name, "closes") == 0) {
        close_range(0, ~0u, 0);
        hang();
    }
    for (int64_t i = 0; i < n * 10000; i++)
        p->x = p->x * 0.5 + 1;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    struct probe *p = state;

    if (strcmp(variant->name, "unable") == 0)
        return err_set(err, ERR_HOST, "cannot load libfoo (apt install libfoo)");
    if (strcmp(variant->name, "wrong") == 0)
        return err_set(err, ERR_HARNESS, "entry 3 is 4.5, want 4");
    if (strcmp(variant->name, "strays") == 0) {
        p->stray = fork();
        if (p->stray == 0)
            hang(); /* with all descriptors of the worker, its pipe too */
    }
    return 0;
}

static void teardown(void *state)
{
    if (getenv("PROBE_HANG"))
        hang();
    free(state);
}

static int exact(void *state, double *value, double known)
{
    *value = known;
    return state ? 0 : -1;
}

#define EXACT(name, known)                                                                                     \
    static int name(void *state, const struct variant *variant, double *value, struct err *err)                \
    {                                                                                                          \
        const struct probe *p = state;                                                                         \
        const char *pad = getenv("PAWL_PAD");                                                                  \
                                                                                                               \
        (void)variant, (void)err, (void)p, (void)pad;                                                          \
        return exact(state, value, known);                                                                     \
    }

EXACT(cpu_0, p->cpus[0])
EXACT(cpu_1, p->cpus[1])
EXACT(pad_length, pad ? (double)strlen(pad) : -1)
EXACT(input_seed, (double)p->seed)
EXACT(variant_mask, p->variants)
EXACT(isa_mask, p->isa)
EXACT(stray_pid, p->stray)

#define METRIC(name) { #name, "", METRIC_EXACT, METRIC_LOWER_IS_BETTER, .exact = name }
static const struct metric metrics[] = { METRIC(cpu_0),        METRIC(cpu_1),    METRIC(pad_length), METRIC(input_seed),
                                         METRIC(variant_mask), METRIC(isa_mask), METRIC(stray_pid) };

static int64_t many(const struct params *params)
{
    (void)params;
    return SLICES;
}

static const struct variant variants[N_VARIANTS] = {
    [PLAIN] = { .name = "plain" },   [AGAIN] = { .name = "again" },   [THIRD] = { .name = "third" },
    [SLICED] = { .name = "sliced", .slices = many },                  [UNABLE] = { .name = "unable" },
    [WRONG] = { .name = "wrong" },   [CLOSES] = { .name = "closes" }, [STRAYS] = { .name = "strays" },
    [WIDE] = { .name = "wide", .isa = ISA_AVX2 },
};
static const struct axis axes[] = { AXIS_THREADS };

static const struct scenario checked = {
    .name = "tests/checked", .summary = "s", .axes = axes, .n_axes = 1, .variants = variants, .n_variants = N_VARIANTS,
    .metrics = metrics, .n_metrics = ARRAY_LEN(metrics), .setup = setup, .run = run, .check = check,
    .teardown = teardown,
};
static const struct scenario unchecked = {
    .name = "tests/unchecked", .summary = "s", .axes = axes, .n_axes = 1, .variants = variants,
    .n_variants = N_VARIANTS, .setup = setup, .run = run, .teardown = teardown,
};
static const struct scenario *const scenarios[] = { &checked, &unchecked };
static const struct registry registry = { scenarios, ARRAY_LEN(scenarios) };

static struct comparison comparison;

/* A job of these variants, one thread, not pinned, calibrated. */
static struct job job_of(const struct scenario *scenario, const int *which, int n)
{
    struct job job = { .comparison = &comparison, .n_variants = n, .rounds = 2, .min_sample_ns = 1e5, .input_seed = 5,
                       .order_seed = 6 };

    comparison = (struct comparison){ .params = { scenario, { 1 } }, .id = "tests/it" };
    for (int i = 0; i < n; i++) {
        job.variants[i] = which[i];
        job.iterations[i] = 10;
    }
    return job;
}

static inline struct block block_of(struct job *job, double timeout_s)
{
    struct block_options options = { .program = "/proc/self/exe", .timeout_s = timeout_s };
    struct block block;
    struct err err = { 0 };

    if (block_run(job, &options, 0, &block, &err) < 0)
        fail_msg("%s", err.msg);
    return block;
}

static inline void assert_ok(const struct block *block)
{
    if (block->status != CASE_OK)
        fail_msg("%s", block->reason);
}

/* An exact metric of a variant, as the worker told it. */
static inline double value_of(const struct block *block, int variant, const char *metric)
{
    for (size_t i = 0; i < block->n_exacts; i++)
        if (block->exacts[i].variant == variant && strcmp(block->exacts[i].metric->name, metric) == 0)
            return block->exacts[i].value;
    fail_msg("no '%s'", metric);
    return NAN;
}

static const int three[] = { PLAIN, AGAIN, THIRD };

/* The tests, or the worker that they start. */
static int main_of(int argc, char **argv, int (*tests)(void))
{
    signal(SIGPIPE, SIG_IGN); /* as the command line does */
    return argc == 2 && strcmp(argv[1], "worker") == 0 ? worker_main(&registry) : tests();
}
