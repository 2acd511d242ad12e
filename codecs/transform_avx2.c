// SPDX-License-Identifier: MIT
/* As transform_avx512.c, in two halves of 8 lanes. */
#include "codecs/transform_walk.h"

#include <immintrin.h>

enum { HALF = TRANSFORM_LANES / 2 };

/* The cheapest symbol of either parity of one quantiser, as walk_nearest() of transform_walk.h, and by the same sums.
 */
static inline __attribute__((always_inline)) void nearest(const float *points, const float *bits, size_t n,
                                                          unsigned odd, const __m256 u[2], const __m256 lambda[2],
                                                          __m256 cost[2][2], uint8_t best[2][TRANSFORM_LANES])
{
    __m256 low[2][2];
    __m256i at[2][2];

    for (size_t p = 0; p < 2; p++)
        for (size_t h = 0; h < 2; h++) {
            low[p][h] = _mm256_set1_ps(INFINITY);
            at[p][h] = _mm256_setzero_si256();
        }
    for (size_t s = 0; s < n; s += 2)
#pragma GCC unroll 2
        for (size_t p = 0; p < 2; p++)
            if (s + p < n) {
                __m256 point = _mm256_set1_ps(points[s + p]), price = _mm256_set1_ps(bits[s + p]);
                __m256i number = _mm256_set1_epi32((int)(s + p));

#pragma GCC unroll 2
                for (size_t h = 0; h < 2; h++) {
                    __m256 e = _mm256_sub_ps(u[h], point), less;

                    e = _mm256_fmadd_ps(e, e, _mm256_mul_ps(lambda[h], price));
                    less = _mm256_cmp_ps(e, low[p][h], _CMP_LT_OQ);
                    low[p][h] = _mm256_min_ps(e, low[p][h]);
                    at[p][h] = _mm256_blendv_epi8(at[p][h], number, _mm256_castps_si256(less));
                }
            }
    for (size_t p = 0; p < 2; p++) {
        __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(at[p][0], at[p][1]),
                                                 0xd8); /* in the lanes' order */

        cost[p ^ odd][0] = low[p][0];
        cost[p ^ odd][1] = low[p][1];
        _mm_store_si128((__m128i *)(void *)best[p ^ odd],
                        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
}

void transform_quantise_avx2(const struct transform_dim *dims, size_t n_dims, const float *points, const float *bits,
                             const float *u, const float *lambda, struct transform_walk *walk, uint32_t *places)
{
    uint8_t from[TRANSFORM_STATES][2], parity[TRANSFORM_STATES][2];
    __m256 cost[TRANSFORM_STATES][2], l[2] = { _mm256_loadu_ps(lambda), _mm256_loadu_ps(lambda + HALF) };
    float last[TRANSFORM_STATES][TRANSFORM_LANES];

    walk_ways(from, parity);
    for (size_t s = 0; s < TRANSFORM_STATES; s++)
        cost[s][0] = cost[s][1] = _mm256_set1_ps(s ? 1e30f : 0.f);
    for (size_t j = 0; j < n_dims; j++) {
        __m256 x[2] = { _mm256_loadu_ps(u + j * TRANSFORM_LANES), _mm256_loadu_ps(u + j * TRANSFORM_LANES + HALF) };
        __m256 step[2][2][2], next[TRANSFORM_STATES][2];

        for (size_t q = 0; q < 2; q++)
            nearest(points + dims[j].first[q], bits + dims[j].first[q], dims[j].n[q], dims[j].odd[q], x, l, step[q],
                    walk[j].best[q]);
#pragma GCC unroll 8
        for (unsigned s = 0; s < TRANSFORM_STATES; s++) {
            unsigned came[2];

#pragma GCC unroll 2
            for (size_t h = 0; h < 2; h++) {
                __m256 a = _mm256_add_ps(cost[from[s][0]][h], step[from[s][0] & 1][parity[s][0]][h]);
                __m256 b = _mm256_add_ps(cost[from[s][1]][h], step[from[s][1] & 1][parity[s][1]][h]);

                next[s][h] = _mm256_min_ps(b, a);
                came[h] = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(b, a, _CMP_LT_OQ));
            }
            walk[j].masks[s] = (uint16_t)(came[0] | came[1] << HALF);
        }
        memcpy(cost, next, sizeof(cost));
    }
    for (size_t s = 0; s < TRANSFORM_STATES; s++)
        for (size_t h = 0; h < 2; h++)
            _mm256_storeu_ps(last[s] + h * HALF, cost[s][h]);
    walk_back(dims, walk, n_dims, (const walk_floats *)last, true, from, parity, places);
}
