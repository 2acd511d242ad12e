// SPDX-License-Identifier: MIT
/* gemm_ternary_avx2.c -- vpmaddubsw into int16, widened before it can overflow: tiles of up to 6 x 16.
 *
 * A product of two codes (<= 2) and two activations (|q| <= 127) is at most 508 in magnitude: 64 of them are at most
 * 32512, so int16 holds 16 blocks of k. */
#include "gemm_ternary_micro.h"

#include <immintrin.h>

enum { MR = GEMM_TERNARY_AVX2_MR };

/* Here and now in a register: GCC 12 would sum the products of a block first, and spill two hundred of them. */
#define KEEP(v) __asm__("" : "+x"(v))

uint32_t gemm_ternary_avx2_absmax(const float *x, size_t k)
{
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    __m256i m0 = _mm256_setzero_si256(), m1 = m0;
    uint32_t lanes[8], most = 0;

    for (; k >= 16; k -= 16, x += 16) {
        m0 = _mm256_max_epu32(m0, _mm256_and_si256(magnitude, _mm256_loadu_si256((const __m256i *)x)));
        m1 = _mm256_max_epu32(m1, _mm256_and_si256(magnitude, _mm256_loadu_si256((const __m256i *)(x + 8))));
    }
    _mm256_storeu_si256((__m256i *)lanes, _mm256_max_epu32(m0, m1));
    for (int i = 0; i < 8; i++)
        most = lanes[i] > most ? lanes[i] : most;
    for (; k > 0; k--, x++) {
        uint32_t bits;

        __builtin_memcpy(&bits, x, sizeof(bits));
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    return most;
}

/* 16 floats to a block of 16 bytes; what is added to the sum is returned. */
static __m256i quantise16(const float *x, __m256 by, int8_t *q)
{
    __m256i a = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), by));
    __m256i b = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8), by));
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);

    _mm_storeu_si128((__m128i *)q, _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    return _mm256_add_epi32(a, b);
}

int32_t gemm_ternary_avx2_quantise(const float *x, size_t k, float scale, int8_t *q, size_t stride)
{
    const __m256 by = _mm256_set1_ps(scale);
    __m256i sums = _mm256_setzero_si256();
    int32_t lanes[8], sum = 0;

    for (; k >= 16; k -= 16, x += 16, q += stride)
        sums = _mm256_add_epi32(sums, quantise16(x, by, q));
    if (k > 0) {
        float last[16] = { 0 };

        __builtin_memcpy(last, x, k * sizeof(*x));
        sums = _mm256_add_epi32(sums, quantise16(last, by, q));
    }
    _mm256_storeu_si256((__m256i *)lanes, sums);
    for (int i = 0; i < 8; i++)
        sum += lanes[i];
    return sum;
}

static inline __attribute__((always_inline)) __m256i broadcast(const int8_t *x)
{
    int32_t four;

    __builtin_memcpy(&four, x, sizeof(four));
    return _mm256_set1_epi32(four);
}

static inline __attribute__((always_inline)) __m256i widen(__m256i words)
{
    return _mm256_madd_epi16(words, _mm256_set1_epi16(1));
}

static inline __attribute__((always_inline)) void store8(float *y, __m256i acc, const struct gemm_ternary_row *row)
{
    __m256 sum = _mm256_cvtepi32_ps(_mm256_sub_epi32(acc, _mm256_set1_epi32(row->sum)));

    _mm256_storeu_ps(y, _mm256_mul_ps(sum, _mm256_set1_ps(row->factor)));
}

/* One shift for two fields; fields 1 and 3 are left 4 times as large, 4064 a block at most, and so in int16 for eight
 * blocks. */
void gemm_ternary_avx2_gemv(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                            const struct gemm_ternary_row *row, float *y)
{
    enum { RUN = 8 };
    const __m256i even = _mm256_set1_epi8(0x03), odd = _mm256_set1_epi8(0x0c);
    __m256i total[4][2];

    for (int h = 0; h < 4; h++)
        total[h][0] = total[h][1] = _mm256_setzero_si256();
    while (blocks > 0) {
        size_t run = blocks < RUN ? blocks : RUN;
        __m256i acc[4][2];

        blocks -= run;
#pragma GCC unroll 4
        for (int h = 0; h < 4; h++)
            acc[h][0] = acc[h][1] = _mm256_setzero_si256();
        for (; run > 0; run--, w += GEMM_TERNARY_BLOCK, x += GEMM_TERNARY_KR) {
            __m256i x0 = broadcast(x), x1 = broadcast(x + 4), x2 = broadcast(x + 8), x3 = broadcast(x + 12);

            _mm_prefetch((const char *)w + ahead, _MM_HINT_T1);
            _mm_prefetch((const char *)w + ahead + 64, _MM_HINT_T1);
#pragma GCC unroll 4
            for (int h = 0; h < 4; h++) {
                __m256i v = _mm256_load_si256((const __m256i *)(w + 32 * h)), v4 = _mm256_srli_epi16(v, 4);

                acc[h][0] = _mm256_add_epi16(acc[h][0], _mm256_maddubs_epi16(_mm256_and_si256(v, even), x0));
                acc[h][1] = _mm256_add_epi16(acc[h][1], _mm256_maddubs_epi16(_mm256_and_si256(v, odd), x1));
                acc[h][0] = _mm256_add_epi16(acc[h][0], _mm256_maddubs_epi16(_mm256_and_si256(v4, even), x2));
                acc[h][1] = _mm256_add_epi16(acc[h][1], _mm256_maddubs_epi16(_mm256_and_si256(v4, odd), x3));
            }
        }
#pragma GCC unroll 4
        for (int h = 0; h < 4; h++) {
            total[h][0] = _mm256_add_epi32(total[h][0], widen(acc[h][0]));
            total[h][1] = _mm256_add_epi32(total[h][1], widen(acc[h][1]));
        }
    }
    for (int h = 0; h < 4; h++)
        store8(y + 8 * h, _mm256_add_epi32(total[h][0], _mm256_srai_epi32(total[h][1], 2)), row);
}

