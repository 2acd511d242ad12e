// SPDX-License-Identifier: MIT
#include "record/store_epochs.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"

#include <stdlib.h>

struct run_epoch {
    int64_t run;
    char epoch[sizeof(((struct point *)0)->epoch)];
};

static int compare_runs(const void *key, const void *entry)
{
    int64_t a = *(const int64_t *)key, b = ((const struct run_epoch *)entry)->run;

    return (a > b) - (a < b);
}

static void fill(struct series *series, const struct run_epoch *epochs, size_t n)
{
    for (size_t i = 0; n && i < series->n_points; i++) {
        struct point *p = &series->points[i];
        const struct run_epoch *found = bsearch(&p->run, epochs, n, sizeof(*epochs), compare_runs);

        if (found)
            text_copy(p->epoch, sizeof(p->epoch), found->epoch);
    }
}

int store_epochs_fill(struct store *store, struct history *history, struct err *err)
{
    sqlite3_stmt *row = sql_prepare(store, "SELECT run, value FROM host_fact WHERE key = 'epoch' ORDER BY run", err);
    struct run_epoch *epochs = NULL;
    size_t n = 0, capacity = 0;
    int more = -1;

    while (row && (more = sql_step(store, row, err)) > 0) {
        epochs = mem_grow(epochs, &capacity, n + 1, sizeof(*epochs));
        epochs[n].run = sqlite3_column_int64(row, 0);
        sql_column_text(row, 1, epochs[n].epoch, sizeof(epochs[n].epoch));
        n++;
    }
    sqlite3_finalize(row);
    for (size_t i = 0; more == 0 && i < history->n_series; i++)
        fill(&history->series[i], epochs, n);
    free(epochs);
    return more;
}
