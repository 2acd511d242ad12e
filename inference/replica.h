// SPDX-License-Identifier: MIT
/* replica.h -- models of a wanted size for measurements of cost.
 *
 * A *cost-scaled replica* computes the same function as the model it is made of, with r times its width: every vector
 * of the original stands in it r times over, every matrix is tiled r x r (the embedding 1 x r) and its scale divided by
 * r, r a power of two, so that sums of r equal parts come out as one. It costs what a model of r^2 times the weights
 * costs and says what the small one says: what depends on the text, such as how often drafts are accepted, is genuine.
 * It is no better a model, and is to be called a cost-scaled replica wherever it is shown. */
#pragma once

#include "base/err.h"
#include "inference/gguf.h"
#include "inference/model.h"

/* The matrices of the layers and the output in weights of `type`: rounded where the type is coarser than the file's;
 * ternary types only from ternary ones. Norms and embedding as in the file. r: 1 to 64, a power of two. NULL with *err
 * filled: ERR_USAGE where that is not so, or r times a row is no whole block of the type. */
struct model *replica_new(const struct gguf *g, size_t r, enum gguf_type type, uint32_t isa, struct err *err);

/* A model of that shape with random weights of TQ2_0, Q8_0 or F32: for cost alone, what it says is noise. Sub-norms
 * where the architecture is a bitnet; the output is tied. */
struct model *replica_random(const struct model_shape *shape, enum gguf_type type, uint64_t seed, uint32_t isa,
                             struct err *err);
