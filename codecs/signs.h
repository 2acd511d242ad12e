// SPDX-License-Identifier: MIT
/* signs.h -- a quantiser of one bit a number: its sign.
 *
 * A bit decodes to the mean of what had it in training: one for each sign of each number. */
#pragma once

#include "codecs/coder.h"

struct signs {
    size_t k;
    float *high, *low; /* (k) each: what a set and a clear bit stand for. `high` owns both */
};

extern const struct quantiser signs_quantiser; /* its state is a struct signs */

/* y is (n, k). Rounded as it is saved. */
struct signs *signs_new(const float *y, size_t n, size_t k);
