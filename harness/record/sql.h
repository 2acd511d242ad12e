// SPDX-License-Identifier: MIT
/* sql.h -- the room's own: one connection to a store of either engine, and short ways to run a statement on it.
 *
 * SQL is written once, in what SQLite, PostgreSQL and the engines that speak its protocol share; the few words that they
 * spell differently are SQLite's and are put into the server's by the table in sql_dialect.c. Functions return -1 (or
 * NULL) with *err filled: the message names the store, says what is wrong with it in the user's terms, and what to do. */
#pragma once

#include "base/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct sql_engine;
struct sql_server;

struct store {
    const struct sql_engine *engine;
    sqlite3 *db;               /* of SQLite, else NULL */
    struct sql_server *server; /* of PostgreSQL, else NULL */
    char *path;                /* as the user gave it, a file or a URL without a password: for messages */
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

/* A statement; sql_finalize() accepts NULL. On a server it runs at its first step and its rows are held in memory, so that
 * others may run meanwhile, as with SQLite. */
struct sql_stmt;
struct sql_stmt *sql_prepare(struct store *store, const char *sql, struct err *err);
void sql_finalize(struct sql_stmt *stmt);

/* Starts `stmt` (again) with these values; then sql_step() is 1 for a row, 0 at the end. */
int sql_start(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err);
int sql_step(struct store *store, struct sql_stmt *stmt, struct err *err);
void sql_reset(struct sql_stmt *stmt); /* lets go of its rows, and of the lock that reading them holds */

/* Both in one, for a statement that returns no rows. */
int sql_run(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err);

/* The same for one that returns a single number: 1, or 0 where it returned no row. */
int sql_run_number(struct store *store, const char *sql, const struct sql_value *row, int64_t *number, struct err *err);

/* Statements without parameters; rows are ignored. */
int sql_exec(struct store *store, const char *sql, struct err *err);

/* The first column of the first row of a statement without parameters. */
int sql_number(struct store *store, const char *sql, int64_t *number, struct err *err);

int64_t sql_column_int(struct sql_stmt *stmt, int column); /* NULL: 0 */
double sql_column_real(struct sql_stmt *stmt, int column, double when_null);
const char *sql_column_str(struct sql_stmt *stmt, int column); /* NULL: ""; until the next step */
void sql_column_text(struct sql_stmt *stmt, int column, char *dst, size_t size);
struct sql_value sql_column(struct sql_stmt *stmt, int column); /* to bind elsewhere before the next step */

/* Many rows into one table, all columns in order: SQLite inserts, a server is sent a COPY, during which nothing else may run
 * on it. sql_bulk_end() with `keep` tells what was refused; without, it only lets go. Either way the bulk is freed. */
struct sql_bulk;
struct sql_bulk *sql_bulk_begin(struct store *store, const char *table, int n_columns, struct err *err);
int sql_bulk_add(struct sql_bulk *bulk, const struct sql_value *row, struct err *err);
int sql_bulk_end(struct sql_bulk *bulk, bool keep, struct err *err); /* accepts NULL: -1 */

/* Writes begin with BEGIN IMMEDIATE: a transaction that reads first and then writes fails at once, whatever the busy
 * timeout, when another process has written in between. sql_rollback() is fine where none is open. */
int sql_begin(struct store *store, struct err *err);
int sql_commit(struct store *store, struct err *err);
void sql_rollback(struct store *store);

/* Tells why the last call on the connection to SQLite failed; -1. */
int sql_fail(struct store *store, struct err *err);
int sql_damaged(const struct store *store, const char *how, struct err *err);
