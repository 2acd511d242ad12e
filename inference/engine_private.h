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
    size_t n, n_logits;
    size_t first, last; /* layers [first, last) of it are to be run; the embedding before 0, the logits behind `last` */
    bool ends;               /* whether logits are wanted behind it */
    struct engine_row *rows; /* (batch) */
    struct engine_row *prefill; /* (batch): what engine_prefill() hands over */
    size_t *positions;       /* (batch) */
    size_t *logits_rows;     /* (n_logits): which row each of them is of */
    size_t *logits_of;       /* (batch): and back; SIZE_MAX: it did not ask */
};

/* engine_forward() in two steps, for a reference that is measured in slices: checks and appends the rows; runs layers
 * [first, last) of them, with the embedding where first is 0 and the logits where `ends`. Once appended, a batch may be
 * run again and again. */
int engine_append(struct engine *e, const struct engine_row *rows, size_t n, struct err *err);
void engine_run(struct engine *e, size_t first, size_t last, bool ends);

/* The forward pass, by the whole team. */
void engine_step(void *engine, int rank, int size);
