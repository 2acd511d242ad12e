// SPDX-License-Identifier: MIT
#include "codecs/residual_scan_isa.h"

#include <immintrin.h>

enum { WIDTH = 16, REGISTERS = 8, PASS = WIDTH * REGISTERS };

void residual_scan_avx512(const struct residual_terms *terms, float *costs, float *least)
{
    __m512 factor = _mm512_set1_ps(-2), unit = _mm512_set1_ps(terms->unit), cost = _mm512_set1_ps(terms->cost);
    __m512 low = _mm512_loadu_ps(least);

    for (size_t j = 0; j < RESIDUAL_K; j += PASS) {
        __m512i sum[REGISTERS];

#pragma GCC unroll 8
        for (size_t i = 0; i < REGISTERS; i++)
            sum[i] = _mm512_setzero_si512();
        for (size_t r = 0; r < terms->n_rows; r++)
#pragma GCC unroll 8
            for (size_t i = 0; i < REGISTERS; i++) {
                __m256i row = _mm256_loadu_si256((const __m256i *)(const void *)(terms->rows[r] + j + WIDTH * i));

                sum[i] = _mm512_add_epi32(sum[i], _mm512_cvtepi16_epi32(row));
            }
#pragma GCC unroll 8
        for (size_t i = 0; i < REGISTERS; i++) {
            __m512 c = _mm512_add_ps(cost, _mm512_loadu_ps(terms->lengths + j + WIDTH * i));

            c = _mm512_fmadd_ps(factor, _mm512_loadu_ps(terms->products + j + WIDTH * i), c);
            c = _mm512_fmadd_ps(unit, _mm512_cvtepi32_ps(sum[i]), c);
            low = _mm512_min_ps(c, low);
            _mm512_storeu_ps(costs + j + WIDTH * i, c);
        }
    }
    _mm512_storeu_ps(least, low);
}

size_t residual_find_avx512(const float *costs, size_t n, float limit, uint16_t *found)
{
    __m512 most = _mm512_set1_ps(limit);
    size_t n_found = 0;

    for (size_t i = 0; i < n; i += 2 * WIDTH) {
        unsigned high = _mm512_cmp_ps_mask(_mm512_loadu_ps(costs + i + WIDTH), most, _CMP_LE_OQ);
        unsigned mask = _mm512_cmp_ps_mask(_mm512_loadu_ps(costs + i), most, _CMP_LE_OQ) | high << WIDTH;

        for (; mask; mask &= mask - 1)
            found[n_found++] = (uint16_t)(i + (unsigned)__builtin_ctz(mask));
    }
    return n_found;
}
