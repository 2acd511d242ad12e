// SPDX-License-Identifier: MIT
/* roof_avx512.c -- the ceilings of AVX-512 F. Inline assembly: see roof_sse2.c. */
#include "kernels/roof_kernels.h"

#include <immintrin.h>

int64_t roof_avx512_fma(int64_t n)
{
    const __m512 a = _mm512_set1_ps(ROOF_A), b = _mm512_set1_ps(ROOF_B);
    __m512 acc[ROOF_AVX512_CHAINS];
    float lanes[16];
    double sum = 0;

#pragma GCC unroll 24
    for (int i = 0; i < ROOF_AVX512_CHAINS; i++)
        acc[i] = _mm512_setzero_ps();
    for (; n > 0; n--) {
#pragma GCC unroll 24
        for (int i = 0; i < ROOF_AVX512_CHAINS; i++)
            __asm__ volatile("vfmadd231ps %2, %1, %0" : "+v"(acc[i]) : "v"(a), "v"(b));
    }
#pragma GCC unroll 24
    for (int i = 0; i < ROOF_AVX512_CHAINS; i++) {
        _mm512_storeu_ps(lanes, acc[i]);
        for (int j = 0; j < 16; j++)
            sum += (double)lanes[j];
    }
    return (int64_t)sum;
}

#define LOAD(v, at) __asm__ volatile("vmovdqu64 %1, %0" : "=v"(v) : "m"(*(const __m512i_u *)(at)))

uint64_t roof_avx512_read(const char *p, size_t mask, size_t from, size_t apart, size_t steps)
{
    __m512i sum[2] = { _mm512_setzero_si512(), _mm512_setzero_si512() }, v;
    uint64_t lanes[8], total = 0;

    for (; steps > 0; steps--, from += ROOF_READ_STEP) {
        const char *at[2] = { p + (from & mask), p + ((from + apart) & mask) };

#pragma GCC unroll 2
        for (int s = 0; s < 2; s++)
#pragma GCC unroll 8
            for (int i = 0; i < ROOF_READ_STEP / 64; i++) {
                LOAD(v, at[s] + 64 * i);
                if (i == 0)
                    sum[s] = _mm512_add_epi64(sum[s], v);
            }
    }
    _mm512_storeu_si512(lanes, _mm512_add_epi64(sum[0], sum[1]));
    for (int i = 0; i < 8; i++)
        total += lanes[i];
    return total;
}
