// SPDX-License-Identifier: MIT
#include "codecs/rotation.h"

#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

void rotation_new(struct rotation *r, size_t dim, uint64_t seed)
{
    struct rng rng = rng_seed(seed);

    *r = (struct rotation){ .dim = dim, .padded = 1 };
    while (r->padded < dim)
        r->padded *= 2;
    r->signs = mem_array(ROTATION_ROUNDS * r->padded, sizeof(*r->signs));
    for (size_t i = 0; i < ROTATION_ROUNDS * r->padded; i++)
        r->signs[i] = rng_next(&rng) >> 63 ? 1.0f : -1.0f;
}

void rotation_free(struct rotation *r)
{
    free(r->signs);
    *r = (struct rotation){ 0 };
}

/* Four at a time with the baseline's registers; the pairs 1 and 2 apart, within one register, come first. */
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

static void hadamard_quads(float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        float a = x[i] + x[i + 1], b = x[i] - x[i + 1], c = x[i + 2] + x[i + 3], d = x[i + 2] - x[i + 3];

        x[i] = a + c;
        x[i + 1] = b + d;
        x[i + 2] = a - c;
        x[i + 3] = b - d;
    }
}

/* Not scaled: it makes a vector sqrt(n) times longer. */
static void hadamard(float *x, size_t n)
{
    if (n == 2) {
        float a = x[0], b = x[1];

        x[0] = a + b;
        x[1] = a - b;
    }
    if (n < 4)
        return;
    hadamard_quads(x, n);
    for (size_t half = 4; half < n; half *= 2)
        for (size_t i = 0; i < n; i += 2 * half)
            for (size_t j = i; j < i + half; j += 4) {
                four *low = (four *)(x + j), *high = (four *)(x + j + half), a = *low, b = *high;

                *low = a + b;
                *high = a - b;
            }
}

void rotation_forward(const struct rotation *r, float *x)
{
    float scale = 1 / sqrtf((float)r->padded);

    for (size_t round = 0; round < ROTATION_ROUNDS; round++) {
        const float *signs = r->signs + round * r->padded;

        for (size_t i = 0; i < r->padded; i++)
            x[i] *= signs[i] * scale;
        hadamard(x, r->padded);
    }
}

void rotation_back(const struct rotation *r, float *x)
{
    float scale = 1 / sqrtf((float)r->padded);

    for (size_t round = ROTATION_ROUNDS; round-- > 0;) {
        const float *signs = r->signs + round * r->padded;

        hadamard(x, r->padded);
        for (size_t i = 0; i < r->padded; i++)
            x[i] *= signs[i] * scale;
    }
}
