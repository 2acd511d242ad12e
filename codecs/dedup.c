// SPDX-License-Identifier: MIT
#include "codecs/dedup.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A projection to SKETCH orthonormal random directions leaves of a squared distance the share SKETCH / dim, spread like
 * a chi-squared of SKETCH degrees over its mean: more than SLACK times as much happens with probability 5e-10 (Wilson &
 * Hilferty, PNAS 17, 1931). What is nearer than that in the sketch is compared in full. */
enum { SKETCH = 64, BLOCK = 512, STRIP = 2048 };
#define SLACK 2.5

struct dedup {
    const struct vectors *all;
    const uint32_t *order;
    uint32_t *kept;
    size_t n_kept, dim; /* of sketches */
    float *projection;  /* (dim, all->dim), NULL where the sketch is the vector itself */
    float *rows;        /* (BLOCK, all->dim), what is being looked at */
    float *sketches;    /* (want, dim) of those kept */
    float *block;       /* (BLOCK, dim) */
    float *products;    /* (BLOCK, STRIP) */
    float *squares, *block_squares;
    bool gone[BLOCK];
};

static double dot(const float *a, const float *b, size_t n)
{
    double sum[4] = { 0 };
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += (double)a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += (double)a[i] * b[i];
    return sum[0] + sum[1] + sum[2] + sum[3];
}

static bool same(const struct dedup *d, uint32_t a, uint32_t b)
{
    return dot(d->all->data + a * d->all->dim, d->all->data + b * d->all->dim, d->all->dim) > DEDUP_COSINE;
}

/* Gram-Schmidt, each twice: once leaves rounding behind. */
static void orthonormal(float *rows, size_t n, size_t dim)
{
    struct rng rng = rng_seed(SKETCH);

    for (size_t i = 0; i < n; i++) {
        float *row = rows + i * dim;
        double length;

        for (size_t j = 0; j < dim; j++)
            row[j] = (float)rng_normal(&rng);
        for (size_t k = 0; k < 2 * i; k++) {
            const float *other = rows + k % i * dim;
            double share = dot(row, other, dim);

            for (size_t j = 0; j < dim; j++)
                row[j] -= (float)(share * other[j]);
        }
        length = sqrt(dot(row, row, dim));
        for (size_t j = 0; j < dim; j++)
            row[j] = (float)(row[j] / length);
    }
}

static int prepare(struct dedup *d, size_t want, struct err *err)
{
    size_t dim = d->all->dim;

    d->dim = dim > 2 * SKETCH ? SKETCH : dim;
    if (d->dim < dim) {
        d->projection = mem_aligned(SKETCH * dim, sizeof(float), MEM_LINE, err);
        if (!d->projection)
            return -1;
        orthonormal(d->projection, SKETCH, dim);
    }
    d->rows = mem_aligned(BLOCK * dim, sizeof(float), MEM_LINE, err);
    d->sketches = d->rows ? mem_aligned(want * d->dim, sizeof(float), MEM_LINE, err) : NULL;
    d->block = d->sketches ? mem_aligned(BLOCK * d->dim, sizeof(float), MEM_LINE, err) : NULL;
    d->products = d->block ? mem_aligned((size_t)BLOCK * STRIP, sizeof(float), MEM_LINE, err) : NULL;
    if (!d->products)
        return -1;
    d->squares = mem_array(want, sizeof(float));
    d->block_squares = mem_array(BLOCK, sizeof(float));
    return 0;
}

static void release(struct dedup *d)
{
    free(d->projection);
    free(d->rows);
    free(d->sketches);
    free(d->block);
    free(d->products);
    free(d->squares);
    free(d->block_squares);
}

/* The sketches of the n vectors from order[first] on. A zero vector is gone at once. */
static void load(struct dedup *d, size_t first, size_t n)
{
    size_t dim = d->all->dim;

    for (size_t i = 0; i < n; i++) {
        const float *row = d->all->data + d->order[first + i] * dim;

        d->gone[i] = dot(row, row, dim) == 0;
        memcpy(d->rows + i * dim, row, dim * sizeof(*row));
    }
    if (d->projection)
        blas_sgemm(false, true, n, d->dim, dim, 1, d->rows, dim, d->projection, dim, 0, d->block, d->dim);
    else
        memcpy(d->block, d->rows, n * dim * sizeof(float));
    for (size_t i = 0; i < n; i++)
        d->block_squares[i] = (float)dot(d->block + i * d->dim, d->block + i * d->dim, d->dim);
}

/* Marks those of the block that are the same as one kept before the block. */
static void against_kept(struct dedup *d, size_t first, size_t n, float limit)
{
    for (size_t strip = 0; strip < d->n_kept; strip += STRIP) {
        size_t width = d->n_kept - strip < STRIP ? d->n_kept - strip : STRIP;

        blas_sgemm(false, true, n, width, d->dim, -2, d->block, d->dim, d->sketches + strip * d->dim, d->dim, 0,
                   d->products, STRIP);
        for (size_t i = 0; i < n; i++) {
            const float *row = d->products + i * STRIP, *squares = d->squares + strip;
            float mine = limit - d->block_squares[i];

            for (size_t j = 0; j < width && !d->gone[i]; j++)
                if (row[j] + squares[j] < mine)
                    d->gone[i] = same(d, d->order[first + i], d->kept[strip + j]);
        }
    }
}

/* Keeps what is left of the block, one after the other. */
static void within(struct dedup *d, size_t first, size_t n, float limit, size_t want)
{
    size_t before = d->n_kept;

    blas_sgemm(false, true, n, n, d->dim, -2, d->block, d->dim, d->block, d->dim, 0, d->products, STRIP);
    for (size_t i = 0, last = 0; i < n && d->n_kept < want; i++) {
        for (size_t j = 0; j < i && !d->gone[i]; j++)
            if (!d->gone[j] && d->products[i * STRIP + j] + d->block_squares[j] < limit - d->block_squares[i])
                d->gone[i] = same(d, d->order[first + i], d->order[first + j]);
        last = d->n_kept;
        if (d->gone[i])
            continue;
        d->kept[last] = d->order[first + i];
        d->squares[last] = d->block_squares[i];
        memcpy(d->sketches + last * d->dim, d->block + i * d->dim, d->dim * sizeof(float));
        d->n_kept++;
    }
    if (before / 8192 != d->n_kept / 8192)
        progress_say("looking for duplicates: %zu of %zu vectors", d->n_kept, want);
}

int dedup_take(const struct vectors *all, const uint32_t *order, size_t want, uint32_t *kept, size_t *n_kept,
               struct err *err)
{
    struct dedup d = { .all = all, .order = order, .kept = kept };
    float limit = (float)(2 * (1 - DEDUP_COSINE));
    int ret = -1;

    if (blas_load(err) < 0 || prepare(&d, want, err) < 0)
        goto out;
    limit *= d.projection ? (float)(SLACK * (double)d.dim / (double)all->dim) : 1;
    limit += 1e-5f; /* of rounding: a few compared in vain */
    for (size_t first = 0; first < all->n && d.n_kept < want; first += BLOCK) {
        size_t n = all->n - first < BLOCK ? all->n - first : BLOCK;

        load(&d, first, n);
        against_kept(&d, first, n, limit);
        within(&d, first, n, limit, want);
    }
    *n_kept = d.n_kept;
    ret = 0;
out:
    release(&d);
    return ret;
}
