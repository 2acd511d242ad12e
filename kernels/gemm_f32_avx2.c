// SPDX-License-Identifier: MIT
/* gemm_f32_avx2.c -- a 6 x 16 tile of C in 12 registers of 8 floats.
 *
 * Each step of k costs 12 FMAs and 8 loads; 12 independent chains are more than the 8 to 10 that two FMA ports with a
 * latency of 4 to 5 cycles need. */
#include "gemm_f32_micro.h"

#include <immintrin.h>

enum { MR = GEMM_F32_AVX2_MR, NR = GEMM_F32_AVX2_NR };

void gemm_f32_avx2_micro(size_t kc, const float *restrict a, const float *restrict b, float *restrict c, size_t ldc,
                         int add)
{
    __m256 acc[MR][2];

#pragma GCC unroll 6
    for (int i = 0; i < MR; i++) {
        acc[i][0] = acc[i][1] = _mm256_setzero_ps();
        /* C is wanted only after kc steps: time enough for its lines to come from memory */
        _mm_prefetch((const char *)(c + (size_t)i * ldc), _MM_HINT_T0);
        _mm_prefetch((const char *)(c + (size_t)i * ldc + NR - 1), _MM_HINT_T0);
    }
    for (size_t p = 0; p < kc; p++) {
        __m256 b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);

#pragma GCC unroll 6
        for (int i = 0; i < MR; i++) {
            __m256 ai = _mm256_broadcast_ss(a + i);

            acc[i][0] = _mm256_fmadd_ps(ai, b0, acc[i][0]);
            acc[i][1] = _mm256_fmadd_ps(ai, b1, acc[i][1]);
        }
        a += MR;
        b += NR;
    }
#pragma GCC unroll 6
    for (int i = 0; i < MR; i++) {
        float *row = c + (size_t)i * ldc;

        if (add) {
            acc[i][0] = _mm256_add_ps(acc[i][0], _mm256_loadu_ps(row));
            acc[i][1] = _mm256_add_ps(acc[i][1], _mm256_loadu_ps(row + 8));
        }
        _mm256_storeu_ps(row, acc[i][0]);
        _mm256_storeu_ps(row + 8, acc[i][1]);
    }
}
