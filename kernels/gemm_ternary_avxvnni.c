// SPDX-License-Identifier: MIT
/* gemm_ternary_avxvnni.c -- the 256-bit vpdpbusd of AVX-VNNI (VEX): tiles of up to 6 x 16. Quantising and unpacking are
 * those of AVX2.
 *
 * vpdpbusd stands in inline assembly because GCC 12 wraps each intrinsic in two register moves. */
#include "gemm_ternary_ymm.h"

enum { MR = GEMM_TERNARY_AVX2_MR };

/* acc += u (unsigned bytes) . s (signed bytes), four to an int32 */
#define DOT(acc, u, s) __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(u), "x"(s))

/* A register from here on: GCC would load the vector again for each of its fields. */
#define KEEP(v) __asm__("" : "+x"(v))

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

        _mm_prefetch((const char *)w + ahead, _MM_HINT_T0);
        KEEP(v0);
        KEEP(v1);
#pragma GCC unroll 4
        for (int f = 0; f < 4; f++) {
            __m256i xf = ymm_broadcast(x + 4 * f);

            DOT(acc[f][0], _mm256_and_si256(v0, mask[f]), xf);
            DOT(acc[f][1], _mm256_and_si256(v1, mask[f]), xf);
        }
    }
#pragma GCC unroll 2
    for (int h = 0; h < 2; h++) {
        /* exact: the sums of field f are multiples of 4^f */
        __m256i low = _mm256_add_epi32(acc[0][h], _mm256_srai_epi32(acc[1][h], 2));
        __m256i high = _mm256_add_epi32(_mm256_srai_epi32(acc[2][h], 4), _mm256_srai_epi32(acc[3][h], 6));

        ymm_store8(y + 8 * h, _mm256_add_epi32(low, high), row);
    }
}

void gemm_ternary_avxvnni_gemv(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x,
                               const struct gemm_ternary_row *row, float *y)
{
    gemv_half(blocks, w, ahead, x, row, y);
    gemv_half(blocks, w + 64, ahead, x, row, y + 16);
}

/* Half a panel: 64 of the 128 bytes of each step. */
static inline __attribute__((always_inline)) void tile(const size_t rows, const enum ymm_weights from, size_t blocks,
                                                       const uint8_t *w, size_t ahead, uint8_t *out, const int8_t *x,
                                                       const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    __m256i acc[MR][2], v[2];

#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_si256();
    for (; blocks > 0; blocks--, x += rows * GEMM_TERNARY_KR) {
        if (from != YMM_UNPACKED)
            _mm_prefetch((const char *)w + ahead, _MM_HINT_T0);
#pragma GCC unroll 4
        for (int f = 0; f < 4; f++) {
            ymm_codes(v, from, w, out, f);
#pragma GCC unroll 6
            for (size_t i = 0; i < rows; i++) {
                __m256i xi = ymm_broadcast(x + i * GEMM_TERNARY_KR + 4 * f);

                DOT(acc[i][0], v[0], xi);
                DOT(acc[i][1], v[1], xi);
            }
        }
        w += from == YMM_UNPACKED ? GEMM_TERNARY_UNPACKED : GEMM_TERNARY_BLOCK;
        if (from == YMM_UNPACKING)
            out += GEMM_TERNARY_UNPACKED;
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
        ymm_store8(y + i * ldy, acc[i][0], row + i);
        ymm_store8(y + i * ldy + 8, acc[i][1], row + i);
    }
}

void gemm_ternary_avxvnni_packed(size_t rows, size_t blocks, const uint8_t *w, size_t ahead, uint8_t *out,
                                 const int8_t *x, const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    if (out)
        YMM_HEIGHTS(YMM_UNPACKING, ahead, out + 64 * h)
    else
        YMM_HEIGHTS(YMM_PACKED, ahead, NULL)
}

void gemm_ternary_avxvnni_unpacked(size_t rows, size_t blocks, const uint8_t *w, const int8_t *x,
                                   const struct gemm_ternary_row *row, float *y, size_t ldy)
{
    YMM_HEIGHTS(YMM_UNPACKED, 0, NULL)
}
