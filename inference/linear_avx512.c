// SPDX-License-Identifier: MIT
/* linear_avx512.c -- float weights with 512-bit vectors: tiles of up to 14 x 32. */
#include "linear_micro.h"

#include <immintrin.h>

enum { MR = LINEAR_AVX512_MR, NR = LINEAR_NR };
enum type { F32, F16, BF16 };

static inline __attribute__((always_inline)) size_t element_bytes(enum type type)
{
    return type == F32 ? 4 : 2;
}

/* 16 weights as floats */
static inline __attribute__((always_inline)) __m512 widen(enum type type, const char *w)
{
    if (type == F32)
        return _mm512_load_ps(w);
    if (type == F16)
        return _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)w));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)w)), 16));
}

static inline __attribute__((always_inline)) void prefetch(enum type type, const char *w, size_t ahead)
{
    _mm_prefetch(w + ahead, _MM_HINT_T1);
    if (type == F32)
        _mm_prefetch(w + ahead + 64, _MM_HINT_T1);
}

static inline __attribute__((always_inline)) void tile(const size_t rows, const enum type type, size_t k, const char *w,
                                                       size_t ahead, const float *x, float *y, size_t ldy)
{
    __m512 acc[MR][2];

#pragma GCC unroll 14
    for (size_t i = 0; i < rows; i++)
        acc[i][0] = acc[i][1] = _mm512_setzero_ps();
    for (; k > 0; k--, x += rows, w += NR * element_bytes(type)) {
        __m512 low = widen(type, w), high = widen(type, w + NR / 2 * element_bytes(type));

        prefetch(type, w, ahead);
#pragma GCC unroll 14
        for (size_t i = 0; i < rows; i++) {
            __m512 xi = _mm512_set1_ps(x[i]);

            acc[i][0] = _mm512_fmadd_ps(low, xi, acc[i][0]);
            acc[i][1] = _mm512_fmadd_ps(high, xi, acc[i][1]);
        }
    }
#pragma GCC unroll 14
    for (size_t i = 0; i < rows; i++) {
        _mm512_storeu_ps(y + i * ldy, acc[i][0]);
        _mm512_storeu_ps(y + i * ldy + 16, acc[i][1]);
    }
}

/* One copy for each height, so that the accumulators stay in registers. */
#define HEIGHT(n, type)                                                                                                \
    case n:                                                                                                            \
        tile(n, type, k, w, ahead, x, y, ldy);                                                                         \
        break
#define HEIGHTS(type)                                                                                                  \
    switch (rows) {                                                                                                    \
        HEIGHT(1, type);                                                                                               \
        HEIGHT(2, type);                                                                                               \
        HEIGHT(3, type);                                                                                               \
        HEIGHT(4, type);                                                                                               \
        HEIGHT(5, type);                                                                                               \
        HEIGHT(6, type);                                                                                               \
        HEIGHT(7, type);                                                                                               \
        HEIGHT(8, type);                                                                                               \
        HEIGHT(9, type);                                                                                               \
        HEIGHT(10, type);                                                                                              \
        HEIGHT(11, type);                                                                                              \
        HEIGHT(12, type);                                                                                              \
        HEIGHT(13, type);                                                                                              \
        HEIGHT(14, type);                                                                                              \
    }

void linear_avx512_f32(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    HEIGHTS(F32)
}

void linear_avx512_f16(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    HEIGHTS(F16)
}

void linear_avx512_bf16(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    HEIGHTS(BF16)
}

enum { SIDE_BY_SIDE = 2 };

static inline __attribute__((always_inline)) void row_steps(const size_t count, const enum type type, size_t k,
                                                            const char *w, size_t panel_bytes, size_t ahead,
                                                            const float *x, __m512 acc[][2])
{
    for (; k > 0; k--, x++, w += NR * element_bytes(type)) {
        __m512 xi = _mm512_set1_ps(*x);

#pragma GCC unroll 2
        for (size_t p = 0; p < count; p++) {
            const char *at = w + p * panel_bytes;

            prefetch(type, at, ahead);
            acc[p][0] = _mm512_fmadd_ps(widen(type, at), xi, acc[p][0]);
            acc[p][1] = _mm512_fmadd_ps(widen(type, at + NR / 2 * element_bytes(type)), xi, acc[p][1]);
        }
    }
}

