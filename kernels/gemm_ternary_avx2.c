// SPDX-License-Identifier: MIT
/* gemm_ternary_avx2.c -- vpmaddubsw into int16, widened before it can overflow: tiles of up to 6 x 16.
 *
 * A product of two codes (<= 2) and two activations (|q| <= 127) is at most 508 in magnitude: 64 of them are at most
 * 32512, so int16 holds 16 blocks of k. */
#include "gemm_ternary_ymm.h"

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

static inline __attribute__((always_inline)) __m256i widen(__m256i words)
{
    return _mm256_madd_epi16(words, _mm256_set1_epi16(1));
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
            __m256i x0 = ymm_broadcast(x), x1 = ymm_broadcast(x + 4), x2 = ymm_broadcast(x + 8),
                    x3 = ymm_broadcast(x + 12);

            _mm_prefetch((const char *)w + ahead, _MM_HINT_T0);
            _mm_prefetch((const char *)w + ahead + 64, _MM_HINT_T0);
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
        ymm_store8(y + 8 * h, _mm256_add_epi32(total[h][0], _mm256_srai_epi32(total[h][1], 2)), row);
}

/* Half a panel: 64 of the 128 bytes of each step. */
static inline __attribute__((always_inline)) void tile(const size_t rows, const enum ymm_weights from, size_t blocks,
                                                       const uint8_t *w, size_t ahead, uint8_t *out, const int8_t *x,
                                                       const struct gemm_ternary_row *row, float *y, size_t ldy)
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
            if (from != YMM_UNPACKED)
                _mm_prefetch((const char *)w + ahead, _MM_HINT_T0);
#pragma GCC unroll 4
            for (int f = 0; f < 4; f++) {
                ymm_codes(v, from, w, out, f);
#pragma GCC unroll 6
                for (size_t i = 0; i < rows; i++) {
                    __m256i xi = ymm_broadcast(x + i * GEMM_TERNARY_KR + 4 * f);

                    acc[i][0] = _mm256_add_epi16(acc[i][0], _mm256_maddubs_epi16(v[0], xi));
                    acc[i][1] = _mm256_add_epi16(acc[i][1], _mm256_maddubs_epi16(v[1], xi));
                    KEEP(acc[i][0]);
                    KEEP(acc[i][1]);
                }
            }
            w += from == YMM_UNPACKED ? GEMM_TERNARY_UNPACKED : GEMM_TERNARY_BLOCK;
            if (from == YMM_UNPACKING)
                out += GEMM_TERNARY_UNPACKED;
        }
#pragma GCC unroll 6
        for (size_t i = 0; i < rows; i++) {
            total[i][0] = _mm256_add_epi32(total[i][0], widen(acc[i][0]));
            total[i][1] = _mm256_add_epi32(total[i][1], widen(acc[i][1]));
        }
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
        ymm_store8(y + i * ldy, total[i][0], row + i);
        ymm_store8(y + i * ldy + 8, total[i][1], row + i);
    }
}

void gemm_ternary_avx2_packed(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out, const int8_t *x,
                              const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    if (out)
        YMM_HEIGHTS(YMM_UNPACKING, ahead, out + 64 * h)
    else
        YMM_HEIGHTS(YMM_PACKED, ahead, NULL)
}

void gemm_ternary_avx2_unpacked(size_t rows, size_t blocks, const uint8_t *w, const int8_t *x,
                                const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    YMM_HEIGHTS(YMM_UNPACKED, 0, NULL)
}
