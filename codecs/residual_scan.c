// SPDX-License-Identifier: MIT
#include "codecs/residual_scan_isa.h"

void residual_scan_scalar(const struct residual_terms *terms, float *costs, float *least)
{
    for (size_t j = 0; j < RESIDUAL_K; j++) {
        int32_t sum = 0;

        for (size_t r = 0; r < terms->n_rows; r++)
            sum += terms->rows[r][j];
        costs[j] = terms->cost + terms->lengths[j] - 2 * terms->products[j] + terms->unit * (float)sum;
        if (costs[j] < least[j % RESIDUAL_LANES])
            least[j % RESIDUAL_LANES] = costs[j];
    }
}

size_t residual_find_scalar(const float *costs, size_t n, float limit, uint16_t *found)
{
    size_t n_found = 0;

    for (size_t i = 0; i < n; i++)
        if (costs[i] <= limit)
            found[n_found++] = (uint16_t)i;
    return n_found;
}
