// SPDX-License-Identifier: MIT
/* linear_avx2.c -- 256-bit vectors: float weights in tiles of up to 6 x 16, Q8_0 in tiles of up to 4 x 8. F16C, which
 * widens F16, is in every CPU that has AVX2. */
#include "linear_micro.h"

#include <immintrin.h>

enum { MR = LINEAR_AVX2_MR, Q8_MR = LINEAR_AVX2_Q8_MR, NR = LINEAR_NR, KR = LINEAR_Q8_KR };
enum type { F32, F16, BF16 };

static inline __attribute__((always_inline)) size_t element_bytes(enum type type)
{
    return type == F32 ? 4 : 2;
}

/* 8 weights as floats */
static inline __attribute__((always_inline)) __m256 widen(enum type type, const char *w)
{
    if (type == F32)
        return _mm256_load_ps((const float *)w);
    if (type == F16)
        return _mm256_cvtph_ps(_mm_load_si128((const __m128i *)w));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_load_si128((const __m128i *)w)), 16));
}

static inline __attribute__((always_inline)) void prefetch(enum type type, const char *w, size_t ahead)
{
    _mm_prefetch(w + ahead, _MM_HINT_T1);
    if (type == F32)
        _mm_prefetch(w + ahead + 64, _MM_HINT_T1);
}

/* 16 of a panel's 32 columns; the second half finds the lines in the L2. */
static inline __attribute__((always_inline)) void tile(const size_t rows, const enum type type, size_t k, const char *w,
                                                       size_t ahead, const float *x, float *y, size_t ldy)
{
    size_t bytes = element_bytes(type);
    __m256 acc[MR][2];

#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_ps();
    for (; k > 0; k--, x += rows, w += NR * bytes) {
        __m256 low = widen(type, w), high = widen(type, w + 8 * bytes);

        if (ahead)
            prefetch(type, w, ahead);
#pragma GCC unroll 6
        for (size_t i = 0; i < rows; i++) {
            __m256 xi = _mm256_set1_ps(x[i]);

            acc[i][0] = _mm256_fmadd_ps(low, xi, acc[i][0]);
            acc[i][1] = _mm256_fmadd_ps(high, xi, acc[i][1]);
        }
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
        _mm256_storeu_ps(y + i * ldy, acc[i][0]);
        _mm256_storeu_ps(y + i * ldy + 8, acc[i][1]);
    }
}

/* One copy for each height, so that the accumulators stay in registers. */
#define HEIGHT(n, type)                                                                                                \
    case n:                                                                                                            \
        tile(n, type, k, w, ahead, x, y, ldy);                                                                         \
        tile(n, type, k, (const char *)w + NR / 2 * element_bytes(type), 0, x, y + NR / 2, ldy);                       \
        break
#define HEIGHTS(type)                                                                                                  \
    switch (rows) {                                                                                                    \
        HEIGHT(1, type);                                                                                               \
        HEIGHT(2, type);                                                                                               \
        HEIGHT(3, type);                                                                                               \
        HEIGHT(4, type);                                                                                               \
        HEIGHT(5, type);                                                                                               \
        HEIGHT(6, type);                                                                                               \
    }

void linear_avx2_f32(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    HEIGHTS(F32)
}

void linear_avx2_f16(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    HEIGHTS(F16)
}

void linear_avx2_bf16(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    HEIGHTS(BF16)
}

/* All 32 columns at once: four chains, and every line is used up when it comes. */
static inline __attribute__((always_inline)) void row(const enum type type, size_t panels, size_t k, const char *w,
                                                      size_t ahead, const float *x, float *y)
{
    size_t bytes = element_bytes(type);

    for (; panels > 0; panels--, y += NR) {
        __m256 acc[4];

#pragma GCC unroll 4
        for (int c = 0; c < 4; c++)
            acc[c] = _mm256_setzero_ps();
        for (size_t l = 0; l < k; l++, w += NR * bytes) {
            __m256 xl = _mm256_set1_ps(x[l]);

            prefetch(type, w, ahead);
#pragma GCC unroll 4
            for (int c = 0; c < 4; c++)
                acc[c] = _mm256_fmadd_ps(widen(type, w + 8 * (size_t)c * bytes), xl, acc[c]);
        }
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++)
            _mm256_storeu_ps(y + 8 * c, acc[c]);
    }
}

void linear_avx2_f32_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    row(F32, panels, k, w, ahead, x, y);
}

void linear_avx2_f16_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    row(F16, panels, k, w, ahead, x, y);
}

void linear_avx2_bf16_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    row(BF16, panels, k, w, ahead, x, y);
}

/* 8 columns. vpmaddubsw wants one unsigned operand, and |w| <= 128 times |q| <= 127, twice, is 32512 at most: it does
 * not saturate, as 255 x 127 would. So: |w| times q with the sign of w. */
