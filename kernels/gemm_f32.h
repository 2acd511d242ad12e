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

#ifdef __cplusplus
extern "C" {
#endif

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

/* Block sizes of a micro-kernel's framework, in elements: (kc, nr) of B stays in the L1d, (mc, kc) of A in the L2, (kc,
 * nc) of B in the L3. They change the time and the order of the sum over k, not what is promised of the result. */
struct gemm_f32_blocks {
    size_t mc, kc, nc;
};

/* One way of doing it: either `rows`, or a micro-kernel for the blocked framework. */
struct gemm_f32_impl {
    const char *name;
    uint32_t isa; /* of declare/isa.h; where the host lacks it gemm_f32_work_new() fails, so that nothing can run */

    gemm_f32_rows_fn *rows;
    int (*prepare)(struct err *err); /* NULL, or called by gemm_f32_work_new(), whose failure it then is */
    size_t size_max;       /* largest m, n, k, lda, ldb, ldc it can take; 0: any */

    gemm_f32_micro_fn *micro;
    size_t mr, nr; /* its register tile */
};

/* The plain triple loop over i, j, k with one float accumulator: what all the others are compared with; and the same
 * over i, k, j, which walks along the rows of B and C: how far the others are ahead depends on which one is meant. */
extern const struct gemm_f32_impl gemm_f32_naive, gemm_f32_naive_ikj;
extern const struct gemm_f32_impl gemm_f32_avx2, gemm_f32_avx512;

/* The blocks for a core with these caches (declare/caches.h; sizes in bytes; NULL, or 0: unknown, a small one is
 * assumed). The rule, with 4 bytes a float:
 *   kc = L1d / (4 nr), at most 512: a panel of B is as large as the L1d. What passes by it, A and C, is prefetched,
 *        and a long kc spares C, which is read and written once per block of k;
 *   mc = L2 / 2 / (4 kc): the other half is for what passes by;
 *   nc = L3 / 4 / (4 kc), at most 6144: two blocks of B (one is packed while the other is used) are half of it.
 * Rounded down to whole tiles, at least one. All zeros for an impl without a micro-kernel. */
struct caches;
struct gemm_f32_blocks gemm_f32_blocks(const struct gemm_f32_impl *impl, const struct caches *caches);

/* Room for packed panels, for all problems up to m, n, k done by teams of up to `threads` >= 1. NULL with *err filled
 * where the host lacks the ISA or the memory. gemm_f32_work_free() accepts NULL.
 *
 * Without blocks they are those of unknown caches. With them, a NULL, and each member that is 0, means the same; any
 * other size is rounded up to whole tiles. */
struct gemm_f32_work *gemm_f32_work_new(const struct gemm_f32_impl *impl, size_t m, size_t n, size_t k, int threads,
                                        struct err *err);
struct gemm_f32_work *gemm_f32_work_new_blocks(const struct gemm_f32_impl *impl, const struct gemm_f32_blocks *blocks,
                                               size_t m, size_t n, size_t k, int threads, struct err *err);
void gemm_f32_work_free(struct gemm_f32_work *work);

/* `team` may be NULL: the calling thread does it all. -1 with *err filled, and nothing touched, where a leading
 * dimension is shorter than its row, a matrix is larger than an address space, or `work` is too small for the problem
 * or team. With arguments that were accepted once it cannot fail. */
int gemm_f32(const struct gemm_f32_problem *p, struct gemm_f32_work *work, struct team *team, struct err *err);

#ifdef __cplusplus
}
#endif
