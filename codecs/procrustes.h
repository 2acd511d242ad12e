// SPDX-License-Identifier: MIT
/* procrustes.h -- the rotation that brings vectors nearest to given ones (Schonemann, "A generalized solution of the
 * orthogonal Procrustes problem", Psychometrika 31, 1966). */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* y, target: (n, k). rotation (k, k) becomes the orthogonal matrix for which the sum of |rotation y_i - target_i|^2 is
 * least. blas_load() must have succeeded. */
int procrustes(const float *y, const float *target, size_t n, size_t k, float *rotation, struct err *err);

/* A random one, by the seed. */
int procrustes_random(size_t k, uint64_t seed, float *rotation, struct err *err);
