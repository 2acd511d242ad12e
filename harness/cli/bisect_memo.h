// SPDX-License-Identifier: MIT
/* bisect_memo.h -- what a bisection has found so far, so that it can be interrupted and asked again.
 *
 * A JSON file in the user's cache, for one good end, bad end, case and compiler; written anew after every test, beside itself
 * and renamed. What stands in it is believed: --restart forgets it. */
#pragma once

#include "base/err.h"
#include "base/stats.h"
#include "judge/bisect.h"

#include <jansson.h>
#include <stdbool.h>

struct bisect_memo {
    char *path;
    json_t *root;
};

/* Starts from what the file has; from nothing where there is none, where it is broken, or with `restart`. `cache` is made
 * where it is missing. bisect_memo_close() after success and failure alike. */
int bisect_memo_open(struct bisect_memo *memo, const char *cache, const char *good, const char *bad, const char *case_id,
                     bool restart, struct err *err);
void bisect_memo_close(struct bisect_memo *memo);

/* Of the pair of commits `ref` and `commit`: the slowdown from one to the other. false: not measured yet. */
bool bisect_memo_effect(const struct bisect_memo *memo, const char *ref, const char *commit, struct interval *slowdown,
                        size_t *pairs);
int bisect_memo_set_effect(struct bisect_memo *memo, const char *ref, const char *commit, const struct interval *slowdown,
                           size_t pairs, struct err *err);

/* The mark of a commit, BISECT_UNKNOWN where it was not tested yet; *why points into the memo. */
enum bisect_mark bisect_memo_mark(const struct bisect_memo *memo, const char *commit, const char **why);
int bisect_memo_set_mark(struct bisect_memo *memo, const char *commit, enum bisect_mark mark, const char *why,
                         struct err *err);
