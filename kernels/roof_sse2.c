// SPDX-License-Identifier: MIT
/* roof_sse2.c -- the ceilings of baseline x86-64. Inline assembly, so that the compiler neither merges the chains,
 * which are alike, nor hoists what does not change. */
#include "kernels/roof_kernels.h"

#include <emmintrin.h>

/* x * 1 + 1: the product feeds the sum, so that no copy of an operand is needed for two-operand instructions. */
int64_t roof_sse2_fma(int64_t n)
{
    const __m128 a = _mm_set1_ps(ROOF_A * ROOF_B);
    __m128 acc[ROOF_SSE2_FMA_CHAINS];
    float lanes[4];
    double sum = 0;

#pragma GCC unroll 14
    for (int i = 0; i < ROOF_SSE2_FMA_CHAINS; i++)
        acc[i] = _mm_setzero_ps();
    for (; n > 0; n--) {
#pragma GCC unroll 14
        for (int i = 0; i < ROOF_SSE2_FMA_CHAINS; i++)
            __asm__ volatile("mulps %1, %0\n\taddps %1, %0" : "+x"(acc[i]) : "x"(a));
    }
#pragma GCC unroll 14
    for (int i = 0; i < ROOF_SSE2_FMA_CHAINS; i++) {
        _mm_storeu_ps(lanes, acc[i]);
        for (int j = 0; j < 4; j++)
            sum += (double)lanes[j];
    }
    return (int64_t)sum;
}

/* Bytes that somebody has widened to int16 beforehand. */
int64_t roof_sse2_int8(int64_t n)
{
    static const int16_t u4[4] = ROOF_U, s4[4] = ROOF_S;
    const __m128i u = _mm_setr_epi16(u4[0], u4[1], u4[2], u4[3], u4[0], u4[1], u4[2], u4[3]);
    const __m128i s = _mm_setr_epi16(s4[0], s4[1], s4[2], s4[3], s4[0], s4[1], s4[2], s4[3]);
    __m128i acc[ROOF_SSE2_INT8_CHAINS];
    int32_t lanes[4];
    int64_t sum = 0;

#pragma GCC unroll 12
    for (int i = 0; i < ROOF_SSE2_INT8_CHAINS; i++)
        acc[i] = _mm_setzero_si128();
    for (; n > 0; n--) {
#pragma GCC unroll 12
        for (int i = 0; i < ROOF_SSE2_INT8_CHAINS; i++) {
            __m128i t;

            __asm__ volatile("movdqa %2, %1\n\tpmaddwd %3, %1\n\tpaddd %1, %0"
                             : "+x"(acc[i]), "=&x"(t)
                             : "x"(u), "x"(s));
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROOF_SSE2_INT8_CHAINS; i++) {
        _mm_storeu_si128((__m128i *)lanes, acc[i]);
        for (int j = 0; j < 4; j++)
            sum += lanes[j];
    }
    return sum;
}

#define LOAD(v, at) __asm__ volatile("movups %1, %0" : "=x"(v) : "m"(*(const __m128i_u *)(at)))

uint64_t roof_sse2_read(const char *p, size_t mask, size_t from, size_t apart, size_t steps)
{
    __m128i sum[4] = { _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128() }, v;
    uint64_t lanes[2];

    for (; steps > 0; steps--, from += ROOF_READ_STEP) {
        const char *at[2] = { p + (from & mask), p + ((from + apart) & mask) };

#pragma GCC unroll 2
        for (int s = 0; s < 2; s++)
#pragma GCC unroll 32
            for (int i = 0; i < ROOF_READ_STEP / 16; i++) {
                LOAD(v, at[s] + 16 * i);
                if (i < 4)
                    sum[i] = _mm_add_epi64(sum[i], v);
            }
    }
    _mm_storeu_si128((__m128i_u *)lanes, _mm_add_epi64(_mm_add_epi64(sum[0], sum[1]), _mm_add_epi64(sum[2], sum[3])));
    return lanes[0] + lanes[1];
}
