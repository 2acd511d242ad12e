// SPDX-License-Identifier: MIT
/* gemm_ternary.h -- Y = Q(X) W^T s: float activations times ternary weights, as in BitNet b1.58.
 *
 * Weights W (n, k) are -1, 0 or 1 with one float scale s for all of them, packed once at 2 bits. Activations X (m, k)
 * are float32 and are quantised to int8 in each call, row by row, by their largest magnitude (Ma et al., "The era of
 * 1-bit LLMs", arXiv 2402.17764, 2024, section 2; the rounding and the bound on the magnitude are those of the authors'
 * code, "The era of 1-bit LLMs: training tips, code and FAQ", 2024):
 *
 *     a_i  = max(max_l |X_il|, 1e-5)
 *     q_il = round(X_il * (127 / a_i))                        to nearest, ties to even; |q| <= 127
 *     Y_ij = (float)(sum_l q_il W_jl) * (s * (a_i / 127))     the sum in int32, exact
 *
 * Every operation outside of the sum is one of float32, in the order shown: the result is the same, bit for bit, for
 * every implementation and team size, and a row's does not depend on what other rows there are (under the default
 * rounding mode; an MXCSR that flushes denormals changes those of Y alike everywhere).
 *
 *   a row of zeros, or of numbers too small to matter beside 1e-5, gives zeros;
 *   a row with a NaN or an infinity gives NaN in all of its Y, and in no other row's;
 *   any n, k, m: nothing needs to be a multiple of anything. n = 0 or m = 0 does nothing, k = 0 gives zeros.
 *
 * X and Y are row-major; row i starts at i * ld elements, ld at least the length of a row. The elements between the end
 * of a row and the next one are neither read nor written. Each needs the alignment of a float, no more, and may be NULL
 * where it has no elements. Y must not overlap X. Y is overwritten: what it held has no effect.
 *
 * Threads: the ranks of a team share out the columns of Y, that is, the weights. Packed weights are read-only: any
 * number of calls may use them at once. A workspace serves one call at a time. A call allocates nothing. */
#pragma once

#include "base/err.h"
#include "kernels/gemm_ternary_micro.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct team;

/* 127 x 2 x 64 x 2^19 / 4 < 2^31: the largest partial sum of any implementation is that of scaled codes. */
#define GEMM_TERNARY_K_MAX ((size_t)1 << 19)

/* One way of doing it. All work on the same packed weights. */
struct gemm_ternary_impl {
    const char *name;
    uint32_t isa; /* of declare/isa.h; where the host lacks it gemm_ternary_work_new() fails, so that nothing can run */

    gemm_ternary_absmax_fn *absmax;
    gemm_ternary_quantise_fn *quantise;
    gemm_ternary_gemv_fn *gemv; /* one row */
    gemm_ternary_packed_fn *packed;     /* a tile of up to mr rows; NULL: row by row is all that there is */
    gemm_ternary_unpacked_fn *unpacked; /* every further tile of a panel; NULL: they are done by `packed`, too */
    size_t mr;
    size_t ahead; /* bytes by which packed weights are prefetched */
};

/* The plain one, for any x86-64: what all the others are compared with. */
extern const struct gemm_ternary_impl gemm_ternary_scalar;
extern const struct gemm_ternary_impl gemm_ternary_avx2, gemm_ternary_avxvnni, gemm_ternary_avx512vnni;

/* The fastest that needs no more than `isa`, a mask of declare/isa.h; gemm_ternary_scalar at worst. */
const struct gemm_ternary_impl *gemm_ternary_best(uint32_t isa);

/* Packed weights: copies, owned by the caller, to be freed; they last longer than `w`. */
struct gemm_ternary_weights;

/* `w` is (n, k), row-major, row j at j * ld, ld >= k. NULL with *err filled where an element is not -1, 0 or 1, the
 * scale is not finite, ld is shorter than a row, k is above GEMM_TERNARY_K_MAX, a size overflows or there is no memory.
 * gemm_ternary_weights_free() accepts NULL. */
struct gemm_ternary_weights *gemm_ternary_pack(const int8_t *w, size_t ld, size_t n, size_t k, float scale,
                                               struct err *err);
void gemm_ternary_weights_free(struct gemm_ternary_weights *weights);

/* Bytes that a call reads of them: 2 bits a weight, n rounded up to 32 and k to 16. */
size_t gemm_ternary_weights_bytes(const struct gemm_ternary_weights *weights);

/* Room for quantised rows (and unpacked weights, for an implementation that wants them), for all calls with up to m rows
 * of up to k, by teams of up to `threads` >= 1. NULL with *err filled where the host lacks the ISA or the memory, or k is
 * above GEMM_TERNARY_K_MAX. gemm_ternary_work_free() accepts NULL. */
struct gemm_ternary_work *gemm_ternary_work_new(const struct gemm_ternary_impl *impl, size_t m, size_t k, int threads,
                                                struct err *err);
void gemm_ternary_work_free(struct gemm_ternary_work *work);

struct gemm_ternary_problem {
    size_t m;
    const float *x; /* (m, k of the weights) */
    size_t ldx;     /* in elements, as ldy */
    const struct gemm_ternary_weights *weights;
    float *y; /* (m, n of the weights) */
    size_t ldy;
};

/* `team` may be NULL: the calling thread does it all. -1 with *err filled, and nothing touched, where a leading
 * dimension is shorter than its row, a matrix is larger than an address space, or `work` is too small for the problem
 * or team. With arguments that were accepted once it cannot fail. */
int gemm_ternary(const struct gemm_ternary_problem *p, struct gemm_ternary_work *work, struct team *team,
                 struct err *err);

#ifdef __cplusplus
}
#endif
