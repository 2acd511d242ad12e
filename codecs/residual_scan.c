// SPDX-License-Identifier: MIT
#include "codecs/residual_scan_isa.h"

size_t residual_scan_scalar(const float *base, const float *const *rows, size_t n_rows, float cost, float limit,
                            float *sums, unsigned *found)
{
    size_t n = 0;

    for (size_t j = 0; j < RESIDUAL_K; j++)
        sums[j] = cost + base[j];
    for (size_t r = 0; r < n_rows; r++)
        for (size_t j = 0; j < RESIDUAL_K; j++)
            sums[j] += rows[r][j];
    for (size_t j = 0; j < RESIDUAL_K; j++)
        if (sums[j] < limit)
            found[n++] = (unsigned)j;
    return n;
}
