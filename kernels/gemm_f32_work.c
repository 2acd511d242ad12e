// SPDX-License-Identifier: MIT
/* gemm_f32_work.c -- the call: its implementations, block sizes, workspace and checks. */
#include "kernels/gemm_f32_work.h"

#include "base/mem.h"
#include "declare/caches.h"
#include "declare/isa.h"
#include "declare/team.h"

#include <stdint.h>
#include <stdlib.h>

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

static void naive_ikj_rows(const struct gemm_f32_problem *p, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        float *restrict c = p->c + i * p->ldc;

        for (size_t j = 0; j < p->n; j++)
            c[j] = 0;
        for (size_t l = 0; l < p->k; l++) {
            const float *b = p->b + l * p->ldb;
            float a = p->a[i * p->lda + l];

            for (size_t j = 0; j < p->n; j++)
                c[j] += a * b[j];
        }
    }
}

const struct gemm_f32_impl gemm_f32_naive = { .name = "naive", .isa = ISA_ANY, .rows = naive_rows };
const struct gemm_f32_impl gemm_f32_naive_ikj = { .name = "naive_ikj", .isa = ISA_ANY, .rows = naive_ikj_rows };

const struct gemm_f32_impl gemm_f32_avx2 = {
    .name = "avx2",
    .isa = ISA_AVX2,
    .micro = gemm_f32_avx2_micro,
    .mr = GEMM_F32_AVX2_MR,
    .nr = GEMM_F32_AVX2_NR,
};

const struct gemm_f32_impl gemm_f32_avx512 = {
    .name = "avx512",
    .isa = ISA_AVX512F,
    .micro = gemm_f32_avx512_micro,
    .mr = GEMM_F32_AVX512_MR,
    .nr = GEMM_F32_AVX512_NR,
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* `bytes` of a cache as rows of `row` floats, in whole tiles. */
static size_t rows_in(size_t bytes, size_t row, size_t unit)
{
    size_t tiles = bytes / sizeof(float) / row / unit;

    return (tiles ? tiles : 1) * unit;
}

struct gemm_f32_blocks gemm_f32_blocks(const struct gemm_f32_impl *impl, const struct caches *caches)
{
    enum { KC_MAX = 512, NC_MAX = 6144, L1D = 32 << 10, L2 = 512 << 10, L3 = 8 << 20 }; /* where unknown */
    size_t l1d = caches && caches->l1d > 0 ? (size_t)caches->l1d : L1D;
    size_t l2 = caches && caches->l2 > 0 ? (size_t)caches->l2 : L2;
    size_t l3 = caches && caches->l3 > 0 ? (size_t)caches->l3 : L3;
    struct gemm_f32_blocks blocks = { 0 };

    if (!impl->micro)
        return blocks;
    blocks.kc = min(rows_in(l1d, impl->nr, 1), KC_MAX);
    blocks.mc = rows_in(l2 / 2, blocks.kc, impl->mr);
    blocks.nc = min(rows_in(l3 / 4, blocks.kc, impl->nr), NC_MAX / impl->nr * impl->nr);
    return blocks;
}

/* What the caller wants of one block size, or the default; whole tiles. The limit is beyond all use, and keeps every
 * product of two sizes inside a size_t. */
static size_t block_size(size_t wanted, size_t otherwise, size_t unit)
{
    enum { LIMIT = 1 << 20 };

    return (min(wanted ? wanted : otherwise, LIMIT) + unit - 1) / unit * unit;
}

/* `most`, or less where n is small: the smallest multiple of `unit` that holds it. */
static size_t capacity(size_t n, size_t most, size_t unit)
{
    return n >= most ? most : (n + unit - 1) / unit * unit;
}

static void work_blocks(struct gemm_f32_work *work, const struct gemm_f32_blocks *wanted, size_t m, size_t n, size_t k)
{
    const struct gemm_f32_impl *impl = work->impl;
    struct gemm_f32_blocks usual = gemm_f32_blocks(impl, NULL), none = { 0 };

    if (!wanted)
        wanted = &none;
    work->blocks.mc = block_size(wanted->mc, usual.mc, impl->mr);
    work->blocks.kc = block_size(wanted->kc, usual.kc, 1);
    work->blocks.nc = block_size(wanted->nc, usual.nc, impl->nr);
    work->mc = capacity(m, work->blocks.mc, impl->mr);
    work->kc = min(k, work->blocks.kc);
    work->nc = capacity(n, work->blocks.nc, impl->nr);
}

/* a and b in floats, rounded up to whole cache lines: no two threads share one. */
static int work_buffers(struct gemm_f32_work *work, struct err *err)
{
    size_t threads = (size_t)work->threads, tiles = threads * GEMM_F32_MR_MAX * GEMM_F32_NR_MAX, a, b, floats;

    if (__builtin_mul_overflow(work->mc, work->kc, &a) || __builtin_mul_overflow(work->kc, work->nc, &b) ||
        a > SIZE_MAX / 64 / threads || b > SIZE_MAX / 64)
        return err_set(err, ERR_USAGE, "a workspace of %zu x %zu and %zu x %zu is larger than an address space", work->mc,
                       work->kc, work->kc, work->nc);
    work->a_stride = (a + 15) / 16 * 16;
    b = (b + 15) / 16 * 16;
    floats = threads * work->a_stride + 2 * b + tiles;
    work->memory = mem_huge(floats, sizeof(float), err);
    if (!work->memory)
        return -1;
    work->a = work->memory;
    work->b[0] = work->a + threads * work->a_stride;
    work->b[1] = work->b[0] + b;
    work->tiles = work->b[1] + b;
    return 0;
}

static int work_make(struct gemm_f32_work *work, const struct gemm_f32_blocks *blocks, size_t m, size_t n, size_t k,
                     struct err *err)
{
    const struct gemm_f32_impl *impl = work->impl;

    if (impl->prepare && impl->prepare(err) < 0)
        return -1;
    if (!impl->micro)
        return 0;
    if (impl->mr > GEMM_F32_MR_MAX || impl->nr > GEMM_F32_NR_MAX)
        BUG("gemm_f32 '%s': its tile is too large", impl->name);
    work_blocks(work, blocks, m, n, k);
    return work_buffers(work, err);
}

struct gemm_f32_work *gemm_f32_work_new_blocks(const struct gemm_f32_impl *impl, const struct gemm_f32_blocks *blocks,
                                               size_t m, size_t n, size_t k, int threads, struct err *err)
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
    work = mem_zeroed(1, sizeof(*work), err);
    if (!work)
        return NULL;
    work->impl = impl;
    work->threads = threads;
    if (work_make(work, blocks, m, n, k, err) < 0) {
        err_wrap(err, "gemm_f32 '%s'", impl->name);
        gemm_f32_work_free(work);
        return NULL;
    }
    return work;
}

