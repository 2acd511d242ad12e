// SPDX-License-Identifier: MIT
#include "record/sql_engine.h"

#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lite_stmt {
    struct sql_stmt base;
    sqlite3_stmt *stmt;
};

struct lite_bulk {
    struct sql_bulk base;
    struct sql_stmt *insert;
};

static struct lite_stmt *lite(struct sql_stmt *stmt)
{
    return (struct lite_stmt *)stmt;
}

static struct sql_stmt *prepare(struct store *store, const char *sql, struct err *err)
{
    struct lite_stmt *s;
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        sql_fail(store, err);
        return NULL;
    }
    s = mem_array(1, sizeof(*s));
    s->base.engine = &sql_sqlite;
    s->stmt = stmt;
    return &s->base;
}

static void finalize(struct sql_stmt *stmt)
{
    sqlite3_finalize(lite(stmt)->stmt);
    free(stmt);
}

static int bind(sqlite3_stmt *stmt, int column, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_INT:
        return sqlite3_bind_int64(stmt, column, value->i);
    case SQL_REAL:
        return sqlite3_bind_double(stmt, column, value->r);
    case SQL_TEXT:
        return sqlite3_bind_text(stmt, column, value->s, -1, SQLITE_STATIC);
    case SQL_END:
        break;
    }
    BUG("a value of no kind");
}

static int start(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err)
{
    sqlite3_stmt *s = lite(stmt)->stmt;
    int n = 0;

    sqlite3_reset(s); /* repeats the error of the last step, which has been told */
    for (; row[n].kind != SQL_END; n++)
        if (bind(s, n + 1, &row[n]) != SQLITE_OK)
            return sql_fail(store, err);
    if (n != sqlite3_bind_parameter_count(s))
        BUG("%d values for %s", n, sqlite3_sql(s));
    return 0;
}

static int step(struct store *store, struct sql_stmt *stmt, struct err *err)
{
    int rc = sqlite3_step(lite(stmt)->stmt);

    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : sql_fail(store, err);
}

static void reset(struct sql_stmt *stmt)
{
    sqlite3_reset(lite(stmt)->stmt);
}

static struct sql_value column(struct sql_stmt *stmt, int at)
{
    sqlite3_stmt *s = lite(stmt)->stmt;

    switch (sqlite3_column_type(s, at)) {
    case SQLITE_INTEGER:
        return sql_int(sqlite3_column_int64(s, at));
    case SQLITE_FLOAT:
        return sql_real(sqlite3_column_double(s, at));
    case SQLITE_NULL:
        return sql_real(NAN);
    default:
        return sql_text((const char *)sqlite3_column_text(s, at));
    }
}

static int exec(struct store *store, const char *sql, struct err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(store, err);
}

static void rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db)) /* SQLite may have rolled back by itself, on a full disk for one */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static struct sql_bulk *bulk_begin(struct store *store, const char *table, int n_columns, struct err *err)
{
    struct lite_bulk *bulk = mem_array(1, sizeof(*bulk));
    struct text sql = { 0 };

    bulk->base = (struct sql_bulk){ store, n_columns };
    text_addf(&sql, "INSERT INTO %s VALUES (?", table);
    for (int i = 1; i < n_columns; i++)
        text_add(&sql, ", ?");
    text_add(&sql, ")");
    bulk->insert = prepare(store, sql.data, err);
    text_free(&sql);
    if (bulk->insert)
        return &bulk->base;
    free(bulk);
    return NULL;
}

static int bulk_add(struct sql_bulk *bulk, const struct sql_value *row, struct err *err)
{
    return sql_run(bulk->store, ((struct lite_bulk *)bulk)->insert, row, err);
}

static int bulk_end(struct sql_bulk *bulk, bool keep, struct err *err)
{
    (void)err; /* each row was told at once */
    finalize(((struct lite_bulk *)bulk)->insert);
    free(bulk);
    return keep ? 0 : -1;
}

static void close_store(struct store *store)
{
    if (sqlite3_close(store->db) != SQLITE_OK)
        BUG("a statement outlives its store: %s", sqlite3_errmsg(store->db));
}

const struct sql_engine sql_sqlite = { prepare, finalize,   start,    step,     reset,       column,
                                       exec,    rollback,   bulk_begin, bulk_add, bulk_end, close_store };

int sql_fail(struct store *store, struct err *err)
{
    int code = sqlite3_extended_errcode(store->db), number = sqlite3_system_errno(store->db);
    const char *path = store->path, *why = sqlite3_errmsg(store->db), *cause = number ? strerror(number) : why;

    switch (code & 0xff) { /* the low byte is the kind, the rest its flavour */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return sql_damaged(store, why, err);
    case SQLITE_FULL:
        return err_set(err, ERR_HARNESS, "no room left for '%s': what was recorded before is kept (%s)", path, why);
    case SQLITE_IOERR:
        return err_set(err, ERR_HARNESS, "cannot read or write '%s': %s; what was recorded before is kept (%s)", path,
                       cause, why);
    case SQLITE_BUSY:
        return err_set(err, ERR_HARNESS, "'%s' is in use by another process, which did not let go of it in time (%s)",
                       path, why);
    case SQLITE_CANTOPEN: /* often not the file but its log, which SQLite needs even to read */
    case SQLITE_READONLY:
        return err_set(err, ERR_HARNESS, "cannot open '%s': its folder must be writable, even to read (%s)", path, why);
    default:
        return err_set(err, ERR_HARNESS, "'%s': %s", path, why);
    }
}
