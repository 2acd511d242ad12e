// SPDX-License-Identifier: MIT
/* allocate.h -- components shared out to groups so that each gets about the same product of variances (eigenvalue
 * allocation: Ge, He, Ke, Sun, "Optimized product quantization", TPAMI 36(4), 2014). */
#pragma once

#include <stddef.h>

/* variance (k), largest first. Group s takes widths[s] of them, k in all. rotation (k, k) becomes the permutation that
 * puts the groups one after the other. */
void allocate(const float *variance, size_t k, const size_t *widths, size_t n_groups, float *rotation);
