// SPDX-License-Identifier: MIT
/* projection.h -- the linear half of a codec: from a vector x of dim floats to the k numbers y that are quantised, and
 * back.
 *
 *     y = B W (x / gain - mean)        x' = gain (mean + W^-1 B^T y)
 *
 * W stretches the direction of the mean by `weight` (1: not at all) and nothing else: all queries share that direction,
 * so that an error along it moves all their scores, and a quantiser, to which all directions of y are alike, shall make
 * it small.  * The rows of B are orthonormal: the first k axes (PROJECTION_PREFIX), those of a basis (PROJECTION_BASIS:
 * principal components, rotated or not), or of a random rotation (PROJECTION_ROTATION). gain is 1 for vectors of about
 * length 1, else the root mean square of the lengths of the training vectors, so that half floats suit whatever comes
 * after. A saved projection keeps mean and basis in half floats; training rounds to them, so that a saved model is the
 * model. */
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
    float weight;             /* >= 1 */
    float *offset;            /* (k), owned: B mean */
    float mean_squared;       /* |mean|^2 */
};

/* 1 <= k <= dim. x is not empty. `centred`: with the mean of x, else without one. */
void projection_prefix(const struct vectors *x, size_t k, bool centred, struct projection *p);
/* `stretched`: by projection_weight(), else the weight is 1. */
void projection_rotation(const struct vectors *x, size_t k, bool stretched, uint64_t seed, struct projection *p);

/* The first k principal components, stretched; variance (NULL: not wanted) gets those of the k. */
int projection_pca(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, float *variance,
                   struct err *err);
/* The same, but not stretched. */
int projection_pca_plain(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, struct err *err);

/* The direction of the mean first, then the principal components of the rest (pca.h). Not stretched. */
int projection_pca_across(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, struct err *err);

/* What the mean's direction counts: with PROJECTION_MEAN times all of the mean's energy, in units of the variance of a
 * typical component, but never less than any other. Where the mean holds two thirds of all energy, as in many neural
 * embeddings, this is worth 4 to 10 points of recall@10. */
static const double PROJECTION_MEAN = .25, PROJECTION_WEIGHT_MAX = 32; /* of all but duplicates of one vector */
float projection_weight(float mean_squared, double typical_variance);

/* y becomes rotation y, rotation (k, k) orthogonal: for PROJECTION_BASIS. */
int projection_rotate(struct projection *p, const float *rotation, struct err *err);

void projection_free(struct projection *p); /* accepts {0} */

/* n vectors. `centred` false leaves out the mean: for queries, whose inner product with x' is then that with y and a
 * constant. -1 where memory lacks. Without OpenBLAS they are slow. */
int projection_forward(const struct projection *p, const float *x, size_t n, bool centred, float *y, struct err *err);
int projection_back(const struct projection *p, const float *y, size_t n, float *x, struct err *err);

/* Of x' / gain, about the mean: `along`, how far it is from the mean along the mean's direction (0 where there is no
 * mean), and the length of what is across. */
struct projection_parts {
    float along, across;
};
struct projection_parts projection_parts(const struct projection *p, const float *y);

/* <q, mean>. */
float projection_constant(const struct projection *p, const float *q);

void projection_save(const struct projection *p, struct blob *out);
int projection_load(struct blob_reader *in, struct projection *p, struct err *err);
