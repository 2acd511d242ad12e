// SPDX-License-Identifier: MIT
/* gemm_f32_avx512.c -- a 14 x 32 tile of C in 28 registers of 16 floats.
 *
 * Each step of k costs 28 FMAs and 16 loads: with two 512-bit FMA ports the loads hide, and 28 independent chains are
 * more than the 8 that a latency of 4 cycles needs. Two lines of B a step come from the L2 at the latest, sooner than
 * the prefetcher of the L1 asks for them: hence the prefetches. */
#include "gemm_f32_micro.h"

#include <immintrin.h>

enum {
    MR = GEMM_F32_AVX512_MR,
    NR = GEMM_F32_AVX512_NR,
    AHEAD_A = 32, /* steps of 14 cycles; what is behind the end of a panel is the next one */
    AHEAD_B = 16,
    LATE = 64, /* steps before the end, some 900 cycles: time for C's lines to come from the L3 */
};

static inline __attribute__((always_inline)) void step(__m512 acc[MR][2], const float *a, const float *b)
{
    __m512 b0 = _mm512_load_ps(b), b1 = _mm512_load_ps(b + 16);

    _mm_prefetch((const char *)a + AHEAD_A * MR * sizeof(*a), _MM_HINT_T0);
    _mm_prefetch((const char *)b + AHEAD_B * NR * sizeof(*b), _MM_HINT_T0);
    _mm_prefetch((const char *)b + (AHEAD_B * NR + 16) * sizeof(*b), _MM_HINT_T0);
#pragma GCC unroll 14
    for (int i = 0; i < MR; i++) {
        __m512 ai = _mm512_set1_ps(a[i]);

        acc[i][0] = _mm512_fmadd_ps(ai, b0, acc[i][0]);
        acc[i][1] = _mm512_fmadd_ps(ai, b1, acc[i][1]);
    }
}

void gemm_f32_avx512_micro(size_t kc, const float *restrict a, const float *restrict b, float *restrict c, size_t ldc,
                           int add)
{
    __m512 acc[MR][2];
    size_t p = 0;

#pragma GCC unroll 14
    for (int i = 0; i < MR; i++)
        acc[i][0] = acc[i][1] = _mm512_setzero_ps();
    for (; p + LATE < kc; p++)
        step(acc, a + p * MR, b + p * NR);
    /* One row of C a step: all at once would occupy the line buffers that A and B come through */
    for (size_t i = 0; i < MR && p < kc; i++, p++) {
        _mm_prefetch((const char *)(c + i * ldc), _MM_HINT_T0);
        _mm_prefetch((const char *)(c + i * ldc + 16), _MM_HINT_T0);
        _mm_prefetch((const char *)(c + i * ldc + NR - 1), _MM_HINT_T0);
        step(acc, a + p * MR, b + p * NR);
    }
    for (; p < kc; p++)
        step(acc, a + p * MR, b + p * NR);
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
