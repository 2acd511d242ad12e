// SPDX-License-Identifier: MIT
/* nearest_isa.h -- what nearest.c and its ISA files share. */
#pragma once

#include <stddef.h>

#define NEAREST_LANES 16

/* x: n rows of d floats, ld apart. table: (d + 1, k) with k a multiple of NEAREST_LANES: the centroids by columns, then
 * half their squared lengths. best[i] is the column, cost[i] (NULL: not wanted) |c|^2 / 2 - <x, c>. */
typedef void nearest_fn(const float *x, size_t n, size_t ld, size_t d, const float *table, size_t k, unsigned *best,
                        float *cost);

nearest_fn nearest_avx2, nearest_avx512;
