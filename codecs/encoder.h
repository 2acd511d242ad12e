// SPDX-License-Identifier: MIT
/* encoder.h -- text to a unit vector of 1024 floats, by a small model of our own (trained by codecs/train, shipped in
 * codecs/models): texts that mean much the same lie near each other, and every prefix of 8, 16, ..., 512 floats is an
 * embedding too (Kusupati et al., "Matryoshka representation learning", NeurIPS 2022).
 *
 *   p = the sum of the table's rows for all words (encoder_words.h), scaled to a root mean square of 1     (width)
 *   h = gelu(W1 p + b1), gelu(a) = a sigmoid(1.702 a)                                                      (hidden)
 *   z = W2 [p; h] + b2, then z / |z|                                                                       (1024)
 *
 * The file of weights, little-endian: "pawl encoder", 0; u32 version, words, buckets, width, hidden, dimension, bytes
 * of vocabulary; the vocabulary, each word NUL-terminated; the table, words then buckets: a half float for each row,
 * its unit, and then its values, 4 bits each, the low ones first, 8 + a whole number of units; W1 and W2: a half float
 * for each row, its unit, and then its values as int8; after each its bias, float32; XXH64 of all before. */
#pragma once

#include "codecs/vectors.h"

enum { ENCODER_DIM = 1024, ENCODER_VERSION = 1 };

struct encoder;

/* The model that the program carries. */
int encoder_builtin(struct encoder **encoder, struct err *err);

/* Weights from bytes, which are not kept. -1 (ERR_CONFIG) where they are damaged or not weights. */
int encoder_load(const void *bytes, size_t len, struct encoder **encoder, struct err *err);
void encoder_free(struct encoder *encoder); /* accepts NULL */

uint64_t encoder_hash(const struct encoder *encoder); /* names the weights: for caches */

/* out becomes (n, ENCODER_DIM): a unit vector for each text, zeros for one without a word. n > 0. One thread at a time:
 * it uses OpenBLAS, -1 (ERR_HOST) where that lacks. The same weights and text give the same vector but for the rounding
 * of OpenBLAS's kernels for the host. */
int encoder_encode(const struct encoder *encoder, const char *const *texts, size_t n, struct vectors *out,
                   struct err *err);
