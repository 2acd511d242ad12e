// SPDX-License-Identifier: MIT
/* batch.h -- problems as sequences of tokens: prompt, answer, the end token; only what comes behind the prompt is asked
 * for. */
#pragma once

#include "inference/problems.h"
#include "inference/train/net.h"

/* Room for `capacity` tokens. */
int batch_new(struct net_batch *batch, size_t capacity, struct err *err);
void batch_free(struct net_batch *batch); /* accepts {0} */

/* false, and nothing done, where the problem does not fit into the rest of `capacity`. */
bool batch_add(struct net_batch *batch, size_t capacity, const struct problem *p);

/* Fills the batch with problems that may be trained on, levels in the ratio of `mix`. */
void batch_draw(struct net_batch *batch, size_t capacity, struct rng *rng, const double mix[PROBLEM_LEVELS]);
