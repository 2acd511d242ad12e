// SPDX-License-Identifier: MIT
/* gemm_ternary_ymm.h -- what the two 256-bit sets of kernels share, for gemm_ternary_avx2.c and gemm_ternary_avxvnni.c
 * alone. All of it is inlined: nothing that is compiled here has a name that the linker could see. */
#pragma once

#include "gemm_ternary_micro.h"

#include <immintrin.h>

/* Where a tile finds the weights, and whether it leaves them unpacked for the next one. */
enum ymm_weights { YMM_PACKED, YMM_UNPACKING, YMM_UNPACKED };

static inline __attribute__((always_inline)) __m256i ymm_broadcast(const int8_t *x)
{
    int32_t four;

    __builtin_memcpy(&four, x, sizeof(four));
    return _mm256_set1_epi32(four);
}

static inline __attribute__((always_inline)) void ymm_store8(float *y, __m256i acc, const struct gemm_ternary_row *row)
{
    __m256 sum = _mm256_cvtepi32_ps(_mm256_sub_epi32(acc, _mm256_set1_epi32(row->sum)));

    _mm256_storeu_ps(y, _mm256_mul_ps(sum, _mm256_set1_ps(row->factor)));
}

/* Step f of half a panel's block, a code a byte. */
static inline __attribute__((always_inline)) void ymm_codes(__m256i v[2], const enum ymm_weights from, const uint8_t *w,
                                                            uint8_t *out, int f)
{
    const __m256i code = _mm256_set1_epi8(3);

#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        if (from == YMM_UNPACKED) {
            v[h] = _mm256_load_si256((const __m256i *)(w + 128 * f + 32 * h));
            continue;
        }
        /* shifted as 16-bit words: what comes over from the other byte is masked away */
        v[h] = _mm256_and_si256(_mm256_srli_epi16(_mm256_load_si256((const __m256i *)(w + 32 * h)), 2 * f), code);
        if (from == YMM_UNPACKING)
            _mm256_store_si256((__m256i *)(out + 128 * f + 32 * h), v[h]);
    }
}

/* Two halves of 16 columns, each by a copy of the file's tile() for its height, so that the accumulators stay in
 * registers; `out` may depend on the half `h`. */
#define YMM_HEIGHT(n, from, ahead, out)                                                                                \
    case n:                                                                                                            \
        tile(n, from, blocks, w + 64 * h, ahead, out, x, row, y + 16 * h, ldy);                                        \
        break
#define YMM_HEIGHTS(...)                                                                                               \
    for (int h = 0; h < 2; h++)                                                                                        \
        switch (rows) {                                                                                                \
            YMM_HEIGHT(1, __VA_ARGS__);                                                                                \
            YMM_HEIGHT(2, __VA_ARGS__);                                                                                \
            YMM_HEIGHT(3, __VA_ARGS__);                                                                                \
            YMM_HEIGHT(4, __VA_ARGS__);                                                                                \
            YMM_HEIGHT(5, __VA_ARGS__);                                                                                \
            YMM_HEIGHT(6, __VA_ARGS__);                                                                                \
        }
