// SPDX-License-Identifier: MIT
#include "codecs/transform.h"
#include "codecs/transform_fit.h"
#include "codecs/transform_rank.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* GAMMA: a component counts with variance^GAMMA. Queries come from where the data come from, so an error along a strong
 * component moves more scores. Between .1 and .55 recall@10 moves by less than a point, on 384 and 1,024 dimensions, with
 * 350 and 2,000 training vectors; at 0 it loses half a point. The mean's direction has a weight of its own
 * (projection_weight()), which may as well be a third or three times of what it is. */
static const double GAMMA = .4;

enum {
    FOLDS = 4,              /* of cross-fitting */
    CROSS_BELOW = 6,        /* training vectors a dimension, above which held-out variances are the trained ones */
    FIT_MAX = 4096,         /* vectors that tables are fitted to */
    DIMS_PER_10_BYTES = 64, /* components beyond have almost no symbol but zero */
};

static size_t components(size_t dim, size_t n, size_t bytes)
{
    size_t k = (bytes * DIMS_PER_10_BYTES + 9) / 10, rank = n > 2 ? n - n / FOLDS - 1 : 1;

    if (k < 16)
        k = 16;
    if (k > TRANSFORM_DIMS_MAX)
        k = TRANSFORM_DIMS_MAX;
    if (k > rank)
        k = rank;
    if (k > dim)
        k = dim;
    return k < 1 ? 1 : k;
}

/* Rows first .. last - 1 left out. */
static int without(const struct vectors *x, size_t first, size_t last, struct vectors *out, struct err *err)
{
    if (vectors_new(out, x->n - (last - first), x->dim, err) < 0)
        return -1;
    memcpy(out->data, x->data, first * x->dim * sizeof(float));
    memcpy(out->data + first * x->dim, x->data + last * x->dim, (x->n - last) * x->dim * sizeof(float));
    return 0;
}

/* Components have no sign of their own: those of a fold get that of the whole. */
static void align(const struct projection *whole, const struct projection *fold, float *y, size_t n)
{
    for (size_t c = 0; c < whole->k; c++) {
        double dot = 0;

        for (size_t j = 0; j < whole->dim; j++)
            dot += (double)whole->basis[c * whole->dim + j] * fold->basis[c * whole->dim + j];
        for (size_t i = 0; dot < 0 && i < n; i++)
            y[i * whole->k + c] = -y[i * whole->k + c];
    }
}

/* y (x->n, k): every fold in components that were found without it. */
static int cross_fit(const struct vectors *x, const struct projection *whole, uint64_t seed, float *y, struct err *err)
{
    for (size_t f = 0; f < FOLDS; f++) {
        size_t first = x->n * f / FOLDS, last = x->n * (f + 1) / FOLDS;
        struct projection fold = { 0 };
        struct vectors rest = { 0 };
        int bad = without(x, first, last, &rest, err) < 0 ||
                  projection_pca_across(&rest, whole->k, seed, &fold, err) < 0 ||
                  projection_forward(&fold, x->data + first * x->dim, last - first, true, y + first * whole->k, err) <
                      0;

        if (!bad)
            align(whole, &fold, y + first * whole->k, last - first);
        projection_free(&fold);
        vectors_free(&rest);
        if (bad)
            return -1;
    }
    return 0;
}

/* At most `most` of the vectors in a seeded order. */
static int draw(const struct vectors *x, size_t most, uint64_t seed, struct vectors *out, struct err *err)
{
    struct rng rng = rng_seed(seed);
    size_t n = x->n < most ? x->n : most, *order = mem_array(x->n, sizeof(*order));

    for (size_t i = 0; i < x->n; i++)
        order[i] = i;
    if (vectors_new(out, n, x->dim, err) < 0) {
        free(order);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        size_t other = i + rng_below(&rng, x->n - i), taken = order[other];

        order[other] = order[i];
        memcpy(out->data + i * x->dim, x->data + taken * x->dim, x->dim * sizeof(float));
    }
    free(order);
    return 0;
}

/* The length of all vectors, 0 where they differ by more than half a per cent. */
static float common_length(const struct vectors *x)
{
    double low = INFINITY, high = 0;

    for (size_t i = 0; i < x->n; i++) {
        double sum = 0;

        for (size_t j = 0; j < x->dim; j++)
            sum += (double)x->data[i * x->dim + j] * x->data[i * x->dim + j];
        low = fmin(low, sum);
        high = fmax(high, sum);
    }
    return high > 0 && high < 1e30 && low >= .99 * high ? (float)sqrt((low + high) / 2) : 0;
}

/* scale by component. The unit is that of a typical one: transform_fit() divides by the step. */
static void weigh(struct transform *t, const float *y, size_t n)
{
    size_t k = t->projection.k;
    double typical = 0, all = 0, *variance = mem_array(k, sizeof(*variance));

    for (size_t c = 0; c < k; c++) {
        for (size_t i = 0; i < n; i++)
            variance[c] += (double)y[i * k + c] * y[i * k + c] / (double)n;
        typical += c > 0 || k == 1 ? variance[c] * variance[c] : 0;
        all += c > 0 || k == 1 ? variance[c] : 0;
    }
    typical = all > 1e-20 ? typical / all : 1;
    for (size_t c = 0; c < k; c++)
        t->scale[c] = (float)(pow(fmax(variance[c] / typical, 1e-9), GAMMA / 2) / sqrt(typical));
    t->scale[0] = (float)((double)projection_weight(t->projection.mean_squared, typical) / sqrt(typical));
    free(variance);
}

static int train(const struct vectors *x, const struct codec_options *options, double extra_bits, double head_bits,
                 struct transform *t, struct err *err)
{
    size_t k = components(x->dim, x->n, options->bytes);
    bool cross = x->n / CROSS_BELOW < x->dim && x->n >= 8 * FOLDS && x->dim > 1;
    struct vectors fit = { 0 };
    float *y = NULL;
    int ret = -1;

    t->bytes = options->bytes;
    t->length = common_length(x);
    if (projection_pca_across(x, k, options->seed, &t->projection, err) < 0 ||
        draw(x, cross ? SIZE_MAX : FIT_MAX, options->seed, &fit, err) < 0)
        goto out;
    y = mem_aligned(fit.n * k, sizeof(*y), MEM_LINE, err);
    if (!y || (cross ? cross_fit(&fit, &t->projection, options->seed, y, err)
                     : projection_forward(&t->projection, fit.data, fit.n, true, y, err)) < 0)
        goto out;
    t->scale = mem_array(k, sizeof(*t->scale));
    weigh(t, y, fit.n);
    if (transform_fit(t, y, fit.n < FIT_MAX ? fit.n : FIT_MAX, 8.0 * (double)t->bytes - extra_bits, head_bits, err) < 0)
        goto out;
    if (transform_prepare(t, err) == 0)
        ret = transform_rank(t, fit.data, y, fit.n, cross ? FOLDS : 1, err);
out:
    free(y);
    vectors_free(&fit);
    return ret;
}

int transform_train(const struct vectors *x, const struct codec_options *options, double extra_bits, double head_bits,
                    struct transform **transform, struct err *err)
{
    struct transform *t = mem_array(1, sizeof(*t));

    if (train(x, options, extra_bits, head_bits, t, err) < 0) {
        transform_free(t);
        return -1;
    }
    *transform = t;
    return 0;
}
