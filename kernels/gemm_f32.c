// SPDX-License-Identifier: MIT
/* gemm_f32.c -- the subject kernels/gemm_f32: square products, beside the plain loops, other libraries and the roof. */
#include "kernels/gemm_f32.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_f32_check.h"
#include "kernels/gemm_f32_peers.h"
#include "kernels/gemm_f32_work.h"
#include "kernels/roof.h"

#include <stdlib.h>
#include <string.h>

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows of C in one slice of a naive variant: 4 Mi multiply-adds a thread, 2 to 20 ms by what the caches do; at least a
 * row for each thread, and a divisor of n, so that all slices are equal. */
static size_t slice_rows(const struct params *params)
{
    size_t n = (size_t)params_get(params, "n"), threads = (size_t)params_threads(params);
    size_t rows = ((size_t)1 << 22) / (n * n);

    rows = min((rows ? rows : 1) * threads, n);
    while (n % rows)
        rows++;
    return rows;
}

static int64_t slices(const struct params *params)
{
    return params_get(params, "n") / (int64_t)slice_rows(params);
}

static double operations(const struct params *params)
{
    double n = (double)params_get(params, "n");

    return 2 * n * n * n;
}

static double gflops(const struct params *params, double ns)
{
    return operations(params) / ns;
}

static const int64_t sizes[] = { 512, 1024, 2048 };
static const struct axis gemm_axes[] = {
    { .name = "n", .values = sizes, .n_values = ARRAY_LEN(sizes), .quick = 1u << 0 },
    AXIS_THREADS,
};

static const struct variant gemm_variants[] = {
    { .name = "naive", .isa = ISA_ANY, .impl = &gemm_f32_naive, .slices = slices },
    { .name = "naive_ikj", .isa = ISA_ANY, .impl = &gemm_f32_naive_ikj, .slices = slices },
    { .name = "avx2", .isa = ISA_AVX2, .impl = &gemm_f32_avx2, .roofs = { "roof_fma256" } },
    { .name = "avx512", .isa = ISA_AVX512F, .impl = &gemm_f32_avx512, .roofs = { "roof_fma512" } },
    { .name = "openblas", .impl = &gemm_f32_openblas, .role = ROLE_PEER, .absent = GEMM_F32_OPENBLAS_ABSENT,
      .roofs = { "roof_fma512" } },
    { .name = "onednn", .impl = &gemm_f32_onednn, .role = ROLE_PEER, .absent = GEMM_F32_ONEDNN_ABSENT,
      .roofs = { "roof_fma512" } },
    { .name = "roof_fma256", .isa = ISA_AVX2, .impl = &roof_fma256, .role = ROLE_ROOF },
    { .name = "roof_fma512", .isa = ISA_AVX512F, .impl = &roof_fma512, .role = ROLE_ROOF },
};

/* Values round the rule's own (gemm_f32.h): `of` its sixteenths, in multiples of `unit`. */
static size_t round_own(size_t own, size_t unit, const int *of, size_t n, int64_t values[TUNABLE_VALUES_MAX])
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        size_t value = own * (size_t)of[i] / 16 / unit * unit;

        if (value > 0 && (found == 0 || values[found - 1] != (int64_t)value))
            values[found++] = (int64_t)value;
    }
    return found;
}

static const struct gemm_f32_impl *blocked(const struct variant *variant)
{
    const struct gemm_f32_impl *impl = variant->role == ROLE_ROOF ? NULL : variant->impl;

    return impl && impl->micro ? impl : NULL;
}

static size_t mc_candidates(const struct params *params, const struct variant *variant, const struct caches *caches,
                            int64_t values[TUNABLE_VALUES_MAX])
{
    static const int of[] = { 4, 8, 12, 16, 20, 24, 32 };
    const struct gemm_f32_impl *impl = blocked(variant);

    (void)params;
    return impl ? round_own(gemm_f32_blocks(impl, caches).mc, impl->mr, of, ARRAY_LEN(of), values) : 0;
}

static size_t kc_candidates(const struct params *params, const struct variant *variant, const struct caches *caches,
                            int64_t values[TUNABLE_VALUES_MAX])
{
    static const int of[] = { 6, 8, 10, 12, 14, 16, 18, 20, 24, 32 };
    const struct gemm_f32_impl *impl = blocked(variant);

    (void)params;
    return impl ? round_own(gemm_f32_blocks(impl, caches).kc, 8, of, ARRAY_LEN(of), values) : 0;
}

/* Only what differs: beyond n there is nothing. */
static size_t nc_candidates(const struct params *params, const struct variant *variant, const struct caches *caches,
                            int64_t values[TUNABLE_VALUES_MAX])
{
    static const int of[] = { 2, 4, 6, 8, 12, 16 };
    const struct gemm_f32_impl *impl = blocked(variant);
    size_t n = (size_t)params_get(params, "n");

    (void)caches;
    return impl ? round_own(n, impl->nr, of, ARRAY_LEN(of), values) : 0;
}

static const struct tunable gemm_tunables[] = {
    { "mc", mc_candidates },
    { "kc", kc_candidates },
    { "nc", nc_candidates },
};

/* A, B, C of one cell; C is whatever the last run left. */
struct state {
    struct team *team;
    uint64_t seed;
    double operations; /* of one product */
    struct gemm_f32_problem p;
    float *a, *b, *c;
    struct gemm_f32_work *works[ARRAY_LEN(gemm_variants)]; /* NULL: not of this block, or it cannot work here */
    struct err why_not[ARRAY_LEN(gemm_variants)];          /* the latter: what check() of it says */
    size_t slice_rows, next_row;                           /* of the sliced variant: where the next slice begins */
};

