// SPDX-License-Identifier: MIT
/* kmeans.h -- k centroids of n points by Lloyd's iterations from a k-means++ start (Arthur & Vassilvitskii, SODA 2007).
 *
 * The same points, options and seed give the same centroids. With fewer distinct points than centroids the points are
 * the centroids, the first of them repeated; a centroid that loses all its points goes to the one that is farthest
 * from its own. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmeans_options {
    size_t k;
    size_t iterations; /* of Lloyd; it ends earlier when no point moves */
    uint64_t seed;
    bool warm; /* start from the centroids as given, not from k-means++ */
};

/* x: n points of d floats, ld apart, n >= 1. centroids is (k, d). */
int kmeans(const float *x, size_t n, size_t d, size_t ld, const struct kmeans_options *options, float *centroids,
           struct err *err);

/* best[i]: the nearest centroid of point i, of equals the first; cost[i] (NULL: not wanted): half the squared distance
 * less half the point's squared length. */
int kmeans_assign(const float *x, size_t n, size_t d, size_t ld, const float *centroids, size_t k, unsigned *best,
                  float *cost, struct err *err);
