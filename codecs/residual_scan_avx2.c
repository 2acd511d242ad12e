// SPDX-License-Identifier: MIT
#include "codecs/residual_scan_isa.h"

#include <immintrin.h>

enum { WIDTH = 8, REGISTERS = 8, PASS = WIDTH * REGISTERS };

void residual_scan_avx2(const struct residual_terms *terms, float *costs, float *least)
{
    __m256 factor = _mm256_set1_ps(-2), unit = _mm256_set1_ps(terms->unit), cost = _mm256_set1_ps(terms->cost);
    __m256 low[2] = { _mm256_loadu_ps(least), _mm256_loadu_ps(least + WIDTH) };

    for (size_t j = 0; j < RESIDUAL_K; j += PASS) {
        __m256i sum[REGISTERS];

#pragma GCC unroll 8
        for (size_t i = 0; i < REGISTERS; i++)
            sum[i] = _mm256_setzero_si256();
        for (size_t r = 0; r < terms->n_rows; r++)
#pragma GCC unroll 8
            for (size_t i = 0; i < REGISTERS; i++) {
                __m128i row = _mm_loadu_si128((const __m128i *)(const void *)(terms->rows[r] + j + WIDTH * i));

                sum[i] = _mm256_add_epi32(sum[i], _mm256_cvtepi16_epi32(row));
            }
#pragma GCC unroll 8
        for (size_t i = 0; i < REGISTERS; i++) {
            __m256 c = _mm256_add_ps(cost, _mm256_loadu_ps(terms->lengths + j + WIDTH * i));

            c = _mm256_fmadd_ps(factor, _mm256_loadu_ps(terms->products + j + WIDTH * i), c);
            c = _mm256_fmadd_ps(unit, _mm256_cvtepi32_ps(sum[i]), c);
            low[i % 2] = _mm256_min_ps(c, low[i % 2]);
            _mm256_storeu_ps(costs + j + WIDTH * i, c);
        }
    }
    _mm256_storeu_ps(least, low[0]);
    _mm256_storeu_ps(least + WIDTH, low[1]);
}

size_t residual_find_avx2(const float *costs, size_t n, float limit, uint16_t *found)
{
    __m256 most = _mm256_set1_ps(limit);
    size_t n_found = 0;

    for (size_t i = 0; i < n; i += 4 * WIDTH) {
        unsigned mask = 0;

#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) {
            __m256 less = _mm256_cmp_ps(_mm256_loadu_ps(costs + i + j * WIDTH), most, _CMP_LE_OQ);

            mask |= (unsigned)_mm256_movemask_ps(less) << j * WIDTH;
        }
        for (; mask; mask &= mask - 1)
            found[n_found++] = (uint16_t)(i + (unsigned)__builtin_ctz(mask));
    }
    return n_found;
}
