// SPDX-License-Identifier: MIT
/* gemm_ternary.c -- the scenario kernels/gemm_ternary: the matrices of BitNet b1.58 models, for one row (decoding) to
 * many (reading a prompt). */
#include "kernels/gemm_ternary.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_ternary_check.h"
#include "kernels/gemm_ternary_work.h"
#include "kernels/roof.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* n outputs, k inputs. Square ones of round size, those of the 2B model (attention, up, down), and one that is larger
 * than most L3: 64 MiB packed. */
static bool has(const struct params *params)
{
    static const struct {
        int64_t n, k;
    } shapes[] = {
        { 2048, 2048 }, { 4096, 4096 }, { 2560, 2560 }, { 6912, 2560 }, { 2560, 6912 }, { 32768, 8192 },
    };

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (params_get(params, "n") == shapes[i].n && params_get(params, "k") == shapes[i].k)
            return true;
    return false;
}

static double operations(const struct params *params)
{
    return 2.0 * (double)params_get(params, "m") * (double)params_get(params, "n") * (double)params_get(params, "k");
}

static double gops(const struct params *params, double ns)
{
    return operations(params) / ns;
}

/* Packed weights, each byte once: what an operation must read. */
static double gbps(const struct params *params, double ns)
{
    return (double)params_get(params, "n") * (double)params_get(params, "k") / 4 / ns;
}

/* Of one row: columns of a slice. A row of 32768 columns takes a quarter of a second; its slices quantise the row each,
 * which makes them longer by a thousandth. */
static size_t slice_columns(const struct params *params)
{
    size_t n = (size_t)params_get(params, "n");

    return n > 8192 ? 1024 : n;
}

static int64_t slices(const struct params *params)
{
    return params_get(params, "m") * (params_get(params, "n") / (int64_t)slice_columns(params));
}

static const int64_t ms[] = { 1, 8, 32, 128, 512 };
static const int64_t ns[] = { 2048, 2560, 4096, 6912, 32768 };
static const int64_t ks[] = { 2048, 2560, 4096, 6912, 8192 };
static const struct axis ternary_axes[] = {
    { .name = "m", .values = ms, .n_values = ARRAY_LEN(ms), .quick = 1u << 0 | 1u << 2 },
    { .name = "n", .values = ns, .n_values = ARRAY_LEN(ns), .quick = 1u << 1 },
    { .name = "k", .values = ks, .n_values = ARRAY_LEN(ks), .quick = 1u << 1 },
    AXIS_THREADS_QUICK_ONE,
};

enum { SCALAR, AVX2, AVXVNNI, AVX512VNNI, ROOF_AVX2, ROOF_VNNI256, ROOF_VNNI512, ROOF_READ, VARIANTS };

/* impl: a struct gemm_ternary_impl, a struct roof_compute, or for ROOF_READ nothing: it is roof_read_best(). */
static const struct variant ternary_variants[] = {
    [SCALAR] = { .name = "scalar", .impl = &gemm_ternary_scalar, .slices = slices },
    [AVX2] = { .name = "avx2", .isa = ISA_AVX2, .impl = &gemm_ternary_avx2, .roofs = { "roof_avx2", "roof_read" } },
    [AVXVNNI] = {
        .name = "avxvnni", .isa = ISA_AVX2 | ISA_AVXVNNI, .impl = &gemm_ternary_avxvnni,
        .roofs = { "roof_vnni256", "roof_read" },
    },
    [AVX512VNNI] = {
        .name = "avx512vnni", .isa = ISA_AVX512F | ISA_AVX512VNNI, .impl = &gemm_ternary_avx512vnni,
        .roofs = { "roof_vnni512", "roof_read" },
    },
    [ROOF_AVX2] = { .name = "roof_avx2", .isa = ISA_AVX2, .impl = &roof_int8_avx2, .role = ROLE_ROOF },
    [ROOF_VNNI256] = { .name = "roof_vnni256", .isa = ISA_AVXVNNI, .impl = &roof_vnni256, .role = ROLE_ROOF },
    [ROOF_VNNI512] = { .name = "roof_vnni512", .isa = ISA_AVX512VNNI, .impl = &roof_vnni512, .role = ROLE_ROOF },
    [ROOF_READ] = { .name = "roof_read", .isa = ISA_AVX2, .role = ROLE_ROOF },
};

