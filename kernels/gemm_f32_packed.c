// SPDX-License-Identifier: MIT
/* gemm_f32_packed.c -- the subject kernels/gemm_f32_packed: few rows times packed weights, n = k. */
#include "kernels/gemm_f32_packed.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_f32_packed_check.h"
#include "kernels/gemm_f32_packed_onednn.h"
#include "kernels/gemm_f32_peers.h"
#include "kernels/gemm_f32_work.h"
#include "kernels/roof.h"

#include <stdlib.h>
#include <string.h>

/* A, B, C of one cell; C is whatever the last run left. */
struct state {
    struct team *team;
    uint64_t seed;
    const struct roof_read *roof_read;
    struct gemm_f32_problem p;
    float *a, *b, *c;
    struct gemm_f32_packed *packed[2]; /* by way.at; NULL: not of this block, or it cannot work here */
    struct gemm_f32_packed_work *work;
    struct gemm_f32_packed_onednn *onednn;
    float *openblas_b; /* weights of its own, as each of the others has: it shall not profit from who else reads B */
    struct err why_not[4]; /* by way.at: what check() of it says where it cannot work */
    size_t next_row;       /* of the sliced variant: where the next slice begins */
};

/* What run() needs to know of a variant. */
struct way {
    void (*run)(struct state *state, const struct way *way, int64_t n);
    int at; /* whose err it is, and whose packed weights */
    const struct gemm_f32_packed_impl *impl;
    const void *roof;
};

enum { AVX2, AVX512, OPENBLAS, ONEDNN };

/* The columns of one row of C, i, k, j order. */
struct naive_job {
    const struct gemm_f32_problem *p;
    size_t row;
};

static void naive_rank(void *arg, int rank, int size)
{
    const struct naive_job *job = arg;
    struct gemm_f32_problem part = *job->p;
    size_t first, count;

    team_share(part.n, rank, size, &first, &count);
    part.n = count;
    part.b += first;
    part.c += first;
    gemm_f32_naive_ikj.rows(&part, job->row, 1);
}

/* A row is a slice: it reads all of the weights, as the next one does. */
static void run_naive(struct state *state, const struct way *way, int64_t n)
{
    (void)way;
    for (; n > 0; n--) {
        struct naive_job job = { &state->p, state->next_row };

        team_run(state->team, naive_rank, &job);
        state->next_row = (state->next_row + 1) % state->p.m;
    }
}

static void run_packed(struct state *state, const struct way *way, int64_t n)
{
    const struct gemm_f32_problem *p = &state->p;
    const struct gemm_f32_packed *packed = state->packed[way->at];
    struct err err = { 0 };

    for (; n > 0; n--)
        if (gemm_f32_packed(packed, p->m, p->a, p->lda, p->c, p->ldc, state->work, state->team, &err) < 0)
            BUG("%s", err.msg);
}

static void openblas_rank(void *arg, int rank, int size)
{
    const struct gemm_f32_problem *p = arg;
    size_t first, count;

    team_share(p->n, rank, size, &first, &count);
    gemm_f32_openblas_columns(p, first, count);
}

static void run_openblas(struct state *state, const struct way *way, int64_t n)
{
    struct gemm_f32_problem p = state->p;

    (void)way;
    p.b = state->openblas_b;
    for (; n > 0; n--)
        team_run(state->team, openblas_rank, &p);
}

static void run_onednn(struct state *state, const struct way *way, int64_t n)
{
    (void)way;
    for (; n > 0; n--)
        gemm_f32_packed_onednn_run(state->onednn, state->team);
}

static void run_fma(struct state *state, const struct way *way, int64_t n)
{
    const struct gemm_f32_problem *p = &state->p;

    for (; n > 0; n--)
        roof_compute_run(way->roof, 2 * (double)p->m * (double)p->n * (double)p->k, state->team);
}

/* As many bytes as the weights have: B's own. */
static void run_read(struct state *state, const struct way *way, int64_t n)
{
    (void)way;
    for (; n > 0; n--)
        roof_read_run(state->roof_read, state->b, state->p.k * state->p.n * sizeof(float), state->team);
}

