// SPDX-License-Identifier: MIT
/* linear_avx512vnni.c -- Q8_0 weights with 512-bit vpdpbusd: tiles of up to 8 x 32.
 *
 * vpdpbusd stands in inline assembly because GCC 12 wraps each intrinsic in two register moves. */
#include "linear_micro.h"

#include <immintrin.h>

enum { MR = LINEAR_AVX512_Q8_MR, KR = LINEAR_Q8_KR };

/* acc += u (unsigned bytes) . s (signed bytes), four to an int32 */
#define DOT(acc, u, s) __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(u), "v"(s))

static inline __attribute__((always_inline)) __m512i broadcast(const int8_t *x)
{
    int32_t four;

    __builtin_memcpy(&four, x, sizeof(four));
    return _mm512_set1_epi32(four);
}

/* A block for up to four rows: 8 sums of integers beside the 16 of floats of all eight rows. */
static inline __attribute__((always_inline)) void block(const size_t rows, const char *w, size_t ahead, const int8_t *q,
                                                        const struct linear_q8_scale *scale, __m512 acc[][2])
{
    const char *codes = w + LINEAR_Q8_CODES;
    __m512i dot[4][2];
    __m512 d[2];

#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++)
        dot[i][0] = dot[i][1] = _mm512_set1_epi32(scale[i].bias);
#pragma GCC unroll 8
    for (int s = 0; s < 8; s++) {
        __m512i low = _mm512_load_si512(codes + 128 * s), high = _mm512_load_si512(codes + 128 * s + 64);

        if (ahead) { /* one by one: a burst of 17 would fill the queue of misses and stop everything behind it */
            _mm_prefetch(codes + ahead + 128 * s, _MM_HINT_T1);
            _mm_prefetch(codes + ahead + 128 * s + 64, _MM_HINT_T1);
        }
#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++) {
            __m512i xi = broadcast(q + i * KR + 4 * s);

            DOT(dot[i][0], low, xi);
            DOT(dot[i][1], high, xi);
        }
    }
    d[0] = _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)w));
    d[1] = _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)(w + 32)));
#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++) {
        __m512 e = _mm512_set1_ps(scale[i].d);

        acc[i][0] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[i][0]), _mm512_mul_ps(d[0], e), acc[i][0]);
        acc[i][1] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[i][1]), _mm512_mul_ps(d[1], e), acc[i][1]);
    }
}

static inline __attribute__((always_inline)) void tile(const size_t rows, size_t blocks, const char *w, size_t ahead,
                                                       const int8_t *q, const struct linear_q8_scale *scale, float *y,
                                                       size_t ldy)
{
    const size_t first = rows < 4 ? rows : rows < 8 ? rows / 2 : 4;
    __m512 acc[MR][2];

#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++)
        acc[i][0] = acc[i][1] = _mm512_setzero_ps();
    for (; blocks > 0; blocks--, w += LINEAR_Q8_BYTES, q += rows * KR, scale += rows) {
        _mm_prefetch(w + ahead, _MM_HINT_T1);
        block(first, w, ahead, q, scale, acc);
        if (rows > first)
            block(rows - first, w, 0, q + first * KR, scale + first, acc + first);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++) {
        _mm512_storeu_ps(y + i * ldy, acc[i][0]);
        _mm512_storeu_ps(y + i * ldy + 16, acc[i][1]);
    }
}

/* One copy for each height, so that the accumulators stay in registers. */
#define HEIGHT(n)                                                                                                      \
    case n:                                                                                                            \
        tile(n, blocks, w, ahead, q, scale, y, ldy);                                                                   \
        break

void linear_avx512vnni_q8(size_t rows, size_t blocks, const void *w, size_t ahead, const int8_t *q,
                          const struct linear_q8_scale *scale, float *y, size_t ldy)
{
    switch (rows) {
        HEIGHT(1);
        HEIGHT(2);
        HEIGHT(3);
        HEIGHT(4);
        HEIGHT(5);
        HEIGHT(6);
        HEIGHT(7);
        HEIGHT(8);
    }
}
