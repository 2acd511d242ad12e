// SPDX-License-Identifier: MIT
/* sql.h -- the room's own: one connection, and short ways to run a statement on it.
 *
 * Functions return -1 (or NULL) with *err filled: the message names the file, says what is wrong with it in the user's
 * terms, and what to do. A statement is closed by sqlite3_finalize(), which accepts NULL. */
#pragma once

#include "base/err.h"

#include <sqlite3.h>
#include <stdint.h>

struct store {
    sqlite3 *db;
    char *path; /* as the user gave it: for messages */
};

/* A value to bind. SQL_V() takes any integer, a double (NAN becomes NULL) or a string that lives until the statement
 * has run; SQL_ROW(SQL_V(a), SQL_V(b)) is what fills a statement's parameters, in order. */
struct sql_value {
    enum { SQL_END, SQL_INT, SQL_REAL, SQL_TEXT } kind;
    int64_t i;
    double r;
    const char *s;
};

struct sql_value sql_int(int64_t i);
struct sql_value sql_real(double r);
struct sql_value sql_text(const char *s);

#define SQL_V(x)     _Generic((x), double : sql_real, char * : sql_text, const char * : sql_text, default : sql_int)(x)
#define SQL_ROW(...) ((const struct sql_value[]){ __VA_ARGS__, { .kind = SQL_END } })

sqlite3_stmt *sql_prepare(struct store *store, const char *sql, struct err *err);

/* Starts `stmt` (again) with these values; then sql_step() is 1 for a row, 0 at the end. */
int sql_start(struct store *store, sqlite3_stmt *stmt, const struct sql_value *row, struct err *err);
int sql_step(struct store *store, sqlite3_stmt *stmt, struct err *err);

/* Both in one, for a statement that returns no rows. */
int sql_run(struct store *store, sqlite3_stmt *stmt, const struct sql_value *row, struct err *err);

/* Statements without parameters; rows are ignored. */
int sql_exec(struct store *store, const char *sql, struct err *err);

/* The first column of the first row of a statement without parameters. */
int sql_number(struct store *store, const char *sql, int64_t *number, struct err *err);

void sql_column_text(sqlite3_stmt *stmt, int column, char *dst, size_t size);
double sql_column_real(sqlite3_stmt *stmt, int column, double when_null);

/* Writes begin with BEGIN IMMEDIATE: a transaction that reads first and then writes fails at once, whatever the busy
 * timeout, when another process has written in between. sql_rollback() is fine where none is open. */
int sql_begin(struct store *store, struct err *err);
int sql_commit(struct store *store, struct err *err);
void sql_rollback(struct store *store);

/* Tells why the last call on the connection failed; -1. */
int sql_fail(struct store *store, struct err *err);
int sql_damaged(const struct store *store, const char *how, struct err *err);
