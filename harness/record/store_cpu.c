// SPDX-License-Identifier: MIT
#include "record/store_cpu.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"

#include <math.h>
#include <stdlib.h>

/* Samples of blocks of our own program that went well, as store_load_run() has their times. */
static const char samples_sql[] =
    "SELECT m.block, m.cpu_ns FROM sample m JOIN series s ON s.id = m.series JOIN block b ON b.run = m.run"
    " AND b.comparison = s.comparison AND b.block = m.block WHERE s.case_id = ? AND m.run = ? AND b.side = 0"
    " AND b.status = 'ok' ORDER BY m.block";

struct room {
    double *ns;
    size_t n, capacity, blocks_capacity;
};

static void end_block(struct room *room, struct estimate *e)
{
    if (room->n == 0)
        return;
    stats_sort(room->ns, room->n);
    e->blocks = mem_grow(e->blocks, &room->blocks_capacity, e->n_blocks + 1, sizeof(*e->blocks));
    e->blocks[e->n_blocks++] = stats_median(room->ns, room->n);
    room->n = 0;
}

static int load_case(struct store *store, struct sql_stmt *row, int64_t run, struct case_result *c, struct err *err)
{
    struct estimate e = { .kind = METRIC_TIMED, .better = METRIC_LOWER_IS_BETTER, .value = NAN, .low = -INFINITY,
                          .high = INFINITY, .spread = NAN };
    struct room room = { 0 };
    int64_t block = -1;
    int more;

    if (sql_start(store, row, SQL_ROW(SQL_V((const char *)c->id), SQL_V(run)), err) < 0)
        return -1;
    while ((more = sql_step(store, row, err)) > 0) {
        double ns = sql_column_real(row, 1, NAN);

        if (sql_column_int(row, 0) != block)
            end_block(&room, &e);
        block = sql_column_int(row, 0);
        if (!isfinite(ns))
            continue;
        room.ns = mem_grow(room.ns, &room.capacity, room.n + 1, sizeof(*room.ns));
        room.ns[room.n++] = ns;
    }
    end_block(&room, &e);
    text_copy(e.metric, sizeof(e.metric), metric_cpu_time_ns.name);
    text_copy(e.unit, sizeof(e.unit), metric_cpu_time_ns.unit);
    if (e.n_blocks)
        *case_add_estimate(c) = e;
    free(room.ns);
    return more;
}

int store_load_cpu(struct store *store, struct run_result *run, struct err *err)
{
    struct sql_stmt *row = sql_prepare(store, samples_sql, err);
    int ret = row ? 0 : -1;

    for (size_t i = 0; i < run->n_cases && ret == 0; i++)
        if (!case_estimate(&run->cases[i], metric_cpu_time_ns.name))
            ret = load_case(store, row, run->info.id, &run->cases[i], err);
    sql_finalize(row);
    return ret < 0 ? err_wrap(err, "cannot load the CPU times") : 0;
}
