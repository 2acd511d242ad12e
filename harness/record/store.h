// SPDX-License-Identifier: MIT
/* store.h -- the history: an SQLite database of runs, blocks, samples, estimates and verdicts (schema.sql).
 *
 * Every block is one transaction, synchronous: a crash, a kill or a full disk loses at most the block in flight. Two
 * processes may write at once. A file that is not ours, newer than this program, or damaged is refused and not touched.
 * All errors are ERR_HARNESS (exit 4) but for a wrong name or number given by the user, which is ERR_CONFIG. */
#pragma once

#include "declare/result.h"

struct store;

enum store_mode {
    STORE_WRITE, /* made where it is missing, with its folders */
    STORE_READ,  /* a missing file is an error that says how to make one */
};

struct store *store_open(const char *path, enum store_mode mode, struct err *err); /* NULL with *err filled */
void store_close(struct store *store);                                             /* accepts NULL */

int store_begin_run(struct store *store, struct run_info *info, struct err *err); /* fills info->id */
int store_add_block(struct store *store, int64_t run_id, const struct comparison *c, const struct block *block,
                    struct err *err);

/* Case results with their estimates, verdicts, exit and seconds, in one transaction; the run counts as finished. */
int store_finish_run(struct store *store, const struct run_result *run, struct err *err);

/* "12", "last", "last~2" (the second before the last): finished runs only, of `host_class` where that is not NULL. */
int store_find_run(struct store *store, const char *spec, const char *host_class, int64_t *id, struct err *err);

/* A finished run, whole, as it was given to store_finish_run(). */
int store_load_run(struct store *store, int64_t id, struct run_result *run, struct err *err);

/* All series of the finished runs, points oldest first. Only cases of status ok. */
int store_load_history(struct store *store, struct history *history, struct err *err);
