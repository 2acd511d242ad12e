// SPDX-License-Identifier: MIT
/* As transform_avx512.c, in two halves of 8 lanes. */
#include "codecs/transform_walk.h"

#include <immintrin.h>

enum { HALF = TRANSFORM_LANES / 2 };

/* As walk_nearest() of transform_walk.h, and by the same sums, but of one parity: from symbol `first` of n on every other
 * one. Both at a time would not fit the registers. */
static inline __attribute__((always_inline)) void nearest(const float *points, const float *bits, size_t first, size_t n,
                                                          const __m256 u[2], const __m256 lambda[2], __m256 cost[2],
                                                          uint8_t best[TRANSFORM_LANES])
{
    __m256 low[2] = { _mm256_set1_ps(INFINITY), _mm256_set1_ps(INFINITY) };
    __m256i at[2] = { _mm256_setzero_si256(), _mm256_setzero_si256() }, words;
    __m256i number = _mm256_set1_epi32((int)first), two = _mm256_set1_epi32(2);

    for (size_t s = first; s < n; s += 2) {
        __m256 point = _mm256_broadcast_ss(points + s), price = _mm256_broadcast_ss(bits + s);

#pragma GCC unroll 2
        for (size_t h = 0; h < 2; h++) {
            __m256 e = _mm256_sub_ps(u[h], point), less;

            e = _mm256_fmadd_ps(e, e, _mm256_mul_ps(lambda[h], price));
            less = _mm256_cmp_ps(e, low[h], _CMP_LT_OQ);
            low[h] = _mm256_min_ps(e, low[h]);
            at[h] = _mm256_blendv_epi8(at[h], number, _mm256_castps_si256(less));
        }
        number = _mm256_add_epi32(number, two);
    }
    cost[0] = low[0];
    cost[1] = low[1];
    words = _mm256_permute4x64_epi64(_mm256_packs_epi32(at[0], at[1]), 0xd8); /* in the lanes' order */
    _mm_store_si128((__m128i *)(void *)best,
                    _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

/* The cheapest state of each lane; of equals the first. */
static void least(const __m256 cost[TRANSFORM_STATES][2], uint8_t state[TRANSFORM_LANES])
{
    for (size_t l = 0; l < TRANSFORM_LANES; l++) {
        state[l] = 0;
        for (uint8_t s = 1; s < TRANSFORM_STATES; s++)
            if (cost[s][l / HALF][l % HALF] < cost[state[l]][l / HALF][l % HALF])
                state[l] = s;
    }
}

/* As walk_back() of transform_walk.h: a lane is a byte of a register. */
static void trace(const struct transform_dim *dims, const struct transform_walk *walk, size_t n_dims,
                  const __m256 cost[TRANSFORM_STATES][2], uint32_t *places)
{
    __m128i from, parity, state, lane = _mm_set1_epi64x((int64_t)0x8040201008040201), one = _mm_set1_epi8(1);
    /* Of the two bytes of a mask, which is a lane's. */
    __m128i byte = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), high = _mm_set1_epi8(TRANSFORM_STATES);
    uint8_t tables[2][2 * TRANSFORM_STATES], first[TRANSFORM_LANES];

    for (unsigned s = 0; s < TRANSFORM_STATES; s++)
        for (unsigned way = 0; way < 2; way++) {
            tables[0][way * TRANSFORM_STATES + s] = (uint8_t)walk_from(s, way);
            tables[1][way * TRANSFORM_STATES + s] = (uint8_t)walk_parity(s, way);
        }
    from = _mm_loadu_si128((const __m128i *)(const void *)tables[0]);
    parity = _mm_loadu_si128((const __m128i *)(const void *)tables[1]);
    least(cost, first);
    state = _mm_loadu_si128((const __m128i *)(const void *)first);
    for (size_t j = n_dims; j-- > 0;) {
        __m128i masks = _mm_load_si128((const __m128i *)(const void *)walk[j].masks), came, way, odd, second, best[2];
        uint32_t row[TRANSFORM_LANES];

        came = _mm_shuffle_epi8(masks, _mm_or_si128(_mm_add_epi8(state, state), byte));
        came = _mm_cmpeq_epi8(_mm_and_si128(came, lane), lane);
        way = _mm_or_si128(state, _mm_and_si128(came, high));
        odd = _mm_cmpeq_epi8(_mm_shuffle_epi8(parity, way), one);
        state = _mm_shuffle_epi8(from, way);
        second = _mm_cmpeq_epi8(_mm_and_si128(state, one), one);
        for (size_t i = 0; i < 2; i++)
            best[i] = _mm_blendv_epi8(_mm_load_si128((const __m128i *)(const void *)walk[j].best[i][0]),
                                      _mm_load_si128((const __m128i *)(const void *)walk[j].best[i][1]), odd);
        best[0] = _mm_blendv_epi8(best[0], best[1], second);
        for (size_t h = 0; h < 2; h++) {
            __m256i place = _mm256_blendv_epi8(_mm256_set1_epi32((int)dims[j].first[0]),
                                               _mm256_set1_epi32((int)dims[j].first[1]), _mm256_cvtepi8_epi32(second));

            _mm256_storeu_si256((__m256i *)(void *)(row + h * HALF),
                                _mm256_add_epi32(place, _mm256_cvtepu8_epi32(best[0])));
            best[0] = _mm_unpackhi_epi64(best[0], best[0]);
            second = _mm_unpackhi_epi64(second, second);
        }
#pragma GCC unroll 16
        for (size_t l = 0; l < TRANSFORM_LANES; l++)
            places[l * n_dims + j] = row[l];
    }
}

void transform_quantise_avx2(const struct transform_dim *dims, size_t n_dims, const float *points, const float *bits,
                             const float *u, const float *lambda, struct transform_walk *walk, uint32_t *places)
{
    __m256 cost[TRANSFORM_STATES][2], l[2] = { _mm256_loadu_ps(lambda), _mm256_loadu_ps(lambda + HALF) };

    for (size_t s = 0; s < TRANSFORM_STATES; s++)
        cost[s][0] = cost[s][1] = _mm256_set1_ps(s ? 1e30f : 0.f);
    for (size_t j = 0; j < n_dims; j++) {
        __m256 x[2] = { _mm256_loadu_ps(u + j * TRANSFORM_LANES), _mm256_loadu_ps(u + j * TRANSFORM_LANES + HALF) };
        __m256 step[2][2][2], next[TRANSFORM_STATES][2];

#pragma GCC unroll 2
        for (size_t q = 0; q < 2; q++)
#pragma GCC unroll 2
            for (size_t p = 0; p < 2; p++)
                nearest(points + dims[j].first[q], bits + dims[j].first[q], p ^ dims[j].odd[q], dims[j].n[q], x, l,
                        step[q][p], walk[j].best[q][p]);
#pragma GCC unroll 8
        for (unsigned s = 0; s < TRANSFORM_STATES; s++) {
            unsigned came[2];

#pragma GCC unroll 2
            for (size_t h = 0; h < 2; h++) {
                __m256 a = _mm256_add_ps(cost[walk_from(s, 0)][h], step[walk_from(s, 0) & 1][walk_parity(s, 0)][h]);
                __m256 b = _mm256_add_ps(cost[walk_from(s, 1)][h], step[walk_from(s, 1) & 1][walk_parity(s, 1)][h]);

                next[s][h] = _mm256_min_ps(b, a);
                came[h] = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(b, a, _CMP_LT_OQ));
            }
            walk[j].masks[s] = (uint16_t)(came[0] | came[1] << HALF);
        }
        memcpy(cost, next, sizeof(cost));
    }
    trace(dims, walk, n_dims, cost, places);
}
