// SPDX-License-Identifier: MIT
#include "record/store_prune.h"

#include "base/mem.h"
#include "record/sql.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* One block of one series. */
struct block_room {
    double *ns;
    size_t n, capacity, n_mhz, n_instructions;
    int64_t block, iterations, switches;
    double mhz, instructions;
};

struct prune {
    struct store *store;
    struct sql_stmt *series, *samples, *add, *drop;
    struct block_room room;
    struct pruned *pruned;
};

static int prepare(struct prune *p, struct err *err)
{
    const struct {
        struct sql_stmt **stmt;
        const char *sql;
    } rows[] = {
        { &p->series,
          "SELECT id FROM series s WHERE EXISTS (SELECT 1 FROM sample m WHERE m.series = s.id AND m.run = ?)" },
        { &p->samples,
          "SELECT block, iterations, ns, switches, mhz, instructions FROM sample WHERE series = ? AND run = ?"
          " ORDER BY block" },
        { &p->add, "INSERT INTO block_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
        { &p->drop, "DELETE FROM sample WHERE series = ? AND run = ?" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!(*rows[i].stmt = sql_prepare(p->store, rows[i].sql, err)))
            return -1;
    return 0;
}

static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;

    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static int write_block(struct prune *p, int64_t series, int64_t run, struct err *err)
{
    struct block_room *b = &p->room;
    int ret;

    if (b->n == 0)
        return 0;
    stats_sort(b->ns, b->n);
    ret = sql_run(p->store, p->add,
                  SQL_ROW(SQL_V(series), SQL_V(run), SQL_V(b->block), SQL_V(b->n), SQL_V(b->iterations),
                          SQL_V(b->ns[0]), SQL_V(quantile(b->ns, b->n, 0.25)), SQL_V(quantile(b->ns, b->n, 0.5)),
                          SQL_V(quantile(b->ns, b->n, 0.75)), SQL_V(b->ns[b->n - 1]), SQL_V(b->switches),
                          SQL_V(b->n_mhz ? b->mhz / (double)b->n_mhz : NAN),
                          SQL_V(b->n_instructions ? b->instructions / (double)b->n_instructions : NAN)),
                  err);
    p->pruned->blocks++;
    p->pruned->samples += (int64_t)b->n;
    b->n = b->n_mhz = b->n_instructions = 0;
    b->iterations = b->switches = 0;
    b->mhz = b->instructions = 0;
    return ret;
}

static void take_sample(struct block_room *b, struct sql_stmt *row)
{
    double mhz = sql_column_real(row, 4, NAN), instructions = sql_column_real(row, 5, NAN);

    b->block = sql_column_int(row, 0);
    b->ns = mem_grow(b->ns, &b->capacity, b->n + 1, sizeof(*b->ns));
    b->ns[b->n++] = sql_column_real(row, 2, NAN);
    b->iterations += sql_column_int(row, 1);
    b->switches += sql_column_int(row, 3);
    if (!isnan(mhz)) {
        b->mhz += mhz;
        b->n_mhz++;
    }
    if (!isnan(instructions)) {
        b->instructions += instructions;
        b->n_instructions++;
    }
}

static int thin_series(struct prune *p, int64_t series, int64_t run, struct err *err)
{
    int more;

    if (sql_start(p->store, p->samples, SQL_ROW(SQL_V(series), SQL_V(run)), err) < 0)
        return -1;
    while ((more = sql_step(p->store, p->samples, err)) > 0) {
        if (p->room.n && p->room.block != sql_column_int(p->samples, 0) && write_block(p, series, run, err) < 0)
            return -1;
        take_sample(&p->room, p->samples);
    }
    if (more < 0 || write_block(p, series, run, err) < 0)
        return -1;
    return sql_run(p->store, p->drop, SQL_ROW(SQL_V(series), SQL_V(run)), err);
}

/* One transaction. A run that has no samples is none. */
static int thin_run(struct prune *p, int64_t run, struct err *err)
{
    int64_t before = p->pruned->samples;
    int more;

    if (sql_begin(p->store, err) < 0 || sql_start(p->store, p->series, SQL_ROW(SQL_V(run)), err) < 0)
        goto fail;
    while ((more = sql_step(p->store, p->series, err)) > 0)
        if (thin_series(p, sql_column_int(p->series, 0), run, err) < 0)
            goto fail;
    sql_reset(p->series);
    if (more < 0 || sql_commit(p->store, err) < 0)
        goto fail;
    p->pruned->runs += p->pruned->samples > before;
    return 0;
fail:
    sql_reset(p->series);
    sql_rollback(p->store);
    return err_wrap(err, "cannot thin run %" PRId64, run);
}

/* The runs that the policy gives up. */
static int find_runs(struct store *store, const char *before, int64_t **ids, size_t *n, struct err *err)
{
    struct sql_stmt *row = sql_prepare(
        store,
        "SELECT id FROM (SELECT id, started, finished_at, row_number() OVER (PARTITION BY host_class, finished_at IS NULL"
        " ORDER BY started DESC, id DESC) AS place FROM run) r WHERE started < ? AND (finished_at IS NULL OR place > ?)"
        " ORDER BY id",
        err);
    size_t capacity = 0;
    int more = -1;

    *ids = NULL;
    *n = 0;
    if (row && sql_start(store, row, SQL_ROW(SQL_V(before), SQL_V((int)STORE_PRUNE_RUNS)), err) == 0)
        while ((more = sql_step(store, row, err)) > 0) {
            *ids = mem_grow(*ids, &capacity, *n + 1, sizeof(**ids));
            (*ids)[(*n)++] = sql_column_int(row, 0);
        }
    sql_finalize(row);
    return more;
}

static int count_run(struct store *store, int64_t run, struct pruned *pruned, struct err *err)
{
    struct sql_stmt *count = sql_prepare(
        store,
        "SELECT count(*), count(DISTINCT m.series || ' ' || m.block) FROM series s CROSS JOIN"
        " sample m WHERE m.series = s.id AND m.run = ?",
        err);
    int ret = -1;

    if (count && sql_start(store, count, SQL_ROW(SQL_V(run)), err) == 0 && sql_step(store, count, err) == 1) {
        pruned->samples += sql_column_int(count, 0);
        pruned->blocks += sql_column_int(count, 1);
        pruned->runs += sql_column_int(count, 0) > 0;
        ret = 0;
    }
    sql_finalize(count);
    return ret;
}

/* The size of a file; of a server's tables, which look after their own: 0. */
static int file_bytes(struct store *store, int64_t *bytes, struct err *err)
{
    int64_t pages;

    *bytes = 0;
    if (!store->db)
        return 0;
    if (sql_number(store, "PRAGMA page_size", bytes, err) < 0 || sql_number(store, "PRAGMA page_count", &pages, err) < 0)
        return -1;
    *bytes *= pages;
    return 0;
}

/* In steps, each a short transaction, so that whoever measures beside need not wait long. */
static int give_back(struct store *store, struct err *err)
{
    int64_t left, last = INT64_MAX;

    if (!store->db)
        return 0;
    if (sql_number(store, "PRAGMA freelist_count", &left, err) < 0)
        return -1;
    while (left > 0 && left < last) { /* not fewer: an older file */
        last = left;
        if (sql_exec(store, "PRAGMA incremental_vacuum(1000)", err) < 0 ||
            sql_number(store, "PRAGMA freelist_count", &left, err) < 0)
            return -1;
    }
    return 0;
}

int store_prune(struct store *store, const char *before, bool only_count, struct pruned *pruned, struct err *err)
{
    struct prune p = { .store = store, .pruned = pruned };
    int64_t *ids, was = 0, is = 0;
    size_t n;
    int ret = find_runs(store, before, &ids, &n, err);

    *pruned = (struct pruned){ 0 };
    if (ret == 0 && !only_count)
        ret = file_bytes(store, &was, err) < 0 ? -1 : prepare(&p, err);
    for (size_t i = 0; ret == 0 && i < n; i++)
        ret = only_count ? count_run(store, ids[i], pruned, err) : thin_run(&p, ids[i], err);
    if (ret == 0 && !only_count)
        ret = give_back(store, err) < 0 ? -1 : file_bytes(store, &is, err);
    pruned->bytes = was - is;
    sql_finalize(p.series);
    sql_finalize(p.samples);
    sql_finalize(p.add);
    sql_finalize(p.drop);
    free(p.room.ns);
    free(ids);
    return ret;
}
