// SPDX-License-Identifier: MIT
#include "inference/train/product_pack.h"

#include <immintrin.h>

/* 16 pairs (low, high) of bfloat16, nearest even. */
static inline __m512i pairs(__m512 low, __m512 high)
{
    __m512i l = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
    __m512i h = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));

    return _mm512_or_si512(l, _mm512_slli_epi32(h, 16));
}

static inline __mmask16 first(size_t n)
{
    return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

void product_pack_lines_avx512(const float *x, size_t lines, size_t k, const float *step, size_t width, uint32_t *out)
{
    size_t n_pairs = (k + 1) / 2;
    uint32_t part[8];

    for (size_t panel = 0; panel < lines; panel += width, out += n_pairs * width)
        for (size_t r = 0; r < width; r++) {
            const float *line = x + (panel + r) * k;
            __m512 by = _mm512_set1_ps(step && panel + r < lines ? 1 / step[panel + r] : 1);

            for (size_t p = 0; p < n_pairs; p += 8) {
                __m512 v = _mm512_setzero_ps();
                size_t here = n_pairs - p < 8 ? n_pairs - p : 8;

                if (panel + r < lines)
                    v = _mm512_mul_ps(by, _mm512_maskz_loadu_ps(first(k - 2 * p), line + 2 * p));
                _mm256_storeu_si256((__m256i *)part, (__m256i)_mm512_cvtneps_pbh(v));
                for (size_t i = 0; i < here; i++)
                    out[(p + i) * width + r] = part[i];
            }
        }
}

void product_pack_across_avx512(const float *x, size_t lines, size_t k, size_t width, uint32_t *out)
{
    size_t n_pairs = (k + 1) / 2;

    for (size_t panel = 0; panel < lines; panel += width, out += n_pairs * width)
        for (size_t p = 0; p < n_pairs; p++)
            for (size_t r = 0; r < width; r += 16) {
                size_t at = panel + r;
                size_t here = width - r < 16 ? width - r : 16;
                __mmask16 have = at < lines ? first(lines - at < here ? lines - at : here) : 0;
                __m512 low = _mm512_maskz_loadu_ps(have, x + 2 * p * lines + at);
                __m512 high = _mm512_maskz_loadu_ps(2 * p + 1 < k ? have : 0, x + (2 * p + 1) * lines + at);

                _mm512_mask_storeu_epi32(out + p * width + r, first(here), pairs(low, high));
            }
}

void product_tile_avx512(const struct product_tile *t)
{
    __m512 sum[PRODUCT_ROWS][2];
    const uint32_t *a = t->a, *b = t->b;

    for (int i = 0; i < PRODUCT_ROWS; i++)
        sum[i][0] = sum[i][1] = _mm512_setzero_ps();
    for (size_t p = 0; p < t->pairs; p++, a += PRODUCT_ROWS, b += PRODUCT_COLUMNS) {
        __m512bh left = (__m512bh)_mm512_load_si512(b), right = (__m512bh)_mm512_load_si512(b + 16);

#pragma GCC unroll 8
        for (int i = 0; i < PRODUCT_ROWS; i++) {
            __m512bh both = (__m512bh)_mm512_set1_epi32((int)a[i]);

            sum[i][0] = _mm512_dpbf16_ps(sum[i][0], both, left);
            sum[i][1] = _mm512_dpbf16_ps(sum[i][1], both, right);
        }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < PRODUCT_ROWS; i++) {
        float *c = t->c + i * t->ld;

        if (i >= t->rows)
            break;
        for (int half = 0; half < 2; half++) {
            __m512 y = sum[i][half];

            if (t->a_step)
                y = _mm512_mul_ps(y, _mm512_set1_ps(t->a_step[i]));
            if (t->b_step)
                y = _mm512_mul_ps(y, _mm512_loadu_ps(t->b_step + 16 * half));
            if (t->add)
                y = _mm512_add_ps(y, _mm512_loadu_ps(c + 16 * half));
            _mm512_storeu_ps(c + 16 * half, y);
        }
    }
}
