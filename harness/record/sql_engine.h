// SPDX-License-Identifier: MIT
/* sql_engine.h -- what stands under sql.h: one table of functions for each engine. */
#pragma once

#include "record/sql.h"

/* Each engine's statement begins with this. */
struct sql_stmt {
    const struct sql_engine *engine;
};

struct sql_bulk {
    struct store *store;
    int n_columns;
};

struct sql_engine {
    struct sql_stmt *(*prepare)(struct store *store, const char *sql, struct err *err);
    void (*finalize)(struct sql_stmt *stmt);
    int (*start)(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err);
    int (*step)(struct store *store, struct sql_stmt *stmt, struct err *err);
    void (*reset)(struct sql_stmt *stmt);
    struct sql_value (*column)(struct sql_stmt *stmt, int column); /* NULL is a REAL of NAN; text until the next step */
    int (*exec)(struct store *store, const char *sql, struct err *err);
    void (*rollback)(struct store *store);
    struct sql_bulk *(*bulk_begin)(struct store *store, const char *table, int n_columns, struct err *err);
    int (*bulk_add)(struct sql_bulk *bulk, const struct sql_value *row, struct err *err);
    int (*bulk_end)(struct sql_bulk *bulk, bool keep, struct err *err);
    void (*close)(struct store *store);
};

extern const struct sql_engine sql_sqlite;

/* A connection to the server that `url` names: store->server and store->engine. Where this program was built without libpq
 * it says so. */
int sql_postgres_open(struct store *store, const char *url, bool only_read, struct err *err);
