// SPDX-License-Identifier: MIT
/* gemm_ternary_check.h -- is an implementation of gemm_ternary right?
 *
 * The truth is the definition of gemm_ternary.h, computed from the int8 weights, one element after the other; it shares
 * no code with any implementation. The sum is one of integers and every operation on floats is defined, so the result
 * must be the very same float: there is no tolerance (where NaN is wanted, any NaN will do).
 *
 * Errors name the size and the entry: "m=2 n=33 k=17: y[1][32] is 0.25, want 0.5". */
#pragma once

#include "kernels/gemm_ternary.h"

/* One product with every nuisance that the contract allows: X and Y off by one float, gaps in all rows (NaN in X, no
 * weights in W), canaries in Y's gaps and round it, NaN in Y; rows of ordinary numbers, of zeros, of denormals, of
 * halves that round to even, with a NaN or an infinity, of the largest floats. */
int gemm_ternary_check_size(const struct gemm_ternary_impl *impl, size_t m, size_t n, size_t k, uint64_t seed,
                            struct team *team, struct err *err);

/* The largest sums there are: all weights `weight`, all activations the same, so that each is quantised to +-127. */
int gemm_ternary_check_worst(const struct gemm_ternary_impl *impl, int weight, size_t k, struct team *team,
                             struct err *err);

/* Both, for a table of awkward sizes and k = 32768. */
int gemm_ternary_check(const struct gemm_ternary_impl *impl, uint64_t seed, struct team *team, struct err *err);

/* `entries` random entries of a finished product, among the first m rows and n columns. */
int gemm_ternary_check_entries(const struct gemm_ternary_problem *p, size_t m, size_t n, int entries, uint64_t seed,
                               struct err *err);
