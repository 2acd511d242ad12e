// SPDX-License-Identifier: MIT
#include "record/sql.h"

#include "base/text.h"
#include "record/sql_engine.h"

#include <math.h>
#include <stdlib.h>

struct sql_value sql_int(int64_t i)
{
    return (struct sql_value){ .kind = SQL_INT, .i = i };
}

struct sql_value sql_real(double r)
{
    return (struct sql_value){ .kind = SQL_REAL, .r = r };
}

struct sql_value sql_text(const char *s)
{
    return (struct sql_value){ .kind = SQL_TEXT, .s = s };
}

struct sql_stmt *sql_prepare(struct store *store, const char *sql, struct err *err)
{
    return store->engine->prepare(store, sql, err);
}

void sql_finalize(struct sql_stmt *stmt)
{
    if (stmt)
        stmt->engine->finalize(stmt);
}

int sql_start(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err)
{
    return store->engine->start(store, stmt, row, err);
}

int sql_step(struct store *store, struct sql_stmt *stmt, struct err *err)
{
    return store->engine->step(store, stmt, err);
}

void sql_reset(struct sql_stmt *stmt)
{
    stmt->engine->reset(stmt);
}

int sql_run(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err)
{
    if (sql_start(store, stmt, row, err) < 0 || sql_step(store, stmt, err) < 0)
        return -1;
    sql_reset(stmt);
    return 0;
}

int sql_run_number(struct store *store, const char *sql, const struct sql_value *row, int64_t *number, struct err *err)
{
    struct sql_stmt *stmt = sql_prepare(store, sql, err);
    int ret = stmt && sql_start(store, stmt, row, err) == 0 ? sql_step(store, stmt, err) : -1;

    *number = ret > 0 ? sql_column_int(stmt, 0) : 0;
    if (ret > 0 && sql_step(store, stmt, err) < 0) /* what it wrote is there when it has ended */
        ret = -1;
    sql_finalize(stmt);
    return ret;
}

int sql_exec(struct store *store, const char *sql, struct err *err)
{
    return store->engine->exec(store, sql, err);
}

int sql_number(struct store *store, const char *sql, int64_t *number, struct err *err)
{
    static const struct sql_value none = { .kind = SQL_END };

    return sql_run_number(store, sql, &none, number, err) < 0 ? -1 : 0;
}

struct sql_value sql_column(struct sql_stmt *stmt, int column)
{
    return stmt->engine->column(stmt, column);
}

int64_t sql_column_int(struct sql_stmt *stmt, int column)
{
    struct sql_value v = sql_column(stmt, column);

    return v.kind == SQL_INT ? v.i : v.kind == SQL_TEXT ? strtoll(v.s, NULL, 10) : isnan(v.r) ? 0 : (int64_t)v.r;
}

double sql_column_real(struct sql_stmt *stmt, int column, double when_null)
{
    struct sql_value v = sql_column(stmt, column);

    return v.kind == SQL_INT ? (double)v.i : v.kind == SQL_TEXT ? strtod(v.s, NULL) : isnan(v.r) ? when_null : v.r;
}

const char *sql_column_str(struct sql_stmt *stmt, int column)
{
    struct sql_value v = sql_column(stmt, column);

    return v.kind == SQL_TEXT ? v.s : "";
}

void sql_column_text(struct sql_stmt *stmt, int column, char *dst, size_t size)
{
    text_copy(dst, size, sql_column_str(stmt, column));
}

struct sql_bulk *sql_bulk_begin(struct store *store, const char *table, int n_columns, struct err *err)
{
    return store->engine->bulk_begin(store, table, n_columns, err);
}

int sql_bulk_add(struct sql_bulk *bulk, const struct sql_value *row, struct err *err)
{
    return bulk->store->engine->bulk_add(bulk, row, err);
}

int sql_bulk_end(struct sql_bulk *bulk, bool keep, struct err *err)
{
    return bulk ? bulk->store->engine->bulk_end(bulk, keep, err) : -1;
}

int sql_begin(struct store *store, struct err *err)
{
    return sql_exec(store, "BEGIN IMMEDIATE", err);
}

int sql_commit(struct store *store, struct err *err)
{
    return sql_exec(store, "COMMIT", err);
}

void sql_rollback(struct store *store)
{
    store->engine->rollback(store);
}

int sql_damaged(const struct store *store, const char *how, struct err *err)
{
    return err_set(err, ERR_HARNESS, "'%s' is damaged: restore a backup or choose another file with --db (%s)",
                   store->path, how);
}
