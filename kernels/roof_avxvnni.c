// SPDX-License-Identifier: MIT
/* roof_avxvnni.c -- vpdpbusd on 256 bits, VEX. Inline assembly: see roof_sse2.c; the prefix keeps the assembler from
 * choosing the EVEX form, which is another instruction set. */
#include "kernels/roof_kernels.h"

#include <immintrin.h>

int64_t roof_avxvnni_int8(int64_t n)
{
    const __m256i u = _mm256_set1_epi32(ROOF_U_WORD), s = _mm256_set1_epi32(ROOF_S_WORD);
    __m256i acc[ROOF_AVX2_CHAINS];
    int32_t lanes[8];
    int64_t sum = 0;

#pragma GCC unroll 12
    for (int i = 0; i < ROOF_AVX2_CHAINS; i++)
        acc[i] = _mm256_setzero_si256();
    for (; n > 0; n--) {
#pragma GCC unroll 12
        for (int i = 0; i < ROOF_AVX2_CHAINS; i++)
            __asm__ volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc[i]) : "x"(u), "x"(s));
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROOF_AVX2_CHAINS; i++) {
        _mm256_storeu_si256((__m256i *)lanes, acc[i]);
        for (int j = 0; j < 8; j++)
            sum += lanes[j];
    }
    return sum;
}
