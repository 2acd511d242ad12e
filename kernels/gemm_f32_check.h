// SPDX-License-Identifier: MIT
/* gemm_f32_check.h -- is an implementation of gemm_f32 right?
 *
 * The truth is the same sum in float64. The bound: however a sum of k products is ordered, and whether its products are
 * rounded or fused, |c - c64| <= gamma_k (|A| |B|)_ij with gamma_k = k u / (1 - k u), u = 2^-24 (Higham, Accuracy and
 * Stability of Numerical Algorithms, 2nd ed., 2002, section 3.5). What is used is k * 2^-23: it is 2 k u, at least
 * gamma_k for every k up to 2^23, and its surplus, not needed by the float32 sum, covers the rounding of the float64
 * one (k * 2^-53). It is a bound, not an estimate: a correct implementation never exceeds it, and one lost or doubled
 * product of ordinary size does.
 *
 * Errors name the size and the entry: "m=31 n=33 k=7: c[3][4] is 1.25, want 1.5 (bound 1e-06)". */
#pragma once

#include "kernels/gemm_f32.h"

/* One product of random matrices in [-1, 1) with the nuisances that the contract allows: pointers `shift` floats off
 * their alignment, gaps at the ends of the rows (full of NaN in A and B), canaries in C's gaps and round it, NaN in C.
 */
struct gemm_f32_check_case {
    size_t m, n, k;
    size_t gap_a, gap_b, gap_c; /* ld is the length of a row and this */
    size_t shift;
    uint64_t seed;
};

/* What computes it; -1 with *err filled where it cannot. */
typedef int gemm_f32_check_fn(void *arg, const struct gemm_f32_problem *p, struct err *err);
int gemm_f32_check_product(const struct gemm_f32_check_case *c, gemm_f32_check_fn *multiply, void *arg,
                           struct err *err);

/* The same with gemm_f32(), an odd shift and odd gaps. */
int gemm_f32_check_size(const struct gemm_f32_impl *impl, size_t m, size_t n, size_t k, uint64_t seed,
                        struct team *team, struct err *err);

/* The same for a table of awkward sizes: one row or column, one more and one less than a tile, all three edges at once,
 * several blocks of k, of rows and of columns, and none of one of them. */
int gemm_f32_check(const struct gemm_f32_impl *impl, uint64_t seed, struct team *team, struct err *err);

/* `n` random entries of a finished product, for sizes at which the whole truth would take too long. */
int gemm_f32_check_entries(const struct gemm_f32_problem *p, int n, uint64_t seed, struct err *err);

/* n floats, uniform in [-1, 1). */
struct rng;
void gemm_f32_check_fill(float *values, size_t n, struct rng *rng);
