// SPDX-License-Identifier: MIT
/* PostgreSQL, and what speaks its protocol, by libpq. */
#include "record/sql_dialect.h"
#include "record/sql_engine.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS = 32, FLUSH = 1 << 16, /* types, of pg_type.h: part of the protocol */
       BOOL_ = 16, INT8_ = 20, INT2_ = 21, INT4_ = 23, TEXT_ = 25, FLOAT4_ = 700, FLOAT8_ = 701, NUMERIC_ = 1700 };

struct sql_server {
    PGconn *conn;
    unsigned prepared; /* so many names were given */
};

struct pg_stmt {
    struct sql_stmt base;
    struct store *store;
    char *sql;
    PGresult *rows;
    int at, runs;
    char name[16]; /* "": not prepared yet: most run once */
};

struct pg_bulk {
    struct sql_bulk base;
    struct text rows;
};

/* Why it failed, in one line; -1. */
static int fail(const struct store *store, const PGresult *result, struct err *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *why = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char line[256];

    text_copy(line, sizeof(line), why ? why : PQerrorMessage(store->server->conn));
    for (char *end = line + strlen(line); end > line && isspace((unsigned char)end[-1]);)
        *--end = '\0';
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    if (PQstatus(store->server->conn) != CONNECTION_OK)
        return err_set(err, ERR_HARNESS, "the connection to '%s' is lost: what was recorded before is kept (%s)", store->path,
                       line);
    if (state && strcmp(state, "42501") == 0)
        return err_set(err, ERR_HARNESS, "this user may not do that in '%s': %s (see `pawl push --print-roles`)", store->path,
                       line);
    if (state && strncmp(state, "53", 2) == 0)
        return err_set(err, ERR_HARNESS, "no room left in '%s': what was recorded before is kept (%s)", store->path, line);
    if (state && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0))
        return err_set(err, ERR_HARNESS, "'%s' is written by others at the same rows: try again (%s)", store->path, line);
    return err_set(err, ERR_HARNESS, "'%s': %s", store->path, line);
}

static bool went_well(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
}

static struct pg_stmt *pg(struct sql_stmt *stmt)
{
    return (struct pg_stmt *)stmt;
}

extern const struct sql_engine sql_postgres;

static struct sql_stmt *prepare(struct store *store, const char *sql, struct err *err)
{
    struct pg_stmt *s = mem_array(1, sizeof(*s));

    (void)err; /* what is wrong with it is told when it runs */
    s->base.engine = &sql_postgres;
    s->store = store;
    s->sql = sql_translate(sql);
    return &s->base;
}

static void reset(struct sql_stmt *stmt)
{
    PQclear(pg(stmt)->rows);
    pg(stmt)->rows = NULL;
}

static void finalize(struct sql_stmt *stmt)
{
    struct pg_stmt *s = pg(stmt);

    reset(stmt);
    if (s->name[0]) {
        char drop[32];

        snprintf(drop, sizeof(drop), "DEALLOCATE %s", s->name);
        PQclear(PQexec(s->store->server->conn, drop));
    }
    free(s->sql);
    free(s);
}

/* The values of one run of a statement, as the protocol has them. */
struct arguments {
    Oid types[PARAMETERS];
    const char *values[PARAMETERS];
    char numbers[PARAMETERS][32], *mended[PARAMETERS];
    int n;
};

static void fill(struct arguments *a, const struct sql_value *row)
{
    for (a->n = 0; row[a->n].kind != SQL_END; a->n++) {
        const struct sql_value *v = &row[a->n];
        int i = a->n;

        if (i == PARAMETERS)
            BUG("more than %d values", PARAMETERS);
        a->mended[i] = v->kind == SQL_TEXT ? sql_mend(v->s) : NULL;
        a->types[i] = v->kind == SQL_INT ? INT8_ : v->kind == SQL_REAL ? FLOAT8_ : TEXT_;
        if (v->kind == SQL_INT)
            snprintf(a->numbers[i], sizeof(a->numbers[i]), "%" PRId64, v->i);
        else if (v->kind == SQL_REAL)
            snprintf(a->numbers[i], sizeof(a->numbers[i]), "%.17g", v->r);
        a->values[i] = v->kind != SQL_TEXT ? a->numbers[i] : a->mended[i] ? a->mended[i] : v->s;
        if (v->kind == SQL_REAL && isnan(v->r))
            a->values[i] = NULL;
    }
}

