// SPDX-License-Identifier: MIT
/* gemm_ternary_work.h -- inside of gemm_ternary: the packed weights, the workspace, and what the scenario needs of
 * both. */
#pragma once

#include "kernels/gemm_ternary.h"

struct gemm_ternary_weights {
    size_t n, k;
    size_t panels, blocks; /* ceil(n / 32), ceil(k / 16) */
    float scale;
    uint8_t *codes; /* as gemm_ternary_micro.h says */
};

struct gemm_ternary_work {
    const struct gemm_ternary_impl *impl;
    int threads;
    size_t m, k;                   /* capacities */
    int8_t *x;                     /* quantised: max(m, threads) rows, tile after tile */
    struct gemm_ternary_row *rows; /* as many */
    uint8_t *unpacked;             /* per thread a panel, NULL without impl->unpacked */
    float *tiles;                  /* per thread a tile (MR_MAX, 32) that stands in for Y at the last columns */
};

/* All elements random, one in three each, without an int8 matrix: for sizes at which that would be larger than what is
 * measured. n, k > 0. */
struct gemm_ternary_weights *gemm_ternary_pack_random(size_t n, size_t k, float scale, uint64_t seed, struct err *err);

/* Weight (j, l), read from its two bits. */
int gemm_ternary_weight(const struct gemm_ternary_weights *w, size_t j, size_t l);

/* The part [first, first + count) of the panels for row i alone, quantised before it, everything checked: a slice. */
void gemm_ternary_slice(const struct gemm_ternary_problem *p, struct gemm_ternary_work *work, struct team *team,
                        size_t i, size_t first, size_t count);
