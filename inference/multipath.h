// SPDX-License-Identifier: MIT
/* multipath.h -- several attempts at one problem, of which the first that the verifier accepts is the answer.
 *
 * Attempts (paths) are numbered. Path 0 is greedy, the others are sampled, each by a seed of its own that comes from
 * the options, the problem and its number. The answer is that of the lowest-numbered path that verify_answer() accepts;
 * if there is none, path 0's. **So it is the same whatever the options below**: these decide only what is computed.
 * Paths that are begun together are decoded together, a batch row each, and a row's logits are those of a step of its
 * own (engine.h).
 *
 * With early stop a path is no longer decoded once a lower-numbered one is accepted, and none is begun then. */
#pragma once

#include "inference/engine.h"
#include "inference/problems.h"
#include "inference/sampling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MULTIPATH_MOST = 64 };

struct speculative;

struct multipath_options {
    size_t paths;             /* N, at most MULTIPATH_MOST */
    struct sampling sampling; /* of paths 1 and up */
    uint64_t seed;
};

/* What is computed, and how. */
struct multipath_plan {
    bool early_stop;
    bool first_may_do;  /* without early stop: no more are begun where the first ones brought an answer */
    bool shared_prefix; /* the prompt is read once and forked; else by each path anew */
    size_t first;       /* paths that are begun at first */
    size_t width;       /* paths that are decoded at once when the first ones did not do; 1: one after the other */
    bool only_first;    /* path 0, and no other whatever it is worth: plain greedy decoding */
    struct speculative *draft; /* decodes path 0, if `first` is 1; NULL: plainly */
};

struct multipath_answer {
    char text[PROBLEM_TEXT];
    size_t len;
    bool verified;
    int path;
};

struct multipath_stats {
    uint64_t rows;  /* tokens that went through the model, prompts included; of drafts those that were right */
    uint64_t paths; /* begun */
};

struct multipath;

/* The engine must outlive it, have options->paths + 1 paths, batches of as many rows and room for the positions of all.
 * Its vocabulary is that of problems.h, else ERR_CONFIG. NULL with *err filled; multipath_free() accepts NULL. */
struct multipath *multipath_new(struct engine *engine, const struct multipath_options *options, struct err *err);
void multipath_free(struct multipath *m);

/* The engine's options that it asks for, but for the team. */
struct engine_options multipath_engine(const struct multipath_options *options);

int multipath_solve(struct multipath *m, const char *prompt, const struct multipath_plan *plan,
                    struct multipath_answer *answer, struct err *err);

const struct multipath_stats *multipath_stats(const struct multipath *m); /* since multipath_new() */
