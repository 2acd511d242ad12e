// SPDX-License-Identifier: MIT
#include "codecs/vectors.h"

#include "base/mem.h"
#include "base/replace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int vectors_new(struct vectors *v, size_t n, size_t dim, struct err *err)
{
    size_t floats;

    *v = (struct vectors){ .n = n, .dim = dim };
    if (dim < 1 || dim > VECTORS_DIM_MAX)
        return err_set(err, ERR_CONFIG, "%zu dimensions (1 to %d are possible)", dim, VECTORS_DIM_MAX);
    if (__builtin_mul_overflow(n, dim, &floats))
        floats = SIZE_MAX; /* which mem_aligned() refuses */
    v->data = mem_aligned(floats, sizeof(*v->data), MEM_LINE, err);
    if (!v->data) {
        *v = (struct vectors){ 0 };
        return err_wrap(err, "%zu vectors of %zu dimensions", n, dim);
    }
    return 0;
}

void vectors_free(struct vectors *v)
{
    if (!v)
        return;
    free(v->data);
    *v = (struct vectors){ 0 };
}

int vectors_check(const struct vectors *v, struct err *err)
{
    for (size_t i = 0; i < v->n * v->dim; i++)
        if (!isfinite(v->data[i]))
            return err_set(err, ERR_CONFIG, "vector %zu, dimension %zu is %s (both counted from 0)", i / v->dim,
                           i % v->dim, isnan(v->data[i]) ? "NaN" : "infinite");
    return 0;
}

/* In double: the square of a float neither overflows nor vanishes there. */
size_t vectors_normalise(struct vectors *v)
{
    size_t zeros = 0;

    for (size_t i = 0; i < v->n; i++) {
        float *row = v->data + i * v->dim;
        double sum = 0;

        for (size_t j = 0; j < v->dim; j++)
            sum += (double)row[j] * row[j];
        zeros += sum == 0;
        if (sum > 0)
            for (size_t j = 0; j < v->dim; j++)
                row[j] = (float)(row[j] / sqrt(sum));
    }
    return zeros;
}

static bool write_fvecs(FILE *f, const void *arg)
{
    const struct vectors *v = arg;
    int32_t dim = (int32_t)v->dim;
    bool good = true;

    for (size_t i = 0; good && i < v->n; i++)
        good = fwrite(&dim, sizeof(dim), 1, f) == 1 &&
               fwrite(v->data + i * v->dim, sizeof(*v->data), v->dim, f) == v->dim;
    return good;
}

int vectors_write_fvecs(const char *path, const struct vectors *v, struct err *err)
{
    return replace_file(path, write_fvecs, v, err);
}
