// SPDX-License-Identifier: MIT
/* nearest.h -- the nearest of k centroids in few dimensions: the inner loop of product quantisers.
 *
 * It finds the c that makes |c|^2 / 2 - <x, c> least; of equals the first. The variants differ in rounding only: the
 * scalar one multiplies and adds, the others fuse. */
#pragma once

#include "codecs/nearest_isa.h"

#include <stdint.h>

/* Floats of a table for k centroids of d: d + 1 rows of k rounded up to NEAREST_LANES. */
size_t nearest_table_floats(size_t k, size_t d);

/* centroids is (k, d). */
void nearest_table(const float *centroids, size_t k, size_t d, float *table);

/* The fastest that needs no more than these instructions (declare/isa.h). */
nearest_fn *nearest_for(uint32_t isa);

extern nearest_fn nearest_scalar;
