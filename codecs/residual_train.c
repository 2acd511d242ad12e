// SPDX-License-Identifier: MIT
/* residual_train.c -- the books of a residual quantiser.
 *
 * First stage by stage: k-means of what the sums of the stages before leave, these found with the beam. Then, in turns,
 * all training vectors are encoded again and all books fitted together to the codes, as in additive quantisation
 * (Babenko & Lempitsky, CVPR 2014): the change of the books is the least-squares fit to what is left, with a penalty on
 * its size, because a centroid has few vectors and a joint fit to them would learn them by heart. It is solved by
 * conjugate gradients (Hestenes & Stiefel, 1952), each of the k numbers on its own but all at once; the normal matrix
 * is never formed. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/fields.h"
#include "codecs/kmeans.h"
#include "codecs/residual.h"

#include <stdlib.h>
#include <string.h>

enum { KMEANS_ITERATIONS = 8, TURNS = 3, GRADIENTS = 12 };

static const float penalty = 2; /* as many vectors as would hold a centroid where it is */

/* What the codes leave of y: rest is (n, k). */
static void remain(const struct residual *r, size_t stages, const float *y, size_t n, size_t ld, const uint8_t *codes,
                   float *rest)
{
    residual_decode(r, stages, codes, n, r->m, rest, r->k);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < r->k; j++)
            rest[i * r->k + j] = y[i * ld + j] - rest[i * r->k + j];
}

static int stage_by_stage(struct residual *r, const float *y, size_t n, size_t ld, uint64_t seed, uint8_t *codes,
                          float *rest, struct err *err)
{
    struct residual_search search;
    int ret = -1;

    if (residual_search_new(&search, r, n, err) < 0)
        return -1;
    residual_search_begin(&search, r, n);
    for (size_t s = 0; s < r->m; s++) {
        struct kmeans_options options = { RESIDUAL_K, KMEANS_ITERATIONS, rng_mix(seed, s), false };

        residual_search_best(&search, r, codes, r->m);
        remain(r, s, y, n, ld, codes, rest);
        if (kmeans(rest, n, r->k, r->k, &options, r->books + s * RESIDUAL_K * r->k, err) < 0)
            goto out;
        if (residual_tables(r, s, s + 1, err) < 0)
            goto out;
        residual_search_extend(&search, r, y, ld);
    }
    ret = 0;
out:
    residual_search_free(&search);
    return ret;
}

/* sums (m, RESIDUAL_K, k) = for each centroid, those of the rows that its vectors have. */
static void gather(const struct residual *r, const uint8_t *codes, const float *rows, size_t n, float *sums)
{
    memset(sums, 0, r->m * RESIDUAL_K * r->k * sizeof(*sums));
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < r->m; s++) {
            float *sum = sums + (s * RESIDUAL_K + codes[i * r->m + s]) * r->k;

            for (size_t j = 0; j < r->k; j++)
                sum[j] += rows[i * r->k + j];
        }
}

/* The inner product of each column: dots is (k). */
static void columns(const float *a, const float *b, size_t n, size_t k, double *dots)
{
    memset(dots, 0, k * sizeof(*dots));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++)
            dots[j] += (double)a[i * k + j] * b[i * k + j];
}

/* One step along `direction`, whose image under the normal matrix is `image`. dots: 2 k; the first half comes with the
 * squared lengths of `left` and leaves with the new ones. */
static void step(float *books, float *left, float *direction, const float *image, size_t n, size_t k, double *dots)
{
    double *along = dots + k;

    columns(direction, image, n, k, along);
    for (size_t j = 0; j < k; j++)
        along[j] = along[j] > 0 ? dots[j] / along[j] : 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++) {
            books[i * k + j] += (float)along[j] * direction[i * k + j];
            left[i * k + j] -= (float)along[j] * image[i * k + j];
        }
    columns(left, left, n, k, along);
    for (size_t j = 0; j < k; j++) {
        dots[j] = dots[j] > 0 ? along[j] / dots[j] : 0;
        for (size_t i = 0; i < n; i++)
            direction[i * k + j] = left[i * k + j] + (float)dots[j] * direction[i * k + j];
        dots[j] = along[j];
    }
}

/* Moves the books towards the least squares of `rest`, which is overwritten. */
static int fit(struct residual *r, const uint8_t *codes, size_t n, float *rest, struct err *err)
{
    size_t rows = r->m * RESIDUAL_K, all = rows * r->k;
    float *buf = mem_aligned(3 * all, sizeof(*buf), MEM_LINE, err);
    float *left = buf, *direction = buf + all, *image = buf + 2 * all;
    double *dots = mem_array(2 * r->k, sizeof(*dots));
    struct residual along = *r; /* decodes directions */

    along.books = direction;
    if (buf) {
        gather(r, codes, rest, n, left);
        memcpy(direction, left, all * sizeof(*left));
        columns(left, left, rows, r->k, dots);
    }
    for (size_t i = 0; buf && i < GRADIENTS; i++) {
        residual_decode(&along, r->m, codes, n, r->m, rest, r->k);
        gather(r, codes, rest, n, image);
        for (size_t j = 0; j < all; j++)
            image[j] += penalty * direction[j];
        step(r->books, left, direction, image, rows, r->k, dots);
    }
    free(buf);
    free(dots);
    return buf ? 0 : -1;
}

int residual_train(struct residual *r, const float *y, size_t n, size_t ld, uint64_t seed, struct err *err)
{
    uint8_t *codes = mem_array(n, r->m);
    float *rest = mem_aligned(n * r->k, sizeof(*rest), MEM_LINE, err);
    int ret = -1;

    if (!rest || stage_by_stage(r, y, n, ld, seed, codes, rest, err) < 0)
        goto out;
    for (int turn = 0; turn < TURNS; turn++) {
        if (residual_encode(r, y, n, ld, codes, r->m, err) < 0)
            goto out;
        remain(r, r->m, y, n, ld, codes, rest);
        if (fit(r, codes, n, rest, err) < 0 || residual_tables(r, 0, r->m, err) < 0)
            goto out;
    }
    fields_round(r->books, r->m * RESIDUAL_K * r->k);
    ret = residual_tables(r, 0, r->m, err);
out:
    free(codes);
    free(rest);
    return ret;
}
