// SPDX-License-Identifier: MIT
#include "record/store_forward.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/store_forward_private.h"

#include <stdlib.h>
#include <string.h>

/* What belongs to a run, in an order that references allow. Columns are those of the table, which both engines have in one
 * order: the same migrations made them. */
static const struct table {
    const char *name;
    int n_columns, run, series; /* which column is which; series -1: none */
} tables[] = {
    { "host_fact", 4, 0, -1 },    { "block", 9, 0, -1 },          { "sample", 16, 1, 0 },  { "block_value", 5, 1, 0 },
    { "block_summary", 13, 1, 0 }, { "case_result", 6, 0, 1 }, { "estimate", 11, 1, 0 }, { "verdict", 12, 0, -1 },
};

enum { COLUMNS_MAX = 16 };

#define RUN_COLUMNS                                                                                                            \
    "command, against, commit_id, dirty, host_class, compiler, flags, libraries, seed, started, seconds, finished_at, judged," \
    " exit, uuid"
enum { RUN_N = 15 };

static int by_uuid(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The runs that `to` has of the host classes of `from`. */
static int load_known(struct forward *f, struct err *err)
{
    struct sql_stmt *classes = sql_prepare(f->from, "SELECT DISTINCT host_class FROM run", err);
    struct sql_stmt *row = sql_prepare(f->to, "SELECT uuid FROM run WHERE host_class = ?", err);
    int more = -1, inner;

    while (classes && row && (more = sql_step(f->from, classes, err)) > 0) {
        if (sql_start(f->to, row, SQL_ROW(SQL_V(sql_column_str(classes, 0))), err) < 0) {
            more = -1;
            break;
        }
        while ((inner = sql_step(f->to, row, err)) > 0) {
            f->known = mem_grow(f->known, &f->known_capacity, f->n_known + 1, sizeof(*f->known));
            sql_column_text(row, 0, f->known[f->n_known++], STORE_UUID);
        }
        if (inner < 0) {
            more = -1;
            break;
        }
    }
    sql_finalize(classes);
    sql_finalize(row);
    if (f->n_known)
        qsort(f->known, f->n_known, sizeof(*f->known), by_uuid);
    return more;
}

/* The runs that `to` lacks, oldest first. */
static int find_lacking(struct forward *f, struct err *err)
{
    struct sql_stmt *row = sql_prepare(
        f->from, "SELECT id, uuid, finished_at IS NULL FROM run ORDER BY started, id", err);
    int more = -1;

    while (row && (more = sql_step(f->from, row, err)) > 0) {
        if (sql_column_int(row, 2)) {
            f->out->unfinished++;
        } else if (f->n_known && bsearch(sql_column_str(row, 1), f->known, f->n_known, sizeof(*f->known), by_uuid)) {
            f->out->known++;
        } else {
            f->lacking = mem_grow(f->lacking, &f->lacking_capacity, f->n_lacking + 1, sizeof(*f->lacking));
            f->lacking[f->n_lacking++] = sql_column_int(row, 0);
        }
    }
    sql_finalize(row);
    return more;
}

/* One of the runs; *id 0: somebody was quicker. */
static int add_run(struct forward *f, int64_t from_id, int64_t *id, struct err *err)
{
    struct sql_value row[RUN_N + 1] = { [RUN_N] = { .kind = SQL_END } };
    int ret;

    if (sql_start(f->from, f->run, SQL_ROW(SQL_V(from_id)), err) < 0 || (ret = sql_step(f->from, f->run, err)) < 0)
        return -1;
    if (ret == 0) /* its store is pruned of nothing but samples: a run cannot go */
        return err_set(err, ERR_HARNESS, "run %lld is gone from '%s'", (long long)from_id, f->from->path);
    for (int i = 0; i < RUN_N; i++)
        row[i] = sql_column(f->run, i);
    ret = sql_run_number(f->to,
                         "INSERT INTO run (" RUN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                         " ON CONFLICT (uuid) DO NOTHING RETURNING id",
                         row, id, err);
    sql_reset(f->run);
    return ret < 0 ? -1 : 0;
}

/* What `table` has of the runs of a batch. */
static int copy_table(struct forward *f, const struct table *table, const struct batch *batch, struct err *err)
{
    struct sql_bulk *bulk = NULL;
    struct sql_stmt *row;
    struct text sql = { 0 };
    int more = 0;

    /* The tables by series are read series by series: their keys begin with it. */
    text_addf(&sql, table->series == 0 ? "SELECT m.* FROM series s CROSS JOIN %s m WHERE m.series = s.id AND m.run = ?"
                                       : "SELECT m.* FROM %s m WHERE m.run = ?", table->name);
    row = sql_prepare(f->from, sql.data, err);
    text_free(&sql);
    if (row)
        bulk = sql_bulk_begin(f->to, table->name, table->n_columns, err);
    for (size_t i = 0; i < batch->n && bulk && more == 0; i++) {
        more = batch->to[i] ? sql_start(f->from, row, SQL_ROW(SQL_V(batch->from[i])), err) : 0;
        while (batch->to[i] && more >= 0 && (more = sql_step(f->from, row, err)) > 0) {
            struct sql_value values[COLUMNS_MAX + 1];

            for (int c = 0; c < table->n_columns; c++)
                values[c] = sql_column(row, c);
            values[table->n_columns].kind = SQL_END;
            values[table->run] = sql_int(batch->to[i]);
            if (table->series >= 0 &&
                forward_series(f, values[table->series].i, &values[table->series].i, err) < 0)
                more = -1;
            else if (sql_bulk_add(bulk, values, err) < 0)
                more = -1;
            f->batch_samples += strcmp(table->name, "sample") == 0;
        }
    }
    if (sql_bulk_end(bulk, more == 0, err) < 0)
        more = -1;
    sql_finalize(row);
    return more;
}

/* One transaction: all of the batch or nothing. */
static int add_batch(struct forward *f, struct batch *batch, struct err *err)
{
    int ret = sql_begin(f->to, err);
    size_t n = 0;

    f->batch_samples = 0;
    for (size_t i = 0; i < batch->n && ret == 0; i++) {
        ret = add_run(f, batch->from[i], &batch->to[i], err);
        n += batch->to[i] != 0;
    }
    for (size_t t = 0; t < ARRAY_LEN(tables) && ret == 0 && n; t++)
        if (copy_table(f, &tables[t], batch, err) < 0)
            ret = err_wrap(err, "%s", tables[t].name);
    if (ret == 0)
        ret = sql_commit(f->to, err);
    if (ret < 0) {
        sql_rollback(f->to);
        return -1;
    }
    f->out->samples += f->batch_samples;
    f->out->known += (int64_t)(batch->n - n);
    for (size_t i = 0; i < batch->n; i++)
        if (batch->to[i]) {
            f->out->ids = mem_grow(f->out->ids, &f->out->ids_capacity, (size_t)f->out->runs + 1, sizeof(*f->out->ids));
            f->out->ids[f->out->runs++] = batch->to[i];
        }
    return 0;
}

static int add_runs(struct forward *f, store_forward_fn progress, void *arg, struct err *err)
{
    int ret = 0;

    f->run = sql_prepare(f->from, "SELECT " RUN_COLUMNS " FROM run WHERE id = ?", err);
    if (!f->run)
        return -1;
    for (size_t i = 0; i < f->n_lacking && ret == 0;) {
        struct batch batch = { .from = f->lacking + i };

        while (batch.n < STORE_FORWARD_BATCH && i + batch.n < f->n_lacking)
            batch.n++;
        ret = add_batch(f, &batch, err);
        i += batch.n;
        if (ret == 0 && progress)
            progress(arg, (int64_t)i, (int64_t)f->n_lacking);
    }
    sql_finalize(f->run);
    return ret;
}

int store_forward(struct store *from, struct store *to, store_forward_fn progress, void *arg, struct forwarded *forwarded,
                  struct err *err)
{
    struct forward f = { .from = from, .to = to, .out = forwarded };
    int ret = -1;

    *forwarded = (struct forwarded){ 0 };
    if (load_known(&f, err) < 0 || find_lacking(&f, err) < 0 || forward_cases(&f, err) < 0)
        goto out;
    if (add_runs(&f, progress, arg, err) < 0 || forward_rest(&f, err) < 0)
        goto out;
    ret = 0;
out:
    free(f.known);
    free(f.lacking);
    free(f.map);
    return ret < 0 ? err_wrap(err, "after %lld runs", (long long)forwarded->runs) : 0;
}
