// SPDX-License-Identifier: MIT
/* What history, changes, dashboard, compare, gate, nightly and prune ask of a store, each by the function that they call: its
 * statements are caught on their way to the engine and shown with the engine's plan, and the answer is timed. Each time the
 * store is opened anew: nothing is left of the one before but what the kernel (or the server) holds of the file. */
#include "store_scale.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql_engine.h"
#include "record/store.h"
#include "record/store_acks.h"
#include "record/store_costs.h"
#include "record/store_judged.h"
#include "record/store_nights.h"
#include "record/store_prune.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ASKED = 20, STATEMENTS = 64 };

/* What is asked, and how much came back. */
struct asked {
    const char *case_id;
    int64_t run, night;
    size_t n;
};

static int load_points(struct store *store, const char *const *globs, size_t n_globs, struct asked *a, struct err *err)
{
    struct history history;

    if (store_load_history(store, globs, n_globs, &history, err) < 0)
        return -1;
    for (size_t i = 0; i < history.n_series; i++)
        a->n += history.series[i].n_points;
    history_free(&history);
    return 0;
}

static int one_case(struct store *store, struct asked *a, struct err *err)
{
    return load_points(store, &a->case_id, 1, a, err);
}

static int all_cases(struct store *store, struct asked *a, struct err *err)
{
    return load_points(store, NULL, 0, a, err);
}

static int acks(struct store *store, struct asked *a, struct err *err)
{
    struct ack *rows;
    int ret = store_load_acks(store, &rows, &a->n, err);

    free(rows);
    return ret;
}

static int find_run(struct store *store, struct asked *a, struct err *err)
{
    int64_t id;

    a->n = 1;
    return store_find_run(store, "last~1", NULL, &id, err);
}

static int load_run(struct store *store, struct asked *a, struct err *err)
{
    struct run_result run;

    if (store_load_run(store, a->run, &run, err) < 0)
        return -1;
    a->n = run.n_cases;
    run_result_free(&run);
    return 0;
}

static int last_runs(struct store *store, struct asked *a, struct err *err)
{
    int64_t *ids;
    int ret = store_last_runs(store, &ids, &a->n, err);

    free(ids);
    return ret;
}

static int judged(struct store *store, struct asked *a, struct err *err)
{
    struct judgement *rows;
    int ret = store_load_judged(store, &rows, &a->n, err);

    store_free_judged(rows, a->n);
    return ret;
}

static int drills(struct store *store, struct asked *a, struct err *err)
{
    struct drill_row *rows;
    int ret = store_load_drills(store, &rows, &a->n, err);

    free(rows);
    return ret;
}

static int nights(struct store *store, struct asked *a, struct err *err)
{
    struct night *rows;
    int ret = store_load_nights(store, "scale-8c", &rows, &a->n, err);

    free(rows);
    return ret;
}

static int night_parts(struct store *store, struct asked *a, struct err *err)
{
    struct night_part *rows;
    int ret = store_load_night_parts(store, a->night, &rows, &a->n, err);

    free(rows);
    return ret;
}

static int costs(struct store *store, struct asked *a, struct err *err)
{
    const char *ids[] = { a->case_id };
    int64_t cost_us;

    a->n = 1;
    return store_load_costs(store, ids, 1, &cost_us, err);
}

/* Those of the oldest fiftieth of the runs are counted, which is what a monthly prune of some years finds. */
static int prune(struct store *store, struct asked *a, struct err *err)
{
    char before[32] = "";
    struct pruned pruned;
    struct sql_stmt *row = sql_prepare(store, "SELECT started FROM run ORDER BY id LIMIT 1 OFFSET"
                                              " (SELECT max(id) / 50 FROM run)", err);
    int ret = row ? sql_step(store, row, err) : -1;

    if (ret > 0)
        sql_column_text(row, 0, before, sizeof(before));
    sql_finalize(row);
    if (ret < 0 || store_prune(store, before, true, &pruned, err) < 0)
        return -1;
    a->n = (size_t)pruned.samples;
    return 0;
}

static const struct {
    const char *what, *of;
    int (*ask)(struct store *store, struct asked *a, struct err *err);
    int times;
} questions[] = {
    { "history, changes: one case", "points", one_case, ASKED },
    { "history, changes: acknowledgements", "", acks, ASKED },
    { "history, changes, dashboard, nightly: all cases", "points", all_cases, 1 },
    { "compare, export, accept: find the run before the last", "", find_run, ASKED },
    { "compare, export, accept, dashboard: load a run", "cases", load_run, ASKED },
    { "dashboard: the runs with the last word", "runs", last_runs, 3 },
    { "dashboard: what all runs were judged", "runs", judged, 3 },
    { "dashboard: the drills", "", drills, ASKED },
    { "nightly: the nights", "nights", nights, ASKED },
    { "nightly: what is done of a night", "parts", night_parts, ASKED },
    { "run --shard, gate --shard: what blocks cost", "", costs, ASKED },
    { "prune --dry-run: a fiftieth of the runs", "samples", prune, 1 },
};

