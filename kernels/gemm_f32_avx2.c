// SPDX-License-Identifier: MIT
/* gemm_f32_avx2.c -- a 6 x 16 tile of C in 12 registers of 8 floats.
 *
 * Each step of k costs 12 FMAs and 8 loads; 12 independent chains are more than the 8 to 10 that two FMA ports with a
 * latency of 4 to 5 cycles need. Four steps a turn: the 20 instructions of one are so close to what a core can take in
 * 6 cycles that the counter and the branch of each would show. */
#include "gemm_f32_micro.h"

#include <immintrin.h>

enum {
    MR = GEMM_F32_AVX2_MR,
    NR = GEMM_F32_AVX2_NR,
    LATE = 64, /* steps before the end, some 400 cycles: time for C's lines to come from the L3 */
};

static inline __attribute__((always_inline)) void step(__m256 acc[MR][2], const float *a, const float *b)
{
    __m256 b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);

#pragma GCC unroll 6
    for (int i = 0; i < MR; i++) {
        __m256 ai = _mm256_broadcast_ss(a + i);

        acc[i][0] = _mm256_fmadd_ps(ai, b0, acc[i][0]);
        acc[i][1] = _mm256_fmadd_ps(ai, b1, acc[i][1]);
    }
}

void gemm_f32_avx2_micro(size_t kc, const float *restrict a, const float *restrict b, float *restrict c, size_t ldc,
                         int add)
{
    __m256 acc[MR][2];
    size_t p = 0;

#pragma GCC unroll 6
    for (int i = 0; i < MR; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_ps();
#pragma GCC unroll 4
    for (; p + LATE < kc; p++)
        step(acc, a + p * MR, b + p * NR);
    /* One row of C a step: all at once would occupy the line buffers that A and B come through */
    for (size_t i = 0; i < MR && p < kc; i++, p++) {
        _mm_prefetch((const char *)(c + i * ldc), _MM_HINT_T0);
        _mm_prefetch((const char *)(c + i * ldc + NR - 1), _MM_HINT_T0);
        step(acc, a + p * MR, b + p * NR);
    }
#pragma GCC unroll 4
    for (; p < kc; p++)
        step(acc, a + p * MR, b + p * NR);
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