/* X, W, Y of one cell; Y is whatever the last run left. */
struct state {
    struct team *team;
    uint64_t seed;
    double operations;
    struct gemm_ternary_problem p;
    float *x, *y;
    struct gemm_ternary_weights *weights;
    const struct roof_read *roof_read;
    uint8_t *read; /* as many bytes as the packed weights, for ROOF_READ alone; NULL: not of this block */
    struct gemm_ternary_work *works[VARIANTS]; /* NULL: not of this block, or it cannot work here */
    struct err why_not[VARIANTS];              /* the latter: what check() of it says */
    size_t slice_columns, slices, next_slice;  /* of the sliced variant */
};

/* Operations a byte: the packed weights, X and Y moved once. */
static int intensity(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *state = arg;
    double m = (double)state->p.m, n = (double)state->p.weights->n, k = (double)state->p.weights->k;

    (void)variant;
    (void)err;
    *value = 2 * m * n * k / (n * k / 4 + sizeof(float) * m * (n + k));
    return 0;
}

static const struct metric ternary_metrics[] = {
    { .name = "gops", .unit = "Gop/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gops },
    { .name = "gbps", .unit = "GB/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gbps },
    { .name = "intensity", .unit = "op/byte", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER,
      .exact = intensity },
};

static bool is_roof(const struct variant *v)
{
    return v->role == ROLE_ROOF;
}

static void ternary_teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    for (size_t i = 0; i < VARIANTS; i++)
        gemm_ternary_work_free(state->works[i]);
    gemm_ternary_weights_free(state->weights);
    free(state->read);
    free(state->x);
    free(state->y);
    free(state);
}

static int setup_matrices(struct state *state, size_t m, size_t n, size_t k, struct err *err)
{
    struct rng rng = rng_seed(state->seed);

    state->weights = gemm_ternary_pack_random(n, k, 0.5f, rng_mix(state->seed, 1), err);
    state->x = mem_aligned(m * k, sizeof(float), MEM_LINE, err);
    state->y = mem_aligned(m * n, sizeof(float), MEM_LINE, err);
    if (!state->weights || !state->x || !state->y)
        return -1;
    for (size_t i = 0; i < m * k; i++)
        state->x[i] = (float)(2 * rng_uniform(&rng) - 1);
    state->p = (struct gemm_ternary_problem){ m, state->x, k, state->weights, state->y, n };
    return 0;
}

static int ternary_setup(const struct bench *bench, void **out, struct err *err)
{
    size_t m = (size_t)params_get(bench->params, "m"), n = (size_t)params_get(bench->params, "n");
    size_t k = (size_t)params_get(bench->params, "k");
    struct state *state = mem_array(1, sizeof(*state));

    state->team = bench->team;
    state->seed = bench->seed;
    state->operations = operations(bench->params);
    state->roof_read = roof_read_best(bench->isa);
    state->slice_columns = slice_columns(bench->params);
    state->slices = (size_t)slices(bench->params);
    if (setup_matrices(state, m, n, k, err) < 0)
        goto fail;
    if (bench->variants & 1u << ROOF_READ) {
        size_t bytes = gemm_ternary_weights_bytes(state->weights);

        state->read = mem_huge(bytes, 1, err);
        if (!state->read)
            goto fail;
        memcpy(state->read, state->weights->codes, bytes);
    }
    for (size_t i = 0; i < VARIANTS; i++)
        if (bench->variants & 1u << i && !is_roof(&ternary_variants[i]))
            state->works[i] = gemm_ternary_work_new(ternary_variants[i].impl, m, k, team_size(bench->team),
                                                    &state->why_not[i]);
    *out = state;
    return 0;
fail:
    ternary_teardown(state);
    return -1;
}

static void run_slice(struct state *state, struct gemm_ternary_work *work)
{
    size_t parts = state->p.weights->n / state->slice_columns, panels = state->slice_columns / GEMM_TERNARY_NR;

    gemm_ternary_slice(&state->p, work, state->team, state->next_slice / parts, state->next_slice % parts * panels,
                       panels);
    state->next_slice = (state->next_slice + 1) % state->slices;
}

static void ternary_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;
    struct gemm_ternary_work *work = state->works[variant - ternary_variants];
    struct err err = { 0 };

    if (!work && !is_roof(variant))
        BUG("gemm_ternary '%s' cannot run here", variant->name);
    for (int64_t i = 0; i < n; i++) {
        if (variant == &ternary_variants[ROOF_READ])
            roof_read_run(state->roof_read, state->read, gemm_ternary_weights_bytes(state->weights), state->team);
        else if (is_roof(variant))
            roof_compute_run(variant->impl, state->operations, state->team);
        else if (variant->slices)
            run_slice(state, work);
        else if (gemm_ternary(&state->p, work, state->team, &err) < 0)
            BUG("%s", err.msg);
    }
}

