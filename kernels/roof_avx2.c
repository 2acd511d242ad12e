// SPDX-License-Identifier: MIT
/* roof_avx2.c -- the ceilings of AVX2 with FMA3. Inline assembly: see roof_sse2.c. */
#include "kernels/roof_kernels.h"

#include <immintrin.h>

int64_t roof_avx2_fma(int64_t n)
{
    const __m256 a = _mm256_set1_ps(ROOF_A), b = _mm256_set1_ps(ROOF_B);
    __m256 acc[ROOF_AVX2_CHAINS];
    float lanes[8];
    double sum = 0;

#pragma GCC unroll 12
    for (int i = 0; i < ROOF_AVX2_CHAINS; i++)
        acc[i] = _mm256_setzero_ps();
    for (; n > 0; n--) {
#pragma GCC unroll 12
        for (int i = 0; i < ROOF_AVX2_CHAINS; i++)
            __asm__ volatile("vfmadd231ps %2, %1, %0" : "+x"(acc[i]) : "x"(a), "x"(b));
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROOF_AVX2_CHAINS; i++) {
        _mm256_storeu_ps(lanes, acc[i]);
        for (int j = 0; j < 8; j++)
            sum += (double)lanes[j];
    }
    return (int64_t)sum;
}

/* Pairs of products end in int16, where they are kept. */
int64_t roof_avx2_int8(int64_t n)
{
    const __m256i u = _mm256_set1_epi32(ROOF_U_WORD), s = _mm256_set1_epi32(ROOF_S_WORD);
    __m256i acc[ROOF_AVX2_CHAINS];
    int16_t lanes[16];
    int64_t sum = 0;

#pragma GCC unroll 12
    for (int i = 0; i < ROOF_AVX2_CHAINS; i++)
        acc[i] = _mm256_setzero_si256();
    for (; n > 0; n--) {
#pragma GCC unroll 12
        for (int i = 0; i < ROOF_AVX2_CHAINS; i++) {
            __m256i t;

            __asm__ volatile("vpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0" : "+x"(acc[i]), "=&x"(t) : "x"(u), "x"(s));
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROOF_AVX2_CHAINS; i++) {
        _mm256_storeu_si256((__m256i *)lanes, acc[i]);
        for (int j = 0; j < 16; j++)
            sum += lanes[j];
    }
    return sum;
}

#define LOAD(v, at) __asm__ volatile("vmovdqu %1, %0" : "=x"(v) : "m"(*(const __m256i_u *)(at)))

uint64_t roof_avx2_read(const char *p, size_t mask, size_t from, size_t apart, size_t steps)
{
    __m256i sum[2] = { _mm256_setzero_si256(), _mm256_setzero_si256() }, v;
    uint64_t lanes[4];

    for (; steps > 0; steps--, from += ROOF_READ_STEP) {
        const char *at[2] = { p + (from & mask), p + ((from + apart) & mask) };

#pragma GCC unroll 2
        for (int s = 0; s < 2; s++)
#pragma GCC unroll 16
            for (int i = 0; i < ROOF_READ_STEP / 32; i++) {
                LOAD(v, at[s] + 32 * i);
                if (i < 2)
                    sum[i] = _mm256_add_epi64(sum[i], v);
            }
    }
    _mm256_storeu_si256((__m256i_u *)lanes, _mm256_add_epi64(sum[0], sum[1]));
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}
