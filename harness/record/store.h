// SPDX-License-Identifier: MIT
/* store.h -- the history: a database of runs, blocks, samples, estimates and verdicts (schema.sql). One host keeps it in a
 * file, by SQLite; many share one on a server that speaks PostgreSQL's protocol, named by a URL (store_url.h).
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

/* `path`: a file, or the URL of a server. */
struct store *store_open(const char *path, enum store_mode mode, struct err *err); /* NULL with *err filled */
struct store *store_open_old(const char *path, struct err *err); /* to write, where a missing or empty file is an error, too */
void store_close(struct store *store);                                             /* accepts NULL */

int store_begin_run(struct store *store, struct run_info *info, struct err *err); /* fills info->id */

/* All of the block or none of it: a time that is negative or not finite, or an index that the comparison has already,
 * refuses it. A cpu_ns, mhz or count of events of NAN is "not known". */
int store_add_block(struct store *store, int64_t run_id, const struct comparison *c, const struct block *block,
                    struct err *err);

const char *store_version(void); /* of the SQLite library: "3.40.1" */

/* Case results with their estimates, verdicts, exit, seconds and late facts, in one transaction; the run counts as finished. Once
 * only. Exact values that came with their blocks are not stored again. */
int store_finish_run(struct store *store, const struct run_result *run, struct err *err);

/* A run that is there already, whole: both in one transaction, so that none of it is there when it fails. Fills
 * run->info.id; 0 where it failed. */
int store_add_run(struct store *store, struct run_result *run, struct err *err);

/* "12", "last", "last~2" (the second before the last, by their time): finished runs only, of `host_class` where that is not NULL. */
int store_find_run(struct store *store, const char *spec, const char *host_class, int64_t *id, struct err *err);

/* The runs that tell the last word on something: of every host class its last finished run, and of every scenario that
 * it ever met the last finished run with a case of that scenario, or with a verdict on one. By host class, newest
 * first, each once; free() *ids in any case. No run has finished: ERR_CONFIG, in the words of store_find_run(). */
int store_last_runs(struct store *store, int64_t **ids, size_t *n_ids, struct err *err);

/* A finished run, whole, as it was given to store_finish_run(); run_result_free() it. What a case is (its variant's
 * peer, reference and so on) is as the newest run described it. */
int store_load_run(struct store *store, int64_t id, struct run_result *run, struct err *err);

int store_add_drill(struct store *store, const struct drill_row *row, struct err *err);

/* All of them, oldest first; *rows is owned by the caller. */
int store_load_drills(struct store *store, struct drill_row **rows, size_t *n_rows, struct err *err);

/* The series of the finished runs whose case one of the globs selects (none: all), points oldest first. Only cases of
 * status ok. Each series is one range of a primary key: what it takes does not grow with what else the store holds.
 * history_free() it. */
int store_load_history(struct store *store, const char *const *globs, size_t n_globs, struct history *history,
                       struct err *err);
