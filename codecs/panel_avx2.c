// SPDX-License-Identifier: MIT
#include "codecs/panel_isa.h"

#include <immintrin.h>

/* 16 columns at a time: 2 * rows sums in registers. `rows` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void block(const float *a, size_t ld_a, const size_t rows, size_t k,
                                                        const float *panel, size_t columns, float *out, size_t ld_out)
{
    for (size_t first = 0; first < columns; first += 16) {
        __m256 sum[PANEL_ROWS][2];

#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++)
            sum[r][0] = sum[r][1] = _mm256_setzero_ps();
        for (size_t i = 0; i < k; i++) {
            __m256 b0 = _mm256_load_ps(panel + i * PANEL_COLUMNS + first);
            __m256 b1 = _mm256_load_ps(panel + i * PANEL_COLUMNS + first + 8);

#pragma GCC unroll 8
            for (size_t r = 0; r < rows; r++) {
                __m256 x = _mm256_broadcast_ss(a + r * ld_a + i);

                sum[r][0] = _mm256_fmadd_ps(x, b0, sum[r][0]);
                sum[r][1] = _mm256_fmadd_ps(x, b1, sum[r][1]);
            }
        }
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++) {
            _mm256_storeu_ps(out + r * ld_out + first, sum[r][0]);
            _mm256_storeu_ps(out + r * ld_out + first + 8, sum[r][1]);
        }
    }
}

void panel_avx2(const float *a, size_t ld_a, size_t rows, size_t k, const float *panel, size_t columns, float *out,
                size_t ld_out)
{
    if (rows == PANEL_ROWS)
        block(a, ld_a, PANEL_ROWS, k, panel, columns, out, ld_out);
    else if (rows == 4) /* what 64 rows leave over */
        block(a, ld_a, 4, k, panel, columns, out, ld_out);
    else
        for (size_t r = 0; r < rows; r++)
            block(a + r * ld_a, ld_a, 1, k, panel, columns, out + r * ld_out, ld_out);
}
