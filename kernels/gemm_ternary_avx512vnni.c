// SPDX-License-Identifier: MIT
/* gemm_ternary_avx512vnni.c -- 512-bit vpdpbusd: tiles of up to 14 x 32.
 *
 * vpdpbusd stands in inline assembly because GCC 12 wraps each intrinsic in two register moves. */
#include "gemm_ternary_micro.h"

#include <immintrin.h>

enum { MR = GEMM_TERNARY_AVX512_MR, FEW = 6 }; /* FEW: 24 accumulators, 4 of weights, 2 masks, 1 broadcast */

/* acc += u (unsigned bytes) . s (signed bytes), four to an int32 */
#define DOT(acc, u, s) __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(u), "v"(s))

uint32_t gemm_ternary_avx512vnni_absmax(const float *x, size_t k)
{
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512i m0 = _mm512_setzero_si512(), m1 = m0;

    for (; k >= 32; k -= 32, x += 32) {
        m0 = _mm512_max_epu32(m0, _mm512_and_si512(magnitude, _mm512_loadu_si512(x)));
        m1 = _mm512_max_epu32(m1, _mm512_and_si512(magnitude, _mm512_loadu_si512(x + 16)));
    }
    for (; k > 0; k -= k < 16 ? k : 16, x += 16) {
        __mmask16 mask = (__mmask16)(k < 16 ? (1u << k) - 1 : 0xffff);

        m0 = _mm512_max_epu32(m0, _mm512_and_si512(magnitude, _mm512_maskz_loadu_epi32(mask, x)));
    }
    return _mm512_reduce_max_epu32(_mm512_max_epu32(m0, m1));
}

int32_t gemm_ternary_avx512vnni_quantise(const float *x, size_t k, float scale, int8_t *q, size_t stride)
{
    const __m512 by = _mm512_set1_ps(scale);
    __m512i sum = _mm512_setzero_si512();

    for (; k >= 16; k -= 16, x += 16, q += stride) {
        __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), by));

        sum = _mm512_add_epi32(sum, v);
        _mm_storeu_si128((__m128i *)q, _mm512_cvtepi32_epi8(v));
    }
    if (k > 0) {
        __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps((__mmask16)((1u << k) - 1), x), by));

        sum = _mm512_add_epi32(sum, v);
        _mm_storeu_si128((__m128i *)q, _mm512_cvtepi32_epi8(v));
    }
    return _mm512_reduce_add_epi32(sum);
}

static inline __attribute__((always_inline)) __m512i broadcast(const int8_t *x)
{
    int32_t four;

    __builtin_memcpy(&four, x, sizeof(four));
    return _mm512_set1_epi32(four);
}

static inline __attribute__((always_inline)) void store16(float *y, __m512i acc, const struct gemm_ternary_row *row)
{
    __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(acc, _mm512_set1_epi32(row->sum)));

    _mm512_storeu_ps(y, _mm512_mul_ps(sum, _mm512_set1_ps(row->factor)));
}

/* A register from here on: GCC would load the vector again for each of its fields, and loads are what is scarce. */
#define KEEP(v) __asm__("" : "+v"(v))

/* Codes of one block, 128 bytes; what will be needed next is asked for. */
static inline __attribute__((always_inline)) void load(__m512i v[2], const uint8_t *w, size_t ahead)
{
    _mm_prefetch((const char *)w + ahead, _MM_HINT_T0);
    _mm_prefetch((const char *)w + ahead + 64, _MM_HINT_T0);
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        v[h] = _mm512_load_si512(w + 64 * h);
        KEEP(v[h]);
    }
}

static inline __attribute__((always_inline)) void gemv_block(__m512i acc[4][2], const __m512i mask[4], const uint8_t *w,
                                                             size_t ahead, const int8_t *x)
{
    __m512i v[2];

    load(v, w, ahead);
#pragma GCC unroll 4
    for (int f = 0; f < 4; f++) {
        __m512i xf = broadcast(x + 4 * f);

        DOT(acc[f][0], _mm512_and_si512(v[0], mask[f]), xf);
        DOT(acc[f][1], _mm512_and_si512(v[1], mask[f]), xf);
    }
}

/* No shifts: field f is masked in place, which makes its products 4^f times as large, and has accumulators of its own.
 * 8 masks and 8 vpdpbusd, of which two ports do two a cycle, for 128 bytes of weights: 32 bytes a cycle at most. Two
 * blocks a turn, by hand: GCC's unrolling copies all accumulators. */
void gemm_ternary_avx512vnni_gemv(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                                  const struct gemm_ternary_row *row, float *y)
{
    __m512i mask[4], acc[4][2];

#pragma GCC unroll 4
    for (int f = 0; f < 4; f++) {
        mask[f] = _mm512_set1_epi8((char)(3 << 2 * f));
        acc[f][0] = acc[f][1] = _mm512_setzero_si512();
    }
    for (; blocks >= 2; blocks -= 2, w += 2 * GEMM_TERNARY_BLOCK, x += 2 * GEMM_TERNARY_KR) {
        gemv_block(acc, mask, w, ahead, x);
        gemv_block(acc, mask, w + GEMM_TERNARY_BLOCK, ahead, x + GEMM_TERNARY_KR);
    }
    if (blocks > 0)
        gemv_block(acc, mask, w, ahead, x);
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        /* exact: the sums of field f are multiples of 4^f */
        __m512i low = _mm512_add_epi32(acc[0][h], _mm512_srai_epi32(acc[1][h], 2));
        __m512i high = _mm512_add_epi32(_mm512_srai_epi32(acc[2][h], 4), _mm512_srai_epi32(acc[3][h], 6));

        store16(y + 16 * h, _mm512_add_epi32(low, high), row);
    }
}

