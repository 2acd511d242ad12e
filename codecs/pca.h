// SPDX-License-Identifier: MIT
/* pca.h -- principal components: the mean of some vectors and the orthonormal directions that hold most of their
 * variance, most first.
 *
 * Up to PCA_DIM_MAX dimensions they come from the covariance matrix. Above, from the Gram matrix of at most PCA_DIM_MAX
 * vectors, drawn by the seed where there are more: then at most as many components exist as vectors were used, and
 * the other rows of the basis are zeros. */
#pragma once

#include "codecs/vectors.h"

enum { PCA_DIM_MAX = 2048 };

struct pca {
    size_t dim, k;
    float *mean;     /* (dim), owned */
    float *basis;    /* (k, dim), owned: rows of length 1, or of zeros */
    float *variance; /* (k), owned, largest first, >= 0 */
};

/* 1 <= k <= dim; x is not empty. -1 where OpenBLAS or memory lacks. */
int pca_train(const struct vectors *x, size_t k, uint64_t seed, struct pca *pca, struct err *err);
/* The same with the direction of the mean for the first (zeros where there is no mean), and the components of what is
 * left without it for the others. */
int pca_train_across(const struct vectors *x, size_t k, uint64_t seed, struct pca *pca, struct err *err);

void pca_free(struct pca *pca); /* accepts {0} */

/* The mean of all vectors: out is (x->dim), summed in double. */
void pca_mean(const struct vectors *x, float *out);

/* y (n, k) = the components of x (n, dim) less the mean. */
void pca_project(const struct pca *pca, const float *x, size_t n, float *y);