static inline __attribute__((always_inline)) void q8_tile(const size_t rows, size_t blocks, const char *w, size_t ahead,
                                                          int quarter, const int8_t *q,
                                                          const struct linear_q8_scale *scale, float *y, size_t ldy)
{
    const __m256i top = _mm256_set1_epi8((char)0x80), ones = _mm256_set1_epi16(1);
    __m256 acc[Q8_MR];

#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++)
        acc[i] = _mm256_setzero_ps();
    for (; blocks > 0; blocks--, w += LINEAR_Q8_BYTES, q += rows * KR, scale += rows) {
        const char *codes = w + LINEAR_Q8_CODES + 32 * quarter;
        __m256 d = _mm256_cvtph_ps(_mm_load_si128((const __m128i *)(w + 16 * quarter)));
        __m256i dot[Q8_MR];

#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++)
            dot[i] = _mm256_setzero_si256();
#pragma GCC unroll 8
        for (int s = 0; s < 8; s++) {
            __m256i v = _mm256_xor_si256(_mm256_load_si256((const __m256i *)(codes + 128 * s)), top);
            __m256i magnitude = _mm256_abs_epi8(v);

            if (ahead) {
                _mm_prefetch(codes + ahead + 128 * s, _MM_HINT_T1);
                _mm_prefetch(codes + ahead + 128 * s + 64, _MM_HINT_T1);
            }
#pragma GCC unroll 4
            for (size_t i = 0; i < rows; i++) {
                int32_t four;

                __builtin_memcpy(&four, q + i * KR + 4 * s, sizeof(four));
                __m256i words = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(_mm256_set1_epi32(four), v));
                dot[i] = _mm256_add_epi32(dot[i], _mm256_madd_epi16(words, ones));
            }
        }
#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++)
            acc[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[i]), _mm256_mul_ps(d, _mm256_set1_ps(scale[i].d)), acc[i]);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++)
        _mm256_storeu_ps(y + i * ldy, acc[i]);
}

#define Q8_HEIGHT(n)                                                                                                   \
    case n:                                                                                                            \
        q8_tile(n, blocks, w, ahead, 0, q, scale, y, ldy);                                                             \
        for (int quarter = 1; quarter < 4; quarter++)                                                                  \
            q8_tile(n, blocks, w, 0, quarter, q, scale, y + 8 * quarter, ldy);                                         \
        break

void linear_avx2_q8(size_t rows, size_t blocks, const void *w, size_t ahead, const int8_t *q,
                    const struct linear_q8_scale *scale, float *y, size_t ldy)
{
    switch (rows) {
        Q8_HEIGHT(1);
        Q8_HEIGHT(2);
        Q8_HEIGHT(3);
        Q8_HEIGHT(4);
    }
}

static uint32_t absmax(const float *x)
{
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    __m256i most = _mm256_setzero_si256();
    uint32_t lanes[8], bits = 0;

    for (int i = 0; i < KR; i += 8)
        most = _mm256_max_epu32(most, _mm256_and_si256(magnitude, _mm256_loadu_si256((const __m256i *)(x + i))));
    _mm256_storeu_si256((__m256i *)lanes, most);
    for (int i = 0; i < 8; i++)
        bits = lanes[i] > bits ? lanes[i] : bits;
    return bits;
}

/* The 32 values times `by`, rounded, as bytes; their sum. */
static int32_t quantise(const float *x, float by, int8_t *q)
{
    __m256i v[4], sum = _mm256_setzero_si256(), words[2], bytes;
    int32_t lanes[8], total = 0;

    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), _mm256_set1_ps(by)));
        sum = _mm256_add_epi32(sum, v[i]);
    }
    words[0] = _mm256_packs_epi32(v[0], v[1]);
    words[1] = _mm256_packs_epi32(v[2], v[3]);
    bytes = _mm256_packs_epi16(words[0], words[1]); /* in fours, which both packs have dealt to their halves */
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)q, bytes);
    _mm256_storeu_si256((__m256i *)lanes, sum);
    for (int i = 0; i < 8; i++)
        total += lanes[i];
    return total;
}

void linear_avx2_q8_quantise(size_t blocks, const float *x, int8_t *q, size_t stride_q, struct linear_q8_scale *scale,
                             size_t stride_scale)
{
    for (; blocks > 0; blocks--, x += KR, q += stride_q, scale += stride_scale) {
        uint32_t bits = absmax(x);
        float a;

        __builtin_memcpy(&a, &bits, sizeof(a));
        if (bits >= 0x7f800000) { /* an infinity or a NaN */
            _mm256_storeu_si256((__m256i *)q, _mm256_setzero_si256());
            *scale = (struct linear_q8_scale){ __builtin_nanf(""), 0 };
        } else if (a < LINEAR_Q8_LEAST) {
            _mm256_storeu_si256((__m256i *)q, _mm256_setzero_si256());
            *scale = (struct linear_q8_scale){ 0, 0 };
        } else {
            *scale = (struct linear_q8_scale){ a / 127.0f, -128 * quantise(x, 127.0f / a, q) };
        }
    }
}
