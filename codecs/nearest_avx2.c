// SPDX-License-Identifier: MIT
#include "codecs/nearest_isa.h"

#include <immintrin.h>

void nearest_avx2(const float *x, size_t n, size_t ld, size_t d, const float *table, size_t k, unsigned *best,
                  float *cost)
{
    for (size_t i = 0; i < n; i++) {
        __m256 least = _mm256_set1_ps(__builtin_inff());
        __m256i at = _mm256_setzero_si256(), column = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        float values[8], value = __builtin_inff();
        unsigned columns[8], where = 0;

        for (size_t c = 0; c < k; c += 8) {
            __m256 sum = _mm256_loadu_ps(table + d * k + c);

            for (size_t j = 0; j < d; j++)
                sum = _mm256_fnmadd_ps(_mm256_broadcast_ss(x + i * ld + j), _mm256_loadu_ps(table + j * k + c), sum);
            __m256 less = _mm256_cmp_ps(sum, least, _CMP_LT_OQ);
            least = _mm256_blendv_ps(least, sum, less);
            at = _mm256_blendv_epi8(at, column, _mm256_castps_si256(less));
            column = _mm256_add_epi32(column, _mm256_set1_epi32(8));
        }
        _mm256_storeu_ps(values, least);
        _mm256_storeu_si256((__m256i *)columns, at);
        for (size_t l = 0; l < 8; l++)
            if (values[l] < value || (values[l] == value && columns[l] < where)) {
                value = values[l];
                where = columns[l];
            }
        best[i] = where;
        if (cost)
            cost[i] = value;
    }
}
