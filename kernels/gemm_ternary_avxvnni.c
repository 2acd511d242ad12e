// SPDX-License-Identifier: MIT
/* gemm_ternary_avxvnni.c -- the 256-bit vpdpbusd of AVX-VNNI (VEX): tiles of up to 6 x 16. Quantising and unpacking are
 * those of AVX2.
 *
 * vpdpbusd stands in inline assembly because GCC 12 wraps each intrinsic in two register moves. */
#include "gemm_ternary_micro.h"

#include <immintrin.h>

enum { MR = GEMM_TERNARY_AVX2_MR };

/* acc += u (unsigned bytes) . s (signed bytes), four to an int32 */
#define DOT(acc, u, s) __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(u), "x"(s))

static inline __attribute__((always_inline)) __m256i broadcast(const int8_t *x)
{
    int32_t four;

    __builtin_memcpy(&four, x, sizeof(four));
    return _mm256_set1_epi32(four);
}

static inline __attribute__((always_inline)) void store8(float *y, __m256i acc, const struct gemm_ternary_row *row)
{
    __m256 sum = _mm256_cvtepi32_ps(_mm256_sub_epi32(acc, _mm256_set1_epi32(row->sum)));

    _mm256_storeu_ps(y, _mm256_mul_ps(sum, _mm256_set1_ps(row->factor)));
}

/* No shifts: field f is masked in place, which makes its products 4^f times as large, and has accumulators of its own:
 * 8 of them for half a panel, 4 masks, 3 for the operands. */
static inline __attribute__((always_inline)) void
gemv_half(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x, const struct gemm_ternary_row *row, float *y)
{
    __m256i mask[4], acc[4][2];

#pragma GCC unroll 4
    for (int f = 0; f < 4; f++) {
        mask[f] = _mm256_set1_epi8((char)(3 << 2 * f));
        acc[f][0] = acc[f][1] = _mm256_setzero_si256();
    }
    for (; blocks > 0; blocks--, w += GEMM_TERNARY_BLOCK, x += GEMM_TERNARY_KR) {
        __m256i v0 = _mm256_load_si256((const __m256i *)w), v1 = _mm256_load_si256((const __m256i *)(w + 32));

        _mm_prefetch((const char *)w + ahead, _MM_HINT_T1);
#pragma GCC unroll 4
        for (int f = 0; f < 4; f++) {
            __m256i xf = broadcast(x + 4 * f);

            DOT(acc[f][0], _mm256_and_si256(v0, mask[f]), xf);
            DOT(acc[f][1], _mm256_and_si256(v1, mask[f]), xf);
        }
    }
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        /* exact: the sums of field f are multiples of 4^f */
        __m256i low = _mm256_add_epi32(acc[0][h], _mm256_srai_epi32(acc[1][h], 2));
        __m256i high = _mm256_add_epi32(_mm256_srai_epi32(acc[2][h], 4), _mm256_srai_epi32(acc[3][h], 6));

        store8(y + 8 * h, _mm256_add_epi32(low, high), row);
    }
}

void gemm_ternary_avxvnni_gemv(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                               const struct gemm_ternary_row *row, float *y)
{
    gemv_half(blocks, w, ahead, x, row, y);
    gemv_half(blocks, w + 64, ahead, x, row, y + 16);
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
    __m256i acc[MR][2], v[2];

#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_si256();
    for (; blocks > 0; blocks--, x += rows * GEMM_TERNARY_KR) {
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

                DOT(acc[i][0], v[0], xi);
                DOT(acc[i][1], v[1], xi);
            }
        }
        w += first ? GEMM_TERNARY_BLOCK : GEMM_TERNARY_UNPACKED;
        if (step)
            out += step;
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
        store8(y + i * ldy, acc[i][0], row + i);
        store8(y + i * ldy + 8, acc[i][1], row + i);
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

void gemm_ternary_avxvnni_first(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out, size_t step,
                                const int8_t *x, const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    HEIGHTS(1, ahead, out + 64 * h, step)
}

void gemm_ternary_avxvnni_tile(size_t rows, size_t blocks, const uint8_t *w, const int8_t *x,
                               const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    HEIGHTS(0, 0, NULL, 0)
}