/* Panels side by side: a chain of multiply-adds waits for each of its steps. More than two hide that better in an L2,
 * and are slower from DRAM. Towards its end each prefetches not the panel behind it, which is being read already, but
 * the one after all of them. */
static inline __attribute__((always_inline)) void row_panels(const size_t count, const enum type type, size_t k,
                                                             const char *w, size_t ahead, const float *x, float *y)
{
    size_t step = NR * element_bytes(type), panel_bytes = k * step, last = ahead / step < k ? ahead / step : k;
    __m512 acc[SIDE_BY_SIDE][2];

#pragma GCC unroll 2
    for (size_t p = 0; p < count; p++)
        acc[p][0] = acc[p][1] = _mm512_setzero_ps();
    row_steps(count, type, k - last, w, panel_bytes, ahead, x, acc);
    row_steps(count, type, last, w + (k - last) * step, panel_bytes, ahead + (count - 1) * panel_bytes, x + (k - last),
              acc);
#pragma GCC unroll 2
    for (size_t p = 0; p < count; p++) {
        _mm512_storeu_ps(y + p * NR, acc[p][0]);
        _mm512_storeu_ps(y + p * NR + 16, acc[p][1]);
    }
}

static inline __attribute__((always_inline)) void row(const enum type type, size_t panels, size_t k, const char *w,
                                                      size_t ahead, const float *x, float *y)
{
    size_t bytes = SIDE_BY_SIDE * k * NR * element_bytes(type);

    for (; panels >= SIDE_BY_SIDE; panels -= SIDE_BY_SIDE, w += bytes, y += SIDE_BY_SIDE * NR)
        row_panels(SIDE_BY_SIDE, type, k, w, ahead, x, y);
    for (; panels > 0; panels--, w += bytes / SIDE_BY_SIDE, y += NR)
        row_panels(1, type, k, w, ahead, x, y);
}

void linear_avx512_f32_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    row(F32, panels, k, w, ahead, x, y);
}

void linear_avx512_f16_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    row(F16, panels, k, w, ahead, x, y);
}

void linear_avx512_bf16_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    row(BF16, panels, k, w, ahead, x, y);
}

static void quantise_block(const float *x, int8_t *q, struct linear_q8_scale *scale)
{
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512 low = _mm512_loadu_ps(x), high = _mm512_loadu_ps(x + 16);
    uint32_t bits = _mm512_reduce_max_epu32(_mm512_max_epu32(_mm512_and_si512(magnitude, _mm512_castps_si512(low)),
                                                             _mm512_and_si512(magnitude, _mm512_castps_si512(high))));
    float a, by, d;

    __builtin_memcpy(&a, &bits, sizeof(a));
    by = a >= LINEAR_Q8_LEAST ? 127.0f / a : 0.0f;
    d = a >= LINEAR_Q8_LEAST ? a / 127.0f : 0.0f;
    if (bits >= 0x7f800000) { /* an infinity or a NaN */
        low = high = _mm512_setzero_ps();
        by = 0;
        d = __builtin_nanf("");
    }
    __m512i a0 = _mm512_cvtps_epi32(_mm512_mul_ps(low, _mm512_set1_ps(by)));
    __m512i a1 = _mm512_cvtps_epi32(_mm512_mul_ps(high, _mm512_set1_ps(by)));

    _mm_storeu_si128((__m128i *)q, _mm512_cvtepi32_epi8(a0));
    _mm_storeu_si128((__m128i *)(q + 16), _mm512_cvtepi32_epi8(a1));
    *scale = (struct linear_q8_scale){ d, -128 * _mm512_reduce_add_epi32(_mm512_add_epi32(a0, a1)) };
}

void linear_avx512_q8_quantise(size_t blocks, const float *x, int8_t *q, size_t stride_q, struct linear_q8_scale *scale,
                               size_t stride_scale)
{
    for (; blocks > 0; blocks--, x += LINEAR_Q8_KR, q += stride_q, scale += stride_scale)
        quantise_block(x, q, scale);
}
