// SPDX-License-Identifier: MIT
/* transform_rank.h -- how far the scores of the transform codecs lengthen what is across the mean (transform.h).
 *
 * Vectors of one length lose some of it to the quantiser, each another part, and get it back on a logarithmic scale by a
 * `part` between nothing and all. What is right depends on the data: where components were found with few vectors, much
 * of a vector lies outside of them and its length says little of what is inside. So it is the part that ranks training
 * vectors best: recall@10 of each among the others of its fold. */
#pragma once

#include "codecs/transform.h"

/* x (n, dim) and y (n, k), their components, each fold's in a projection of its own that the fold took no part in
 * finding: rows first .. first + n / folds. Sets t->part; t is otherwise ready. */
int transform_rank(struct transform *t, const float *x, const float *y, size_t n, size_t folds, struct err *err);
