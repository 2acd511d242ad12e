// SPDX-License-Identifier: MIT
/* store_join.h -- the shares of one matrix, which several runners measured (`run --shard`), become one run. Errors as in
 * store.h; for a store on this host. */
#pragma once

#include "record/store.h"

/* A run's fact of that key tells which share it is: "2/3 0123456789abcdef". */
#define STORE_SHARD "shard"

struct share {
    int64_t run, index, of;
    char split[20], host_class[96]; /* what has both belongs together */
};

/* Those that finished and were not joined yet, oldest first; *shares is owned by the caller. */
int store_load_shares(struct store *store, struct share **shares, size_t *n, struct err *err);

/* What `judge` makes of a joined run: it fills in verdicts and moves intervals. */
typedef int (*store_judge_fn)(void *arg, struct run_result *run, struct err *err);

/* Moves all that the runs ids[1..] have into ids[0], has that judged, and keeps the verdicts: one transaction. The others stay
 * as unfinished runs without blocks, so that they are not taken in again. *run is the joined one: run_result_free() it. */
int store_join(struct store *store, const int64_t *ids, size_t n_ids, store_judge_fn judge, void *arg,
               struct run_result *run, struct err *err);
