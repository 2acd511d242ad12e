// SPDX-License-Identifier: MIT
#include "codecs/transform_rank.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "codecs/transform_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 1024, /* vectors of a fold */
    LEAST = 64,  /* fewer say nothing */
    TOP = 10,
    PARTS = 5,
};

static const float otherwise = .5f;

/* A fold: what of the scores does not depend on the part. */
struct fold {
    size_t n, k;
    float *decoded; /* (n, k): across the mean; the first column is zeros */
    float *queries; /* (n, k) */
    float *along;   /* (n): decoded, with the mean */
    float *needed;  /* (n): what each would have to be times as long across */
    float *exact, *across, *scores; /* (n, n) */
};

static void fold_free(struct fold *f)
{
    free(f->decoded);
    free(f->queries);
    free(f->along);
    free(f->exact);
}

static int fold_new(struct fold *f, size_t n, size_t k, struct err *err)
{
    *f = (struct fold){ .n = n, .k = k };
    f->decoded = mem_aligned(n * k, sizeof(float), MEM_LINE, err);
    f->queries = mem_aligned(n * k, sizeof(float), MEM_LINE, err);
    f->along = mem_aligned(2 * n, sizeof(float), MEM_LINE, err);
    f->exact = mem_aligned(3 * n * n, sizeof(float), MEM_LINE, err);
    if (f->decoded && f->queries && f->along && f->exact) {
        f->needed = f->along + n;
        f->across = f->exact + n * n;
        f->scores = f->across + n * n;
        return 0;
    }
    fold_free(f);
    return -1;
}

/* Row i of the fold from its symbols. */
static void take(const struct transform *t, const uint32_t *places, struct fold *f, size_t i)
{
    float *row = f->decoded + i * f->k, whole = t->length * t->length, squared = 0, left;

    for (size_t w = 0; w < f->k; w++) {
        size_t c = transform_component(t, w);

        row[c] = t->points[places[w]] * t->projection.gain / t->scale[c];
        squared += c > 0 ? row[c] * row[c] : 0;
    }
    f->along[i] = t->along + row[0];
    row[0] = 0;
    left = fmaxf(whole - f->along[i] * f->along[i], 1e-3f * whole);
    f->needed[i] = squared > 1e-9f * whole ? sqrtf(left / squared) : 1;
}

static int decode(const struct transform *t, const float *y, struct fold *f, struct err *err)
{
    struct transform_group g;
    float lambda[TRANSFORM_GROUP];

    if (transform_group_new(t, &g, err) < 0)
        return -1;
    for (size_t i = 0; i < TRANSFORM_GROUP; i++)
        lambda[i] = t->lambda;
    for (size_t first = 0; first < f->n; first += TRANSFORM_GROUP) {
        size_t n = f->n - first < TRANSFORM_GROUP ? f->n - first : TRANSFORM_GROUP;

        memset(g.u, 0, f->k * TRANSFORM_GROUP * sizeof(*g.u));
        for (size_t w = 0; w < f->k; w++)
            for (size_t i = 0; i < n; i++) {
                size_t c = transform_component(t, w);

                g.u[w * TRANSFORM_GROUP + i] = y[(first + i) * f->k + c] * t->scale[c];
            }
        transform_group_quantise(t, g.u, n, lambda, &g);
        for (size_t i = 0; i < n; i++)
            take(t, g.places + i * f->k, f, first + i);
    }
    transform_group_free(&g);
    return 0;
}

/* The first `top` of n scores without `self`, in no order. */
static void best(const float *scores, size_t n, size_t self, size_t *found)
{
    float least[TOP];
    size_t have = 0;

    for (size_t i = 0; i < n; i++) {
        size_t at;

        if (i == self || (have == TOP && !(scores[i] > least[TOP - 1])))
            continue;
        for (at = have < TOP ? have++ : TOP - 1; at > 0 && scores[i] > least[at - 1]; at--) {
            least[at] = least[at - 1];
            found[at] = found[at - 1];
        }
        least[at] = scores[i];
        found[at] = i;
    }
}

/* How many of the ten nearest of all vectors are found with what the codes say. */
static size_t count(struct fold *f, float part)
{
    size_t n = f->n, common = 0;

    for (size_t j = 0; j < n; j++) {
        float factor = powf(f->needed[j], part);

        for (size_t q = 0; q < n; q++)
            f->scores[q * n + j] = f->queries[q * f->k] * f->along[j] + factor * f->across[q * n + j];
    }
    for (size_t q = 0; q < n; q++) {
        size_t truth[TOP] = { 0 }, found[TOP] = { 0 };

        best(f->exact + q * n, n, q, truth);
        best(f->scores + q * n, n, q, found);
        for (size_t i = 0; i < TOP; i++)
            for (size_t j = 0; j < TOP; j++)
                common += truth[i] == found[j];
    }
    return common;
}

static int fold_count(const struct transform *t, const float *x, const float *y, size_t n, size_t *found,
                      struct err *err)
{
    const struct projection *p = &t->projection;
    struct fold f;
    int ret = -1;

    if (fold_new(&f, n, p->k, err) < 0)
        return -1;
    if (decode(t, y, &f, err) < 0)
        goto out;
    for (size_t i = 0; i < n * p->k; i++)
        f.queries[i] = p->gain * (y[i] + p->offset[i % p->k]);
    blas_sgemm(false, true, n, n, p->dim, 1, x, p->dim, x, p->dim, 0, f.exact, n);
    blas_sgemm(false, true, n, n, p->k, 1, f.queries, p->k, f.decoded, p->k, 0, f.across, n);
    for (size_t i = 0; i < PARTS; i++)
        found[i] += count(&f, (float)i / (PARTS - 1));
    ret = 0;
out:
    fold_free(&f);
    return ret;
}

int transform_rank(struct transform *t, const float *x, const float *y, size_t n, size_t folds, struct err *err)
{
    size_t found[PARTS] = { 0 }, most = 0;

    t->part = otherwise;
    if (t->length <= 0 || n / folds < LEAST)
        return 0;
    for (size_t f = 0; f < folds; f++) {
        size_t first = n * f / folds, rows = n * (f + 1) / folds - first;

        if (fold_count(t, x + first * t->projection.dim, y + first * t->projection.k, rows < MOST ? rows : MOST, found,
                       err) < 0)
            return -1;
    }
    for (size_t i = 1; i < PARTS; i++)
        if (found[i] > found[most])
            most = i;
    t->part = (float)most / (PARTS - 1);
    return 0;
}
