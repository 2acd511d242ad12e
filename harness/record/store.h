// SPDX-License-Identifier: MIT
/* store.h -- the history: an SQLite database of runs, blocks, samples, estimates and verdicts (schema.sql).
 *
 * Every block is one transaction, synchronous: a crash, a kill or a full disk loses at most the block in flight.
 * Several processes may write at once: they wait for each other, up to 30 s. A file that is not ours, newer than this
 * program, or damaged is refused and not touched. All errors are ERR_HARNESS (exit 4) but for a wrong name or number
 * given by the user, which is ERR_CONFIG. A store must not be used on both sides of a fork(). */
#pragma once

#include "declare/result.h"

struct store;

enum store_mode {
    STORE_WRITE, /* made where it is missing or empty, with its folders */
    STORE_READ,  /* a missing or empty file is an error that says how to make one; others may write meanwhile */
};

struct store *store_open(const char *path, enum store_mode mode, struct err *err); /* NULL with *err filled */
void store_close(struct store *store);                                             /* accepts NULL */

int store_begin_run(struct store *store, struct run_info *info, struct err *err); /* fills info->id */

/* All of the block or none of it: a time that is negative or not finite, or an index that the comparison has already,
 * refuses it. A cpu_ns or mhz of NAN is "not known". */
int store_add_block(struct store *store, int64_t run_id, const struct comparison *c, const struct block *block,
                    struct err *err);

const char *store_version(void); /* of the SQLite library: "3.40.1" */

/* Case results with their estimates, verdicts, exit and seconds, in one transaction; the run counts as finished. Once
 * only. Exact values that came with their blocks are not stored again. */
int store_finish_run(struct store *store, const struct run_result *run, struct err *err);

/* "12", "last", "last~2" (the second before the last): finished runs only, of `host_class` where that is not NULL. */
int store_find_run(struct store *store, const char *spec, const char *host_class, int64_t *id, struct err *err);

/* A finished run, whole, as it was given to store_finish_run(); run_result_free() it. What a case is (its variant's
 * peer, reference and so on) is as the newest run described it. */
int store_load_run(struct store *store, int64_t id, struct run_result *run, struct err *err);

/* All series of the finished runs, points oldest first. Only cases of status ok. history_free() it. */
int store_load_history(struct store *store, struct history *history, struct err *err);
