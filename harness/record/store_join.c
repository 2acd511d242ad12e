// SPDX-License-Identifier: MIT
#include "record/store_join.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"
#include "record/store_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int store_load_shares(struct store *store, struct share **shares, size_t *n, struct err *err)
{
    struct sql_stmt *row = sql_prepare(store,
                                       "SELECT r.id, f.value, r.host_class FROM host_fact f JOIN run r ON r.id = f.run"
                                       " WHERE f.key = '" STORE_SHARD "' AND r.finished_at IS NOT NULL ORDER BY r.started, r.id",
                                       err);
    size_t capacity = 0;
    int more = -1;

    *shares = NULL;
    *n = 0;
    while (row && (more = sql_step(store, row, err)) > 0) {
        struct share s = { .run = sql_column_int(row, 0) };

        if (sscanf(sql_column_str(row, 1), "%" SCNd64 "/%" SCNd64 " %19s", &s.index, &s.of, s.split) != 3 || s.index < 1 ||
            s.index > s.of)
            continue; /* joined already: "3 in one" */
        sql_column_text(row, 2, s.host_class, sizeof(s.host_class));
        *shares = mem_grow(*shares, &capacity, *n + 1, sizeof(**shares));
        (*shares)[(*n)++] = s;
    }
    sql_finalize(row);
    return more < 0 ? err_wrap(err, "cannot look for shares") : 0;
}

/* The tables by series are sought by their key, which begins with it: a whole history is not walked through. */
static int move(struct store *store, int64_t from, int64_t to, int64_t nth, int64_t of, struct err *err)
{
    static const char *const plain[] = { "block" };
    static const char *const by_series[] = { "sample", "block_value", "block_summary" };
    char sql[512];
    int ret = 0;

    for (size_t i = 0; i < ARRAY_LEN(plain) && ret == 0; i++) {
        snprintf(sql, sizeof(sql), "UPDATE %s SET run = %" PRId64 " WHERE run = %" PRId64, plain[i], to, from);
        ret = sql_exec(store, sql, err);
    }
    for (size_t i = 0; i < ARRAY_LEN(by_series) && ret == 0; i++) {
        snprintf(sql, sizeof(sql),
                 "UPDATE %s SET run = %" PRId64 " WHERE run = %" PRId64
                 " AND series IN (SELECT series FROM case_result WHERE run = %" PRId64 ")",
                 by_series[i], to, from, from);
        ret = sql_exec(store, sql, err);
    }
    /* Estimates refer to their case_result: one goes, the other comes, before either is looked at. */
    snprintf(sql, sizeof(sql),
             "UPDATE estimate SET run = %" PRId64 " WHERE run = %" PRId64
             " AND series IN (SELECT series FROM case_result WHERE run = %" PRId64 ");"
             "UPDATE case_result SET run = %" PRId64 ", position = position * %" PRId64 " + %" PRId64 " WHERE run = %" PRId64,
             to, from, from, to, of, nth, from);
    if (ret == 0)
        ret = sql_exec(store, sql, err);
    snprintf(sql, sizeof(sql),
             "DELETE FROM verdict WHERE run = %" PRId64 "; UPDATE run SET seconds = seconds + coalesce((SELECT seconds FROM run"
             " WHERE id = %" PRId64 "), 0) WHERE id = %" PRId64 "; UPDATE run SET finished_at = NULL WHERE id = %" PRId64,
             from, from, to, from);
    return ret < 0 ? -1 : sql_exec(store, sql, err);
}

/* The shares are used up: the run that they became says of how many it is, and what was measured twice is no share any more. */
static int use_up(struct store *store, int64_t id, size_t n, struct err *err)
{
    char sql[1024];

    snprintf(sql, sizeof(sql),
             "UPDATE host_fact SET value = 'again: ' || value WHERE key = '" STORE_SHARD "' AND substr(value, instr(value, ' ')) ="
             " (SELECT substr(value, instr(value, ' ')) FROM host_fact WHERE key = '" STORE_SHARD "' AND run = %" PRId64 ")"
             " AND run IN (SELECT id FROM run WHERE host_class = (SELECT host_class FROM run WHERE id = %" PRId64 "));"
             "UPDATE host_fact SET value = '%zu in one' WHERE run = %" PRId64 " AND key = '" STORE_SHARD "'",
             id, id, n, id);
    return sql_exec(store, sql, err);
}

/* What the judge made of it. */
static int keep(struct store *store, const struct run_result *run, struct err *err)
{
    struct sql_stmt *interval = sql_prepare(store,
                                            "UPDATE estimate SET low = ?, high = ? WHERE run = ? AND metric = ? AND series ="
                                            " (SELECT id FROM series WHERE case_id = ?)",
                                            err);
    struct sql_stmt *end = sql_prepare(store, "UPDATE run SET judged = ?, exit = ? WHERE id = ?", err);
    int ret = interval && end ? 0 : -1;

    for (size_t i = 0; i < run->n_cases && ret == 0; i++)
        for (size_t k = 0; k < run->cases[i].n_estimates && ret == 0; k++) {
            const struct estimate *e = &run->cases[i].estimates[k];

            ret = sql_run(store, interval,
                          SQL_ROW(SQL_V(isinf(e->low) ? NAN : e->low), SQL_V(isinf(e->high) ? NAN : e->high),
                                  SQL_V(run->info.id), SQL_V((const char *)e->metric), SQL_V((const char *)run->cases[i].id)),
                          err);
        }
    if (ret == 0)
        ret = sql_run(store, end, SQL_ROW(SQL_V(run->judged), SQL_V(run->exit), SQL_V(run->info.id)), err);
    sql_finalize(interval);
    sql_finalize(end);
    return ret < 0 ? -1 : store_add_verdicts(store, run, err);
}

int store_join(struct store *store, const int64_t *ids, size_t n_ids, store_judge_fn judge, void *arg,
               struct run_result *run, struct err *err)
{
    char sql[512];
    int ret = sql_begin(store, err);

    *run = (struct run_result){ 0 };
    if (ret == 0)
        ret = sql_exec(store, "PRAGMA defer_foreign_keys = ON", err);
    snprintf(sql, sizeof(sql),
             "UPDATE case_result SET position = position * %zu WHERE run = %" PRId64 "; DELETE FROM verdict WHERE run = %" PRId64,
             n_ids, ids[0], ids[0]);
    if (ret == 0)
        ret = sql_exec(store, sql, err);
    if (ret == 0)
        ret = use_up(store, ids[0], n_ids, err);
    for (size_t i = 1; i < n_ids && ret == 0; i++)
        ret = move(store, ids[i], ids[0], (int64_t)i, (int64_t)n_ids, err);
    if (ret == 0)
        ret = store_load_run(store, ids[0], run, err);
    if (ret == 0 && (judge(arg, run, err) < 0 || keep(store, run, err) < 0 || sql_commit(store, err) < 0)) {
        run_result_free(run);
        ret = -1;
    }
    if (ret < 0) {
        sql_rollback(store);
        return err_wrap(err, "cannot make one run of the shares");
    }
    return 0;
}
