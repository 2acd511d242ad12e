// SPDX-License-Identifier: MIT
/* products_ring.h -- as many matrices of one size as do not fit the caches, used in turn: so each product reads its
 * weights from memory, as decoding does with a large model. What the subjects inference/linear and inference/batch
 * work on. */
#pragma once

#include "declare/scenario.h"
#include "inference/linear.h"

enum { PRODUCTS_ROWS = 4096, PRODUCTS_COLS = 4096 };

/* The axis "bits": 2 (TQ2_0), 8 (Q8_0), 16 (F16), 32 (F32). */
enum gguf_type products_type(const struct params *params);

struct products_ring;

/* Weights of random values, four times the L3 in all; X of `batch` rows. NULL with *err filled where there is no
 * memory. _free() accepts NULL. */
struct products_ring *products_ring_new(const struct bench *bench, size_t batch, struct err *err);
void products_ring_free(struct products_ring *ring);

size_t products_ring_bytes(const struct products_ring *ring); /* of one matrix: what a product reads */

/* Y = X W^T with the next matrix, by the kernels of `isa`; the activations are prepared in it. With slices > 1 only one
 * part of so many of the columns, the next part in the next call. */
void products_ring_run(struct products_ring *ring, uint32_t isa, size_t slices);

/* Y in groups of `at_once` rows, which divides the batch, each with the next matrix: as steps through a model, where a
 * matrix is read again only when all others were. */
void products_ring_rows(struct products_ring *ring, uint32_t isa, size_t at_once);

/* Reads the next matrix and does nothing with it. */
uint64_t products_ring_read(struct products_ring *ring);

/* Whether Y is, to the bit, what the plain kernels make of it, `at_once` rows together: all rows, some columns. (All
 * matrices hold the same values.) */
int products_ring_check(struct products_ring *ring, uint32_t isa, size_t at_once, struct err *err);
