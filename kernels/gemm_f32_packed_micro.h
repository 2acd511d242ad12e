// SPDX-License-Identifier: MIT
/* gemm_f32_packed_micro.h -- the micro-kernels of gemm_f32_packed: a tile of C of one to rows_max rows, over panels.
 *
 * Includes nothing but <stddef.h>, for the reason that gemm_f32_micro.h gives.
 *
 * c[0..rows)[0..nr) becomes (add: is increased by) the product of a (kc, rows), contiguous, and b (kc, nr), contiguous
 * and 64-byte aligned. c has any alignment. In step p of k the two lines at next + p * next_step are asked for: what
 * will be read after b. `next` may point anywhere. */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gemm_f32_packed_tile {
    size_t rows, kc;
    const float *a, *b;
    float *c;
    size_t ldc; /* in elements */
    int add;
    const char *next;
    size_t next_step; /* in bytes */
};

typedef void gemm_f32_packed_micro_fn(const struct gemm_f32_packed_tile *tile);

enum {
    GEMM_F32_PACKED_SCALAR_ROWS = 4,
    GEMM_F32_PACKED_SCALAR_NR = 8,
    GEMM_F32_PACKED_AVX2_ROWS = 6, /* as in gemm_f32_micro.h */
    GEMM_F32_PACKED_AVX2_NR = 16,
    GEMM_F32_PACKED_AVX512_ROWS = 14,
    GEMM_F32_PACKED_AVX512_NR = 32,
    GEMM_F32_PACKED_NR_MAX = 32, /* no micro-kernel has a wider one */
};

gemm_f32_packed_micro_fn gemm_f32_packed_scalar_micro, gemm_f32_packed_avx2_micro, gemm_f32_packed_avx512_micro;

#ifdef __cplusplus
}
#endif
