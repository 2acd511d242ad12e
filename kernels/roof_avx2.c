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
    static const uint8_t u4[4] = ROOF_U;
    static const int8_t s4[4] = ROOF_S;
    const __m256i u = _mm256_set1_epi32(u4[0] | u4[1] << 8 | u4[2] << 16 | u4[3] << 24);
    const __m256i s = _mm256_set1_epi32((s4[0] & 255) | (s4[1] & 255) << 8 | (s4[2] & 255) << 16 | (s4[3] & 255) << 24);
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

            __asm__ volatile("vpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0"
                             : "+x"(acc[i]), "=&x"(t) : "x"(u), "x"(s));
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

/* One line of 64 bytes, added to sum[0] and sum[1]. */
static inline void fold_line(const char *at, __m256i sum[2])
{
    __m256i v[2];

#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        LOAD(v[i], at + 32 * i);
        sum[i] = _mm256_add_epi64(sum[i], v[i]);
    }
}

uint64_t roof_avx2_read(const void *p, size_t mask, size_t from, size_t bytes)
{
    __m256i sum[2] = { _mm256_setzero_si256(), _mm256_setzero_si256() }, v;
    const char *base = p;
    uint64_t lanes[4];

    for (; bytes >= ROOF_READ_STEP; bytes -= ROOF_READ_STEP, from += ROOF_READ_STEP) {
        const char *at = base + (from & mask);

        fold_line(at, sum);
#pragma GCC unroll 14
        for (int i = 2; i < ROOF_READ_STEP / 32; i++)
            LOAD(v, at + 32 * i);
    }
    if (bytes > 0)
        fold_line(base + (from & mask), sum);
    for (size_t i = 64; i < bytes; i += 32)
        LOAD(v, base + (from & mask) + i);
    _mm256_storeu_si256((__m256i_u *)lanes, _mm256_add_epi64(sum[0], sum[1]));
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}
