// SPDX-License-Identifier: MIT
/* gemm_f32_work.h -- inside of gemm_f32: the workspace, and the blocked framework that uses it. */
#pragma once

#include "kernels/gemm_f32.h"

struct gemm_f32_work {
    const struct gemm_f32_impl *impl;
    int threads;
    /* Capacities; all below is NULL for an impl with `rows`. */
    size_t mc, kc, nc;
    float *b[2]; /* packed B, (nc / nr, kc, nr), shared by the team; two, so that one barrier a block is enough */
    float *a;    /* per thread packed A, (threads, mc / mr, kc, mr), threads `a_stride` elements apart */
    size_t a_stride;
    float *tiles; /* per thread a tile (MR_MAX, NR_MAX) that stands in for C at the edges */
};

/* The share of `rank` when `n` things are dealt evenly to `size` ranks: [*first, *first + *count). */
void gemm_f32_share(size_t n, int rank, int size, size_t *first, size_t *count);

/* C = A B with the micro-kernel of work->impl; m, n, k > 0, everything checked. `team` may be NULL. */
void gemm_f32_blocked(const struct gemm_f32_problem *p, struct gemm_f32_work *work, struct team *team);
