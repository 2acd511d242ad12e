// SPDX-License-Identifier: MIT
#include "codecs/panel_isa.h"

#include <immintrin.h>

/* `rows` is a constant where this is inlined, so that the sums stay in 4 * rows registers. */
static inline __attribute__((always_inline)) void block(const float *a, size_t ld_a, const size_t rows, size_t k,
                                                        const float *panel, float *out, size_t ld_out)
{
    __m512 sum[PANEL_ROWS][4];

#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (size_t c = 0; c < 4; c++)
            sum[r][c] = _mm512_setzero_ps();
    for (size_t i = 0; i < k; i++) {
        __m512 b[4];

#pragma GCC unroll 8
        for (size_t c = 0; c < 4; c++)
            b[c] = _mm512_load_ps(panel + i * PANEL_COLUMNS + 16 * c);
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++) {
            __m512 x = _mm512_set1_ps(a[r * ld_a + i]);

#pragma GCC unroll 8
            for (size_t c = 0; c < 4; c++)
                sum[r][c] = _mm512_fmadd_ps(x, b[c], sum[r][c]);
        }
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (size_t c = 0; c < 4; c++)
            _mm512_storeu_ps(out + r * ld_out + 16 * c, sum[r][c]);
}

void panel_avx512(const float *a, size_t ld_a, size_t rows, size_t k, const float *panel, size_t columns, float *out,
                  size_t ld_out)
{
    (void)columns; /* all four registers */
    if (rows == PANEL_ROWS)
        block(a, ld_a, PANEL_ROWS, k, panel, out, ld_out);
    else if (rows == 4) /* what 64 rows leave over */
        block(a, ld_a, 4, k, panel, out, ld_out);
    else
        for (size_t r = 0; r < rows; r++)
            block(a + r * ld_a, ld_a, 1, k, panel, out + r * ld_out, ld_out);
}
