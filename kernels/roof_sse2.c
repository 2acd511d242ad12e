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
                             : "+x"(acc[i]), "=&x"(t) : "x"(u), "x"(s));
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

/* One line of 64 bytes, added to sum[0] and sum[1]. */
static inline void fold_line(const char *at, __m128i sum[2])
{
    __m128i v[4];

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        LOAD(v[i], at + 16 * i);
        sum[i % 2] = _mm_add_epi64(sum[i % 2], v[i]);
    }
}

uint64_t roof_sse2_read(const void *p, size_t mask, size_t from, size_t bytes)
{
    __m128i sum[2] = { _mm_setzero_si128(), _mm_setzero_si128() }, v;
    const char *base = p;
    uint64_t lanes[2];

    for (; bytes >= ROOF_READ_STEP; bytes -= ROOF_READ_STEP, from += ROOF_READ_STEP) {
        const char *at = base + (from & mask);

        fold_line(at, sum);
#pragma GCC unroll 28
        for (int i = 4; i < ROOF_READ_STEP / 16; i++)
            LOAD(v, at + 16 * i);
    }
    if (bytes > 0)
        fold_line(base + (from & mask), sum);
    for (size_t i = 64; i < bytes; i += 16)
        LOAD(v, base + (from & mask) + i);
    _mm_storeu_si128((__m128i_u *)lanes, _mm_add_epi64(sum[0], sum[1]));
    return lanes[0] + lanes[1];
}