/* What runs a second time is prepared: its plan is kept. */
static PGresult *execute(struct pg_stmt *s, const struct arguments *a)
{
    struct sql_server *server = s->store->server;

    if (s->runs++ == 0)
        return PQexecParams(server->conn, s->sql, a->n, a->types, a->values, NULL, NULL, 0);
    if (!s->name[0]) {
        char name[sizeof(s->name)];
        PGresult *result;

        snprintf(name, sizeof(name), "s%u", ++server->prepared);
        result = PQprepare(server->conn, name, s->sql, a->n, a->types);
        if (!went_well(result))
            return result;
        PQclear(result);
        memcpy(s->name, name, sizeof(name));
    }
    return PQexecPrepared(server->conn, s->name, a->n, a->values, NULL, NULL, 0);
}

static int start(struct store *store, struct sql_stmt *stmt, const struct sql_value *row, struct err *err)
{
    struct pg_stmt *s = pg(stmt);
    struct arguments a;
    int ret = 0;

    reset(stmt);
    fill(&a, row);
    s->rows = execute(s, &a);
    s->at = -1;
    if (!went_well(s->rows))
        ret = fail(store, s->rows, err);
    for (int i = 0; i < a.n; i++)
        free(a.mended[i]);
    return ret;
}

static int step(struct store *store, struct sql_stmt *stmt, struct err *err)
{
    static const struct sql_value none = { .kind = SQL_END };
    struct pg_stmt *s = pg(stmt);

    if (!s->rows && start(store, stmt, &none, err) < 0)
        return -1;
    return ++s->at < PQntuples(s->rows);
}

static struct sql_value column(struct sql_stmt *stmt, int at)
{
    const struct pg_stmt *s = pg(stmt);
    const char *text = PQgetvalue(s->rows, s->at, at);

    if (PQgetisnull(s->rows, s->at, at))
        return sql_real(NAN);
    switch (PQftype(s->rows, at)) {
    case BOOL_:
        return sql_int(*text == 't');
    case INT2_:
    case INT4_:
    case INT8_:
        return sql_int(strtoll(text, NULL, 10));
    case FLOAT4_:
    case FLOAT8_:
    case NUMERIC_:
        return sql_real(strtod(text, NULL));
    default:
        return sql_text(text);
    }
}

static int exec(struct store *store, const char *sql, struct err *err)
{
    char *theirs = sql_translate(sql);
    PGresult *result = PQexec(store->server->conn, theirs);
    int ret = went_well(result) ? 0 : fail(store, result, err);

    PQclear(result);
    free(theirs);
    return ret;
}

static void rollback(struct store *store)
{
    PGTransactionStatusType status = PQtransactionStatus(store->server->conn);

    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR)
        PQclear(PQexec(store->server->conn, "ROLLBACK"));
}

static struct sql_bulk *bulk_begin(struct store *store, const char *table, int n_columns, struct err *err)
{
    struct pg_bulk *bulk;
    char sql[96];
    PGresult *result;

    snprintf(sql, sizeof(sql), "COPY %s FROM STDIN", table);
    result = PQexec(store->server->conn, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        fail(store, result, err);
        PQclear(result);
        return NULL;
    }
    PQclear(result);
    bulk = mem_array(1, sizeof(*bulk));
    bulk->base = (struct sql_bulk){ store, n_columns };
    return &bulk->base;
}

/* The text format of COPY: tabs between columns, \N for NULL, a backslash before what would be taken for these. */
static void add_text(struct text *out, const char *s)
{
    char *mended = sql_mend(s);

    for (const char *at = mended ? mended : s; *at;) {
        size_t n = strcspn(at, "\\\t\n\r");

        text_addf(out, "%.*s", (int)n, at);
        at += n;
        if (*at)
            text_addf(out, "\\%c", *at == '\t' ? 't' : *at == '\n' ? 'n' : *at == '\r' ? 'r' : '\\'), at++;
    }
    free(mended);
}

