// SPDX-License-Identifier: MIT
#include "codecs/pca.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 1024 }; /* vectors centred at a time */

void pca_mean(const struct vectors *x, float *out)
{
    double *sum = mem_array(x->dim, sizeof(*sum));

    for (size_t i = 0; i < x->n; i++)
        for (size_t j = 0; j < x->dim; j++)
            sum[j] += x->data[i * x->dim + j];
    for (size_t j = 0; j < x->dim; j++)
        out[j] = (float)(sum[j] / (double)x->n);
    free(sum);
}

static void centre(const float *x, const float *mean, size_t dim, float *out)
{
    for (size_t j = 0; j < dim; j++)
        out[j] = x[j] - mean[j];
}

/* A copy of the (n, n) matrix in double, with room for n values behind it. */
static double *doubled(const float *a, size_t n, struct err *err)
{
    double *out = mem_aligned(n * n + n, sizeof(*out), MEM_LINE, err);

    for (size_t i = 0; out && i < n * n; i++)
        out[i] = a[i];
    return out;
}

/* The covariance (n, n) of what is left without the direction `axis`. */
static void deflate(double *covariance, const float *axis, size_t n)
{
    double *image = mem_array(n, sizeof(*image)), along = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            image[i] += covariance[i * n + j] * axis[j];
        along += image[i] * axis[i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            covariance[i * n + j] += along * axis[i] * axis[j] - image[i] * axis[j] - axis[i] * image[j];
    free(image);
}

/* Fills the components from `first` on; above 0, those across the first. */
static int from_covariance(const struct vectors *x, size_t first_component, struct pca *pca, struct err *err)
{
    size_t dim = x->dim, n_components = pca->k - first_component;
    float *basis = pca->basis + first_component * dim, *variance = pca->variance + first_component;
    float *block = mem_aligned(BLOCK * dim, sizeof(*block), MEM_LINE, err);
    float *covariance = mem_aligned(dim * dim, sizeof(*covariance), MEM_LINE, err);
    double *vectors = NULL;
    int ret = -1;

    if (!block || !covariance)
        goto out;
    for (size_t first = 0; first < x->n; first += BLOCK) {
        size_t n = x->n - first < BLOCK ? x->n - first : BLOCK;

        for (size_t i = 0; i < n; i++)
            centre(x->data + (first + i) * dim, pca->mean, dim, block + i * dim);
        blas_sgemm(true, false, dim, dim, n, 1 / (float)x->n, block, dim, block, dim, first > 0, covariance, dim);
    }
    vectors = doubled(covariance, dim, err);
    if (!vectors)
        goto out;
    if (first_component > 0)
        deflate(vectors, pca->basis, dim);
    if (blas_eigen(vectors, dim, vectors + dim * dim, err) < 0)
        goto out;
    for (size_t i = 0; i < n_components * dim; i++)
        basis[i] = (float)vectors[i];
    for (size_t i = 0; i < n_components; i++)
        variance[i] = fmaxf((float)vectors[dim * dim + i], 0);
    ret = 0;
out:
    free(block);
    free(vectors);
    free(covariance);
    return ret;
}

/* `want` of n indexes by the seed, all of them in order where n is no larger. */
static int *draw(size_t n, size_t want, uint64_t seed)
{
    int *index = mem_array(n, sizeof(*index));
    struct rng rng = rng_seed(rng_mix(seed, n));

    for (size_t i = 0; i < n; i++)
        index[i] = (int)i;
    if (want < n)
        rng_shuffle(&rng, index, n);
    return index;
}

static void without(const float *axis, size_t dim, float *x)
{
    double along = 0;

    for (size_t j = 0; j < dim; j++)
        along += (double)axis[j] * x[j];
    for (size_t j = 0; j < dim; j++)
        x[j] -= (float)along * axis[j];
}

/* With X centred, X X^T = U S^2 U^T gives the components S^-1 U^T X. */
static int from_gram(const struct vectors *x, uint64_t seed, size_t first_component, struct pca *pca, struct err *err)
{
    size_t dim = x->dim, n = x->n < PCA_DIM_MAX ? x->n : PCA_DIM_MAX, n_components = pca->k - first_component;
    float *basis = pca->basis + first_component * dim, *variance = pca->variance + first_component;
    float *rows = mem_aligned(n * dim, sizeof(*rows), MEM_LINE, err);
    float *gram = mem_aligned(n * n, sizeof(*gram), MEM_LINE, err);
    double *vectors = NULL, *values;
    int *index = draw(x->n, n, seed), ret = -1;

    if (!rows || !gram)
        goto out;
    for (size_t i = 0; i < n; i++)
        centre(x->data + (size_t)index[i] * dim, pca->mean, dim, rows + i * dim);
    for (size_t i = 0; first_component > 0 && i < n; i++)
        without(pca->basis, dim, rows + i * dim);
    blas_sgemm(false, true, n, n, dim, 1, rows, dim, rows, dim, 0, gram, n);
    vectors = doubled(gram, n, err);
    if (!vectors)
        goto out;
    values = vectors + n * n;
    if (blas_eigen(vectors, n, values, err) < 0)
        goto out;
    for (size_t i = 0; i < n && i < n_components; i++) {
        if (!(values[i] > values[0] * 1e-6)) /* rounding leaves this much where nothing is */
            break;
        variance[i] = (float)(values[i] / (double)n);
        for (size_t j = 0; j < n; j++)
            gram[i * n + j] = (float)(vectors[i * n + j] / sqrt(values[i]));
        blas_sgemm(false, false, 1, dim, n, 1, gram + i * n, n, rows, dim, 0, basis + i * dim, dim);
    }
    ret = 0;
out:
    free(rows);
    free(gram);
    free(vectors);
    free(index);
    return ret;
}

/* The direction of the mean as the first component, and the variance along it. */
static void take_mean(const struct vectors *x, struct pca *pca)
{
    size_t dim = x->dim;
    double squared = 0, variance = 0;

    for (size_t j = 0; j < dim; j++)
        squared += (double)pca->mean[j] * pca->mean[j];
    for (size_t j = 0; squared > 0 && j < dim; j++)
        pca->basis[j] = (float)(pca->mean[j] / sqrt(squared));
    for (size_t i = 0; i < x->n; i++) {
        double along = -sqrt(squared);

        for (size_t j = 0; j < dim; j++)
            along += (double)pca->basis[j] * x->data[i * dim + j];
        variance += along * along / (double)x->n;
    }
    pca->variance[0] = (float)variance;
}

static int train(const struct vectors *x, size_t k, uint64_t seed, bool across, struct pca *pca, struct err *err)
{
    int ret;

    *pca = (struct pca){ .dim = x->dim, .k = k };
    if (blas_load(err) < 0)
        return -1;
    pca->mean = mem_array(x->dim, sizeof(*pca->mean));
    pca->basis = mem_array(k * x->dim, sizeof(*pca->basis));
    pca->variance = mem_array(k, sizeof(*pca->variance));
    pca_mean(x, pca->mean);
    if (across)
        take_mean(x, pca);
    ret = x->dim <= PCA_DIM_MAX ? from_covariance(x, across, pca, err) : from_gram(x, seed, across, pca, err);
    if (ret < 0)
        pca_free(pca);
    return ret;
}

int pca_train(const struct vectors *x, size_t k, uint64_t seed, struct pca *pca, struct err *err)
{
    return train(x, k, seed, false, pca, err);
}

int pca_train_across(const struct vectors *x, size_t k, uint64_t seed, struct pca *pca, struct err *err)
{
    return train(x, k, seed, true, pca, err);
}

void pca_free(struct pca *pca)
{
    free(pca->mean);
    free(pca->basis);
    free(pca->variance);
    *pca = (struct pca){ 0 };
}

void pca_project(const struct pca *pca, const float *x, size_t n, float *y)
{
    float *offset = mem_array(pca->k, sizeof(*offset));

    blas_sgemm(false, true, 1, pca->k, pca->dim, 1, pca->mean, pca->dim, pca->basis, pca->dim, 0, offset, pca->k);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < pca->k; j++)
            y[i * pca->k + j] = -offset[j];
    blas_sgemm(false, true, n, pca->k, pca->dim, 1, x, pca->dim, pca->basis, pca->dim, 1, y, pca->k);
    free(offset);
}
