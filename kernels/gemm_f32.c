// SPDX-License-Identifier: MIT
#include "kernels/gemm_f32.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_f32_check.h"
#include "kernels/gemm_f32_openblas.h"
#include "kernels/gemm_f32_work.h"

#include <stdlib.h>
#include <string.h>

static void naive_rows(const struct gemm_f32_problem *p, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        for (size_t j = 0; j < p->n; j++) {
            float sum = 0;

            for (size_t l = 0; l < p->k; l++)
                sum += p->a[i * p->lda + l] * p->b[l * p->ldb + j];
            p->c[i * p->ldc + j] = sum;
        }
}

const struct gemm_f32_impl gemm_f32_naive = { .name = "naive", .isa = ISA_ANY, .rows = naive_rows };

const struct gemm_f32_impl gemm_f32_avx2 = {
    .name = "avx2",
    .isa = ISA_AVX2,
    .micro = gemm_f32_avx2_micro,
    .mr = GEMM_F32_AVX2_MR,
    .nr = GEMM_F32_AVX2_NR,
    .mc = 504,
    .kc = 384,
    .nc = 6144,
};

/* 504 x 384 floats of A are 756 KiB of an L2 of 1 to 2 MiB; a panel of B, 384 x 32, is 48 KiB. */
const struct gemm_f32_impl gemm_f32_avx512 = {
    .name = "avx512",
    .isa = ISA_AVX512F,
    .micro = gemm_f32_avx512_micro,
    .mr = GEMM_F32_AVX512_MR,
    .nr = GEMM_F32_AVX512_NR,
    .mc = 504,
    .kc = 384,
    .nc = 6144,
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* `most`, or less where n is small: the smallest multiple of `unit` that holds it. */
static size_t capacity(size_t n, size_t most, size_t unit)
{
    return n >= most ? most : (n + unit - 1) / unit * unit;
}

static int work_buffers(struct gemm_f32_work *work, size_t m, size_t n, size_t k, struct err *err)
{
    const struct gemm_f32_impl *impl = work->impl;
    size_t threads = (size_t)work->threads;

    if (impl->mr > GEMM_F32_MR_MAX || impl->nr > GEMM_F32_NR_MAX || impl->mc % impl->mr || impl->nc % impl->nr)
        BUG("gemm_f32 '%s': blocks are not multiples of its tile, or the tile is too large", impl->name);
    work->mc = capacity(m, impl->mc, impl->mr);
    work->kc = min(k, impl->kc);
    work->nc = capacity(n, impl->nc, impl->nr);
    work->a_stride = (work->mc * work->kc + 15) / 16 * 16; /* whole cache lines: no two threads share one */
    work->a = mem_aligned(work->a_stride * threads, sizeof(float), MEM_LINE, err);
    work->tiles = mem_aligned(threads * GEMM_F32_MR_MAX * GEMM_F32_NR_MAX, sizeof(float), MEM_LINE, err);
    for (size_t i = 0; i < ARRAY_LEN(work->b); i++) {
        work->b[i] = mem_aligned(work->kc * work->nc, sizeof(float), MEM_LINE, err);
        if (!work->b[i])
            return -1;
    }
    return work->a && work->tiles ? 0 : -1;
}

struct gemm_f32_work *gemm_f32_work_new(const struct gemm_f32_impl *impl, size_t m, size_t n, size_t k, int threads,
                                        struct err *err)
{
    uint32_t lacks = impl->isa & ~isa_host();
    struct gemm_f32_work *work;

    if (threads < 1)
        BUG("gemm_f32 for %d threads", threads);
    if (lacks) {
        char text[ISA_TEXT];

        err_set(err, ERR_HOST, "gemm_f32 '%s' needs %s, which this host lacks", impl->name, isa_format(lacks, text));
        return NULL;
    }
    if (!impl->rows && !impl->micro) {
        err_set(err, ERR_HOST, "gemm_f32 '%s' is not in this build", impl->name);
        return NULL;
    }
    work = mem_array(1, sizeof(*work));
    work->impl = impl;
    work->threads = threads;
    if ((impl->prepare && impl->prepare(err) < 0) || (impl->micro && work_buffers(work, m, n, k, err) < 0)) {
        err_wrap(err, "gemm_f32 '%s'", impl->name);
        gemm_f32_work_free(work);
        return NULL;
    }
    return work;
}

void gemm_f32_work_free(struct gemm_f32_work *work)
{
    if (!work)
        return;
    free(work->a);
    free(work->tiles);
    for (size_t i = 0; i < ARRAY_LEN(work->b); i++)
        free(work->b[i]);
    free(work);
}

static int check_matrix(const char *name, size_t rows, size_t cols, size_t ld, struct err *err)
{
    size_t len;

    if (rows == 0 || cols == 0)
        return 0;
    if (ld < cols)
        return err_set(err, ERR_USAGE, "gemm_f32: ld%s is %zu, but a row has %zu elements", name, ld, cols);
    if (__builtin_mul_overflow(rows - 1, ld, &len) || __builtin_add_overflow(len, cols, &len) ||
        len > PTRDIFF_MAX / sizeof(float))
        return err_set(err, ERR_USAGE, "gemm_f32: %s of %zu x %zu with ld%s = %zu is larger than an address space",
                       name, rows, cols, name, ld);
    return 0;
}

static int check_call(const struct gemm_f32_problem *p, const struct gemm_f32_work *work, int threads, struct err *err)
{
    const size_t sizes[] = { p->m, p->n, p->k, p->lda, p->ldb, p->ldc };
    const struct gemm_f32_impl *impl = work->impl;

    if (check_matrix("a", p->m, p->k, p->lda, err) < 0 || check_matrix("b", p->k, p->n, p->ldb, err) < 0 ||
        check_matrix("c", p->m, p->n, p->ldc, err) < 0)
        return -1;
    for (size_t i = 0; impl->size_max && i < ARRAY_LEN(sizes); i++)
        if (sizes[i] > impl->size_max)
            return err_set(err, ERR_USAGE, "gemm_f32 '%s' takes sizes up to %zu, not %zu", impl->name, impl->size_max,
                           sizes[i]);
    if (threads > work->threads)
        return err_set(err, ERR_USAGE, "gemm_f32: a team of %d with a workspace for %d", threads, work->threads);
    if (impl->micro &&
        (min(p->m, impl->mc) > work->mc || min(p->n, impl->nc) > work->nc || min(p->k, impl->kc) > work->kc))
        return err_set(err, ERR_USAGE, "gemm_f32: m=%zu n=%zu k=%zu is more than the workspace was made for", p->m,
                       p->n, p->k);
    return 0;
}

/* Rows first .. first + count - 1 of a problem, for a team. */
struct rows_job {
    const struct gemm_f32_problem *p;
    gemm_f32_rows_fn *rows;
    size_t first, count;
};

static void rows_rank(void *arg, int rank, int size)
{
    const struct rows_job *job = arg;
    size_t first, count;

    gemm_f32_share(job->count, rank, size, &first, &count);
    if (count > 0)
        job->rows(job->p, job->first + first, count);
}

static void run_rows(const struct gemm_f32_problem *p, gemm_f32_rows_fn *rows, size_t first, size_t count,
                     struct team *team)
{
    struct rows_job job = { p, rows, first, count };

    if (team)
        team_run(team, rows_rank, &job);
    else
        rows_rank(&job, 0, 1);
}

int gemm_f32(const struct gemm_f32_problem *p, struct gemm_f32_work *work, struct team *team, struct err *err)
{
    if (check_call(p, work, team ? team_size(team) : 1, err) < 0)
        return -1;
    if (p->m == 0 || p->n == 0)
        return 0;
    if (p->k == 0)
        for (size_t i = 0; i < p->m; i++)
            for (size_t j = 0; j < p->n; j++)
                p->c[i * p->ldc + j] = 0;
    else if (work->impl->rows)
        run_rows(p, work->impl->rows, 0, p->m, team);
    else
        gemm_f32_blocked(p, work, team);
    return 0;
}

/* Rows of C in one slice of `naive`: 4 Mi multiply-adds a thread, 4 to 20 ms by what the caches do; at least a row for
 * each thread, and a divisor of n, so that all slices are equal. */
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

static double gflops(const struct params *params, double ns)
{
    double n = (double)params_get(params, "n");

    return 2 * n * n * n / ns;
}

static const int64_t sizes[] = { 512, 1024, 2048 };
static const struct axis gemm_axes[] = {
    { .name = "n", .values = sizes, .n_values = ARRAY_LEN(sizes), .quick = 1u << 0 },
    AXIS_THREADS,
};

static const struct variant gemm_variants[] = {
    { .name = "naive", .isa = ISA_ANY, .impl = &gemm_f32_naive, .slices = slices },
    { .name = "avx2", .isa = ISA_AVX2, .impl = &gemm_f32_avx2 },
    { .name = "avx512", .isa = ISA_AVX512F, .impl = &gemm_f32_avx512 },
    { .name = "openblas", .impl = &gemm_f32_openblas, .role = ROLE_PEER, .absent = GEMM_F32_OPENBLAS_ABSENT },
};

static const struct metric gemm_metrics[] = {
    { .name = "gflops", .unit = "GFLOP/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gflops },
};

/* A, B, C of one cell; C is whatever the last run left. */
struct state {
    struct team *team;
    uint64_t seed;
    struct gemm_f32_problem p;
    float *a, *b, *c;
    struct gemm_f32_work *works[ARRAY_LEN(gemm_variants)]; /* NULL: not of this block, or it cannot work here */
    struct err why_not[ARRAY_LEN(gemm_variants)];          /* the latter: what check() of it says */
    size_t slice_rows, next_row;                           /* of the sliced variant: where the next slice begins */
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

static int gemm_setup(const struct bench *bench, void **out, struct err *err)
{
    size_t n = (size_t)params_get(bench->params, "n");
    struct state *state = mem_array(1, sizeof(*state));
    struct rng rng = rng_seed(bench->seed);

    gemm_f32_openblas_limit(bench->isa);
    state->team = bench->team;
    state->seed = bench->seed;
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
        if (bench->variants & 1u << i)
            state->works[i] = gemm_f32_work_new(gemm_variants[i].impl, n, n, n, team_size(bench->team),
                                                &state->why_not[i]);
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

    if (!work)
        BUG("gemm_f32 '%s' cannot run here", variant->name);
    for (int64_t i = 0; i < n; i++) {
        if (variant->slices) {
            run_rows(&state->p, work->impl->rows, state->next_row, state->slice_rows, state->team);
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
    .libraries = GEMM_F32_OPENBLAS_VERSION,
    .axes = gemm_axes,
    .n_axes = ARRAY_LEN(gemm_axes),
    .variants = gemm_variants,
    .n_variants = ARRAY_LEN(gemm_variants),
    .metrics = gemm_metrics,
    .n_metrics = ARRAY_LEN(gemm_metrics),
    .setup = gemm_setup,
    .run = gemm_run,
    .check = gemm_check,
    .teardown = gemm_teardown,
};
