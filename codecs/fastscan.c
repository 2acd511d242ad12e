// SPDX-License-Identifier: MIT
/* fastscan.c -- the scenario codecs/fastscan: the 100 nearest of n codes of a 4-bit product quantiser to one query, by
 * looking at all of them. The time includes rounding the query's tables to bytes, not making them. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/scan_pq4_check.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/roof.h"

#include <stdlib.h>
#include <string.h>

enum { K = 100 };

/* The reference takes thirty times as long as memory does: a slice is 2^16 codes. */
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

/* 1.3 and 2.5 MiB, which a cache holds; 320 and 640 MiB, which hardly one does. */
static const int64_t ns[] = { 1 << 16, 1 << 24 };
static const int64_t bytes[] = { 20, 40 };
static const struct axis axes[] = {
    { .name = "n", .values = ns, .n_values = ARRAY_LEN(ns), .quick = 1u << 0 },
    { .name = "bytes", .values = bytes, .n_values = ARRAY_LEN(bytes), .quick = 1u << 1 },
    AXIS_THREADS_QUICK_ONE,
};

enum { SCALAR, AVX2, AVX512, READ256, READ512, VARIANTS };

/* impl: a struct scan_pq4_impl or a struct roof_read. The reference computes the float distance of every code. */
static const struct variant variants[] = {
    [SCALAR] = { .name = "scalar", .impl = &scan_pq4_scalar, .slices = slices },
    [AVX2] = { .name = "avx2", .isa = ISA_AVX2, .impl = &scan_pq4_avx2, .roofs = { "read256" } },
    [AVX512] = { .name = "avx512", .isa = ISA_AVX512F, .impl = &scan_pq4_avx512, .roofs = { "read512" } },
    [READ256] = { .name = "read256", .isa = ISA_AVX2, .impl = &roof_read256, .role = ROLE_ROOF },
    [READ512] = { .name = "read512", .isa = ISA_AVX512F, .impl = &roof_read512, .role = ROLE_ROOF },
};

static const struct metric metrics[] = {
    { .name = "mvec_s", .unit = "Mvec/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = mvec_s },
    { .name = "gbps", .unit = "GB/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gbps },
};

struct state {
    struct team *team;
    size_t next; /* the code that the next slice begins with */
    uint64_t seed;
    struct scan_pq4_codes *codes;
    float tables[2 * SCAN_PQ4_BYTES_MAX * 16];
    struct scan_pq4_found found[K], truth[K];
    size_t n_found, n_truth;                 /* n_truth: 0 until it is computed */
    struct scan_pq4_work *works[VARIANTS];   /* NULL: not of this block, or it cannot work here */
    struct err why_not[VARIANTS];            /* the latter: what check() of it says */
};

static void teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    for (size_t i = 0; i < VARIANTS; i++)
        scan_pq4_work_free(state->works[i]);
    scan_pq4_codes_free(state->codes);
    free(state);
}

/* Squared distances of two normal numbers a group to 16 centroids: what the tables of a quantiser look like. */
static void fill_tables(float *tables, size_t groups, struct rng *rng)
{
    for (size_t s = 0; s < groups; s++) {
        double x = rng_normal(rng), y = rng_normal(rng);

        for (size_t c = 0; c < 16; c++) {
            double dx = x - rng_normal(rng), dy = y - rng_normal(rng);

            tables[16 * s + c] = (float)(dx * dx + dy * dy);
        }
    }
}

static int setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));
    struct rng rng = rng_seed(bench->seed);

    state->team = bench->team;
    state->seed = bench->seed;
    state->codes = scan_pq4_codes_new((size_t)params_get(bench->params, "n"),
                                      (size_t)params_get(bench->params, "bytes"), err);
    if (!state->codes) {
        teardown(state);
        return -1;
    }
    fill_tables(state->tables, 2 * state->codes->bytes, &rng);
    /* Random codes are random in any arrangement. n is a multiple of the block's. */
    for (size_t i = 0; i < scan_pq4_codes_bytes(state->codes); i += sizeof(uint64_t)) {
        uint64_t word = rng_next(&rng);

        memcpy(state->codes->blocks + i, &word, sizeof(word));
    }
    for (size_t i = 0; i < VARIANTS; i++)
        if (bench->variants & 1u << i && variants[i].role != ROLE_ROOF)
            state->works[i] = scan_pq4_work_new(variants[i].impl, K, team_size(bench->team), &state->why_not[i]);
    *out = state;
    return 0;
}

static void search(struct state *state, const struct variant *variant, size_t first, size_t n)
{
    struct scan_pq4_work *work = state->works[variant - variants];
    struct scan_pq4_codes part = { n, state->codes->bytes, state->codes->blocks + first * state->codes->bytes };
    struct err err = { 0 };

    if (!work)
        BUG("fastscan '%s' cannot run here", variant->name);
    if (scan_pq4(&part, state->tables, work, state->team, state->found, &state->n_found, &err) < 0)
        BUG("%s", err.msg);
}

/* From the blocks, as scan_pq4_isa.h describes them. */
static void compute_truth(struct state *state)
{
    const struct scan_pq4_codes *codes = state->codes;

    for (size_t i = 0; i < codes->n; i++) {
        const uint8_t *at = codes->blocks + i / SCAN_PQ4_BLOCK * SCAN_PQ4_BLOCK * codes->bytes + i % SCAN_PQ4_BLOCK;
        uint8_t row[SCAN_PQ4_BYTES_MAX];

        for (size_t b = 0; b < codes->bytes; b++)
            row[b] = at[b * SCAN_PQ4_BLOCK];
        scan_pq4_truth_add(state->truth, &state->n_truth, K,
                           (struct scan_pq4_found){ (uint32_t)i,
                                                    scan_pq4_distance(row, codes->bytes, state->tables) });
    }
}

static void run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;

    for (int64_t i = 0; i < n; i++) {
        if (variant->role == ROLE_ROOF) {
            roof_read_run(variant->impl, state->codes->blocks, scan_pq4_codes_bytes(state->codes), state->team);
        } else if (variant->slices && state->codes->n > SLICE) {
            search(state, variant, state->next, SLICE);
            state->next = (state->next + SLICE) % state->codes->n;
        } else {
            search(state, variant, 0, state->codes->n);
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
        return roof_read_run(variant->impl, state->codes->blocks, scan_pq4_codes_bytes(state->codes), state->team) != 0
                   ? 0
                   : err_set(err, ERR_HARNESS, "the read probe read nothing but zeros");
    if (!state->works[at]) {
        *err = state->why_not[at];
        return -1;
    }
    if (scan_pq4_check(variant->impl, state->seed, state->team, err) < 0)
        return -1;
    if (state->n_truth == 0)
        compute_truth(state);
    memset(state->found, 0, sizeof(state->found)); /* no variant profits from another's result */
    search(state, variant, 0, state->codes->n);
    return scan_pq4_same(state->found, state->n_found, state->truth, state->n_truth, err);
}

const struct scenario scenario_fastscan = {
    .name = "codecs/fastscan",
    .summary = "the 100 nearest of n codes of a 4-bit product quantiser, exactly: float distances to one query",
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
