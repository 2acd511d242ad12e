// SPDX-License-Identifier: MIT
/* vectors.h -- n vectors of dim float32 each, row-major and contiguous: data is (n, dim). */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { VECTORS_DIM_MAX = 65536 };

struct vectors {
    float *data; /* owned; 64-byte aligned */
    size_t n, dim;
};

/* Room for n x dim, not set. -1 (ERR_HOST) where there is no such memory; 1 <= dim <= VECTORS_DIM_MAX. */
int vectors_new(struct vectors *v, size_t n, size_t dim, struct err *err);
void vectors_free(struct vectors *v); /* accepts NULL and {0}; leaves {0} */

/* Reads a file by its ending: .fvecs (per vector an int32 dimension, then floats), .npy (version 1 to 3, '<f4' or '<f2',
 * C order, one or two dimensions), .f32 or .raw (floats alone: `dim` says how many a vector). `dim` 0: as the file says;
 * else they must agree. -1 (ERR_CONFIG) with the file and the place: truncated, ragged, huge, NaN, not one of these. */
int vectors_read(const char *path, size_t dim, struct vectors *v, struct err *err);
int vectors_read_from(FILE *f, const char *path, size_t dim, struct vectors *v, struct err *err); /* f can be rewound */
int vectors_write_fvecs(const char *path, const struct vectors *v, struct err *err); /* by rename: all or nothing */

/* -1 (ERR_CONFIG) naming the first vector and place that is NaN or infinite. */
int vectors_check(const struct vectors *v, struct err *err);

/* Scales each vector to length 1; a zero vector stays zero. Returns how many those were. */
size_t vectors_normalise(struct vectors *v);