struct gemm_f32_work *gemm_f32_work_new(const struct gemm_f32_impl *impl, size_t m, size_t n, size_t k, int threads,
                                        struct err *err)
{
    return gemm_f32_work_new_blocks(impl, NULL, m, n, k, threads, err);
}

void gemm_f32_work_free(struct gemm_f32_work *work)
{
    if (!work)
        return;
    free(work->memory);
    free(work);
}

int gemm_f32_check_matrix(const char *name, size_t rows, size_t cols, size_t ld, struct err *err)
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

    if (gemm_f32_check_matrix("a", p->m, p->k, p->lda, err) < 0 ||
        gemm_f32_check_matrix("b", p->k, p->n, p->ldb, err) < 0 ||
        gemm_f32_check_matrix("c", p->m, p->n, p->ldc, err) < 0)
        return -1;
    for (size_t i = 0; impl->size_max && i < ARRAY_LEN(sizes); i++)
        if (sizes[i] > impl->size_max)
            return err_set(err, ERR_USAGE, "gemm_f32 '%s' takes sizes up to %zu, not %zu", impl->name, impl->size_max,
                           sizes[i]);
    if (threads > work->threads)
        return err_set(err, ERR_USAGE, "gemm_f32: a team of %d with a workspace for %d", threads, work->threads);
    if (impl->micro &&
        (min(p->m, work->blocks.mc) > work->mc || min(p->n, work->blocks.nc) > work->nc ||
         min(p->k, work->blocks.kc) > work->kc))
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

    team_share(job->count, rank, size, &first, &count);
    if (count > 0)
        job->rows(job->p, job->first + first, count);
}

void gemm_f32_run_rows(const struct gemm_f32_problem *p, gemm_f32_rows_fn *rows, size_t first, size_t count,
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
        gemm_f32_run_rows(p, work->impl->rows, 0, p->m, team);
    else
        gemm_f32_blocked(p, work, team);
    return 0;
}
