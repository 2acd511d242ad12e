// SPDX-License-Identifier: MIT
#include "codecs/corpus_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void corpus_synthetic_spectrum(size_t dim, double decay, double *variances)
{
    double sum = 0;

    for (size_t j = 0; j < dim; j++)
        sum += pow((double)(j + 1), -decay);
    for (size_t j = 0; j < dim; j++)
        variances[j] = pow((double)(j + 1), -decay) / sum;
}

/* The eigenvectors of a symmetric matrix of independent normal numbers are a rotation of which none is likelier than
 * another (Mehta, Random Matrices, 3rd ed., 2004, chapter 3). Each is scaled by the deviation along it. */
static int axes(size_t dim, double decay, struct rng *rng, float *out, struct err *err)
{
    double *a = mem_aligned(dim * dim, sizeof(*a), MEM_LINE, err), *variances;
    int ret = -1;

    if (!a)
        return -1;
    variances = mem_array(dim, sizeof(*variances));
    for (size_t i = 0; i < dim; i++)
        for (size_t j = 0; j <= i; j++)
            a[i * dim + j] = a[j * dim + i] = rng_normal(rng) * (i == j ? sqrt(2) : 1);
    if (blas_eigen(a, dim, variances, err) == 0) {
        corpus_synthetic_spectrum(dim, decay, variances);
        for (size_t i = 0; i < dim * dim; i++)
            out[i] = (float)(a[i] * sqrt(variances[i / dim]));
        ret = 0;
    }
    free(variances);
    free(a);
    return ret;
}

static int draw(const float *axes_, size_t n, size_t dim, struct rng *rng, struct vectors *out, struct err *err)
{
    enum { PORTION = 1024 };
    float *z;

    if (vectors_new(out, n, dim, err) < 0)
        return -1;
    z = mem_aligned(PORTION * dim, sizeof(*z), MEM_LINE, err);
    if (!z)
        return -1;
    for (size_t first = 0; first < n; first += PORTION) {
        size_t rows = n - first < PORTION ? n - first : PORTION;

        for (size_t i = 0; i < rows * dim; i++)
            z[i] = (float)rng_normal(rng);
        blas_sgemm(false, false, rows, dim, dim, 1, z, dim, axes_, dim, 0, out->data + first * dim, dim);
    }
    free(z);
    return 0;
}

int corpus_synthetic(size_t n_train, size_t n_base, size_t n_queries, size_t dim, double decay, uint64_t seed,
                     struct corpus *corpus, struct err *err)
{
    struct rng rng = rng_seed(seed);
    char origin[96];
    float *turned;
    int ret = -1;

    *corpus = (struct corpus){ .name = "synthetic" };
    if (dim < 1 || dim > VECTORS_DIM_MAX || n_train < 1 || n_base < 1 || n_queries < 1)
        return err_set(err, ERR_CONFIG, "a synthetic corpus of %zu + %zu + %zu vectors of %zu dimensions", n_train,
                       n_base, n_queries, dim);
    if (blas_load(err) < 0)
        return -1;
    turned = mem_aligned(dim * dim, sizeof(*turned), MEM_LINE, err);
    if (turned && axes(dim, decay, &rng, turned, err) == 0 &&
        draw(turned, n_train, dim, &rng, &corpus->train, err) == 0 &&
        draw(turned, n_base, dim, &rng, &corpus->base, err) == 0 &&
        draw(turned, n_queries, dim, &rng, &corpus->queries, err) == 0) {
        snprintf(origin, sizeof(origin), "Gaussian, variance of axis j as j^-%g", decay);
        ret = corpus_finish(origin, (struct corpus_size){ 0 }, corpus, err);
    }
    free(turned);
    if (ret < 0)
        corpus_free(corpus);
    return ret;
}
