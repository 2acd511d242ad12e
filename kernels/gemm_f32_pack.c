// SPDX-License-Identifier: MIT
/* gemm_f32_pack.c -- packing with SSE2, which every x86-64 has.
 *
 * Packing is O(mk + kn) beside O(mnk), but at n = 2048 a scalar strided copy of A still takes 20 to 30 % of the time of
 * a 512-bit kernel: hence the 4 x 4 transposes. */
#include "kernels/gemm_f32_pack.h"

#include <emmintrin.h>
#include <stdbool.h>
#include <string.h>

/* dst[p * mr + r] = a[r * lda + p] for r < 4, p < kc. Four rows at a time, not all mr of them: at a leading dimension
 * that is a power of two they all fall into the same L1 set. */
static void pack_rows4(float *dst, const float *a, size_t lda, size_t kc, size_t mr)
{
    const float *a0 = a, *a1 = a + lda, *a2 = a + 2 * lda, *a3 = a + 3 * lda;
    size_t p = 0;

    for (; p + 4 <= kc; p += 4) {
        __m128 r0 = _mm_loadu_ps(a0 + p), r1 = _mm_loadu_ps(a1 + p);
        __m128 r2 = _mm_loadu_ps(a2 + p), r3 = _mm_loadu_ps(a3 + p);

        _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
        _mm_storeu_ps(dst + p * mr, r0);
        _mm_storeu_ps(dst + (p + 1) * mr, r1);
        _mm_storeu_ps(dst + (p + 2) * mr, r2);
        _mm_storeu_ps(dst + (p + 3) * mr, r3);
    }
    for (; p < kc; p++) {
        dst[p * mr] = a0[p];
        dst[p * mr + 1] = a1[p];
        dst[p * mr + 2] = a2[p];
        dst[p * mr + 3] = a3[p];
    }
}

static void pack_row(float *dst, const float *a, size_t kc, size_t mr)
{
    for (size_t p = 0; p < kc; p++)
        dst[p * mr] = a[p];
}

/* The last two rows of a tile whose height is not a multiple of four (6, 14). */
static void pack_rows2(float *dst, const float *a, size_t lda, size_t kc, size_t mr)
{
    const float *a0 = a, *a1 = a + lda;
    size_t p = 0;

    for (; p + 4 <= kc; p += 4) {
        __m128 r0 = _mm_loadu_ps(a0 + p), r1 = _mm_loadu_ps(a1 + p);
        __m128 low = _mm_unpacklo_ps(r0, r1), high = _mm_unpackhi_ps(r0, r1);

        _mm_storel_pi((__m64 *)(dst + p * mr), low);
        _mm_storeh_pi((__m64 *)(dst + (p + 1) * mr), low);
        _mm_storel_pi((__m64 *)(dst + (p + 2) * mr), high);
        _mm_storeh_pi((__m64 *)(dst + (p + 3) * mr), high);
    }
    for (; p < kc; p++) {
        dst[p * mr] = a0[p];
        dst[p * mr + 1] = a1[p];
    }
}

static void pack_a_panel(float *dst, const float *a, size_t lda, size_t rows, size_t kc, size_t mr)
{
    size_t r = 0;

    if (rows < mr)
        memset(dst, 0, kc * mr * sizeof(*dst));
    for (; r + 4 <= rows; r += 4)
        pack_rows4(dst + r, a + r * lda, lda, kc, mr);
    for (; r + 2 <= rows; r += 2)
        pack_rows2(dst + r, a + r * lda, lda, kc, mr);
    if (r < rows)
        pack_row(dst + r, a + r * lda, kc, mr);
}

void gemm_f32_pack_a(float *dst, const float *a, size_t lda, size_t mc, size_t kc, size_t mr)
{
    for (size_t i = 0; i < mc; i += mr) {
        size_t rows = mc - i < mr ? mc - i : mr;

        pack_a_panel(dst, a + i * lda, lda, rows, kc, mr);
        dst += mr * kc;
    }
}

void gemm_f32_pack_b(float *dst, const float *b, size_t ldb, size_t cols, size_t kc, size_t nr)
{
    enum { CHUNK = 16, AHEAD = 8 }; /* 16 floats: a copy of constant size, inline; 8 rows ahead: from memory in time */
    bool whole = cols == nr && nr % CHUNK == 0;

    for (size_t p = 0; p < kc; p++, dst += nr) {
        const float *row = b + p * ldb;

        if (!whole) {
            memcpy(dst, row, cols * sizeof(*dst));
            memset(dst + cols, 0, (nr - cols) * sizeof(*dst));
            continue;
        }
        for (size_t j = 0; j < nr; j += CHUNK) {
            if (p + AHEAD < kc)
                _mm_prefetch((const char *)(row + AHEAD * ldb + j), _MM_HINT_T0);
            memcpy(dst + j, row + j, CHUNK * sizeof(*dst));
        }
    }
}
