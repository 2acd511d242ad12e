// SPDX-License-Identifier: MIT
#include "codecs/nearest_isa.h"

#include <immintrin.h>

/* The lane of the least value; of equals, the first column. */
static unsigned first_least(__m512 least, __m512i at, float *value)
{
    __mmask16 equal;

    *value = _mm512_reduce_min_ps(least);
    equal = _mm512_cmp_ps_mask(least, _mm512_set1_ps(*value), _CMP_EQ_OQ);
    return equal ? _mm512_mask_reduce_min_epu32(equal, at) : 0;
}

/* One vector: sums for 64 columns at once hide the latency of the fused adds. */
static void one(const float *x, size_t d, const float *table, size_t k, __m512 *least, __m512i *at)
{
    const __m512i next = _mm512_set1_epi32(NEAREST_LANES);
    __m512i column = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t c = 0;

    for (; c + 64 <= k; c += 64) {
        const float *row = table + c;
        __m512 sum[4];

        for (int l = 0; l < 4; l++)
            sum[l] = _mm512_loadu_ps(row + d * k + 16 * l);
        for (size_t j = 0; j < d; j++, row += k) {
            __m512 value = _mm512_set1_ps(x[j]);

            for (int l = 0; l < 4; l++)
                sum[l] = _mm512_fnmadd_ps(value, _mm512_loadu_ps(row + 16 * l), sum[l]);
        }
        for (int l = 0; l < 4; l++) {
            __mmask16 less = _mm512_cmp_ps_mask(sum[l], *least, _CMP_LT_OQ);

            *least = _mm512_mask_mov_ps(*least, less, sum[l]);
            *at = _mm512_mask_mov_epi32(*at, less, column);
            column = _mm512_add_epi32(column, next);
        }
    }
    for (; c < k; c += NEAREST_LANES) {
        __m512 sum = _mm512_loadu_ps(table + d * k + c);
        __mmask16 less;

        for (size_t j = 0; j < d; j++)
            sum = _mm512_fnmadd_ps(_mm512_set1_ps(x[j]), _mm512_loadu_ps(table + j * k + c), sum);
        less = _mm512_cmp_ps_mask(sum, *least, _CMP_LT_OQ);
        *least = _mm512_mask_mov_ps(*least, less, sum);
        *at = _mm512_mask_mov_epi32(*at, less, column);
        column = _mm512_add_epi32(column, next);
    }
}

/* Four vectors share what is loaded of the table: in many dimensions the loads are what takes time. */
static void four(const float *x, size_t ld, size_t d, const float *table, size_t k, __m512 *least, __m512i *at)
{
    __m512i column = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    for (size_t c = 0; c + 32 <= k; c += 32) {
        const float *row = table + c;
        __m512i second = _mm512_add_epi32(column, _mm512_set1_epi32(NEAREST_LANES));
        __m512 sum[4][2];

        for (int v = 0; v < 4; v++) {
            sum[v][0] = _mm512_loadu_ps(row + d * k);
            sum[v][1] = _mm512_loadu_ps(row + d * k + 16);
        }
        for (size_t j = 0; j < d; j++, row += k) {
            __m512 low = _mm512_loadu_ps(row), high = _mm512_loadu_ps(row + 16);

            for (int v = 0; v < 4; v++) {
                __m512 value = _mm512_set1_ps(x[(size_t)v * ld + j]);

                sum[v][0] = _mm512_fnmadd_ps(value, low, sum[v][0]);
                sum[v][1] = _mm512_fnmadd_ps(value, high, sum[v][1]);
            }
        }
        for (int v = 0; v < 4; v++) {
            __mmask16 less = _mm512_cmp_ps_mask(sum[v][0], least[v], _CMP_LT_OQ);

            least[v] = _mm512_mask_mov_ps(least[v], less, sum[v][0]);
            at[v] = _mm512_mask_mov_epi32(at[v], less, column);
            less = _mm512_cmp_ps_mask(sum[v][1], least[v], _CMP_LT_OQ);
            least[v] = _mm512_mask_mov_ps(least[v], less, sum[v][1]);
            at[v] = _mm512_mask_mov_epi32(at[v], less, second);
        }
        column = _mm512_add_epi32(second, _mm512_set1_epi32(NEAREST_LANES));
    }
}

void nearest_avx512(const float *x, size_t n, size_t ld, size_t d, const float *table, size_t k, unsigned *best,
                    float *cost)
{
    for (size_t i = 0, share; i < n; i += share) {
        __m512 least[4];
        __m512i at[4];

        share = n - i >= 4 && d > 8 && k % 32 == 0 ? 4 : 1;
        for (size_t v = 0; v < share; v++) {
            least[v] = _mm512_set1_ps(__builtin_inff());
            at[v] = _mm512_setzero_si512();
        }
        if (share == 4)
            four(x + i * ld, ld, d, table, k, least, at);
        else
            one(x + i * ld, d, table, k, least, at);
        for (size_t v = 0; v < share; v++) {
            float value;

            best[i + v] = first_least(least[v], at[v], &value);
            if (cost)
                cost[i + v] = value;
        }
    }
}
