// SPDX-License-Identifier: MIT
#include "codecs/transform_walk.h"

#include <immintrin.h>

enum { RANS_MASK = 4095, RANS_SHIFT = 12, SMALL = 16 /* symbols that fit a register */ };

/* The cheapest symbol of either parity of one quantiser, as walk_nearest() of transform_walk.h, and by the same sums. */
static inline __attribute__((always_inline)) void nearest(const float *points, const float *bits, size_t n,
                                                          unsigned odd, __m512 u, __m512 lambda, __m512 cost[2],
                                                          uint8_t best[2][TRANSFORM_LANES])
{
    __m512 low[2] = { _mm512_set1_ps(INFINITY), _mm512_set1_ps(INFINITY) };
    __m512i at[2] = { _mm512_setzero_si512(), _mm512_setzero_si512() };

    for (size_t s = 0; s < n; s += 2)
#pragma GCC unroll 2
        for (size_t p = 0; p < 2; p++)
            if (s + p < n) {
                __m512 e = _mm512_sub_ps(u, _mm512_set1_ps(points[s + p]));
                __mmask16 less;

                e = _mm512_fmadd_ps(e, e, _mm512_mul_ps(lambda, _mm512_set1_ps(bits[s + p])));
                less = _mm512_cmplt_ps_mask(e, low[p]);
                low[p] = _mm512_min_ps(e, low[p]);
                at[p] = _mm512_mask_mov_epi32(at[p], less, _mm512_set1_epi32((int)(s + p)));
            }
    for (size_t p = 0; p < 2; p++) {
        cost[p ^ odd] = low[p];
        _mm_store_si128((__m128i *)(void *)best[p ^ odd], _mm512_cvtepi32_epi8(at[p]));
    }
}

/* One row of `best` a lane: that of its quantiser and parity. */
static inline __m512i pick(const struct transform_walk *walk, __mmask16 second, __mmask16 odd)
{
    __m512i row[2][2];

    for (size_t q = 0; q < 2; q++)
        for (size_t p = 0; p < 2; p++)
            row[q][p] = _mm512_cvtepu8_epi32(_mm_load_si128((const __m128i *)(const void *)walk->best[q][p]));
    return _mm512_mask_mov_epi32(_mm512_mask_mov_epi32(row[0][0], odd, row[0][1]), second,
                                 _mm512_mask_mov_epi32(row[1][0], odd, row[1][1]));
}

static void trace(const struct transform_dim *dims, const struct transform_walk *walk, size_t n_dims,
                  const __m512 *cost, uint32_t *places)
{
    int32_t tables[4][16] = { { 0 } };
    __m512i state = _mm512_setzero_si512(), lanes, row, from0, from1, parity0, parity1, one = _mm512_set1_epi32(1);
    __m512 least = cost[0];

    for (unsigned s = 0; s < TRANSFORM_STATES; s++) {
        __mmask16 less = _mm512_cmplt_ps_mask(cost[s], least);

        least = _mm512_min_ps(cost[s], least);
        state = _mm512_mask_mov_epi32(state, less, _mm512_set1_epi32((int)s));
        for (unsigned way = 0; way < 2; way++) {
            tables[way][s] = (int32_t)walk_from(s, way);
            tables[2 + way][s] = (int32_t)walk_parity(s, way);
        }
    }
    from0 = _mm512_loadu_si512(tables[0]);
    from1 = _mm512_loadu_si512(tables[1]);
    parity0 = _mm512_loadu_si512(tables[2]);
    parity1 = _mm512_loadu_si512(tables[3]);
    lanes = _mm512_sllv_epi32(one, _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    row = _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                             _mm512_set1_epi32((int)n_dims));
    for (size_t j = n_dims; j-- > 0;) {
        __m128i loaded = _mm_load_si128((const __m128i *)(const void *)walk[j].masks);
        __m512i masks = _mm512_cvtepu16_epi32(_mm256_castsi128_si256(loaded));
        __mmask16 came = _mm512_test_epi32_mask(_mm512_permutexvar_epi32(state, masks), lanes), second, odd;

        odd = _mm512_test_epi32_mask(_mm512_mask_permutexvar_epi32(_mm512_permutexvar_epi32(state, parity0), came, state,
                                                                   parity1), one);
        state = _mm512_mask_permutexvar_epi32(_mm512_permutexvar_epi32(state, from0), came, state, from1);
        second = _mm512_test_epi32_mask(state, one);
        _mm512_i32scatter_epi32(places + j, row,
                                _mm512_add_epi32(pick(&walk[j], second, odd),
                                                 _mm512_mask_mov_epi32(_mm512_set1_epi32((int)dims[j].first[0]), second,
                                                                       _mm512_set1_epi32((int)dims[j].first[1]))), 4);
    }
}

