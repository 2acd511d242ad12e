// SPDX-License-Identifier: MIT
#include "record/sql.h"

#include "base/text.h"

#include <string.h>

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

sqlite3_stmt *sql_prepare(struct store *store, const char *sql, struct err *err)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        sql_fail(store, err);
    return stmt;
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

int sql_start(struct store *store, sqlite3_stmt *stmt, const struct sql_value *row, struct err *err)
{
    int n = 0;

    sqlite3_reset(stmt); /* repeats the error of the last step, which has been told */
    for (; row[n].kind != SQL_END; n++)
        if (bind(stmt, n + 1, &row[n]) != SQLITE_OK)
            return sql_fail(store, err);
    if (n != sqlite3_bind_parameter_count(stmt))
        BUG("%d values for %s", n, sqlite3_sql(stmt));
    return 0;
}

int sql_step(struct store *store, sqlite3_stmt *stmt, struct err *err)
{
    int rc = sqlite3_step(stmt);

    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : sql_fail(store, err);
}

int sql_run(struct store *store, sqlite3_stmt *stmt, const struct sql_value *row, struct err *err)
{
    if (sql_start(store, stmt, row, err) < 0 || sql_step(store, stmt, err) < 0)
        return -1;
    sqlite3_reset(stmt); /* lets go of the strings, and of the read lock */
    return 0;
}

int sql_exec(struct store *store, const char *sql, struct err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(store, err);
}

int sql_number(struct store *store, const char *sql, int64_t *number, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(store, sql, err);
    int ret = stmt ? sql_step(store, stmt, err) : -1;

    *number = ret > 0 ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return ret < 0 ? -1 : 0;
}

void sql_column_text(sqlite3_stmt *stmt, int column, char *dst, size_t size)
{
    const char *s = (const char *)sqlite3_column_text(stmt, column);

    text_copy(dst, size, s ? s : "");
}

double sql_column_real(sqlite3_stmt *stmt, int column, double when_null)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? when_null : sqlite3_column_double(stmt, column);
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
    if (!sqlite3_get_autocommit(store->db)) /* SQLite may have rolled back by itself, on a full disk for one */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int sql_damaged(const struct store *store, const char *how, struct err *err)
{
    return err_set(err, ERR_HARNESS, "'%s' is damaged: restore a backup or choose another file with --db (%s)",
                   store->path, how);
}

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
