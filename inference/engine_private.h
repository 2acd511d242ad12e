// SPDX-License-Identifier: MIT
/* engine_private.h -- what the API of the engine and its forward pass share. */
#pragma once

#include "inference/kvcache.h"
#include "inference/engine.h"
#include "inference/ops.h"

struct engine {
    const struct model *model;
    const struct ops *ops;
    struct team *team;
    int threads;
    struct engine_options options;
    struct kvcache cache;
    struct linear_work *linear;
    float *floats;      /* where all of these lie, each from a cache line on */
    float *cos, *sin;   /* (length, rope_dim / 2) */
    float *x, *y;       /* (batch, dim): the residual stream; a product on its way into it */
    float *norm;        /* (batch, the larger of dim and ff) */
    float *q, *k, *v;   /* (batch, dim), (batch, kv dim) x 2 */
    float *mixed;       /* (batch, dim): what attention gives */
    float *gate, *up;   /* (batch, ff) */
    float *logits;      /* (options.logits, vocab) */
    float *weights;     /* (threads, 2, length in whole pages): attention's */
    size_t work_bytes;

    /* The batch in work. */
    size_t n, n_logits, layers;
    struct engine_row *rows; /* (batch) */
    struct engine_row *prefill; /* (batch): what engine_prefill() hands over */
    size_t *positions;       /* (batch) */
    size_t *logits_rows;     /* (n_logits): which row each of them is of */
    size_t *logits_of;       /* (batch): and back; SIZE_MAX: it did not ask */
};

/* The forward pass, by the whole team. */
void engine_step(void *engine, int rank, int size);