static inline __attribute__((always_inline)) void prefetch_tile(size_t rows, const float *y, size_t ldy)
{
    for (size_t i = 0; i < rows; i++) {
        _mm_prefetch((const char *)(y + i * ldy), _MM_HINT_T0);
        _mm_prefetch((const char *)(y + i * ldy + 31), _MM_HINT_T0);
    }
}

/* Up to FEW rows: the odd fields are masked in place and have accumulators of their own, as in the gemv. That spares
 * three of four shifts, and makes twice as many chains of dependent vpdpbusd: 2 ports x 4 cycles want 8. */
static inline __attribute__((always_inline)) void few(const size_t rows, size_t blocks, const uint8_t *w, size_t ahead,
                                                      const int8_t *x, const struct gemm_ternary_row *row, float *y,
                                                      size_t ldy)
{
    const __m512i mask[2] = { _mm512_set1_epi8(0x03), _mm512_set1_epi8(0x0c) };
    __m512i acc[2][FEW][2], v[2];

#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
        acc[0][i][0] = acc[0][i][1] = acc[1][i][0] = acc[1][i][1] = _mm512_setzero_si512();
    prefetch_tile(rows, y, ldy);
    for (; blocks > 0; blocks--, w += GEMM_TERNARY_BLOCK, x += rows * GEMM_TERNARY_KR) {
        load(v, w, ahead);
#pragma GCC unroll 4
        for (int f = 0; f < 4; f++) {
            __m512i u[2];

#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                if (f == 2) {
                    v[h] = _mm512_srli_epi16(v[h], 4);
                    KEEP(v[h]);
                }
                u[h] = _mm512_and_si512(v[h], mask[f % 2]);
            }
#pragma GCC unroll 6
            for (size_t i = 0; i < rows; i++) {
                __m512i xi = broadcast(x + i * GEMM_TERNARY_KR + 4 * f);

                DOT(acc[f % 2][i][0], u[0], xi);
                DOT(acc[f % 2][i][1], u[1], xi);
            }
        }
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++)
            store16(y + i * ldy + 16 * h, _mm512_add_epi32(acc[0][i][h], _mm512_srai_epi32(acc[1][i][h], 2)), row + i);
}

/* Each of the four steps of a block is 2 x rows vpdpbusd on two ports, beside 2 shifts, 2 masks and 2 + rows loads on
 * others. Weights that one tile had left unpacked for the next would spare 4 of these instructions, but cost 2 stores,
 * and that took longer, for 1 tile as for 10 (Zen 5). */
static inline __attribute__((always_inline)) void many(const size_t rows, size_t blocks, const uint8_t *w, size_t ahead,
                                                       const int8_t *x, const struct gemm_ternary_row *row, float *y,
                                                       size_t ldy)
{
    const __m512i code = _mm512_set1_epi8(3);
    __m512i acc[MR][2], v[2];

#pragma GCC unroll 14
    for (size_t i = 0; i < rows; i++)
        acc[i][0] = acc[i][1] = _mm512_setzero_si512();
    prefetch_tile(rows, y, ldy);
    for (; blocks > 0; blocks--, w += GEMM_TERNARY_BLOCK, x += rows * GEMM_TERNARY_KR) {
        _mm_prefetch((const char *)w + ahead, _MM_HINT_T0);
        _mm_prefetch((const char *)w + ahead + 64, _MM_HINT_T0);
#pragma GCC unroll 4
        for (unsigned f = 0; f < 4; f++) {
            /* shifted as 16-bit words: what comes over from the other byte is masked away */
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++)
                v[h] = _mm512_and_si512(_mm512_srli_epi16(_mm512_load_si512(w + 64 * h), 2 * f), code);
#pragma GCC unroll 14
            for (size_t i = 0; i < rows; i++) {
                __m512i xi = broadcast(x + i * GEMM_TERNARY_KR + 4 * f);

                DOT(acc[i][0], v[0], xi);
                DOT(acc[i][1], v[1], xi);
            }
        }
    }
#pragma GCC unroll 14
    for (size_t i = 0; i < rows; i++) {
        store16(y + i * ldy, acc[i][0], row + i);
        store16(y + i * ldy + 16, acc[i][1], row + i);
    }
}

/* One copy for each height, so that the accumulators stay in registers. */
void gemm_ternary_avx512vnni_packed(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out,
                                    const int8_t *x, const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    (void)out;
#define HEIGHT(n, tile)                                                                                                \
    case n:                                                                                                            \
        tile(n, blocks, w, ahead, x, row, y, ldy);                                                                     \
        break
    switch (rows) {
        HEIGHT(1, few);
        HEIGHT(2, few);
        HEIGHT(3, few);
        HEIGHT(4, few);
        HEIGHT(5, few);
        HEIGHT(6, few);
        HEIGHT(7, many);
        HEIGHT(8, many);
        HEIGHT(9, many);
        HEIGHT(10, many);
        HEIGHT(11, many);
        HEIGHT(12, many);
        HEIGHT(13, many);
        HEIGHT(14, many);
    }
#undef HEIGHT
}
