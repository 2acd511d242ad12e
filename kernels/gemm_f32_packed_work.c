// SPDX-License-Identifier: MIT
/* gemm_f32_packed_work.c -- packed weights, and the loops over their panels. Baseline x86-64.
 *
 * Weights lie as [n / nr][k][nr], zeros beyond the last column: each rank streams through its panels once, in order,
 * whatever m is. The rows of C are cut into even groups of at most rows_max. One group takes a whole panel at a time.
 * With more of them a panel goes in blocks of kc rows that stay in the L1d while each group passes over them, and the
 * steps of all groups together ask for the next block: reading weights hides behind computing with them. */
#include "kernels/gemm_f32_packed.h"

#include "base/mem.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_f32_pack.h"
#include "kernels/gemm_f32_work.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    KC = 256,                /* of a block: 32 KiB of 32 columns, in an L1d of 32 to 48 KiB */
    AHEAD = 16384,           /* bytes, for a single group: from memory 8192 are as good, 4096 too few (Zen 5) */
    ROWS_MAX = GEMM_F32_PACKED_AVX512_ROWS,
};

struct gemm_f32_packed {
    const struct gemm_f32_packed_impl *impl;
    size_t k, n;
    float *panels;
};

struct gemm_f32_packed_work {
    size_t m, k;
    float *a; /* groups of rows, each (k, rows) */
};

void gemm_f32_packed_scalar_micro(const struct gemm_f32_packed_tile *t)
{
    enum { NR = GEMM_F32_PACKED_SCALAR_NR };

    for (size_t i = 0; i < t->rows; i++) {
        float *c = t->c + i * t->ldc, sum[NR] = { 0 };

        for (size_t p = 0; p < t->kc; p++)
            for (size_t j = 0; j < NR; j++)
                sum[j] += t->a[p * t->rows + i] * t->b[p * NR + j];
        for (size_t j = 0; j < NR; j++)
            c[j] = t->add ? c[j] + sum[j] : sum[j];
    }
}

const struct gemm_f32_packed_impl gemm_f32_packed_scalar = {
    .name = "scalar",
    .isa = ISA_ANY,
    .micro = gemm_f32_packed_scalar_micro,
    .rows_max = GEMM_F32_PACKED_SCALAR_ROWS,
    .nr = GEMM_F32_PACKED_SCALAR_NR,
};

const struct gemm_f32_packed_impl gemm_f32_packed_avx2 = {
    .name = "avx2",
    .isa = ISA_AVX2,
    .micro = gemm_f32_packed_avx2_micro,
    .rows_max = GEMM_F32_PACKED_AVX2_ROWS,
    .nr = GEMM_F32_PACKED_AVX2_NR,
};

