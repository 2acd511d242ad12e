// SPDX-License-Identifier: MIT
#include "record/store_acks.h"

#include "base/mem.h"
#include "record/sql.h"

#include <stdlib.h>

int store_add_ack(struct store *store, const struct ack *ack, struct err *err)
{
    struct sql_stmt *add = sql_prepare(store,
                                    "INSERT INTO ack (case_id, metric, host_class, run, reason, acked_at)"
                                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (case_id, metric, host_class, run) DO UPDATE SET reason = excluded.reason,"
                                    " acked_at = excluded.acked_at",
                                    err);
    int ret = add ? sql_run(store, add,
                            SQL_ROW(SQL_V(ack->case_id), SQL_V(ack->metric), SQL_V(ack->host_class), SQL_V(ack->run),
                                    SQL_V(ack->reason), SQL_V(ack->at)),
                            err)
                  : -1;

    sql_finalize(add);
    return ret < 0 ? err_wrap(err, "cannot record the acknowledgement") : 0;
}

int store_load_acks(struct store *store, struct ack **acks, size_t *n_acks, struct err *err)
{
    struct sql_stmt *row = sql_prepare(
        store, "SELECT case_id, metric, host_class, run, reason, acked_at FROM ack ORDER BY id", err);
    size_t capacity = 0;
    int more = -1;

    *acks = NULL;
    *n_acks = 0;
    while (row && (more = sql_step(store, row, err)) > 0) {
        struct ack *a;

        *acks = mem_grow(*acks, &capacity, *n_acks + 1, sizeof(**acks));
        a = &(*acks)[(*n_acks)++];
        sql_column_text(row, 0, a->case_id, sizeof(a->case_id));
        sql_column_text(row, 1, a->metric, sizeof(a->metric));
        sql_column_text(row, 2, a->host_class, sizeof(a->host_class));
        a->run = sql_column_int(row, 3);
        sql_column_text(row, 4, a->reason, sizeof(a->reason));
        sql_column_text(row, 5, a->at, sizeof(a->at));
    }
    sql_finalize(row);
    return more < 0 ? err_wrap(err, "cannot load the acknowledgements") : 0;
}
