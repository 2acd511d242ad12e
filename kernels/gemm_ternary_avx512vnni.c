// SPDX-License-Identifier: MIT
/* gemm_ternary_avx512vnni.c -- 512-bit vpdpbusd: tiles of up to 14 x 32.
 *
 * vpdpbusd stands in inline assembly because GCC 12 wraps each intrinsic in two register moves. */
#include "gemm_ternary_micro.h"

#include <immintrin.h>

enum { MR = GEMM_TERNARY_AVX512_MR };

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

/* No shifts: field f is masked in place, which makes its products 4^f times as large, and has accumulators of its own.
 * 16 instructions on two ports for 128 bytes of weights: 16 bytes a cycle, more than an L3 gives. */
void gemm_ternary_avx512vnni_gemv(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                                  const struct gemm_ternary_row *row, float *y)
{
    __m512i mask[4], acc[4][2], v[2];

#pragma GCC unroll 4
    for (int f = 0; f < 4; f++) {
        mask[f] = _mm512_set1_epi8((char)(3 << 2 * f));
        acc[f][0] = acc[f][1] = _mm512_setzero_si512();
    }
    for (; blocks > 0; blocks--, w += GEMM_TERNARY_BLOCK, x += GEMM_TERNARY_KR) {
        _mm_prefetch((const char *)w + ahead, _MM_HINT_T1);
        _mm_prefetch((const char *)w + ahead + 64, _MM_HINT_T1);
        v[0] = _mm512_load_si512(w);
        v[1] = _mm512_load_si512(w + 64);
#pragma GCC unroll 4
        for (int f = 0; f < 4; f++) {
            __m512i xf = broadcast(x + 4 * f);

            DOT(acc[f][0], _mm512_and_si512(v[0], mask[f]), xf);
            DOT(acc[f][1], _mm512_and_si512(v[1], mask[f]), xf);
        }
    }
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        /* exact: the sums of field f are multiples of 4^f */
        __m512i low = _mm512_add_epi32(acc[0][h], _mm512_srai_epi32(acc[1][h], 2));
        __m512i high = _mm512_add_epi32(_mm512_srai_epi32(acc[2][h], 4), _mm512_srai_epi32(acc[3][h], 6));

        store16(y + 16 * h, _mm512_add_epi32(low, high), row);
    }
}

/* The two halves of step f of a block, a code a byte. */
static inline __attribute__((always_inline)) void unpack(__m512i *v, const uint8_t *w, int f)
{
    const __m512i code = _mm512_set1_epi8(3);

    /* shifted as 16-bit words: what comes over from the other byte is masked away */
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++)
        v[h] = _mm512_and_si512(_mm512_srli_epi16(_mm512_load_si512(w + 64 * h), (unsigned)(2 * f)), code);
}

/* From packed weights `w` with `first`, which it leaves at `out`, else from unpacked ones. Each of the four steps of a
 * block is 2 x rows vpdpbusd on two ports, beside 2 + rows loads on two others; packed, 4 or fewer instructions more.
 */
static inline __attribute__((always_inline)) void tile(const size_t rows, const int first, size_t blocks,
                                                       const uint8_t *w, size_t ahead, uint8_t *out, size_t step,
                                                       const int8_t *x, const struct gemm_ternary_row *row, float *y,
                                                       size_t ldy)
{
    __m512i acc[MR][2], v[2];

#pragma GCC unroll 14
    for (size_t i = 0; i < rows; i++) {
        acc[i][0] = acc[i][1] = _mm512_setzero_si512();
        _mm_prefetch((const char *)(y + i * ldy), _MM_HINT_T0);
        _mm_prefetch((const char *)(y + i * ldy + 31), _MM_HINT_T0);
    }
    for (; blocks > 0; blocks--, x += rows * GEMM_TERNARY_KR) {
        if (first) {
            _mm_prefetch((const char *)w + ahead, _MM_HINT_T1);
            _mm_prefetch((const char *)w + ahead + 64, _MM_HINT_T1);
        }
#pragma GCC unroll 4
        for (int f = 0; f < 4; f++) {
            if (first) {
                unpack(v, w, f);
                _mm512_store_si512(out + 128 * f, v[0]);
                _mm512_store_si512(out + 128 * f + 64, v[1]);
            } else {
                v[0] = _mm512_load_si512(w + 128 * f);
                v[1] = _mm512_load_si512(w + 128 * f + 64);
            }
#pragma GCC unroll 14
            for (size_t i = 0; i < rows; i++) {
                __m512i xi = broadcast(x + i * GEMM_TERNARY_KR + 4 * f);

                DOT(acc[i][0], v[0], xi);
                DOT(acc[i][1], v[1], xi);
            }
        }
        w += first ? GEMM_TERNARY_BLOCK : GEMM_TERNARY_UNPACKED;
        if (step)
            out += step;
    }
#pragma GCC unroll 14
    for (size_t i = 0; i < rows; i++) {
        store16(y + i * ldy, acc[i][0], row + i);
        store16(y + i * ldy + 16, acc[i][1], row + i);
    }
}

/* One copy for each height, so that the accumulators stay in registers. */
#define HEIGHT(n, first, ahead, out, step)                                                                             \
    case n:                                                                                                            \
        tile(n, first, blocks, w, ahead, out, step, x, row, y, ldy);                                                   \
        break
#define HEIGHTS(...)                                                                                                   \
    switch (rows) {                                                                                                    \
        HEIGHT(1, __VA_ARGS__);                                                                                        \
        HEIGHT(2, __VA_ARGS__);                                                                                        \
        HEIGHT(3, __VA_ARGS__);                                                                                        \
        HEIGHT(4, __VA_ARGS__);                                                                                        \
        HEIGHT(5, __VA_ARGS__);                                                                                        \
        HEIGHT(6, __VA_ARGS__);                                                                                        \
        HEIGHT(7, __VA_ARGS__);                                                                                        \
        HEIGHT(8, __VA_ARGS__);                                                                                        \
        HEIGHT(9, __VA_ARGS__);                                                                                        \
        HEIGHT(10, __VA_ARGS__);                                                                                       \
        HEIGHT(11, __VA_ARGS__);                                                                                       \
        HEIGHT(12, __VA_ARGS__);                                                                                       \
        HEIGHT(13, __VA_ARGS__);                                                                                       \
        HEIGHT(14, __VA_ARGS__);                                                                                       \
    }

void gemm_ternary_avx512vnni_first(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out,
                                   size_t step, const int8_t *x, const struct gemm_ternary_row *row, float *y,
                                   size_t ldy)
{
    HEIGHTS(1, ahead, out, step)
}

void gemm_ternary_avx512vnni_tile(size_t rows, size_t blocks, const uint8_t *w, const int8_t *x,
                                  const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    HEIGHTS(0, 0, NULL, 0)
}
