// SPDX-License-Identifier: MIT
/* speculative_private.h -- the state of a text that is being decoded, and those who draft. */
#pragma once

#include "inference/speculative_policy.h"

struct speculative {
    struct engine *engine;
    struct speculative_options options;
    size_t vocab;
    struct engine *draft; /* MODEL: its path 0 holds the beginning of the text, maybe not all */
    int32_t *text;        /* all tokens: those on the path, and the last one, which is not yet */
    size_t n_text, most;
    double sure[SPECULATIVE_MOST];    /* of the step's drafts: the probability that the drafting model gave it */
    size_t tried;                     /* drafts made for the step, of which the last may not be in the batch */
    bool begun;                       /* a step of this text was made */
    struct speculative_policy policy; /* of a length of 0 */
    struct speculative_stats stats;
};

/* Drafts up to k tokens that follow the text; how many it did is *n, which may be none. The engine's path is left as it
 * was. */
int speculative_draft(struct speculative *s, size_t k, int32_t *tokens, size_t *n, struct err *err);

/* The text will go on with the first `accepted` drafts and then another token: what the drafting model has read beyond
 * is taken back. */
void speculative_draft_keep(struct speculative *s, size_t accepted);

/* The drafting model reads the text but for its last token. */
int speculative_draft_read(struct speculative *s, struct err *err);

/* Tokens that a drafting model has to read before it drafts, beyond the last one. */
size_t speculative_draft_behind(const struct speculative *s);