/* The statements of the question that is asked. */
static struct {
    const struct sql_engine *real;
    struct sql_engine engine;
    char *sql[STATEMENTS];
    size_t n;
} caught;

static struct sql_stmt *catch_sql(struct store *store, const char *sql, struct err *err)
{
    bool known = false;

    for (size_t i = 0; i < caught.n; i++)
        known |= strcmp(caught.sql[i], sql) == 0;
    if (!known && caught.n < STATEMENTS)
        caught.sql[caught.n++] = mem_strdup(sql);
    return caught.real->prepare(store, sql, err);
}

/* A value in the place of each parameter, of which a plan on a server wants to know: text that reads as any type. */
static char *without_parameters(const char *sql)
{
    struct text out = { 0 };

    for (const char *at = sql; *at; at++) {
        text_addf(&out, *at == '?' ? "'1'" : "%c", *at);
        while (*at == '?' && isdigit((unsigned char)at[1]))
            at++;
    }
    return out.data;
}

static int show_plans(struct store *store, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; i < caught.n && ret == 0; i++) {
        char *sql = without_parameters(caught.sql[i]);
        struct text explain = { 0 };
        struct sql_stmt *row;
        int more = -1;

        text_addf(&explain, "EXPLAIN %s%s", store->server ? "" : "QUERY PLAN ", sql);
        printf("    %s\n", caught.sql[i]);
        row = sql_prepare(store, explain.data, err);
        while (row && (more = sql_step(store, row, err)) > 0)
            printf("        %s\n", sql_column_str(row, store->server ? 0 : 3));
        ret = more;
        sql_finalize(row);
        text_free(&explain);
        free(sql);
    }
    return ret;
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The `i`th of those asked, spread over the store. */
static int choose(struct store *store, int i, struct asked *a, char case_id[CASE_ID_MAX], struct err *err)
{
    struct sql_stmt *row = sql_prepare(store, "SELECT (SELECT case_id FROM series WHERE id = 1 + ? * (SELECT max(id) FROM series) / ?),"
                                              " 1 + ? * (SELECT max(id) FROM run) / ?,"
                                              " 1 + ? * (SELECT max(id) FROM night) / ?", err);
    int ret = -1;

    if (row && sql_start(store, row, SQL_ROW(SQL_V(i), SQL_V((int)ASKED), SQL_V(i), SQL_V((int)ASKED), SQL_V(i), SQL_V((int)ASKED)),
                         err) == 0 && sql_step(store, row, err) == 1) {
        sql_column_text(row, 0, case_id, CASE_ID_MAX);
        *a = (struct asked){ .case_id = case_id, .run = sql_column_int(row, 1), .night = sql_column_int(row, 2) };
        ret = 0;
    }
    sql_finalize(row);
    return ret;
}

static int time_question(const char *path, size_t q, struct err *err)
{
    double ms[ASKED];
    struct asked a = { 0 };
    int ret = 0;

    for (int i = 0; i < questions[q].times && ret == 0; i++) {
        struct store *store = store_open(path, STORE_READ, err);
        char case_id[CASE_ID_MAX];

        if (!store)
            return -1;
        ret = choose(store, i, &a, case_id, err);
        if (i == 0) {
            caught.real = store->engine;
            caught.engine = *store->engine;
            caught.engine.prepare = catch_sql;
            store->engine = &caught.engine;
        }
        ms[i] = now_ms();
        if (ret == 0)
            ret = questions[q].ask(store, &a, err);
        ms[i] = now_ms() - ms[i];
        if (i == 0) {
            store->engine = caught.real;
            printf("%s:\n", questions[q].what);
            if (ret == 0)
                ret = show_plans(store, err);
        }
        store_close(store);
    }
    while (caught.n)
        free(caught.sql[--caught.n]);
    if (ret < 0)
        return -1;
    qsort(ms, (size_t)questions[q].times, sizeof(*ms), by_value);
    printf("    -> %zu %s: median %.1f ms, slowest of %d %.1f ms\n", a.n, questions[q].of, ms[questions[q].times / 2],
           questions[q].times, ms[questions[q].times - 1]);
    return 0;
}

int store_scale_time(const char *path, struct err *err)
{
    struct store *store = store_open(path, STORE_READ, err);
    int64_t samples, cases, runs;
    int ret = -1;

    if (store && sql_number(store, "SELECT count(*) FROM sample", &samples, err) == 0 &&
        sql_number(store, "SELECT count(*) FROM series", &cases, err) == 0 &&
        sql_number(store, "SELECT count(*) FROM run", &runs, err) == 0) {
        printf("%lld samples of %lld cases in %lld runs\n", (long long)samples, (long long)cases, (long long)runs);
        ret = 0;
    }
    store_close(store);
    for (size_t q = 0; ret == 0 && q < ARRAY_LEN(questions); q++)
        ret = time_question(path, q, err);
    return ret;
}