/* Step f of half a block, a code a byte. */
static inline __attribute__((always_inline)) void unpack(__m256i *v, const uint8_t *w, int f)
{
    const __m256i code = _mm256_set1_epi8(3);

    /* shifted as 16-bit words: what comes over from the other byte is masked away */
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++)
        v[h] = _mm256_and_si256(_mm256_srli_epi16(_mm256_load_si256((const __m256i *)(w + 32 * h)), 2 * f), code);
}

/* Half a panel: 64 of the 128 bytes of each step. From packed weights `w` with `first`, which it leaves at `out`, else
 * from unpacked ones. */
static inline __attribute__((always_inline)) void tile(const size_t rows, const int first, size_t blocks,
                                                       const uint8_t *w, size_t ahead, uint8_t *out, size_t step,
                                                       const int8_t *x, const struct gemm_ternary_row *row, float *y,
                                                       size_t ldy)
{
    enum { RUN = 16 };
    __m256i total[MR][2], v[2];

    for (size_t i = 0; i < rows; i++)
        total[i][0] = total[i][1] = _mm256_setzero_si256();
    while (blocks > 0) {
        size_t run = blocks < RUN ? blocks : RUN;
        __m256i acc[MR][2];

        blocks -= run;
#pragma GCC unroll 6
        for (size_t i = 0; i < rows; i++)
            acc[i][0] = acc[i][1] = _mm256_setzero_si256();
        for (; run > 0; run--, x += rows * GEMM_TERNARY_KR) {
            if (first)
                _mm_prefetch((const char *)w + ahead, _MM_HINT_T1);
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                if (first) {
                    unpack(v, w, f);
                    _mm256_store_si256((__m256i *)(out + 128 * f), v[0]);
                    _mm256_store_si256((__m256i *)(out + 128 * f + 32), v[1]);
                } else {
                    v[0] = _mm256_load_si256((const __m256i *)(w + 128 * f));
                    v[1] = _mm256_load_si256((const __m256i *)(w + 128 * f + 32));
                }
#pragma GCC unroll 6
                for (size_t i = 0; i < rows; i++) {
                    __m256i xi = broadcast(x + i * GEMM_TERNARY_KR + 4 * f);

                    acc[i][0] = _mm256_add_epi16(acc[i][0], _mm256_maddubs_epi16(v[0], xi));
                    acc[i][1] = _mm256_add_epi16(acc[i][1], _mm256_maddubs_epi16(v[1], xi));
                    KEEP(acc[i][0]);
                    KEEP(acc[i][1]);
                }
            }
            w += first ? GEMM_TERNARY_BLOCK : GEMM_TERNARY_UNPACKED;
            if (step)
                out += step;
        }
#pragma GCC unroll 6
        for (size_t i = 0; i < rows; i++) {
            total[i][0] = _mm256_add_epi32(total[i][0], widen(acc[i][0]));
            total[i][1] = _mm256_add_epi32(total[i][1], widen(acc[i][1]));
        }
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
        store8(y + i * ldy, total[i][0], row + i);
        store8(y + i * ldy + 8, total[i][1], row + i);
    }
}

/* One copy for each height, so that the accumulators stay in registers; two halves of 16 columns. */
#define HEIGHT(n, first, ahead, out, step)                                                                             \
    case n:                                                                                                            \
        tile(n, first, blocks, w + 64 * h, ahead, out, step, x, row, y + 16 * h, ldy);                                 \
        break
#define HEIGHTS(...)                                                                                                   \
    for (int h = 0; h < 2; h++)                                                                                        \
        switch (rows) {                                                                                                \
            HEIGHT(1, __VA_ARGS__);                                                                                    \
            HEIGHT(2, __VA_ARGS__);                                                                                    \
            HEIGHT(3, __VA_ARGS__);                                                                                    \
            HEIGHT(4, __VA_ARGS__);                                                                                    \
            HEIGHT(5, __VA_ARGS__);                                                                                    \
            HEIGHT(6, __VA_ARGS__);                                                                                    \
        }

void gemm_ternary_avx2_first(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out, size_t step,
                             const int8_t *x, const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    HEIGHTS(1, ahead, out + 64 * h, step)
}

void gemm_ternary_avx2_tile(size_t rows, size_t blocks, const uint8_t *w, const int8_t *x,
                            const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    HEIGHTS(0, 0, NULL, 0)
}
