// SPDX-License-Identifier: MIT
/* linear_micro.h -- the kernels of linear.h for float and Q8_0 weights, one set per ISA, and the layouts they share.
 *
 * Includes no header with inline functions, and the ISA files include nothing but this and <immintrin.h>.
 *
 * Weights (n, k) are packed in panels of 32 rows of the matrix, which are 32 columns of the result; n is padded with
 * zeros. A kernel works on a tile: some rows of activations times one panel.
 *
 *   float:  (panels, k, 32) elements of F32, F16 or BF16, as they are in the file.
 *   Q8_0:   (panels, k / 32) blocks of LINEAR_Q8_BYTES: 32 scales in F16, then (8, 32, 4) codes: byte (s, c, j) is the
 *           weight of row c of the panel at k = 4 s + j of the block, plus 128. So one 64-byte vector is the unsigned
 *           operand of vpdpbusd.
 *
 * The order of every sum is fixed, so that a row's result is the same, bit for bit, in all kernels and in any company:
 *
 *   float:  y = fma(x[k - 1], w[k - 1], ... fma(x[0], w[0], 0)), one after the other;
 *   Q8_0:   y = the same chain over blocks of fma((float)dot, w_scale * x_scale, y), dot exact in int32.
 *
 * F16 and BF16 are widened exactly. (A NaN's payload and sign are not part of "the same".) */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    LINEAR_NR = 32,       /* columns of the result in a panel */
    LINEAR_MR_MAX = 14,   /* no tile is higher */
    LINEAR_Q8_KR = 32,    /* steps of k in a block */
    LINEAR_Q8_CODES = 64, /* where the codes begin in a block: the scales before them fill a line */
    LINEAR_Q8_BYTES = 64 + 32 * 32,
    LINEAR_AVX512_MR = 14, /* 28 accumulators, 2 of weights, 1 broadcast: 31 of the 32 registers */
    LINEAR_AVX512_Q8_MR = 8,
    LINEAR_AVX2_MR = 6, /* times 16 columns: 12 accumulators, 2 of weights, 1 broadcast of the 16 registers */
    LINEAR_AVX2_Q8_MR = 4,
};

#define LINEAR_Q8_LEAST 1e-36f /* a block with nothing larger counts as zeros: 127 / a would overflow */

/* y[0 .. rows)[0 .. 32), leading dimension ldy, from x (k, rows) and a panel w, 64-byte aligned. Writes the whole tile.
 * Weights `ahead` bytes further on are prefetched, existing or not. 1 <= rows <= the kernel's MR. */
typedef void linear_tile_fn(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy);

/* The same for one row and `panels` panels, one after the other in w and in y. */
typedef void linear_row_fn(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y);

/* A block of a quantised row: x = d q, q within +-127. */
struct linear_q8_scale {
    float d;
    int32_t bias; /* -128 x the sum of q: what takes the 128 out of the codes */
};

/* As linear_tile_fn, with x quantised: q (blocks, rows, 32 bytes) and scale (blocks, rows). */
typedef void linear_q8_tile_fn(size_t rows, size_t blocks, const void *w, size_t ahead, const int8_t *q,
                               const struct linear_q8_scale *scale, float *y, size_t ldy);

/* `blocks` blocks of 32 of x: q[b * stride_q], scale[b * stride_scale]. With a the largest magnitude of a block:
 * d = a / 127, q = round(x * (127 / a)), to nearest even. A block with a < LINEAR_Q8_LEAST counts as zeros; one with a
 * NaN or an infinity has d = NaN and q = 0. */
typedef void linear_q8_quantise_fn(size_t blocks, const float *x, int8_t *q, size_t stride_q,
                                   struct linear_q8_scale *scale, size_t stride_scale);

linear_tile_fn linear_scalar_f32, linear_scalar_f16, linear_scalar_bf16;
linear_row_fn linear_scalar_f32_row, linear_scalar_f16_row, linear_scalar_bf16_row;
linear_q8_tile_fn linear_scalar_q8;
linear_q8_quantise_fn linear_scalar_q8_quantise;

linear_tile_fn linear_avx2_f32, linear_avx2_f16, linear_avx2_bf16;
linear_row_fn linear_avx2_f32_row, linear_avx2_f16_row, linear_avx2_bf16_row;
linear_q8_tile_fn linear_avx2_q8;
linear_q8_quantise_fn linear_avx2_q8_quantise;

linear_tile_fn linear_avx512_f32, linear_avx512_f16, linear_avx512_bf16;
linear_row_fn linear_avx512_f32_row, linear_avx512_f16_row, linear_avx512_bf16_row;
linear_q8_quantise_fn linear_avx512_q8_quantise;
linear_q8_tile_fn linear_avx512vnni_q8;