static const struct way naive = { run_naive, -1, NULL, NULL };
static const struct way avx2 = { run_packed, AVX2, &gemm_f32_packed_avx2, NULL };
static const struct way avx512 = { run_packed, AVX512, &gemm_f32_packed_avx512, NULL };
static const struct way openblas = { run_openblas, OPENBLAS, NULL, NULL };
static const struct way onednn = { run_onednn, ONEDNN, NULL, NULL };
static const struct way fma256 = { run_fma, -1, NULL, &roof_fma256 };
static const struct way fma512 = { run_fma, -1, NULL, &roof_fma512 };
static const struct way read_best = { run_read, -1, NULL, NULL };

static int64_t slices(const struct params *params)
{
    return params_get(params, "m");
}

static double weights(const struct params *params)
{
    double n = (double)params_get(params, "n");

    return n * n;
}

static double gflops(const struct params *params, double ns)
{
    return 2 * (double)params_get(params, "m") * weights(params) / ns;
}

static double weights_gbytes(const struct params *params, double ns)
{
    return weights(params) * sizeof(float) / ns;
}

static const int64_t rows[] = { 1, 4, 8, 32 };
static const int64_t sizes[] = { 2048, 4096 };
static const struct axis packed_axes[] = {
    { .name = "m", .values = rows, .n_values = ARRAY_LEN(rows), .quick = 1u << 0 | 1u << 2 },
    { .name = "n", .values = sizes, .n_values = ARRAY_LEN(sizes), .quick = 1u << 0 },
    AXIS_THREADS_QUICK_ONE,
};

static const struct variant packed_variants[] = {
    { .name = "naive_ikj", .isa = ISA_ANY, .impl = &naive, .slices = slices },
    { .name = "avx2", .isa = ISA_AVX2, .impl = &avx2, .roofs = { "roof_fma256", "roof_read" } },
    { .name = "avx512", .isa = ISA_AVX512F, .impl = &avx512, .roofs = { "roof_fma512", "roof_read" } },
    { .name = "openblas", .impl = &openblas, .role = ROLE_PEER, .absent = GEMM_F32_OPENBLAS_ABSENT,
      .roofs = { "roof_fma512", "roof_read" } },
    { .name = "onednn", .impl = &onednn, .role = ROLE_PEER, .absent = GEMM_F32_ONEDNN_ABSENT,
      .roofs = { "roof_fma512", "roof_read" } },
    { .name = "roof_fma256", .isa = ISA_AVX2, .impl = &fma256, .role = ROLE_ROOF },
    { .name = "roof_fma512", .isa = ISA_AVX512F, .impl = &fma512, .role = ROLE_ROOF },
    { .name = "roof_read", .isa = ISA_AVX2, .impl = &read_best, .role = ROLE_ROOF },
};

/* Operations a byte: A, the weights and C moved once. */
static int intensity(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *state = arg;
    double m = (double)state->p.m, n = (double)state->p.n;

    (void)variant;
    (void)err;
    *value = 2 * m * n * n / (sizeof(float) * (n * n + 2 * m * n));
    return 0;
}

