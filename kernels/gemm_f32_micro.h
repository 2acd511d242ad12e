// SPDX-License-Identifier: MIT
/* gemm_f32_micro.h -- the micro-kernels of gemm_f32: one register tile of C, over packed panels.
 *
 * Includes nothing but <stddef.h>, and the ISA files include nothing but this and <immintrin.h>: whatever inline
 * function they pulled in would be compiled for their ISA, and the linker could pick that copy for everybody.
 *
 * c[0..mr)[0..nr), leading dimension ldc, becomes (add: is increased by) the product of a (kc, mr) and b (kc, nr), both
 * contiguous and padded with zeros to the full tile. a and b come from the packing buffers and are 64-byte aligned; c
 * is the user's and has any alignment. Always writes the whole tile: edges are the framework's business. */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void gemm_f32_micro_fn(size_t kc, const float *a, const float *b, float *c, size_t ldc, int add);

enum {
    GEMM_F32_AVX2_MR = 6, /* 12 accumulators, 2 of B, 1 broadcast of A: 15 of the 16 registers */
    GEMM_F32_AVX2_NR = 16,
    GEMM_F32_AVX512_MR = 14, /* 28 accumulators, 2 of B, 1 broadcast of A: 31 of the 32 */
    GEMM_F32_AVX512_NR = 32,
    GEMM_F32_MR_MAX = 16, /* no micro-kernel has a larger tile than this */
    GEMM_F32_NR_MAX = 64,
};

gemm_f32_micro_fn gemm_f32_avx2_micro, gemm_f32_avx512_micro;

#ifdef __cplusplus
}
#endif