void transform_quantise_avx512(const struct transform_dim *dims, size_t n_dims, const float *points, const float *bits,
                               const float *u, const float *lambda, struct transform_walk *walk, uint32_t *places)
{
    __m512 cost[TRANSFORM_STATES], l = _mm512_loadu_ps(lambda);

    for (size_t s = 0; s < TRANSFORM_STATES; s++)
        cost[s] = _mm512_set1_ps(s ? 1e30f : 0.f);
    for (size_t j = 0; j < n_dims; j++) {
        __m512 x = _mm512_loadu_ps(u + j * TRANSFORM_LANES), step[2][2], next[TRANSFORM_STATES];

        for (size_t q = 0; q < 2; q++)
            nearest(points + dims[j].first[q], bits + dims[j].first[q], dims[j].n[q], dims[j].odd[q], x, l, step[q],
                    walk[j].best[q]);
#pragma GCC unroll 8
        for (unsigned s = 0; s < TRANSFORM_STATES; s++) {
            __m512 a = _mm512_add_ps(cost[walk_from(s, 0)], step[walk_from(s, 0) & 1][walk_parity(s, 0)]);
            __m512 b = _mm512_add_ps(cost[walk_from(s, 1)], step[walk_from(s, 1) & 1][walk_parity(s, 1)]);

            next[s] = _mm512_min_ps(b, a);
            walk[j].masks[s] = _cvtmask16_u32(_mm512_cmplt_ps_mask(b, a));
        }
        memcpy(cost, next, sizeof(cost));
    }
    trace(dims, walk, n_dims, cost, places);
}

/* Index of the symbol whose slice holds each slot: how many of the later ones start at or below it. */
static inline __attribute__((always_inline)) __m512i find(const uint32_t *slices0, size_t n0, const uint32_t *slices1,
                                                          size_t n1, __mmask16 odd, __m512i slot)
{
    size_t n = n0 > n1 ? n0 : n1;
    __m512i index = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);

    for (size_t i = 1; i < n; i++) { /* past the end of the shorter table nothing starts */
        __m512i a = _mm512_set1_epi32(i < n0 ? (int)(slices0[i] & 0xffff) : INT32_MAX);
        __m512i b = _mm512_set1_epi32(i < n1 ? (int)(slices1[i] & 0xffff) : INT32_MAX);
        __mmask16 reached = _mm512_cmple_epi32_mask(_mm512_mask_mov_epi32(a, odd, b), slot);

        index = _mm512_mask_add_epi32(index, reached, index, one);
    }
    return index;
}

/* out[l] = (odd ? t1 : t0)[index[l]], 32 bits each. */
static inline __attribute__((always_inline)) __m512i look(const void *t0, size_t n0, const void *t1, size_t n1,
                                                          __mmask16 odd, __m512i index)
{
    if (n0 <= SMALL && n1 <= SMALL) {
        __m512i a = _mm512_maskz_loadu_epi32((__mmask16)((1u << n0) - 1), t0);
        __m512i b = _mm512_maskz_loadu_epi32((__mmask16)((1u << n1) - 1), t1);

        return _mm512_permutex2var_epi32(a, _mm512_mask_add_epi32(index, odd, index, _mm512_set1_epi32(SMALL)), b);
    }
    return _mm512_mask_i32gather_epi32(_mm512_mask_i32gather_epi32(index, (__mmask16)~odd, index, t0, 4), odd, index,
                                       t1, 4);
}

