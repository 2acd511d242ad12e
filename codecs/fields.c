// SPDX-License-Identifier: MIT
#include "codecs/fields.h"

#include "base/mem.h"
#include "base/half.h"

#include <math.h>
#include <stdlib.h>

/* Lengths are checked before memory is asked for: a few hostile bytes must not cost gigabytes. */
static float *read(struct blob_reader *in, size_t n, size_t size, int (*get)(struct blob_reader *, float *, size_t))
{
    float *x;

    if (in->failed || n > (in->len - in->at) / size)
        return NULL;
    x = mem_array(n > 0 ? n : 1, sizeof(*x));
    if (get(in, x, n) < 0)
        goto bad;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            goto bad;
    return x;
bad:
    free(x);
    return NULL;
}

float *fields_halves(struct blob_reader *in, size_t n)
{
    return read(in, n, 2, blob_get_f16s);
}

float *fields_floats(struct blob_reader *in, size_t n)
{
    return read(in, n, 4, blob_get_f32s);
}

void fields_round(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = half_to(half_from(fminf(fmaxf(x[i], -65504), 65504)));
}
