// SPDX-License-Identifier: MIT
/* roof_avx512vnni.c -- vpdpbusd on 512 and on 256 bits, EVEX. Inline assembly: see roof_sse2.c; besides, GCC 12 wraps
 * each intrinsic in two moves. */
#include "kernels/roof_kernels.h"

#include <immintrin.h>

static const uint8_t u4[4] = ROOF_U;
static const int8_t s4[4] = ROOF_S;

static int32_t word_u(void)
{
    return u4[0] | u4[1] << 8 | u4[2] << 16 | u4[3] << 24;
}

static int32_t word_s(void)
{
    return (s4[0] & 255) | (s4[1] & 255) << 8 | (s4[2] & 255) << 16 | (s4[3] & 255) << 24;
}

int64_t roof_avx512vnni_int8(int64_t n)
{
    const __m512i u = _mm512_set1_epi32(word_u()), s = _mm512_set1_epi32(word_s());
    __m512i acc[ROOF_AVX512_CHAINS];
    int32_t lanes[16];
    int64_t sum = 0;

#pragma GCC unroll 24
    for (int i = 0; i < ROOF_AVX512_CHAINS; i++)
        acc[i] = _mm512_setzero_si512();
    for (; n > 0; n--) {
#pragma GCC unroll 24
        for (int i = 0; i < ROOF_AVX512_CHAINS; i++)
            __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(acc[i]) : "v"(u), "v"(s));
    }
#pragma GCC unroll 24
    for (int i = 0; i < ROOF_AVX512_CHAINS; i++) {
        _mm512_storeu_si512(lanes, acc[i]);
        for (int j = 0; j < 16; j++)
            sum += lanes[j];
    }
    return sum;
}

int64_t roof_avx512vnni_int8_256(int64_t n)
{
    const __m256i u = _mm256_set1_epi32(word_u()), s = _mm256_set1_epi32(word_s());
    __m256i acc[ROOF_AVX512_CHAINS];
    int32_t lanes[8];
    int64_t sum = 0;

#pragma GCC unroll 24
    for (int i = 0; i < ROOF_AVX512_CHAINS; i++)
        acc[i] = _mm256_setzero_si256();
    for (; n > 0; n--) {
#pragma GCC unroll 24
        for (int i = 0; i < ROOF_AVX512_CHAINS; i++)
            __asm__ volatile("%{evex%} vpdpbusd %2, %1, %0" : "+v"(acc[i]) : "v"(u), "v"(s));
    }
#pragma GCC unroll 24
    for (int i = 0; i < ROOF_AVX512_CHAINS; i++) {
        _mm256_storeu_si256((__m256i *)lanes, acc[i]);
        for (int j = 0; j < 8; j++)
            sum += lanes[j];
    }
    return sum;
}
