// SPDX-License-Identifier: MIT
#include "record/store_nights.h"

#include "base/mem.h"
#include "record/sql.h"

#include <stdlib.h>

#define TEXT(stmt, column, dst) sql_column_text(stmt, column, dst, sizeof(dst))

int store_load_nights(struct store *store, const char *host_class, struct night **nights, size_t *n, struct err *err)
{
    struct sql_stmt *row = sql_prepare(
        store,
        "SELECT id, night, host_class, commit_id, parts, started, coalesce(finished_at, ''),"
        " (SELECT count(*) FROM night_part p WHERE p.night = n.id) FROM night n"
        " WHERE ?1 = '' OR host_class = ?1 ORDER BY night, host_class COLLATE BINARY",
        err);
    size_t capacity = 0;
    int more = -1;

    *nights = NULL;
    *n = 0;
    if (row && sql_start(store, row, SQL_ROW(SQL_V(host_class)), err) == 0)
        while ((more = sql_step(store, row, err)) > 0) {
            struct night *night;

            *nights = mem_grow(*nights, &capacity, *n + 1, sizeof(**nights));
            night = &(*nights)[(*n)++];
            night->id = sql_column_int(row, 0);
            TEXT(row, 1, night->night);
            TEXT(row, 2, night->host_class);
            TEXT(row, 3, night->commit);
            night->parts = sql_column_int(row, 4);
            TEXT(row, 5, night->started);
            TEXT(row, 6, night->finished);
            night->done = sql_column_int(row, 7);
        }
    sql_finalize(row);
    return more < 0 ? err_wrap(err, "cannot load the nights") : 0;
}

static int run_once(struct store *store, const char *sql, const struct sql_value *row, struct err *err)
{
    struct sql_stmt *stmt = sql_prepare(store, sql, err);
    int ret = stmt ? sql_run(store, stmt, row, err) : -1;

    sql_finalize(stmt);
    return ret < 0 ? err_wrap(err, "cannot keep account of the night") : 0;
}

int store_begin_night(struct store *store, struct night *night, struct err *err)
{
    if (sql_run_number(store,
                       "INSERT INTO night (night, host_class, commit_id, parts, started) VALUES (?, ?, ?, ?, ?)"
                       " ON CONFLICT (night, host_class) DO UPDATE SET night = excluded.night RETURNING id",
                       SQL_ROW(SQL_V(night->night), SQL_V(night->host_class), SQL_V(night->commit), SQL_V(night->parts),
                               SQL_V(night->started)),
                       &night->id, err) < 0)
        return err_wrap(err, "cannot keep account of the night");
    return 0;
}

int store_add_night_part(struct store *store, const struct night *night, const struct night_part *part, struct err *err)
{
    return run_once(store, "INSERT INTO night_part VALUES (?, ?, nullif(?, 0), ?) ON CONFLICT (night, part)"
                    " DO UPDATE SET run = excluded.run, exit = excluded.exit",
                    SQL_ROW(SQL_V(night->id), SQL_V(part->part), SQL_V(part->run), SQL_V(part->exit)), err);
}

int store_load_night_parts(struct store *store, int64_t night, struct night_part **parts, size_t *n, struct err *err)
{
    struct sql_stmt *row = sql_prepare(
        store, "SELECT part, coalesce(run, 0), exit FROM night_part WHERE night = ? ORDER BY part COLLATE BINARY", err);
    size_t capacity = 0;
    int more = -1;

    *parts = NULL;
    *n = 0;
    if (row && sql_start(store, row, SQL_ROW(SQL_V(night)), err) == 0)
        while ((more = sql_step(store, row, err)) > 0) {
            struct night_part *part;

            *parts = mem_grow(*parts, &capacity, *n + 1, sizeof(**parts));
            part = &(*parts)[(*n)++];
            TEXT(row, 0, part->part);
            part->run = sql_column_int(row, 1);
            part->exit = (int)sql_column_int(row, 2);
        }
    sql_finalize(row);
    return more < 0 ? err_wrap(err, "cannot load the night") : 0;
}

int store_finish_night(struct store *store, const struct night *night, const char *at, struct err *err)
{
    return run_once(store, "UPDATE night SET finished_at = ? WHERE id = ?", SQL_ROW(SQL_V(at), SQL_V(night->id)), err);
}
