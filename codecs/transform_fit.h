// SPDX-License-Identifier: MIT
/* transform_fit.h -- the step, points and tables of the transform codec for a wanted rate.
 *
 * An alternation, as in the design of every entropy-constrained quantiser (Chou, Lookabaugh & Gray, IEEE Trans. ASSP
 * 37(1), 1989): quantise with the tables there are; each point becomes the mean of what it was given, each cost what
 * its frequency says. Meanwhile the step is searched that spends the wanted bits; what is left of the difference, lambda
 * takes up. */
#pragma once

#include "codecs/transform.h"

/* t has projection, scale (in any unit) and lambda unset; y is (n, k). Fills heads, lambda, scale, dims, points,
 * symbols. bits: wanted for all symbols of a vector; head_bits: for the heads at least. */
int transform_fit(struct transform *t, const float *y, size_t n, double bits, double head_bits,
                  struct err *err);
