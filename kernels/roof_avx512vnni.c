// SPDX-License-Identifier: MIT
/* roof_avx512vnni.c -- vpdpbusd on 512 and on 256 bits, EVEX. Inline assembly: see roof_sse2.c; besides, GCC 12 wraps
 * each intrinsic in two moves. */
#include "kernels/roof_kernels.h"

#include <immintrin.h>

int64_t roof_avx512vnni_int8(int64_t n)
{
    const __m512i u = _mm512_set1_epi32(ROOF_U_WORD), s = _mm512_set1_epi32(ROOF_S_WORD);
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
    const __m256i u = _mm256_set1_epi32(ROOF_U_WORD), s = _mm256_set1_epi32(ROOF_S_WORD);
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
