// SPDX-License-Identifier: MIT
/* residual_scan_isa.h -- the inner loop of a beam search: what each of RESIDUAL_K continuations of a path costs. */
#pragma once

#include <stddef.h>

#define RESIDUAL_K 256 /* centroids of a stage: a byte */

/* sums[j] = cost + base[j] + the rows' [j], and the j of those below `limit` to `found`, rising; returns how many. */
typedef size_t residual_scan_fn(const float *base, const float *const *rows, size_t n_rows, float cost, float limit,
                                float *sums, unsigned *found);

residual_scan_fn residual_scan_scalar, residual_scan_avx2, residual_scan_avx512;
