// SPDX-License-Identifier: MIT
#include "record/store_costs.h"

#include "base/mem.h"
#include "record/sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *id;
    size_t at;
    int64_t n;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

int store_load_costs(struct store *store, const char *const *ids, size_t n, int64_t *cost_us, struct err *err)
{
    struct sql_stmt *row = sql_prepare(
        store,
        "SELECT comparison, seconds FROM block WHERE status = 'ok' AND side = 0 AND seconds > 0 AND run IN"
        " (SELECT id FROM run WHERE finished_at IS NOT NULL ORDER BY started DESC, id DESC LIMIT ?)",
        err);
    struct entry *entries = mem_array(n, sizeof(*entries));
    int more = -1;

    for (size_t i = 0; i < n; i++) {
        entries[i] = (struct entry){ ids[i], i, 0 };
        cost_us[i] = 0;
    }
    if (n)
        qsort(entries, n, sizeof(*entries), by_id);
    if (row && sql_start(store, row, SQL_ROW(SQL_V((int)STORE_COSTS_RUNS)), err) == 0)
        while ((more = sql_step(store, row, err)) > 0) {
            struct entry key = { .id = sql_column_str(row, 0) };
            struct entry *e = n ? bsearch(&key, entries, n, sizeof(key), by_id) : NULL;

            if (e) {
                cost_us[e->at] += (int64_t)ceil(sql_column_real(row, 1, 0) * 1e6);
                e->n++;
            }
        }
    for (size_t i = 0; i < n; i++)
        if (entries[i].n)
            cost_us[entries[i].at] /= entries[i].n;
    sql_finalize(row);
    free(entries);
    return more < 0 ? err_wrap(err, "cannot tell what comparisons take") : 0;
}