/* The sums of the probes tell that they did something; that they do what they say is the business of kernels/roof_*. */
static int check_roof(const struct state *state, const struct variant *variant, struct err *err)
{
    enum { STEPS = 100 };
    const struct roof_compute *roof = variant->impl;
    int64_t products = roof ? STEPS * roof->step_ops / 2 * team_size(state->team) : 0, sum;

    if (!roof)
        return roof_read_run(state->roof_read, state->read, gemm_ternary_weights_bytes(state->weights), state->team) != 0
                   ? 0
                   : err_set(err, ERR_HARNESS, "the read probe read nothing but zeros");
    sum = roof_compute_run(roof, 2.0 * (double)products, state->team);
    return sum == products / 4 ? 0
                               : err_set(err, ERR_HARNESS, "'%s': %lld products of bytes sum to %lld", roof->name,
                                         (long long)products, (long long)sum);
}

/* Awkward sizes first, then the very product that will be timed, or its first slice. */
static int ternary_check(void *arg, const struct variant *variant, struct err *err)
{
    enum { ENTRIES = 100 };
    struct state *state = arg;
    size_t at = (size_t)(variant - ternary_variants);
    size_t m = state->p.m, n = state->weights->n;

    if (is_roof(variant))
        return check_roof(state, variant, err);
    if (!state->works[at]) {
        *err = state->why_not[at];
        return -1;
    }
    if (gemm_ternary_check(variant->impl, state->seed, state->team, err) < 0)
        return -1;
    for (size_t i = 0; i < m * n; i++) /* no variant profits from another's result */
        state->y[i] = NAN;
    state->next_slice = 0;
    ternary_run(state, variant, 1);
    return gemm_ternary_check_entries(&state->p, variant->slices ? 1 : m, variant->slices ? state->slice_columns : n,
                                      ENTRIES, state->seed, err);
}

const struct scenario scenario_gemm_ternary = {
    .name = "kernels/gemm_ternary",
    .summary = "BitNet b1.58: int8 activations, quantised in the call, times 2-bit ternary weights",
    .axes = ternary_axes,
    .n_axes = ARRAY_LEN(ternary_axes),
    .has = has,
    .variants = ternary_variants,
    .n_variants = ARRAY_LEN(ternary_variants),
    .metrics = ternary_metrics,
    .n_metrics = ARRAY_LEN(ternary_metrics),
    .setup = ternary_setup,
    .run = ternary_run,
    .check = ternary_check,
    .teardown = ternary_teardown,
};
