// SPDX-License-Identifier: MIT
/* blas.h -- the dense algebra of training: OpenBLAS, loaded at run time.
 *
 * Not linked, because a linked OpenBLAS chooses its kernels before main(): release 0.3.21 takes a CPU younger than
 * itself for the oldest it knows (an Emerald Rapids for a Prescott: four times slower), and the process that measures
 * OpenBLAS as a peer would get that one as well. Here it is told what the host can run, unless $OPENBLAS_CORETYPE says
 * otherwise.
 *
 * All matrices are row-major; ld is the distance of rows. Sizes up to INT_MAX. Call blas_load() first, which may fail;
 * the others then cannot, but where they say so. One caller at a time: what is large they share among threads of their
 * own, one for each CPU that blas_load()'s caller may run on. The same call on the same host with as many CPUs gives
 * the same bits. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* -1 (ERR_HOST) where there is no OpenBLAS, naming the package. As often as wanted. */
int blas_load(struct err *err);

/* After blas_load(), for whoever has threads of their own: from now on no call is shared out, and several threads may call
 * at once. */
void blas_keep_single(void);

/* C = alpha op(A) op(B) + beta C: op(A) is (m, k), op(B) (k, n), C (m, n); op(X) is X transposed where tx is true. */
void blas_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
                size_t ldb, float beta, float *c, size_t ldc);
void blas_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
                const double *b, size_t ldb, double beta, double *c, size_t ldc);

/* C = A' A, all of it: A is (n, d), C (d, d). */
void blas_gram(const float *a, size_t n, size_t d, float *c);

/* The eigenvalues of the symmetric (n, n) matrix, largest first, and its eigenvectors, of length 1, in the rows of `a`.
 * Each vector's largest entry (the first of them) is positive, so that the sign is no accident. -1 (ERR_HARNESS) where
 * LAPACK does not converge. */
int blas_eigen(double *a, size_t n, double *values, struct err *err);

/* The singular values of the (n, n) matrix `a`, largest first, a = u diag(s) vt; `a` is lost. -1 as above. */
int blas_svd(double *a, size_t n, double *u, double *s, double *vt, struct err *err);
