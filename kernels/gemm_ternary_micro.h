// SPDX-License-Identifier: MIT
/* gemm_ternary_micro.h -- the kernels of gemm_ternary, one set per ISA, and the layouts that they share.
 *
 * Includes no header with inline functions, and the ISA files include nothing but this and <immintrin.h>.
 *
 * Packed weights (n, k), padded to whole blocks: (ceil(n / 32), ceil(k / 16), 2, 64 bytes). A panel is 32 rows of the
 * matrix, which are 32 columns of the result; a block is 16 steps of k. Byte (c, j) of a half h, at 4 c + j, holds row
 * 16 h + c of the panel at k = 4 f + j of the block in bits 2 f and 2 f + 1, for f = 0 .. 3, as the code w + 1. So one
 * 64-byte vector, masked, is the unsigned operand of four vpdpbusd, and half of it that of a 256-bit one. A padded
 * code is 0.
 *
 * Unpacked, one panel: (ceil(k / 16), 4 (the f above), 2, 64 bytes), a code a byte.
 *
 * Quantised activations, `rows` of them together: (ceil(k / 16), rows, 16 bytes), padded with zeros. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    GEMM_TERNARY_NR = 32,        /* columns of the result in a panel */
    GEMM_TERNARY_KR = 16,        /* steps of k in a block */
    GEMM_TERNARY_BLOCK = 128,    /* bytes of a packed block of a panel */
    GEMM_TERNARY_UNPACKED = 512, /* bytes of the same unpacked */
    GEMM_TERNARY_AVX2_MR = 6,    /* 12 accumulators, 2 of weights, 1 broadcast, 1 for the products: all 16 registers */
    GEMM_TERNARY_AVX512_MR = 14, /* 28 accumulators, 2 of weights, 1 broadcast: 31 of the 32 */
    GEMM_TERNARY_MR_MAX = 16,    /* no tile is higher */
};

/* What turns the sum of a row into floats: y = (sum of codes x activations - sum) * factor. */
struct gemm_ternary_row {
    float factor;
    int32_t sum; /* of the quantised row: the codes are weights + 1 */
};

/* The bits of the largest |x[i]|: as integers they are in the order of the floats, infinity above all numbers and NaN
 * above infinity. 0 where k is 0. */
typedef uint32_t gemm_ternary_absmax_fn(const float *x, size_t k);

/* q = round(x * scale), to nearest even, |x * scale| < 127.5: blocks of 16 bytes, `stride` bytes apart, the last one
 * padded with zeros. Returns the sum. */
typedef int32_t gemm_ternary_quantise_fn(const float *x, size_t k, float scale, int8_t *q, size_t stride);

/* y[0 .. 32) for `blocks` > 0 blocks of one panel of packed weights w and one quantised row x. Prefetches weights
 * `ahead` bytes further on, existing or not. w is 64-byte aligned, x 16-byte, y has any alignment. */
typedef void gemm_ternary_gemv_fn(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                                  const struct gemm_ternary_row *row, float *y);

/* The same for `rows` rows together: y[0 .. rows)[0 .. 32), leading dimension ldy. Always writes the whole tile. Leaves
 * the panel unpacked at `out`, unless that is NULL. */
typedef void gemm_ternary_packed_fn(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out,
                                    const int8_t *x, const struct gemm_ternary_row *row, float *y, size_t ldy);

/* The same from a panel that was left unpacked. */
typedef void gemm_ternary_unpacked_fn(size_t rows, size_t blocks, const uint8_t *w, const int8_t *x,
                                      const struct gemm_ternary_row *row, float *y, size_t ldy);

gemm_ternary_absmax_fn gemm_ternary_avx2_absmax, gemm_ternary_avx512vnni_absmax;
gemm_ternary_quantise_fn gemm_ternary_avx2_quantise, gemm_ternary_avx512vnni_quantise;
gemm_ternary_gemv_fn gemm_ternary_avx2_gemv, gemm_ternary_avxvnni_gemv, gemm_ternary_avx512vnni_gemv;
gemm_ternary_packed_fn gemm_ternary_avx2_packed, gemm_ternary_avxvnni_packed, gemm_ternary_avx512vnni_packed;
gemm_ternary_unpacked_fn gemm_ternary_avx2_unpacked, gemm_ternary_avxvnni_unpacked;

#ifdef __cplusplus
}
#endif
