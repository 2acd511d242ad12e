// SPDX-License-Identifier: MIT
/* rotation.h -- a random rotation that costs d log d and takes no table.
 *
 * Three rounds of random signs and a Walsh-Hadamard transform (Andoni, Indyk, Laarhoven, Razenshteyn, Schmidt,
 * "Practical and optimal LSH for angular distance", NIPS 2015). A vector is filled up with zeros to a power of two. The
 * signs come from the seed alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { ROTATION_ROUNDS = 3 };

struct rotation {
    size_t dim, padded; /* padded: the power of two at or above dim */
    float *signs;       /* (ROTATION_ROUNDS, padded), +1 or -1; owned */
};

void rotation_new(struct rotation *r, size_t dim, uint64_t seed);
void rotation_free(struct rotation *r); /* accepts {0} */

/* In place, x is (padded): its length is kept, and back undoes forward up to rounding. */
void rotation_forward(const struct rotation *r, float *x);
void rotation_back(const struct rotation *r, float *x);
