// SPDX-License-Identifier: MIT
/* gemm_f32_avx512.c -- a 14 x 32 tile of C in 28 registers of 16 floats.
 *
 * Each step of k costs 28 FMAs and 16 loads: with two 512-bit FMA ports the loads hide, and 28 independent chains are
 * more than the 8 that a latency of 4 cycles needs. */
#include "gemm_f32_micro.h"

#include <immintrin.h>

enum { MR = GEMM_F32_AVX512_MR, NR = GEMM_F32_AVX512_NR };

void gemm_f32_avx512_micro(size_t kc, const float *restrict a, const float *restrict b, float *restrict c, size_t ldc,
                           int add)
{
    __m512 acc[MR][2];

#pragma GCC unroll 14
    for (int i = 0; i < MR; i++) {
        acc[i][0] = acc[i][1] = _mm512_setzero_ps();
        /* C is wanted only after kc steps: time enough for its lines to come from memory */
        _mm_prefetch((const char *)(c + (size_t)i * ldc), _MM_HINT_T0);
        _mm_prefetch((const char *)(c + (size_t)i * ldc + NR - 1), _MM_HINT_T0);
    }
    for (size_t p = 0; p < kc; p++) {
        __m512 b0 = _mm512_load_ps(b), b1 = _mm512_load_ps(b + 16);

#pragma GCC unroll 14
        for (int i = 0; i < MR; i++) {
            __m512 ai = _mm512_set1_ps(a[i]);

            acc[i][0] = _mm512_fmadd_ps(ai, b0, acc[i][0]);
            acc[i][1] = _mm512_fmadd_ps(ai, b1, acc[i][1]);
        }
        a += MR;
        b += NR;
    }
#pragma GCC unroll 14
    for (int i = 0; i < MR; i++) {
        float *row = c + (size_t)i * ldc;

        if (add) {
            acc[i][0] = _mm512_add_ps(acc[i][0], _mm512_loadu_ps(row));
            acc[i][1] = _mm512_add_ps(acc[i][1], _mm512_loadu_ps(row + 16));
        }
        _mm512_storeu_ps(row, acc[i][0]);
        _mm512_storeu_ps(row + 16, acc[i][1]);
    }
}
