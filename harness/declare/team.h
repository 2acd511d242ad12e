// SPDX-License-Identifier: MIT
/* team.h -- a team of pinned threads that a subject's run() works with.
 *
 * The thread that made the team is its rank 0. Between calls the others spin for a few microseconds and then sleep, so
 * that an idle team does not disturb what else is measured. Calls do not nest. */
#pragma once

#include "base/err.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct team;

/* Called once in each new thread, ranks 1..size-1 (the maker of the team has pinned itself); -1 with why it failed. */
typedef int (*team_pin_fn)(void *arg, int rank, struct err *err);
typedef void (*team_fn)(void *arg, int rank, int size);

/* size >= 1; `pin` may be NULL (tests). NULL with *err filled on failure. */
struct team *team_new(int size, team_pin_fn pin, void *pin_arg, struct err *err);
void team_free(struct team *team); /* accepts NULL */
int team_size(const struct team *team);

/* Runs fn(arg, rank, size) in every thread and returns when all have. What one thread wrote before is seen by all. */
void team_run(struct team *team, team_fn fn, void *arg);

/* The share of `rank` when `n` things are dealt to `size` ranks, in order and as evenly as can be: [*first, *first +
 * *count). */
void team_share(size_t n, int rank, int size, size_t *first, size_t *count);

/* Inside team_run(): waits until every thread of the team is here. */
void team_barrier(struct team *team);

#ifdef __cplusplus
}
#endif
