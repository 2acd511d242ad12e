// SPDX-License-Identifier: MIT
/* projection.h -- the linear half of a codec: from a vector x of dim floats to the k numbers y that are quantised, and
 * back.
 *
 *     y = B (x / gain - mean)        x' = gain (mean + B^T y)
 *
 * The rows of B are orthonormal: the first k axes (PROJECTION_PREFIX), those of a basis (PROJECTION_BASIS: principal
 * components, rotated or not), or of a random rotation (PROJECTION_ROTATION). gain is 1 for vectors of about length 1,
 * else the root mean square of the lengths of the training vectors, so that half floats suit whatever comes after. A
 * saved projection keeps mean and basis in half floats; training rounds to them, so that a saved model is the model. */
#pragma once

#include "codecs/codec.h"
#include "codecs/rotation.h"

enum projection_kind { PROJECTION_PREFIX, PROJECTION_BASIS, PROJECTION_ROTATION };

struct projection {
    enum projection_kind kind;
    size_t dim, k;
    float gain;
    float *mean;  /* (dim), owned; NULL: zero */
    float *basis; /* (k, dim), owned; NULL unless PROJECTION_BASIS */
    uint64_t seed;
    struct rotation rotation; /* of PROJECTION_ROTATION; k <= rotation.padded */
    float *offset;            /* (k), owned: B mean */
    float mean_squared;       /* |mean|^2 */
};

/* 1 <= k <= dim. x is not empty. `centred`: with the mean of x, else without one. */
void projection_prefix(const struct vectors *x, size_t k, bool centred, struct projection *p);
void projection_rotation(const struct vectors *x, size_t k, uint64_t seed, struct projection *p);

/* The first k principal components; variance (NULL: not wanted) gets those of the k. */
int projection_pca(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, float *variance,
                   struct err *err);

/* The direction of the mean first, then the principal components of the rest (pca.h). */
int projection_pca_across(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, struct err *err);

/* y becomes rotation y, rotation (k, k) orthogonal: for PROJECTION_BASIS. */
int projection_rotate(struct projection *p, const float *rotation, struct err *err);

void projection_free(struct projection *p); /* accepts {0} */

/* n vectors. `centred` false leaves out the mean: for queries, whose inner product with x' is then that with y and a
 * constant. -1 where memory lacks. Without OpenBLAS they are slow. */
int projection_forward(const struct projection *p, const float *x, size_t n, bool centred, float *y, struct err *err);
int projection_back(const struct projection *p, const float *y, size_t n, float *x, struct err *err);

/* The length of x' / gain. */
float projection_length(const struct projection *p, const float *y);

/* <q, mean>. */
float projection_constant(const struct projection *p, const float *q);

void projection_save(const struct projection *p, struct blob *out);
int projection_load(struct blob_reader *in, struct projection *p, struct err *err);