const struct gemm_f32_packed_impl gemm_f32_packed_avx512 = {
    .name = "avx512",
    .isa = ISA_AVX512F,
    .micro = gemm_f32_packed_avx512_micro,
    .rows_max = GEMM_F32_PACKED_AVX512_ROWS,
    .nr = GEMM_F32_PACKED_AVX512_NR,
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

struct gemm_f32_packed *gemm_f32_packed_new(const struct gemm_f32_packed_impl *impl, size_t k, size_t n, const float *b,
                                            size_t ldb, struct err *err)
{
    uint32_t lacks = impl->isa & ~isa_host();
    size_t panels = ceil_div(n, impl->nr), panel_bytes;
    struct gemm_f32_packed *w;

    if (lacks) {
        char text[ISA_TEXT];

        err_set(err, ERR_HOST, "gemm_f32_packed '%s' needs %s, which this host lacks", impl->name,
                isa_format(lacks, text));
        return NULL;
    }
    if (gemm_f32_check_matrix("b", k, n, ldb, err) < 0)
        return NULL;
    if (__builtin_mul_overflow(k, impl->nr * sizeof(float), &panel_bytes)) {
        err_set(err, ERR_USAGE, "gemm_f32_packed: a panel of %zu rows is larger than an address space", k);
        return NULL;
    }
    w = mem_zeroed(1, sizeof(*w), err);
    if (!w)
        return NULL;
    *w = (struct gemm_f32_packed){ impl, k, n, mem_huge(panels, panel_bytes, err) };
    if (!w->panels) {
        err_wrap(err, "gemm_f32_packed '%s'", impl->name);
        free(w);
        return NULL;
    }
    for (size_t i = 0; i < panels && k > 0; i++)
        gemm_f32_pack_b(w->panels + i * k * impl->nr, b + i * impl->nr, ldb, min(impl->nr, n - i * impl->nr), k,
                        impl->nr);
    return w;
}

void gemm_f32_packed_free(struct gemm_f32_packed *w)
{
    if (!w)
        return;
    free(w->panels);
    free(w);
}

struct gemm_f32_packed_work *gemm_f32_packed_work_new(size_t m, size_t k, struct err *err)
{
    struct gemm_f32_packed_work *work = mem_zeroed(1, sizeof(*work), err);
    size_t row_bytes;

    if (!work)
        return NULL;
    *work = (struct gemm_f32_packed_work){ m, k, NULL };
    if (__builtin_mul_overflow(k, sizeof(float), &row_bytes))
        err_set(err, ERR_USAGE, "a row of %zu floats is larger than an address space", k);
    else
        work->a = mem_aligned(m, row_bytes, MEM_LINE, err);
    if (work->a)
        return work;
    err_wrap(err, "gemm_f32_packed");
    free(work);
    return NULL;
}

void gemm_f32_packed_work_free(struct gemm_f32_packed_work *work)
{
    if (!work)
        return;
    free(work->a);
    free(work);
}

struct job {
    const struct gemm_f32_packed *w;
    struct team *team;
    const float *a;
    size_t m, lda, groups;
    float *packed; /* NULL: A is used as it is */
    float *c;
    size_t ldc;
};

/* The rows of group `g`: as many as in any other, or one more. */
static size_t group_rows(const struct job *job, size_t g, size_t *first)
{
    size_t each = job->m / job->groups, rest = job->m % job->groups;

    *first = each * g + min(g, rest);
    return each + (g < rest);
}

static const float *group_a(const struct job *job, size_t first)
{
    return job->packed ? job->packed + first * job->w->k : job->a;
}

static void pack_groups(const struct job *job, int rank, int size)
{
    size_t from, count, first;

    team_share(job->groups, rank, size, &from, &count);
    for (size_t g = from; g < from + count; g++) {
        size_t rows = group_rows(job, g, &first);

        gemm_f32_pack_a(job->packed + first * job->w->k, job->a + first * job->lda, job->lda, rows, job->w->k, rows);
    }
}

/* A panel that reaches beyond the last column of C: computed beside C, the valid part copied. */
static void edge_panel(const struct job *job, const float *b, size_t j)
{
    const struct gemm_f32_packed_impl *impl = job->w->impl;
    float beside[ROWS_MAX * GEMM_F32_PACKED_NR_MAX];
    size_t cols = job->w->n - j, first;

    for (size_t g = 0; g < job->groups; g++) {
        size_t rows = group_rows(job, g, &first);
        struct gemm_f32_packed_tile tile = { .rows = rows, .kc = job->w->k, .a = group_a(job, first), .b = b,
                                             .c = beside, .ldc = impl->nr, .next = (const char *)b };

        impl->micro(&tile);
        for (size_t i = 0; i < rows; i++)
            memcpy(job->c + (first + i) * job->ldc + j, beside + i * impl->nr, cols * sizeof(float));
    }
}

static void whole_panel(const struct job *job, const float *b, size_t j)
{
    const struct gemm_f32_packed_impl *impl = job->w->impl;
    size_t k = job->w->k, step = job->groups == 1 ? k : KC, line = impl->nr * sizeof(float), first;

    for (size_t p = 0; p < k; p += step) {
        struct gemm_f32_packed_tile tile = { .kc = min(step, k - p), .b = b + p * impl->nr, .ldc = job->ldc,
                                             // NOLINTNEXTLINE: there is a group
                                             .add = p > 0, .next_step = line / job->groups };
        size_t ahead = job->groups == 1 ? AHEAD : tile.kc * line, share = tile.kc * tile.next_step;

        for (size_t g = 0; g < job->groups; g++) {
            tile.rows = group_rows(job, g, &first);
            tile.a = group_a(job, first) + p * tile.rows;
            tile.c = job->c + first * job->ldc + j;
            tile.next = (const char *)tile.b + ahead + g * share;
            impl->micro(&tile);
        }
    }
}

static void packed_rank(void *arg, int rank, int size)
{
    const struct job *job = arg;
    size_t nr = job->w->impl->nr, first, count;

    if (job->packed) {
        pack_groups(job, rank, size);
        if (job->team)
            team_barrier(job->team);
    }
    team_share(ceil_div(job->w->n, nr), rank, size, &first, &count);
    for (size_t i = first; i < first + count; i++) {
        const float *b = job->w->panels + i * job->w->k * nr;

        if (job->w->n - i * nr < nr)
            edge_panel(job, b, i * nr);
        else
            whole_panel(job, b, i * nr);
    }
}

int gemm_f32_packed(const struct gemm_f32_packed *w, size_t m, const float *a, size_t lda, float *c, size_t ldc,
                    struct gemm_f32_packed_work *work, struct team *team, struct err *err)
{
    size_t rows_max = w->impl->rows_max;
    struct job job = { w, team, a, m, lda, ceil_div(m, rows_max), m > 1 ? work->a : NULL, c, ldc };

    if (gemm_f32_check_matrix("a", m, w->k, lda, err) < 0 || gemm_f32_check_matrix("c", m, w->n, ldc, err) < 0)
        return -1;
    if (m > work->m || w->k > work->k)
        return err_set(err, ERR_USAGE, "gemm_f32_packed: m=%zu k=%zu is more than the workspace was made for", m, w->k);
    if (m == 0 || w->n == 0)
        return 0;
    if (w->k == 0)
        for (size_t i = 0; i < m; i++)
            memset(c + i * ldc, 0, w->n * sizeof(*c));
    else if (team)
        team_run(team, packed_rank, &job);
    else
        packed_rank(&job, 0, 1);
    return 0;
}
