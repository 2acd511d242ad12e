// SPDX-License-Identifier: MIT
/* speculative.h -- greedy decoding of several tokens a step: something cheap drafts them, the model checks them all in
 * one batch, which costs little more than one token where its weights come from memory, and takes back what was wrong
 * (Leviathan, Kalman & Matias, "Fast inference from transformers via speculative decoding", ICML 2023).
 *
 * **The tokens are those of plain greedy decoding, to the last one**: a draft is kept where the model would have chosen
 * the same token, and a row of a batch has the very logits of a step of its own (engine.h). So what a draft is worth
 * decides about the time only.
 *
 * Who drafts:
 *   model   a smaller model of the same vocabulary, with a cache of its own that follows the text
 *   lookup  the text itself: what came behind the last occurrence of its latest two or more tokens (prompt lookup)
 *   exit    the model's own first layers, then its output norm and matrix (early exit, self-speculation)
 *
 * How many: a fixed number, or as many as pay (speculative_policy.h): down to none, where the attempt has to cost less
 * than 3 %. */
#pragma once

#include "base/err.h"
#include "inference/engine.h"

enum { SPECULATIVE_MOST = 16 }; /* drafted tokens a step */

enum speculative_kind { SPECULATIVE_OFF, SPECULATIVE_MODEL, SPECULATIVE_LOOKUP, SPECULATIVE_EXIT };

struct speculative_options {
    enum speculative_kind kind;
    const struct model *draft; /* MODEL; must outlive it */
    size_t layers;             /* EXIT: how many, less than the model has */
    size_t length;             /* drafted tokens a step, at most SPECULATIVE_MOST; 0: as many as pay */
    int path;                  /* of the engine, to be decoded on */
    struct team *team;         /* the engine's: a drafting model works with it as well */
    /* In place of what is measured, where it must be the same in every run: nanoseconds of batches of 1 ..
     * SPECULATIVE_MOST + 1 rows, then of a drafted token. They must outlive it. NULL: measured. */
    const double *costs;
};

struct speculative_stats {
    uint64_t steps, tokens;                 /* tokens: from steps, the first one of a text not among them */
    uint64_t drafted, accepted;             /* accepted / drafted: the acceptance; tokens / steps: tokens a step */
    uint64_t drafted_at[SPECULATIVE_MOST];  /* by position in the draft */
    uint64_t accepted_at[SPECULATIVE_MOST]; /* of those: accepted, and so were all before it */
    size_t draft_bytes;                     /* of a drafting model's cache and buffers */
};

struct speculative;

/* The engine must outlive it, and allow batches with logits of length + 1 rows (SPECULATIVE_MOST + 1 for a length of
 * 0). With a length of 0 it measures what batches cost, on the path, which it leaves empty. NULL with *err filled:
 * ERR_USAGE where vocabularies differ or an option makes no sense. speculative_free() accepts NULL. */
struct speculative *speculative_new(struct engine *e, const struct speculative_options *options, struct err *err);
void speculative_free(struct speculative *s);

/* Begins a text: the path holds `tokens` and *next is what follows. What was learnt about drafts stays. */
int speculative_begin(struct speculative *s, const int32_t *tokens, size_t n, int32_t *next, struct err *err);

/* The next tokens, `most` >= 1 at most: at least one in tokens[0 .. *n), for which there is room for SPECULATIVE_MOST +
 * 1; none where the path is full. The caller looks for the one that ends the text. */
int speculative_step(struct speculative *s, size_t most, int32_t *tokens, size_t *n, struct err *err);

const struct speculative_stats *speculative_stats(const struct speculative *s); /* since speculative_new() */
