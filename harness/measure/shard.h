// SPDX-License-Identifier: MIT
/* shard.h -- one matrix for several runners: each measures its share, all shares together are the whole, none twice.
 *
 * A comparison is never cut. The longest goes first, each to the runner with least to do (Graham, "Bounds on multiprocessing
 * timing anomalies", SIAM J. Appl. Math. 17(2), 1969: at most 4/3 of the best split; what is left over is at most the last,
 * short one). Ties go by id and by number: the same plan and the same costs give the same shares on every host. */
#pragma once

#include "measure/plan.h"

struct shard {
    int64_t index, of; /* "2/3": 2 of 3; of 0: there are no shards */
};

/* ERR_USAGE unless it is I/N with 1 <= I <= N <= SHARDS_MAX. */
enum { SHARDS_MAX = 1000 };
int shard_parse(const char *text, struct shard *shard, struct err *err);

/* shares[c] in 1..of for each comparison of the plan; `cost` of each, > 0, in any unit. */
void shard_split(const struct plan *plan, const int64_t *cost, int64_t of, int64_t *shares);

/* A name for this split of this plan of this commit: what has it belongs together. */
uint64_t shard_name(const struct plan *plan, const int64_t *shares, int64_t of, const char *commit);
