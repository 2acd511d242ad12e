// SPDX-License-Identifier: MIT
/* loss.h -- what the encoder is trained to make small: of pairs (x_i, y_i), tell y_i from the other y of the batch, and
 * x_i from the other x, by the cosine of every prefix.
 *
 * For each length m of mrl_dims: the symmetric cross-entropy of softmax(cos(x_i[:m], y_j[:m]) / temperature) (van den
 * Oord et al., "Representation learning with contrastive predictive coding", arXiv:1807.03748, with in-batch
 * negatives); the loss is the mean over lengths (Kusupati et al., "Matryoshka representation learning", NeurIPS 2022).
 * Pairs i and j that share a key on either side are no negatives of each other.
 *
 * Added to it: spread * the mean over all i, j of cos(x_i, y_j)^2 of the whole vectors (Zhang et al., "Learning
 * spread-out local feature descriptors", ICCV 2017). That mean is the inverse of the number of dimensions which the
 * vectors fill: the pairs alone need few, large models fill many. */
#pragma once

#include "base/err.h"
#include "declare/team.h"

#include <stddef.h>
#include <stdint.h>

enum { MRL_LEVELS = 8 };
extern const size_t mrl_dims[MRL_LEVELS]; /* 8, 16, ..., 1024 */

struct mrl;

/* Room for batches of up to `batch` pairs. */
struct mrl *mrl_new(size_t batch, float temperature, float spread, struct err *err);
void mrl_free(struct mrl *mrl); /* accepts NULL */

struct mrl_keys {
    const uint32_t *x, *y; /* (n) */
};

/* x, y and their gradients dx, dy: (n, 1024), any lengths but zero. Returns the loss; levels, where not NULL, gets the
 * cross-entropy by length. n <= batch. */
double mrl_loss(struct mrl *mrl, struct team *team, const float *x, const float *y, struct mrl_keys keys, size_t n,
                float *dx, float *dy, double levels[MRL_LEVELS]);
