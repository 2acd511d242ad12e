// SPDX-License-Identifier: MIT
/* engine.h -- runs a model: batches of tokens in, logits out, with a key-value cache that paths share.
 *
 * A *path* is one continuation of text: its tokens so far, cached. Paths are numbered 0 .. paths - 1 and start empty.
 * engine_fork() makes one path the copy of another at the cost of a few bytes: they share what they have in common
 * until one of them goes on, as pages of memory do after fork(). engine_truncate() takes tokens back, e.g. rejected
 * drafts.
 *
 * engine_forward() appends a batch of rows, each a token of some path, all at once. **The logits of a row are the same,
 * bit for bit, as if its tokens had come one by one**, whatever else is in the batch, the chunks a prompt came in, the
 * ISA and the size of the team. So decoding in batches is exact, not approximately so.
 *
 * An engine is used by one thread at a time; it works with the team it was given. Nothing is allocated after
 * engine_new(). */
#pragma once

#include "base/err.h"
#include "inference/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct team;

/* Positions come in pages of so many: paths share whole pages, and the last, begun one is copied by whoever goes on. */
enum { ENGINE_PAGE = 16 };

struct engine_options {
    size_t batch;     /* most rows of one engine_forward() */
    size_t logits;    /* most rows of it that ask for logits; 0: as batch */
    size_t paths;     /* 0: 1 */
    size_t length;    /* most tokens of one path; 0: the model's context */
    size_t positions; /* tokens of all paths together, shared ones once; 0: paths * length. Rounded up to pages */
    struct team *team; /* NULL: the calling thread alone */
};

struct engine;

/* The model must outlive it. NULL with *err filled; engine_free() accepts NULL. */
struct engine *engine_new(const struct model *model, const struct engine_options *options, struct err *err);
void engine_free(struct engine *e);

const struct model *engine_model(const struct engine *e);
size_t engine_batch(const struct engine *e); /* most rows of one engine_forward() */
size_t engine_limit(const struct engine *e); /* most tokens of one path */
size_t engine_cache_bytes(const struct engine *e); /* of keys and values */
size_t engine_work_bytes(const struct engine *e);  /* everything else that it holds */
size_t engine_room(const struct engine *e);        /* pages that are free */

struct engine_row {
    int32_t token;
    int path;
    bool logits; /* wanted */
};

/* Appends the rows, in order, each to its path. `layers`: how many to run, 0: all; with fewer (early exit) the logits
 * are the output norm and matrix applied after that layer, and only those layers' cache is written: take such tokens
 * back by engine_truncate() before the whole model is to see them.
 * -1 and nothing is changed: a path is full (ERR_USAGE), the cache is (ERR_HOST), or a row is not sound: no such token
 * or path, too many rows (ERR_USAGE). */
int engine_forward(struct engine *e, const struct engine_row *rows, size_t n, size_t layers, struct err *err);

/* The logits (vocab) that the i-th row of the last batch asked for; valid until the next engine_forward(). A row that
 * did not ask is a BUG(). */
const float *engine_logits(const struct engine *e, size_t row);

size_t engine_length(const struct engine *e, int path);
void engine_truncate(struct engine *e, int path, size_t length); /* length <= engine_length() */
void engine_fork(struct engine *e, int from, int to);            /* `to` becomes what `from` is */

/* Appends n tokens to a path in chunks of the batch's size; with the logits of the last one at engine_logits(e, *row).
 */
int engine_prefill(struct engine *e, int path, const int32_t *tokens, size_t n, size_t *row, struct err *err);
