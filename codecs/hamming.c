// SPDX-License-Identifier: MIT
/* hamming.c -- the scenario codecs/hamming: the 100 nearest of n binary codes to one query, by looking at all of
 * them. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/scan_buffer.h"
#include "codecs/scan_hamming_check.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/roof.h"

#include <stdlib.h>
#include <string.h>

enum { K = 100 };

/* The reference takes a hundred times as long as memory does: a slice is 2^16 codes. */
enum { SLICE = 1 << 16 };

static double mvec_s(const struct params *params, double ns)
{
    return (double)params_get(params, "n") / ns * 1e3;
}

static double gbps(const struct params *params, double ns)
{
    return (double)params_get(params, "n") * (double)params_get(params, "bytes") / ns;
}

static int64_t slices(const struct params *params)
{
    int64_t n = params_get(params, "n");

    return n > SLICE ? n / SLICE : 1;
}

/* 8 MiB of codes of 128 bytes, which a cache holds, and 1 GiB, which none does. */
static const int64_t ns[] = { 1 << 16, 1 << 23 };
static const int64_t bytes[] = { 32, 128 };
static const struct axis axes[] = {
    { .name = "n", .values = ns, .n_values = ARRAY_LEN(ns), .quick = 1u << 0 },
    { .name = "bytes", .values = bytes, .n_values = ARRAY_LEN(bytes), .quick = 1u << 1 },
    AXIS_THREADS_QUICK_ONE,
};

enum { SCALAR, AVX2, AVX512, READ256, READ512, VARIANTS };

/* impl: a struct scan_hamming_impl or a struct roof_read. */
static const struct variant variants[] = {
    [SCALAR] = { .name = "scalar", .impl = &scan_hamming_scalar, .slices = slices },
    [AVX2] = { .name = "avx2", .isa = ISA_AVX2, .impl = &scan_hamming_avx2, .roofs = { "read256" } },
    [AVX512] = {
        .name = "avx512", .isa = ISA_AVX512F | ISA_AVX512VPOPCNTDQ, .impl = &scan_hamming_avx512,
        .roofs = { "read512" },
    },
    [READ256] = { .name = "read256", .isa = ISA_AVX2, .impl = &roof_read256, .role = ROLE_ROOF },
    [READ512] = { .name = "read512", .isa = ISA_AVX512F, .impl = &roof_read512, .role = ROLE_ROOF },
};

static const struct metric metrics[] = {
    { .name = "mvec_s", .unit = "Mvec/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = mvec_s },
    { .name = "gbps", .unit = "GB/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gbps },
};

struct state {
    struct team *team;
    size_t n, bytes, next; /* next: code that the next slice begins with */
    uint64_t seed;
    uint8_t *codes, query[SCAN_HAMMING_BYTES_MAX];
    struct scan_hamming_found found[K], truth[K];
    size_t n_found, n_truth;                     /* n_truth: 0 until it is computed */
    struct scan_hamming_work *works[VARIANTS];   /* NULL: not of this block, or it cannot work here */
    struct err why_not[VARIANTS];                /* the latter: what check() of it says */
};

static void teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    for (size_t i = 0; i < VARIANTS; i++)
        scan_hamming_work_free(state->works[i]);
    free(state->codes);
    free(state);
}

static int setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));
    struct rng rng = rng_seed(bench->seed);

    state->team = bench->team;
    state->seed = bench->seed;
    state->n = (size_t)params_get(bench->params, "n");
    state->bytes = (size_t)params_get(bench->params, "bytes");
    state->codes = scan_buffer(state->n, state->bytes, err);
    if (!state->codes) {
        teardown(state);
        return -1;
    }
    for (size_t i = 0; i < state->bytes; i++)
        state->query[i] = (uint8_t)rng_next(&rng);
    for (size_t i = 0; i < state->n * state->bytes; i += sizeof(uint64_t)) {
        uint64_t word = rng_next(&rng);

        memcpy(state->codes + i, &word, sizeof(word));
    }
    for (size_t i = 0; i < VARIANTS; i++)
        if (bench->variants & 1u << i && variants[i].role != ROLE_ROOF)
            state->works[i] = scan_hamming_work_new(variants[i].impl, K, team_size(bench->team), &state->why_not[i]);
    *out = state;
    return 0;
}

static void search(struct state *state, const struct variant *variant, size_t first, size_t n)
{
    struct scan_hamming_work *work = state->works[variant - variants];
    struct err err = { 0 };

    if (!work)
        BUG("hamming '%s' cannot run here", variant->name);
    if (scan_hamming(state->codes + first * state->bytes, n, state->bytes, state->query, work, state->team,
                     state->found, &state->n_found, &err) < 0)
        BUG("%s", err.msg);
}

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;

    for (int64_t i = 0; i < n; i++) {
        if (variant->role == ROLE_ROOF) {
            roof_read_run(variant->impl, state->codes, state->n * state->bytes, state->team);
        } else if (variant->slices && state->n > SLICE) {
            search(state, variant, state->next, SLICE);
            state->next = (state->next + SLICE) % state->n;
        } else {
            search(state, variant, 0, state->n);
        }
    }
}

/* Awkward sizes first, then the very search that will be timed. That a roof does what it says is the business of
 * kernels/roof_read. */
static int check(void *arg, const struct variant *variant, struct err *err)
{
    struct state *state = arg;
    size_t at = (size_t)(variant - variants);

    if (variant->role == ROLE_ROOF)
        return roof_read_run(variant->impl, state->codes, state->n * state->bytes, state->team) != 0
                   ? 0
                   : err_set(err, ERR_HARNESS, "the read probe read nothing but zeros");
    if (!state->works[at]) {
        *err = state->why_not[at];
        return -1;
    }
    if (scan_hamming_check(variant->impl, state->seed, state->team, err) < 0)
        return -1;
    if (state->n_truth == 0)
        state->n_truth = scan_hamming_truth(state->codes, state->n, state->bytes, state->query, K, state->truth);
    memset(state->found, 0, sizeof(state->found)); /* no variant profits from another's result */
    search(state, variant, 0, state->n);
    return scan_hamming_same(state->found, state->n_found, state->truth, state->n_truth, err);
}

const struct scenario scenario_hamming = {
    .name = "codecs/hamming",
    .summary = "the 100 nearest of n binary codes, exactly: Hamming distances to one query",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = run,
    .check = check,
    .teardown = teardown,
};
