// SPDX-License-Identifier: MIT
/* store_costs.h -- what a block of a comparison takes, as measured. Errors as in store.h. */
#pragma once

#include "record/store.h"

enum { STORE_COSTS_RUNS = 200 };

/* cost_us[i] of ids[i] (comparisons, each once): the mean of its sound blocks in the newest STORE_COSTS_RUNS finished runs, in
 * whole microseconds, so that it is the same however the rows come; 0 where none is known. */
int store_load_costs(struct store *store, const char *const *ids, size_t n, int64_t *cost_us, struct err *err);