/* As printf's, which takes most of the time of a long COPY. */
static void add_int(struct text *out, int64_t i)
{
    char digits[24], *at = digits + sizeof(digits) - 1;
    uint64_t rest = i < 0 ? -(uint64_t)i : (uint64_t)i;

    *at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (i < 0)
        *--at = '-';
    text_add(out, at);
}

static int flush(struct pg_bulk *bulk, struct err *err)
{
    const struct store *store = bulk->base.store;
    int ret = bulk->rows.len ? PQputCopyData(store->server->conn, bulk->rows.data, (int)bulk->rows.len) : 1;

    bulk->rows.len = 0;
    return ret == 1 ? 0 : fail(store, NULL, err);
}

static int bulk_add(struct sql_bulk *base, const struct sql_value *row, struct err *err)
{
    struct pg_bulk *bulk = (struct pg_bulk *)base;
    struct text *out = &bulk->rows;

    for (int i = 0; i < base->n_columns; i++) {
        char number[40];

        if (row[i].kind == SQL_END)
            BUG("%d values for %d columns", i, base->n_columns);
        if (row[i].kind == SQL_TEXT) {
            add_text(out, row[i].s);
        } else if (row[i].kind == SQL_REAL && isnan(row[i].r)) {
            text_add(out, "\\N");
        } else if (row[i].kind == SQL_INT) {
            add_int(out, row[i].i);
        } else {
            snprintf(number, sizeof(number), "%.17g", row[i].r);
            text_add(out, number);
        }
        text_add(out, i + 1 < base->n_columns ? "\t" : "\n");
    }
    return out->len >= FLUSH ? flush(bulk, err) : 0;
}

static int bulk_end(struct sql_bulk *base, bool keep, struct err *err)
{
    struct pg_bulk *bulk = (struct pg_bulk *)base;
    PGconn *conn = base->store->server->conn;
    PGresult *result;
    int ret = keep && flush(bulk, err) == 0 ? 0 : -1;

    if (PQputCopyEnd(conn, ret == 0 ? NULL : "given up") != 1 && ret == 0)
        ret = fail(base->store, NULL, err);
    while ((result = PQgetResult(conn))) {
        if (!went_well(result) && ret == 0)
            ret = fail(base->store, result, err);
        PQclear(result);
    }
    text_free(&bulk->rows);
    free(bulk);
    return ret;
}

static void close_store(struct store *store)
{
    PQfinish(store->server->conn);
    free(store->server);
}

const struct sql_engine sql_postgres = { prepare, finalize, start,      step,     reset,    column,
                                         exec,    rollback, bulk_begin, bulk_add, bulk_end, close_store };

static void say_nothing(void *arg, const char *notice)
{
    (void)arg;
    (void)notice;
}

int sql_postgres_open(struct store *store, const char *url, bool only_read, struct err *err)
{
    /* What stands before the URL is a default that it may change; all else, as of TLS, passes through. */
    const char *const names[] = { "connect_timeout", "dbname", "fallback_application_name", "client_encoding", NULL };
    const char *const values[] = { "15", url, "pawl", "UTF8", NULL };
    char why[300];

    store->server = mem_array(1, sizeof(*store->server));
    store->server->conn = PQconnectdbParams(names, values, 1);
    store->engine = &sql_postgres;
    if (PQstatus(store->server->conn) != CONNECTION_OK) {
        text_copy(why, sizeof(why), PQerrorMessage(store->server->conn));
        for (char *c = why; *c; c++)
            if (*c == '\n')
                *c = c[1] ? ' ' : '\0';
        return err_set(err, ERR_HARNESS, "cannot connect to '%s': %s", store->path, why);
    }
    PQsetNoticeProcessor(store->server->conn, say_nothing, NULL);
    return only_read ? exec(store, "SET default_transaction_read_only = on", err) : 0;
}
