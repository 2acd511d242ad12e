// SPDX-License-Identifier: MIT
#include "codecs/residual_scan_isa.h"

#include <immintrin.h>

size_t residual_scan_avx512(const float *base, const float *const *rows, size_t n_rows, float cost, float limit,
                            float *sums, unsigned *found)
{
    size_t n = 0;

    for (size_t j = 0; j < RESIDUAL_K; j += 128) { /* eight registers a pass */
        __m512 sum[8];

        for (int l = 0; l < 8; l++)
            sum[l] = _mm512_add_ps(_mm512_set1_ps(cost), _mm512_loadu_ps(base + j + 16 * l));
        for (size_t r = 0; r < n_rows; r++)
            for (int l = 0; l < 8; l++)
                sum[l] = _mm512_add_ps(sum[l], _mm512_loadu_ps(rows[r] + j + 16 * l));
        for (int l = 0; l < 8; l++) {
            unsigned below = _mm512_cmp_ps_mask(sum[l], _mm512_set1_ps(limit), _CMP_LT_OQ);

            _mm512_storeu_ps(sums + j + 16 * l, sum[l]);
            for (; below; below &= below - 1)
                found[n++] = (unsigned)j + 16 * (unsigned)l + (unsigned)__builtin_ctz(below);
        }
    }
    return n;
}