/* Lanes below 2^16 take a word each, in order. NULL where there are too few. */
static inline __attribute__((always_inline)) const uint8_t *refill(__m512i *x, const uint8_t *at, const uint8_t *end)
{
    __mmask16 low = _mm512_cmplt_epu32_mask(*x, _mm512_set1_epi32(1 << 16));
    size_t need = 2 * (size_t)__builtin_popcount(low), left = (size_t)(end - at);
    __m256i words;

    if (need > left)
        return NULL;
    words = left >= 32 ? _mm256_loadu_si256((const __m256i *)(const void *)at) :
                         _mm256_maskz_loadu_epi8((__mmask32)((1ull << left) - 1), at);
    *x = _mm512_mask_or_epi32(*x, low, _mm512_slli_epi32(*x, 16),
                              _mm512_maskz_expand_epi32(low, _mm512_cvtepu16_epi32(words)));
    return at + need;
}

/* transform_step() of every lane; second: the states that are odd. */
static inline __attribute__((always_inline)) __m512i advance(__m512i state, __mmask16 second, __mmask16 odd)
{
    state = _mm512_srli_epi32(state, 1);
    state = _mm512_mask_xor_epi32(state, odd, state, _mm512_set1_epi32(TRANSFORM_H1 >> 1));
    return _mm512_mask_xor_epi32(state, second, state, _mm512_set1_epi32(TRANSFORM_H0 >> 1));
}

const uint8_t *transform_rows_avx512(const struct transform_dim *dims, size_t n_dims, const uint32_t *slices,
                                     const float *points, size_t n_chunks, struct transform_lanes *lanes,
                                     const uint8_t *at, const uint8_t *end, float *y)
{
    __m512i x = _mm512_loadu_si512(lanes->coder), one = _mm512_set1_epi32(1);
    __m512i mask = _mm512_set1_epi32(RANS_MASK);

    for (size_t j = 0; j < n_dims && at; j++) {
        const struct transform_dim *d = &dims[j];

        for (size_t c = 0; c < n_chunks && at; c++) {
            __m512i state = _mm512_loadu_si512(lanes->trellis[c]), slot = _mm512_and_si512(x, mask), index, slice, odd;
            __mmask16 second = _mm512_test_epi32_mask(state, one);

            index = find(slices + d->first[0], d->n[0], slices + d->first[1], d->n[1], second, slot);
            slice = look(slices + d->first[0], d->n[0], slices + d->first[1], d->n[1], second, index);
            _mm512_storeu_si512(y + (j * TRANSFORM_CHUNKS + c) * TRANSFORM_LANES,
                                look(points + d->first[0], d->n[0], points + d->first[1], d->n[1], second, index));
            x = _mm512_add_epi32(_mm512_mullo_epi32(_mm512_srli_epi32(slice, 16), _mm512_srli_epi32(x, RANS_SHIFT)),
                                 _mm512_sub_epi32(slot, _mm512_and_si512(slice, _mm512_set1_epi32(0xffff))));
            at = refill(&x, at, end);
            odd = _mm512_and_si512(index, one);
            odd = _mm512_xor_si512(odd, _mm512_mask_mov_epi32(_mm512_set1_epi32(d->odd[0]), second,
                                                              _mm512_set1_epi32(d->odd[1])));
            _mm512_storeu_si512(lanes->trellis[c],
                                advance(state, second, _mm512_test_epi32_mask(odd, one)));
        }
    }
    _mm512_storeu_si512(lanes->coder, x);
    return at;
}
