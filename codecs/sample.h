// SPDX-License-Identifier: MIT
/* sample.h -- the training vectors that a quantiser is fitted to, projected. */
#pragma once

#include "codecs/projection.h"

/* More change little and cost time: a product quantiser has 256 centroids a group, a residual one in all dimensions. */
enum { SAMPLE_PRODUCT = 32768 };

/* At most `most` of x, drawn by the seed, in their order: *n rows of p->k, to free(). NULL with *err filled. */
float *sample_projected(const struct projection *p, const struct vectors *x, size_t most, uint64_t seed, size_t *n,
                        struct err *err);
