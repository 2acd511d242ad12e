// SPDX-License-Identifier: MIT
#include "codecs/nearest.h"

#include "declare/isa.h"

#include <math.h>

static size_t lanes(size_t k)
{
    return (k + NEAREST_LANES - 1) / NEAREST_LANES * NEAREST_LANES;
}

size_t nearest_table_floats(size_t k, size_t d)
{
    return lanes(k) * (d + 1);
}

void nearest_table(const float *centroids, size_t k, size_t d, float *table)
{
    size_t columns = lanes(k);

    for (size_t c = 0; c < columns; c++) {
        float half = 0;

        for (size_t j = 0; j < d; j++) {
            table[j * columns + c] = c < k ? centroids[c * d + j] : 0;
            half += table[j * columns + c] * table[j * columns + c] / 2;
        }
        table[d * columns + c] = c < k ? half : INFINITY;
    }
}

void nearest_scalar(const float *x, size_t n, size_t ld, size_t d, const float *table, size_t k, unsigned *best,
                    float *cost)
{
    float costs[NEAREST_LANES];

    for (size_t i = 0; i < n; i++) {
        float least = INFINITY;
        unsigned at = 0;

        for (size_t c = 0; c < k; c += NEAREST_LANES) {
            for (size_t l = 0; l < NEAREST_LANES; l++)
                costs[l] = table[d * k + c + l];
            for (size_t j = 0; j < d; j++)
                for (size_t l = 0; l < NEAREST_LANES; l++)
                    costs[l] -= x[i * ld + j] * table[j * k + c + l];
            for (size_t l = 0; l < NEAREST_LANES; l++)
                if (costs[l] < least) {
                    least = costs[l];
                    at = (unsigned)(c + l);
                }
        }
        best[i] = at;
        if (cost)
            cost[i] = least;
    }
}

nearest_fn *nearest_for(uint32_t isa)
{
    if (isa & ISA_AVX512F)
        return nearest_avx512;
    return isa & ISA_AVX2 ? nearest_avx2 : nearest_scalar;
}
