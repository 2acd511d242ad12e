// SPDX-License-Identifier: MIT
/* store_prune.h -- the policy of retention, and what carries it out. Errors as in store.h.
 *
 * The policy: of every host class the samples of its last STORE_PRUNE_RUNS finished runs stay, and so do those of the
 * last `days` days. Of older runs each block keeps one row a case instead of its samples: how many, the five numbers
 * (least, quarters, greatest), context switches, mean clock and instructions. Nothing else is ever touched: runs, host
 * facts, blocks, the value of each block, estimates, verdicts, drills, acknowledgements. So no verdict, interval, trend
 * or change point moves; what can no longer be asked is how the repetitions of one old block lay. */
#pragma once

#include "record/store.h"

enum { STORE_PRUNE_DAYS = 90, STORE_PRUNE_RUNS = 10 };

struct pruned {
    int64_t runs, samples, blocks; /* runs thinned, samples gone, rows that took their place */
    int64_t bytes;                 /* that the file is smaller for it */
};

/* `before`: UTC time; only runs that started earlier. Each run is one transaction: cut short, the rest is left for the
 * next time, and so is space that was not given back. `only_count`: nothing is changed. A file that was made before version 6
 * does not shrink: later samples fill it. */
int store_prune(struct store *store, const char *before, bool only_count, struct pruned *pruned, struct err *err);
