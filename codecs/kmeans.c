// SPDX-License-Identifier: MIT
#include "codecs/kmeans.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/nearest.h"
#include "declare/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW = 24,    /* dimensions up to which no matrix product is worth its buffers */
    BLOCK = 256, /* points a product */
    START = 16   /* points a centroid that a start looks at */
};

static float squared(const float *a, const float *b, size_t d)
{
    float sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

static size_t least(const float *costs, size_t k)
{
    size_t at = 0;

    for (size_t c = 1; c < k; c++)
        if (costs[c] < costs[at])
            at = c;
    return at;
}

static int assign_products(const float *x, size_t n, size_t d, size_t ld, const float *centroids, size_t k,
                           unsigned *best, float *cost, struct err *err)
{
    float *costs = mem_aligned(BLOCK * k + k, sizeof(*costs), MEM_LINE, err), *half = costs + BLOCK * k;

    if (!costs || blas_load(err) < 0) {
        free(costs);
        return -1;
    }
    for (size_t c = 0; c < k; c++) {
        half[c] = 0;
        for (size_t j = 0; j < d; j++)
            half[c] += centroids[c * d + j] * centroids[c * d + j] / 2;
    }
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t m = n - first < BLOCK ? n - first : BLOCK;

        for (size_t i = 0; i < m; i++)
            memcpy(costs + i * k, half, k * sizeof(*costs));
        blas_sgemm(false, true, m, k, d, -1, x + first * ld, ld, centroids, d, 1, costs, k);
        for (size_t i = 0; i < m; i++) {
            size_t at = least(costs + i * k, k);

            best[first + i] = (unsigned)at;
            if (cost)
                cost[first + i] = costs[i * k + at];
        }
    }
    free(costs);
    return 0;
}

int kmeans_assign(const float *x, size_t n, size_t d, size_t ld, const float *centroids, size_t k, unsigned *best,
                  float *cost, struct err *err)
{
    size_t columns;
    float *table;

    if (d > FEW)
        return assign_products(x, n, d, ld, centroids, k, best, cost, err);
    table = mem_aligned(nearest_table_floats(k, d), sizeof(*table), MEM_LINE, err);
    if (!table)
        return -1;
    nearest_table(centroids, k, d, table);
    columns = nearest_table_floats(k, 0);
    nearest_for(isa_host())(x, n, ld, d, table, columns, best, cost);
    free(table);
    return 0;
}

/* k-means++: each next centroid is a point drawn with a chance that grows with its squared distance to those so far. */
static void start(const float *x, size_t n, size_t d, size_t ld, size_t k, struct rng *rng, float *centroids)
{
    float *distance = mem_array(n, sizeof(*distance));
    size_t at = rng_below(rng, n);

    for (size_t c = 0; c < k; c++) {
        double total = 0, draw;

        memcpy(centroids + c * d, x + at * ld, d * sizeof(*x));
        for (size_t i = 0; i < n; i++) {
            float to_new = squared(x + i * ld, centroids + c * d, d);

            if (c == 0 || to_new < distance[i])
                distance[i] = to_new;
            total += distance[i];
        }
        if (!(total > 0)) { /* no other points are left */
            for (c++; c < k; c++)
                memcpy(centroids + c * d, centroids, d * sizeof(*x));
            break;
        }
        draw = rng_uniform(rng) * total;
        for (at = 0; at + 1 < n && draw >= distance[at]; at++)
            draw -= distance[at];
    }
    free(distance);
}

/* Centroids without points take the points farthest from theirs, one each. cost[] becomes squared distances. */
static void refill(const float *x, size_t n, size_t d, size_t ld, const unsigned *best, float *cost, size_t k,
                   const size_t *count, float *centroids)
{
    bool known = false;

    for (size_t c = 0; c < k; c++) {
        size_t far = 0;

        if (count[c] > 0)
            continue;
        if (!known)
            for (size_t i = 0; i < n; i++)
                cost[i] = squared(x + i * ld, centroids + best[i] * d, d);
        known = true;
        for (size_t i = 1; i < n; i++)
            if (cost[i] > cost[far])
                far = i;
        if (!(cost[far] > 0))
            return; /* every point is a centroid: the rest stay where they are */
        memcpy(centroids + c * d, x + far * ld, d * sizeof(*x));
        cost[far] = 0;
    }
}

static void means(const float *x, size_t n, size_t d, size_t ld, const unsigned *best, size_t k, double *sums,
                  size_t *count, float *centroids)
{
    memset(sums, 0, k * d * sizeof(*sums));
    memset(count, 0, k * sizeof(*count));
    for (size_t i = 0; i < n; i++) {
        double *sum = sums + best[i] * d;

        count[best[i]]++;
        for (size_t j = 0; j < d; j++)
            sum[j] += x[i * ld + j];
    }
    for (size_t c = 0; c < k; c++)
        for (size_t j = 0; count[c] > 0 && j < d; j++)
            centroids[c * d + j] = (float)(sums[c * d + j] / (double)count[c]);
}

int kmeans(const float *x, size_t n, size_t d, size_t ld, const struct kmeans_options *options, float *centroids,
           struct err *err)
{
    struct rng rng = rng_seed(options->seed);
    size_t k = options->k, *count = mem_array(k, sizeof(*count));
    unsigned *best = mem_array(n, sizeof(*best)), *before = mem_array(n, sizeof(*before));
    double *sums = mem_array(k * d, sizeof(*sums));
    float *cost = mem_array(n, sizeof(*cost));
    int ret = -1;

    if (!options->warm) /* in many dimensions a part of the points, which come in no order, is as good a start */
        start(x, d > FEW && n > START * k ? START * k : n, d, ld, k, &rng, centroids);
    for (size_t i = 0; i < options->iterations; i++) {
        unsigned *t = before;

        before = best;
        best = t;
        if (kmeans_assign(x, n, d, ld, centroids, k, best, cost, err) < 0)
            goto out;
        if (i > 0 && memcmp(best, before, n * sizeof(*best)) == 0)
            break;
        means(x, n, d, ld, best, k, sums, count, centroids);
        refill(x, n, d, ld, best, cost, k, count, centroids);
    }
    ret = 0;
out:
    free(count);
    free(best);
    free(before);
    free(sums);
    free(cost);
    return ret;
}
