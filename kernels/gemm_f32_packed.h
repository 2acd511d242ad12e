// SPDX-License-Identifier: MIT
/* gemm_f32_packed.h -- C = A B in float32 with B packed once and used often: a few rows (tokens) times the weights of a
 * layer.
 *
 * A is (m, k), B is (k, n), C is (m, n), row-major; leading dimensions, alignment, overlap, empty sizes, NaN, infinity,
 * denormals and the error bound as in gemm_f32.h. Made for m up to some dozens; right for any. The result is the same,
 * bit for bit, for every team size; that of a row may differ with m.
 *
 * Packed weights belong to one implementation, are not changed after they are made, and may be used by any number of
 * calls at once. A workspace serves one call at a time. Threads: the work is split over the columns of C. */
#pragma once

#include "base/err.h"
#include "kernels/gemm_f32_packed_micro.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct team;

struct gemm_f32_packed_impl {
    const char *name;
    uint32_t isa; /* of declare/isa.h; where the host lacks it gemm_f32_packed_new() fails, so that nothing can run */
    gemm_f32_packed_micro_fn *micro;
    size_t rows_max, nr; /* its largest tile; nr is the width of a panel */
};

/* `scalar` is plain C on the same panels: for hosts without AVX2, and to compare with. */
extern const struct gemm_f32_packed_impl gemm_f32_packed_scalar, gemm_f32_packed_avx2, gemm_f32_packed_avx512;

/* Copies B, which is not needed afterwards: ceil(n / nr) * nr * k floats. NULL with *err filled where the host lacks
 * the ISA or the memory, ldb is shorter than a row, or B is larger than an address space. _free() accepts NULL. */
struct gemm_f32_packed *gemm_f32_packed_new(const struct gemm_f32_packed_impl *impl, size_t k, size_t n, const float *b,
                                            size_t ldb, struct err *err);
void gemm_f32_packed_free(struct gemm_f32_packed *weights);

/* Room for the packed A of up to m rows; for all weights with up to k rows. NULL with *err filled where there is no
 * memory. _free() accepts NULL. */
struct gemm_f32_packed_work *gemm_f32_packed_work_new(size_t m, size_t k, struct err *err);
void gemm_f32_packed_work_free(struct gemm_f32_packed_work *work);

/* `team` may be NULL: the calling thread does it all. -1 with *err filled, and nothing touched, where a leading
 * dimension is shorter than its row, a matrix is larger than an address space, or `work` is too small. With arguments
 * that were accepted once it cannot fail. */
int gemm_f32_packed(const struct gemm_f32_packed *weights, size_t m, const float *a, size_t lda, float *c, size_t ldc,
                    struct gemm_f32_packed_work *work, struct team *team, struct err *err);

#ifdef __cplusplus
}
#endif
