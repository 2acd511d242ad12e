// SPDX-License-Identifier: MIT
/* residual_scan_isa.h -- the inner loops of a beam search: what each of RESIDUAL_K continuations of a path costs, and
 * which of all are cheap. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RESIDUAL_K     256 /* centroids of a stage: a byte */
#define RESIDUAL_LANES 16

/* Continuation j costs cost + lengths[j] - 2 products[j] + unit times the sum of the rows' [j]. */
struct residual_terms {
    const float *lengths, *products; /* (RESIDUAL_K) */
    const int16_t *const *rows;      /* (n_rows) of RESIDUAL_K each, n_rows < 2^16 */
    size_t n_rows;
    float unit, cost;
};

/* costs: (RESIDUAL_K). least[j % RESIDUAL_LANES] becomes costs[j] where that is less. */
typedef void residual_scan_fn(const struct residual_terms *terms, float *costs, float *least);

/* The numbers of those of n costs, a multiple of RESIDUAL_K up to 2^16, that are at most `limit`, rising; returns how
 * many. */
typedef size_t residual_find_fn(const float *costs, size_t n, float limit, uint16_t *found);

residual_scan_fn residual_scan_scalar, residual_scan_avx2, residual_scan_avx512;
residual_find_fn residual_find_scalar, residual_find_avx2, residual_find_avx512;