/* Operations a byte: A, B and C moved once. */
static int intensity(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *state = arg;

    (void)variant;
    (void)err;
    *value = (double)state->p.n / 6;
    return 0;
}

static const struct metric gemm_metrics[] = {
    { .name = "gflops", .unit = "GFLOP/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gflops },
    { .name = "intensity", .unit = "flop/byte", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER,
      .exact = intensity },
};

static void gemm_teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    for (size_t i = 0; i < ARRAY_LEN(state->works); i++)
        gemm_f32_work_free(state->works[i]);
    free(state->a);
    free(state->b);
    free(state->c);
    free(state);
}

/* With what `pawl tune` found here, or else by the rule. */
static struct gemm_f32_work *work_new(size_t variant, const struct bench *bench, struct err *err)
{
    const struct gemm_f32_impl *impl = gemm_variants[variant].impl;
    struct gemm_f32_blocks blocks = gemm_f32_blocks(impl, &bench->caches);
    size_t n = (size_t)params_get(bench->params, "n");
    size_t mc = (size_t)bench_tuned(bench, variant, "mc");
    size_t kc = (size_t)bench_tuned(bench, variant, "kc");
    size_t nc = (size_t)bench_tuned(bench, variant, "nc");

    blocks.mc = mc ? mc : blocks.mc;
    blocks.kc = kc ? kc : blocks.kc;
    blocks.nc = nc ? nc : blocks.nc;
    return gemm_f32_work_new_blocks(impl, &blocks, n, n, n, team_size(bench->team), err);
}

static int gemm_setup(const struct bench *bench, void **out, struct err *err)
{
    size_t n = (size_t)params_get(bench->params, "n");
    struct state *state = mem_array(1, sizeof(*state));
    struct rng rng = rng_seed(bench->seed);

    gemm_f32_openblas_limit(bench->isa);
    gemm_f32_onednn_limit(bench->isa);
    state->team = bench->team;
    state->seed = bench->seed;
    state->operations = operations(bench->params);
    state->slice_rows = slice_rows(bench->params);
    state->a = mem_aligned(n * n, sizeof(float), MEM_LINE, err);
    state->b = mem_aligned(n * n, sizeof(float), MEM_LINE, err);
    state->c = mem_aligned(n * n, sizeof(float), MEM_LINE, err);
    if (!state->a || !state->b || !state->c)
        goto fail;
    gemm_f32_check_fill(state->a, n * n, &rng);
    gemm_f32_check_fill(state->b, n * n, &rng);
    state->p = (struct gemm_f32_problem){ n, n, n, state->a, n, state->b, n, state->c, n };
    for (size_t i = 0; i < ARRAY_LEN(gemm_variants); i++)
        if (bench->variants & 1u << i && gemm_variants[i].role != ROLE_ROOF)
            state->works[i] = work_new(i, bench, &state->why_not[i]);
    *out = state;
    return 0;
fail:
    gemm_teardown(state);
    return -1;
}

static void gemm_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;
    struct gemm_f32_work *work = state->works[variant - gemm_variants];
    struct err err = { 0 };

    if (variant->role == ROLE_ROOF) {
        for (int64_t i = 0; i < n; i++)
            roof_compute_run(variant->impl, state->operations, state->team);
        return;
    }
    if (!work)
        BUG("gemm_f32 '%s' cannot run here", variant->name);
    for (int64_t i = 0; i < n; i++) {
        if (variant->slices) {
            gemm_f32_run_rows(&state->p, work->impl->rows, state->next_row, state->slice_rows, state->team);
            state->next_row = (state->next_row + state->slice_rows) % state->p.m;
        } else if (gemm_f32(&state->p, work, state->team, &err) < 0) {
            BUG("%s", err.msg);
        }
    }
}

/* Awkward sizes first, then the very product that will be timed, or one slice of it: its first rows. */
static int gemm_check(void *arg, const struct variant *variant, struct err *err)
{
    enum { ENTRIES = 200 };
    struct state *state = arg;
    struct gemm_f32_problem done = state->p;
    size_t at = (size_t)(variant - gemm_variants);

    if (variant->role == ROLE_ROOF) /* its own test shows that it does what it says */
        return 0;
    if (!state->works[at]) {
        *err = state->why_not[at];
        return -1;
    }
    if (gemm_f32_check(variant->impl, state->seed, state->team, err) < 0)
        return -1;
    memset(state->c, 0xff, done.m * done.n * sizeof(float)); /* NaN: no variant profits from another's result */
    if (variant->slices) {
        state->next_row = 0;
        done.m = state->slice_rows;
    }
    gemm_run(state, variant, 1);
    return gemm_f32_check_entries(&done, ENTRIES, state->seed, err);
}

const struct scenario scenario_gemm_f32 = {
    .name = "kernels/gemm_f32",
    .summary = "C = A B in float32, row-major",
    .libraries = GEMM_F32_LIBRARIES,
    .axes = gemm_axes,
    .n_axes = ARRAY_LEN(gemm_axes),
    .variants = gemm_variants,
    .n_variants = ARRAY_LEN(gemm_variants),
    .metrics = gemm_metrics,
    .n_metrics = ARRAY_LEN(gemm_metrics),
    .tunables = gemm_tunables,
    .n_tunables = ARRAY_LEN(gemm_tunables),
    .setup = gemm_setup,
    .run = gemm_run,
    .check = gemm_check,
    .teardown = gemm_teardown,
};
