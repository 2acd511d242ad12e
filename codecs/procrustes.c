// SPDX-License-Identifier: MIT
#include "codecs/procrustes.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"

#include <stdlib.h>

/* The orthogonal matrix nearest to cross: U V^T of its singular value decomposition. */
static int nearest_orthogonal(const float *cross, size_t k, float *rotation, struct err *err)
{
    double *buf = mem_aligned(4 * k * k + k, sizeof(*buf), MEM_LINE, err);
    double *a = buf, *u = buf + k * k, *vt = u + k * k, *product = vt + k * k;
    int ret = -1;

    if (!buf)
        return -1;
    for (size_t i = 0; i < k * k; i++)
        a[i] = cross[i];
    if (blas_svd(a, k, u, product + k * k, vt, err) < 0)
        goto out;
    blas_dgemm(false, false, k, k, k, 1, u, k, vt, k, 0, product, k);
    for (size_t i = 0; i < k * k; i++)
        rotation[i] = (float)product[i];
    ret = 0;
out:
    free(buf);
    return ret;
}

int procrustes(const float *y, const float *target, size_t n, size_t k, float *rotation, struct err *err)
{
    float *cross = mem_aligned(k * k, sizeof(*cross), MEM_LINE, err);
    int ret;

    if (!cross)
        return -1;
    blas_sgemm(true, false, k, k, n, 1, target, k, y, k, 0, cross, k);
    ret = nearest_orthogonal(cross, k, rotation, err);
    free(cross);
    return ret;
}

int procrustes_random(size_t k, uint64_t seed, float *rotation, struct err *err)
{
    struct rng rng = rng_seed(seed);

    for (size_t i = 0; i < k * k; i++)
        rotation[i] = (float)rng_normal(&rng);
    return nearest_orthogonal(rotation, k, rotation, err);
}
