// SPDX-License-Identifier: MIT
/* gemm_f32.h -- C = A B in float32, row-major.
 *
 * A is (m, k), B is (k, n), C is (m, n). Row i of a matrix starts at i * ld elements; ld is at least the length of a
 * row. The elements between the end of a row and the next one are neither read nor written. Each pointer needs the
 * alignment of a float, no more. C must not overlap A or B. C is overwritten: what it held, NaN included, has no
 * effect. m = 0 or n = 0 does nothing; k = 0 sets C to zeros; a matrix without elements may be NULL.
 *
 * The result is the same, bit for bit, for every team size (OpenBLAS excepted: it chooses its order of summing by the
 * number of rows it is given). The error of an element is at most k * 2^-23 * (|A| |B|)_ij (gemm_f32_check.h says why).
 * NaN and infinity propagate as they do in such a sum; denormals are kept, unless the caller's MXCSR says otherwise.
 *
 * Threads: the work is split over the rows of C among the ranks of a team. A workspace serves one call at a time;
 * calls with different workspaces and teams may run at once. */
#pragma once

#include "base/err.h"
#include "kernels/gemm_f32_micro.h"

#include <stdint.h>

struct team;

struct gemm_f32_problem {
    size_t m, n, k;
    const float *a;
    size_t lda; /* in elements, as ldb and ldc */
    const float *b;
    size_t ldb;
    float *c;
    size_t ldc;
};

/* Computes rows first .. first + count - 1 of C; m, n, k > 0. */
typedef void gemm_f32_rows_fn(const struct gemm_f32_problem *p, size_t first, size_t count);

/* One way of doing it: either `rows`, or a micro-kernel for the blocked framework. */
struct gemm_f32_impl {
    const char *name;
    uint32_t isa; /* of declare/isa.h; where the host lacks it gemm_f32_work_new() fails, so that nothing can run */

    gemm_f32_rows_fn *rows;
    int (*prepare)(struct err *err); /* NULL, or called by gemm_f32_work_new(), whose failure it then is */
    size_t size_max;       /* largest m, n, k, lda, ldb, ldc it can take; 0: any */

    gemm_f32_micro_fn *micro;
    size_t mr, nr;     /* its register tile */
    size_t mc, kc, nc; /* blocks: (mc, kc) of A for the L2, (kc, nc) of B for the L3; multiples of mr, 1, nr */
};

/* The plain triple loop over i, j, k with one float accumulator: what all the others are compared with. */
extern const struct gemm_f32_impl gemm_f32_naive;
extern const struct gemm_f32_impl gemm_f32_avx2, gemm_f32_avx512;

/* Room for packed panels, for all problems up to m, n, k done by teams of up to `threads` >= 1. NULL with *err filled
 * where the host lacks the ISA or the memory. gemm_f32_work_free() accepts NULL. */
struct gemm_f32_work *gemm_f32_work_new(const struct gemm_f32_impl *impl, size_t m, size_t n, size_t k, int threads,
                                        struct err *err);
void gemm_f32_work_free(struct gemm_f32_work *work);

/* `team` may be NULL: the calling thread does it all. -1 with *err filled, and nothing touched, where a leading
 * dimension is shorter than its row, a matrix is larger than an address space, or `work` is too small for the problem
 * or team. With arguments that were accepted once it cannot fail. */
int gemm_f32(const struct gemm_f32_problem *p, struct gemm_f32_work *work, struct team *team, struct err *err);
