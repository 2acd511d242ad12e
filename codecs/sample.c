// SPDX-License-Identifier: MIT
#include "codecs/sample.h"

#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };

/* Each is taken with the chance that leaves as many as wanted (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static size_t *draw(size_t n, size_t want, uint64_t seed)
{
    struct rng rng = rng_seed(rng_mix(seed, n));
    size_t *index = mem_array(want, sizeof(*index)), taken = 0;

    for (size_t i = 0; taken < want; i++)
        if (rng_below(&rng, n - i) < want - taken)
            index[taken++] = i;
    return index;
}

float *sample_projected(const struct projection *p, const struct vectors *x, size_t most, uint64_t seed, size_t *n,
                        struct err *err)
{
    size_t want = x->n < most ? x->n : most, *index = draw(x->n, want, seed);
    float *y = mem_aligned(want * p->k, sizeof(*y), MEM_LINE, err);
    float *rows = mem_aligned(BLOCK * x->dim, sizeof(*rows), MEM_LINE, err);
    int ret = y && rows ? 0 : -1;

    for (size_t first = 0; ret == 0 && first < want; first += BLOCK) {
        size_t m = want - first < BLOCK ? want - first : BLOCK;

        for (size_t i = 0; i < m; i++)
            memcpy(rows + i * x->dim, x->data + index[first + i] * x->dim, x->dim * sizeof(*rows));
        ret = projection_forward(p, rows, m, true, y + first * p->k, err);
    }
    free(index);
    free(rows);
    *n = want;
    if (ret == 0)
        return y;
    free(y);
    return NULL;
}
