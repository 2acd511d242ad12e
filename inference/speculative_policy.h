// SPDX-License-Identifier: MIT
/* speculative_policy.h -- how many tokens to draft: arithmetic on what steps have cost and what drafts were worth.
 *
 * A step with k drafts costs T(k) = target[k + 1] + k draft and yields E(k) = 1 + p1 + p1 p2 + ... + p1 .. pk tokens,
 * with p_i the chance that draft i is right where those before it were. The k of the largest E / T is taken; 0, which
 * is plain decoding, unless another is better.
 *
 * Estimates can be wrong, so what they may cost is rationed: `budget`, in time, starts with two plain tokens, gains 1.5
 * % of each plain token's time and what drafts save, to a small limit, and pays what they lose. No step is tried whose
 * total loss the budget would not bear. So from any moment on n tokens lose at most 1 % n + LIMIT tokens' time, and
 * from the start, where nothing was saved before, 1 % n + 2: less than 3 % from 100 tokens on.
 *
 * That is a plan. Who drafts by a model also knows how sure it was of each token, and a draft goes on only while that
 * pays: what chances were worth is kept by how sure the draft was, and another row in the batch, or another token
 * drafted, must promise more tokens for its time than steps yield on the whole.
 *
 * Everything is in nanoseconds; nothing here looks at a clock. */
#pragma once

#include "inference/speculative.h"

#include <stdbool.h>

enum { SPECULATIVE_BINS = 10 };

struct speculative_policy {
    double target[SPECULATIVE_MOST + 2];                                         /* [n]: a batch of n rows */
    double draft;                                                                /* a drafted token */
    double hits[SPECULATIVE_MOST], tries[SPECULATIVE_MOST], all_hits, all_tries; /* with older ones fading */
    double sure_hits[SPECULATIVE_BINS], sure_tries[SPECULATIVE_BINS];            /* by how sure the draft was */
    double tokens, ns;                                                           /* of steps with drafts, fading */
    double budget, debt;
    size_t plain; /* tokens since drafts were last tried */
    size_t rest;  /* steps for which nothing need be asked or learnt */
};

/* costs: of batches of 1 .. SPECULATIVE_MOST + 1 rows, then of a drafted token. */
void speculative_policy_init(struct speculative_policy *p, const double *costs);

/* How many to draft, `most` at most; `extra_ns`: what drafting costs beside, now (a drafting model that has to read
 * first). */
size_t speculative_policy_choose(const struct speculative_policy *p, size_t most, double extra_ns);

struct speculative_outcome {
    size_t tried, drafted, accepted; /* tried: drafted, and those that were left out of the batch again */
    double target_ns, draft_ns;      /* what the batch took, and all drafts */
    bool unasked;                    /* there was no room for a draft, whatever it is worth */
    const double *sure;              /* (drafted), as speculative_policy_trust() wants it; NULL: not known */
};

/* A step is done. Times of a measurement that was disturbed count for little. */
void speculative_policy_learn(struct speculative_policy *p, const struct speculative_outcome *o);

/* Where drafts do not pay the question is put once in so many tokens only: whether this step is a plain one for that
 * reason alone. Then there is nothing to learn from it. */
bool speculative_policy_rests(struct speculative_policy *p);

/* The chance that a draft is right to which its model gives the probability `sure`. */
double speculative_policy_trust(const struct speculative_policy *p, double sure);

/* Whether the k-th draft should be in the batch, where all up to it are right with a chance of `reach`; and whether,
 * with k drafts, another should be made. */
bool speculative_policy_keep(const struct speculative_policy *p, size_t k, double reach);
bool speculative_policy_more(const struct speculative_policy *p, size_t k, double reach);

/* Whether a drafting model should read a new prompt: where drafts pay, and have by now paid for the prompts before it,
 * or as much plain text was made as bears that (1 % of it). And that it did, in `ns`. */
bool speculative_policy_may_read(const struct speculative_policy *p, size_t most);
void speculative_policy_read(struct speculative_policy *p, double ns);

/* E(k) and T(k). */
double speculative_policy_tokens(const struct speculative_policy *p, size_t k);
double speculative_policy_ns(const struct speculative_policy *p, size_t k);
