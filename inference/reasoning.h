// SPDX-License-Identifier: MIT
/* reasoning.h -- the shipped reasoner at work on the pinned suite, in every way that the scenarios compare.
 *
 * A way is a set of switches. All ways give the same answers (multipath.h); only greedy decoding, which looks at path 0
 * alone, does not. */
#pragma once

#include "base/stats.h"
#include "declare/scenario.h"
#include "inference/multipath.h"
#include "inference/router.h"

enum {
    WAY_SPECULATE = 1 << 0,  /* path 0 by drafts, as many as pay */
    WAY_EARLY_STOP = 1 << 1, /* no path behind the first accepted one */
    WAY_ROUTE = 1 << 2,      /* the prompt decides what is begun with, and drafts are used only where they pay here */
    WAY_BATCH = 1 << 3,      /* paths together */
    WAY_SHARE = 1 << 4,      /* the prompt once for all paths */
    WAY_GREEDY = 1 << 5,     /* path 0, whatever it is worth */
    WAYS = 1 << 5,           /* sets of the first five */
};

enum {
    REASONING_PATHS = 32, /* N: the smallest that solves 90 % of level 4 of the tuning problems (README) */
    REASONING_ALL = 1234, /* for a level: all four */
};

struct reasoning_result {
    struct multipath_answer answer;
    bool right;
};

struct reasoning;

/* per_level problems of the suite from each level, or of one level. NULL with *err filled; _close() accepts NULL. */
struct reasoning *reasoning_open(const struct bench *bench, int64_t level, size_t per_level, struct err *err);
void reasoning_close(struct reasoning *r);

/* Leaves those problems out whose greedy answer is rejected. */
void reasoning_keep_greedy(struct reasoning *r);

size_t reasoning_count(const struct reasoning *r);
const struct problem *reasoning_problem(const struct reasoning *r, size_t i);

/* Answers problem i. A failure of the engine, which is sized for this, is a BUG(). */
void reasoning_answer(struct reasoning *r, size_t i, unsigned way, struct multipath_answer *answer);
/* The same with the route given, not estimated. */
void reasoning_answer_as(struct reasoning *r, size_t i, unsigned way, enum route route,
                         struct multipath_answer *answer);
void reasoning_answer_all(struct reasoning *r, unsigned way);

/* All of them, scored; results: (reasoning_count()). */
void reasoning_score(struct reasoning *r, unsigned way, struct reasoning_result *results);

const struct multipath_stats *reasoning_stats(const struct reasoning *r);
size_t reasoning_bytes(const struct reasoning *r); /* weights and caches of both models */

/* Tokens of the problems' own solutions, end tokens included: what a rate in tokens is counted in. */
double reasoning_tokens(int64_t level, size_t per_level);

/* Wilson's interval of a share at 95 % (Wilson, JASA 22, 1927). */
struct interval reasoning_share(size_t hits, size_t n);
