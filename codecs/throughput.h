// SPDX-License-Identifier: MIT
/* throughput.h -- what the scenarios codecs/encode, codecs/decode and codecs/score share: the transform codecs on one
 * vector and on batches of WordNet's embeddings, by the instructions that their loops may use.
 *
 * Axes: bytes; batch, vectors a call; group, vectors that share their bytes: 1 is `transform_fixed`, 64 `transform`. The
 * scalar variant is the reference. Models come from quality_data.h, trained once a build. */
#pragma once

#include "codecs/quality_data.h"
#include "codecs/transform.h"
#include "declare/scenario.h"

enum { THROUGHPUT_VARIANTS = 3, THROUGHPUT_BATCH_MAX = 1000, THROUGHPUT_QUERIES = 8 };

struct throughput {
    struct quality_data data;
    struct vectors x, queries; /* the first of the data's, which own them */
    struct codec_model models[THROUGHPUT_VARIANTS]; /* the same, for other instructions */
    struct codes codes;        /* of x, by the scalar one */
    struct codes written;      /* encode: the last ones */
    float *out[2];             /* (batch, dim) or (queries, batch): the reference's, and what is checked or timed */
};

int throughput_setup(const struct bench *bench, void **state, struct err *err);
void throughput_teardown(void *state);

/* -1 where n floats are not within `most` of the reference's. */
int throughput_same(const float *got, const float *want, size_t n, double most, struct err *err);

extern const struct axis throughput_axes[3];
extern const struct variant throughput_variants[THROUGHPUT_VARIANTS];
extern const struct metric throughput_metrics[2];

#define THROUGHPUT(n, s, r, c)                                                                                         \
    .name = n, .summary = s, .axes = throughput_axes, .n_axes = ARRAY_LEN(throughput_axes),                              \
    .variants = throughput_variants, .n_variants = THROUGHPUT_VARIANTS, .metrics = throughput_metrics,                   \
    .n_metrics = ARRAY_LEN(throughput_metrics), .setup = throughput_setup, .run = r, .check = c,                         \
    .teardown = throughput_teardown
