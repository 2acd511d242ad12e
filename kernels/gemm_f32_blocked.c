// SPDX-License-Identifier: MIT
/* gemm_f32_blocked.c -- five loops round a micro-kernel, over packed panels.
 *
 * The structure is that of Goto & van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3),
 * 2008, with the two inner loops taken out of the kernel as in Van Zee & van de Geijn, "BLIS", ACM TOMS 41(3), 2015:
 *
 *     for jc by nc                  columns of C
 *       for pc by kc                B(pc, jc) is packed by the whole team
 *         for ic by mc              each rank its own rows; A(ic, pc) is packed by that rank, for its L2
 *           for jr by nr            a panel of B
 *             for ir by mr          a panel of A: the micro-kernel
 *
 * Compiled for baseline x86-64: the only code of another ISA is behind impl->micro. */
#include "kernels/gemm_f32_work.h"

#include "declare/team.h"
#include "kernels/gemm_f32_pack.h"

#include <string.h>

struct job {
    const struct gemm_f32_problem *p;
    struct gemm_f32_work *work;
    struct team *team;
};

/* A block of C and its place in the sum over k. */
struct block {
    float *c;
    size_t ldc, mc, nc, kc;
    int add; /* not the first block of k */
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* The block size that cuts n into as many pieces as `most` does, but equal ones, multiples of `unit`: 520 is better cut
 * into 260 + 260 than into 512 + 8. Never more than `most`, itself a multiple of `unit`. */
static size_t even_block(size_t n, size_t most, size_t unit)
{
    size_t pieces = ceil_div(n, most);

    return ceil_div(ceil_div(n, pieces), unit) * unit;
}

/* A tile that C has only a part of: computed beside C, the valid part copied. */
static void edge_tile(const struct gemm_f32_impl *impl, const float *a, const float *b, float *tile, float *c,
                      const struct block *blk, size_t rows, size_t cols)
{
    impl->micro(blk->kc, a, b, tile, impl->nr, 0);
    for (size_t i = 0; i < rows; i++) {
        float *to = c + i * blk->ldc;
        const float *from = tile + i * impl->nr;

        if (!blk->add)
            memcpy(to, from, cols * sizeof(*to));
        else
            for (size_t j = 0; j < cols; j++)
                to[j] += from[j];
    }
}

static void macro_kernel(const struct gemm_f32_impl *impl, const float *a, const float *b, float *tile,
                         const struct block *blk)
{
    size_t mr = impl->mr, nr = impl->nr;

    for (size_t j = 0; j < blk->nc; j += nr) {
        const float *bp = b + j * blk->kc;
        size_t cols = min(nr, blk->nc - j);

        for (size_t i = 0; i < blk->mc; i += mr) {
            const float *ap = a + i * blk->kc;
            float *c = blk->c + i * blk->ldc + j;
            size_t rows = min(mr, blk->mc - i);

            if (rows == mr && cols == nr)
                impl->micro(blk->kc, ap, bp, c, blk->ldc, blk->add);
            else
                edge_tile(impl, ap, bp, tile, c, blk, rows, cols);
        }
    }
}

static void pack_b_share(const struct job *job, float *dst, size_t pc, size_t kc, size_t jc, size_t nc, int rank,
                         int size)
{
    const struct gemm_f32_problem *p = job->p;
    size_t nr = job->work->impl->nr, first, count;

    team_share(ceil_div(nc, nr), rank, size, &first, &count);
    for (size_t panel = first; panel < first + count; panel++) {
        size_t j = panel * nr;

        gemm_f32_pack_b(dst + j * kc, p->b + pc * p->ldb + jc + j, p->ldb, min(nr, nc - j), kc, nr);
    }
}

static void multiply_rows(const struct job *job, const float *b, size_t pc, size_t kc, size_t jc, size_t nc, int rank,
                          int size)
{
    const struct gemm_f32_problem *p = job->p;
    const struct gemm_f32_work *work = job->work;
    const struct gemm_f32_impl *impl = work->impl;
    float *a = work->a + (size_t)rank * work->a_stride;
    float *tile = work->tiles + (size_t)rank * GEMM_F32_MR_MAX * GEMM_F32_NR_MAX;
    size_t first, count, end, step;

    team_share(ceil_div(p->m, impl->mr), rank, size, &first, &count);
    if (count == 0)
        return;
    end = min((first + count) * impl->mr, p->m);
    first *= impl->mr;
    step = even_block(end - first, work->mc, impl->mr);
    for (size_t ic = first; ic < end; ic += step) {
        struct block blk = {
            .c = p->c + ic * p->ldc + jc, .ldc = p->ldc, .mc = min(step, end - ic), .nc = nc, .kc = kc, .add = pc > 0
        };

        gemm_f32_pack_a(a, p->a + ic * p->lda + pc, p->lda, blk.mc, kc, impl->mr);
        macro_kernel(impl, a, b, tile, &blk);
    }
}

/* One barrier a block of B: a rank that is ahead packs the next block into the other buffer, and cannot come round to
 * this one before all have passed the next barrier, that is, are done with it. */
static void blocked_rank(void *arg, int rank, int size)
{
    const struct job *job = arg;
    const struct gemm_f32_problem *p = job->p;
    size_t nr = job->work->impl->nr;
    size_t nc_step = even_block(p->n, job->work->nc, nr), kc_step = even_block(p->k, job->work->kc, 1);
    int turn = 0;

    for (size_t jc = 0; jc < p->n; jc += nc_step) {
        size_t nc = min(nc_step, p->n - jc);

        for (size_t pc = 0; pc < p->k; pc += kc_step, turn ^= 1) {
            size_t kc = min(kc_step, p->k - pc);
            float *b = job->work->b[turn];

            pack_b_share(job, b, pc, kc, jc, nc, rank, size);
            if (job->team)
                team_barrier(job->team);
            multiply_rows(job, b, pc, kc, jc, nc, rank, size);
        }
    }
}

void gemm_f32_blocked(const struct gemm_f32_problem *p, struct gemm_f32_work *work, struct team *team)
{
    struct job job = { p, work, team };

    if (team)
        team_run(team, blocked_rank, &job);
    else
        blocked_rank(&job, 0, 1);
}
