// SPDX-License-Identifier: MIT
#include "codecs/transform_walk.h"

void transform_quantise_avx2(const struct transform_dim *dims, size_t n_dims, const float *points, const float *bits,
                             const float *u, const float *lambda, struct transform_walk *walk, uint32_t *places)
{
    walk_quantise(dims, n_dims, points, bits, u, lambda, walk, places);
}
