// SPDX-License-Identifier: MIT
/* gemm_f32_work.h -- inside of gemm_f32: the workspace, and the blocked framework that uses it. */
#pragma once

#include "kernels/gemm_f32.h"

struct gemm_f32_work {
    const struct gemm_f32_impl *impl;
    int threads;
    struct gemm_f32_blocks blocks; /* multiples of mr, 1, nr; zeros for an impl with `rows`, as all below */
    size_t mc, kc, nc;             /* capacities: no more of a block than the problem can need */
    float *memory; /* what all below lie in: one piece, since each alone may be too small for huge pages */
    float *b[2]; /* packed B, (nc / nr, kc, nr), shared by the team; two, so that one barrier a block is enough */
    float *a;    /* per thread packed A, (threads, mc / mr, kc, mr), threads `a_stride` elements apart */
    size_t a_stride;
    float *tiles; /* per thread a tile (MR_MAX, NR_MAX) that stands in for C at the edges */
};

/* -1 where matrix `name` (rows, cols) with leading dimension ld cannot be: its rows are longer, or it is larger than an
 * address space. */
int gemm_f32_check_matrix(const char *name, size_t rows, size_t cols, size_t ld, struct err *err);

/* Rows first .. first + count - 1 of C, dealt to the team (NULL: the caller does it all). */
void gemm_f32_run_rows(const struct gemm_f32_problem *p, gemm_f32_rows_fn *rows, size_t first, size_t count,
                       struct team *team);

/* C = A B with the micro-kernel of work->impl; m, n, k > 0, everything checked. `team` may be NULL. */
void gemm_f32_blocked(const struct gemm_f32_problem *p, struct gemm_f32_work *work, struct team *team);