static const struct metric packed_metrics[] = {
    { .name = "gflops", .unit = "GFLOP/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gflops },
    { .name = "weights_gbytes", .unit = "GB/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = weights_gbytes },
    { .name = "intensity", .unit = "flop/byte", .kind = METRIC_EXACT, .better = METRIC_HIGHER_IS_BETTER,
      .exact = intensity },
};

static void packed_teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    gemm_f32_packed_onednn_free(state->onednn);
    gemm_f32_packed_work_free(state->work);
    for (size_t i = 0; i < ARRAY_LEN(state->packed); i++)
        gemm_f32_packed_free(state->packed[i]);
    free(state->openblas_b);
    free(state->a);
    free(state->b);
    free(state->c);
    free(state);
}

static float *copy(const float *from, size_t n, struct err *err)
{
    float *to = mem_huge(n, sizeof(*to), err);

    return to ? memcpy(to, from, n * sizeof(*to)) : NULL;
}

/* What one variant needs of its own; where it cannot be had, why. */
static void prepare(struct state *state, const struct variant *variant)
{
    const struct gemm_f32_problem *p = &state->p;
    const struct way *way = variant->impl;
    struct err *err = way->at < 0 ? NULL : &state->why_not[way->at];

    if (way->impl)
        state->packed[way->at] = gemm_f32_packed_new(way->impl, p->k, p->n, p->b, p->ldb, err);
    else if (way->at == ONEDNN)
        state->onednn = gemm_f32_packed_onednn_new(p, team_size(state->team), err);
    else if (way->at == OPENBLAS && gemm_f32_openblas.prepare(err) == 0)
        state->openblas_b = copy(p->b, p->k * p->n, err);
}

static int packed_setup(const struct bench *bench, void **out, struct err *err)
{
    size_t m = (size_t)params_get(bench->params, "m"), n = (size_t)params_get(bench->params, "n");
    struct state *state = mem_array(1, sizeof(*state));
    struct rng rng = rng_seed(bench->seed);

    gemm_f32_openblas_limit(bench->isa);
    gemm_f32_onednn_limit(bench->isa);
    state->team = bench->team;
    state->seed = bench->seed;
    state->roof_read = roof_read_best(bench->isa);
    state->a = mem_aligned(m * n, sizeof(float), MEM_LINE, err);
    state->b = mem_huge(n * n, sizeof(float), err);
    state->c = mem_aligned(m * n, sizeof(float), MEM_LINE, err);
    state->work = gemm_f32_packed_work_new(m, n, err);
    if (!state->a || !state->b || !state->c || !state->work)
        goto fail;
    gemm_f32_check_fill(state->a, m * n, &rng);
    gemm_f32_check_fill(state->b, n * n, &rng);
    state->p = (struct gemm_f32_problem){ m, n, n, state->a, n, state->b, n, state->c, n };
    for (size_t i = 0; i < ARRAY_LEN(packed_variants); i++)
        if (bench->variants & 1u << i)
            prepare(state, &packed_variants[i]);
    *out = state;
    return 0;
fail:
    packed_teardown(state);
    return -1;
}

static void packed_run(void *arg, const struct variant *variant, int64_t n)
{
    const struct way *way = variant->impl;

    way->run(arg, way, n);
}

/* Awkward sizes first, where the implementation is ours, then the very product that will be timed, or its first row. */
static int packed_check(void *arg, const struct variant *variant, struct err *err)
{
    enum { ENTRIES = 200 };
    const struct way *way = variant->impl;
    struct state *state = arg;
    struct gemm_f32_problem done = state->p;

    if (variant->role == ROLE_ROOF) /* its own test shows that it does what it says */
        return 0;
    if (way->at >= 0 && state->why_not[way->at].code) {
        *err = state->why_not[way->at];
        return -1;
    }
    if (way->impl && gemm_f32_packed_check(way->impl, state->seed, state->team, err) < 0)
        return -1;
    memset(state->c, 0xff, done.m * done.n * sizeof(float)); /* NaN: no variant profits from another's result */
    if (variant->slices) {
        state->next_row = 0;
        done.m = 1;
    }
    packed_run(state, variant, 1);
    return gemm_f32_check_entries(&done, ENTRIES, state->seed, err);
}

const struct scenario scenario_gemm_f32_packed = {
    .name = "kernels/gemm_f32_packed",
    .summary = "C = A B in float32, few rows, B packed once",
    .libraries = GEMM_F32_LIBRARIES,
    .axes = packed_axes,
    .n_axes = ARRAY_LEN(packed_axes),
    .variants = packed_variants,
    .n_variants = ARRAY_LEN(packed_variants),
    .metrics = packed_metrics,
    .n_metrics = ARRAY_LEN(packed_metrics),
    .setup = packed_setup,
    .run = packed_run,
    .check = packed_check,
    .teardown = packed_teardown,
};
