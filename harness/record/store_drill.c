// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "record/sql.h"
#include "record/store.h"
#include "record/store_private.h"

#include <stdlib.h>

int store_add_drill(struct store *store, const struct drill_row *row, struct err *err)
{
    struct sql_stmt *add = NULL;
    char uuid[STORE_UUID];
    int ret = -1;

    if (store_uuid(uuid, err) < 0 || sql_begin(store, err) < 0)
        return err_wrap(err, "cannot record the drill");
    add = sql_prepare(store,
                      "INSERT INTO drill (host_class, started, commit_id, cases, effect, runs, alarmed_runs, verdicts,"
                      " regressed, inconclusive, passed, seconds, pairs, build, margin, uuid)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      err);
    if (add && sql_run(store, add,
                       SQL_ROW(SQL_V(row->host_class), SQL_V(row->started), SQL_V(row->commit), SQL_V(row->cases),
                               SQL_V(row->effect), SQL_V(row->runs), SQL_V(row->alarmed_runs), SQL_V(row->verdicts),
                               SQL_V(row->regressed), SQL_V(row->inconclusive), SQL_V(row->passed),
                               SQL_V(row->seconds), SQL_V(row->pairs), SQL_V(row->build), SQL_V(row->margin), SQL_V((char *)uuid)),
                       err) == 0)
        ret = sql_commit(store, err);
    sql_finalize(add);
    if (ret < 0) {
        sql_rollback(store);
        err_wrap(err, "cannot record the drill");
    }
    return ret;
}

static void read_row(struct sql_stmt *stmt, struct drill_row *row)
{
    int *const counts[] = { &row->runs,      &row->alarmed_runs, &row->verdicts,
                            &row->regressed, &row->inconclusive, &row->passed };

    sql_column_text(stmt, 0, row->host_class, sizeof(row->host_class));
    sql_column_text(stmt, 1, row->started, sizeof(row->started));
    sql_column_text(stmt, 2, row->commit, sizeof(row->commit));
    sql_column_text(stmt, 3, row->cases, sizeof(row->cases));
    row->effect = sql_column_real(stmt, 4, 0);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        *counts[i] = (int)sql_column_int(stmt, 5 + (int)i);
    row->seconds = sql_column_real(stmt, 11, 0);
    row->pairs = (int)sql_column_int(stmt, 12);
    sql_column_text(stmt, 13, row->build, sizeof(row->build));
    row->margin = sql_column_real(stmt, 14, 0);
}

int store_load_drills(struct store *store, struct drill_row **rows, size_t *n_rows, struct err *err)
{
    struct sql_stmt *all = sql_prepare(store,
                                    "SELECT host_class, started, commit_id, cases, effect, runs, alarmed_runs, verdicts,"
                                    " regressed, inconclusive, passed, seconds, pairs, build, margin FROM drill"
                                    " ORDER BY id",
                                    err);
    size_t capacity = 0;
    int more = -1;

    *rows = NULL;
    *n_rows = 0;
    if (all)
        while ((more = sql_step(store, all, err)) > 0) {
            *rows = mem_grow(*rows, &capacity, *n_rows + 1, sizeof(**rows));
            read_row(all, &(*rows)[(*n_rows)++]);
        }
    sql_finalize(all);
    if (more < 0) {
        free(*rows);
        *rows = NULL;
        *n_rows = 0;
    }
    return more;
}
