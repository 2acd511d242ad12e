// SPDX-License-Identifier: MIT
#include "codecs/bound.h"

#include "base/mem.h"
#include "base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Largest first. */
static double *sorted(const double *variances, size_t n)
{
    double *v = mem_array(n, sizeof(*v));

    for (size_t i = 0; i < n; i++)
        v[i] = -variances[i];
    stats_sort(v, n);
    for (size_t i = 0; i < n; i++)
        v[i] = -v[i];
    return v;
}

/* With the k largest components above the water, log2 of its level is their mean log2 variance less 2 bits / k; k is
 * right when the next variance is below that level. */
double bound_distortion(const double *variances, size_t n, double bits)
{
    double *v = sorted(variances, n), log_sum = 0, level = 0, sum = 0;

    for (size_t k = 1; k <= n && v[k - 1] > 0; k++) {
        log_sum += log2(v[k - 1]);
        level = exp2((log_sum - 2 * bits) / (double)k);
        if (k == n || v[k] <= level)
            break;
    }
    for (size_t i = 0; i < n; i++)
        sum += fmin(level, v[i]);
    free(v);
    return sum;
}

/* With k components above the water its level is what is left of the distortion after the others, for each of them. */
double bound_bits(const double *variances, size_t n, double distortion)
{
    double *v = sorted(variances, n), below = 0, bits = 0, level = 0;
    size_t k = n;

    while (k > 0) {
        level = (distortion - below) / (double)k;
        if (level <= v[k - 1])
            break;
        below += v[--k];
    }
    for (size_t i = 0; i < k && v[i] > 0; i++)
        bits += level > 0 ? 0.5 * log2(v[i] / level) : INFINITY;
    free(v);
    return bits;
}
