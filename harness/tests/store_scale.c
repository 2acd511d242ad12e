// SPDX-License-Identifier: MIT
/* store_scale.c -- a benchmark of the store: makes one of any size, and times what history, changes and dashboard ask of it.
 *
 *     pawl_store_scale make FILE CASES NIGHTS SAMPLES   four metrics a case; SAMPLES of each case every night
 *     pawl_store_scale night FILE SAMPLES               one night more, of all cases
 *     pawl_store_scale fleet FILE HOSTS NIGHTS CASES    a run a host and night, of one figure a case: ten hosts are a class
 *     pawl_store_scale time STORE                       the plans of the queries, and the times of one case; also of a URL
 *
 * Noise with a step now and then, seeded: the same file every time. ci/store-scale calls it. */
#include "base/day.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "record/sql.h"
#include "record/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VARIANTS = 4, CELLS = 3, BLOCK = 10, FIRST_DAY = 19000, ASKED = 50, CLASS = 10 };

static const char *const variants[VARIANTS] = { "naive", "avx2", "avx512", "peer" };
static const struct {
    const char *name, *unit, *better;
} kinds[] = { { "time_ns", "ns", "lower" }, { "speedup", "x", "higher" }, { "gflops", "GFLOP/s", "higher" },
              { "roof_percent", "%", "higher" } };

struct make {
    struct store *store;
    struct sql_stmt *series, *run, *fact, *result, *estimate, *value, *block, *sample;
    int64_t cases, nights, samples, hosts;
    struct rng rng;
};

static int prepare(struct make *m, struct err *err)
{
    const struct {
        struct sql_stmt **stmt;
        const char *sql;
    } rows[] = {
        { &m->series, "INSERT INTO series (case_id, scenario, variant, reference, params, role)"
                      " VALUES (?, ?, ?, 'naive', ?, ?)" },
        { &m->run, "INSERT INTO run (command, against, commit_id, dirty, compiler, flags, libraries, seed,"
                   " started, seconds, finished_at, uuid, host_class) VALUES ('nightly', '', ?, 0, 'GNU 12', '-O2', '', 1, ?,"
                   " 60, 'then', lower(hex(randomblob(16))), ?)" },
        { &m->fact, "INSERT INTO host_fact VALUES (?, 0, 'epoch', ?)" },
        { &m->result, "INSERT INTO case_result VALUES (?, ?, ?, 'ok', '', ?)" },
        { &m->estimate, "INSERT INTO estimate VALUES (?, ?, ?, ?, ?, 'timed', ?, ?, ?, ?, 0.01)" },
        { &m->value, "INSERT INTO block_value VALUES (?, ?, ?, ?, ?)" },
        { &m->block, "INSERT OR IGNORE INTO block SELECT ?, comparison, ?, 0, 'ok', '', '', '1', 0.3 FROM series WHERE id = ?" },
        { &m->sample, "INSERT INTO sample VALUES (?, ?, ?, ?, ?, 1000, ?, NULL, 1, 0, 0, NULL, NULL, NULL, NULL, NULL)" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!(*rows[i].stmt = sql_prepare(m->store, rows[i].sql, err)))
            return -1;
    return 0;
}

static void finalize(struct make *m)
{
    struct sql_stmt *const all[] = { m->series, m->run, m->fact, m->result, m->estimate, m->value, m->block, m->sample };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        sql_finalize(all[i]);
}

/* The nights from `first` on, up to m->nights. */
static int make_runs(struct make *m, int64_t first, struct err *err)
{
    for (int64_t night = first; night < m->nights; night++) {
        char day[DAY_TEXT], started[32], commit[41];

        day_format(FIRST_DAY + night, day);
        snprintf(started, sizeof(started), "%sT02:05:53Z", day);
        snprintf(commit, sizeof(commit), "%016llx%016llx%08x", (unsigned long long)rng_next(&m->rng),
                 (unsigned long long)rng_next(&m->rng), (unsigned)night);
        if (sql_run(m->store, m->run, SQL_ROW(SQL_V((const char *)commit), SQL_V((const char *)started), SQL_V("scale-8c")), err) < 0 ||
            sql_run(m->store, m->fact, SQL_ROW(SQL_V(night + 1), SQL_V(night < m->nights / 3 ? "0000000a" : "0000000b")),
                    err) < 0)
            return -1;
    }
    return 0;
}

static int make_case(struct make *m, int64_t id, struct err *err)
{
    char scenario[64], params[32], case_id[160];
    size_t variant = (size_t)(id - 1) % VARIANTS;
    int64_t cell = (id - 1) / VARIANTS % CELLS;

    snprintf(scenario, sizeof(scenario), "scale/op_%02lld", (long long)((id - 1) / (VARIANTS * CELLS)));
    snprintf(params, sizeof(params), "n=%d", 512 << cell);
    snprintf(case_id, sizeof(case_id), "%s/%s/%s", scenario, variants[variant], params);
    return sql_run(m->store, m->series,
                   SQL_ROW(SQL_V((const char *)case_id), SQL_V((const char *)scenario), SQL_V(variants[variant]),
                           SQL_V((const char *)params), SQL_V(variant == VARIANTS - 1)),
                   err);
}

static int make_samples(struct make *m, int64_t id, int64_t run, double ns, struct err *err)
{
    for (int64_t i = 0; i < m->samples; i++)
        if (sql_run(m->store, m->sample,
                    SQL_ROW(SQL_V(id), SQL_V(run), SQL_V(i / BLOCK), SQL_V(i % BLOCK), SQL_V(i % BLOCK),
                            SQL_V(ns * (1 + 0.01 * fabs(rng_normal(&m->rng))))),
                    err) < 0)
            return -1;
    return 0;
}

static int make_night(struct make *m, int64_t id, int64_t run, double ns, struct err *err)
{
    int64_t blocks = (m->samples + BLOCK - 1) / BLOCK;

    if (sql_run(m->store, m->result, SQL_ROW(SQL_V(run), SQL_V(id), SQL_V(id), SQL_V(blocks)), err) < 0)
        return -1;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        double noise = 1 + 0.005 * rng_normal(&m->rng), value = (k ? 1e8 / ns : ns) * noise;

        if (sql_run(m->store, m->estimate,
                    SQL_ROW(SQL_V(id), SQL_V(run), SQL_V(kinds[k].name), SQL_V(k), SQL_V(kinds[k].unit),
                            SQL_V(kinds[k].better), SQL_V(value), SQL_V(value * 0.99), SQL_V(value * 1.01)),
                    err) < 0)
            return -1;
        for (int64_t b = 0; b < blocks; b++)
            if (sql_run(m->store, m->value, SQL_ROW(SQL_V(id), SQL_V(run), SQL_V(kinds[k].name), SQL_V(b), SQL_V(value)),
                        err) < 0)
                return -1;
    }
    for (int64_t b = 0; b < blocks; b++)
        if (sql_run(m->store, m->block, SQL_ROW(SQL_V(run), SQL_V(b), SQL_V(id)), err) < 0)
            return -1;
    return make_samples(m, id, run, ns, err);
}

static int begin(struct make *m, int64_t first, struct err *err)
{
    if (sql_exec(m->store, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000", err) < 0 ||
        sql_begin(m->store, err) < 0 || prepare(m, err) < 0)
        return -1;
    return make_runs(m, first, err);
}

/* One more than there are, of the same cases. */
static int add_night(struct make *m, struct err *err)
{
    int64_t nights;
    int ret = sql_number(m->store, "SELECT count(*) FROM run", &nights, err) < 0 ||
                      sql_number(m->store, "SELECT count(*) FROM series", &m->cases, err) < 0
                  ? -1
                  : 0;

    m->nights = nights + 1;
    if (ret == 0)
        ret = begin(m, nights, err);
    for (int64_t id = 1; ret == 0 && id <= m->cases; id++)
        ret = make_night(m, id, m->nights, 1e5 * (double)(1 + id % 7), err);
    finalize(m);
    return ret < 0 ? ret : sql_commit(m->store, err);
}

/* One host's night: a class has ten hosts that measure the same code, and a commit in 200 moves a case. */
static int make_fleet_run(struct make *m, int64_t run, int64_t host, int64_t night, const double *level, struct err *err)
{
    char day[DAY_TEXT], started[32], commit[41], class[32];

    day_format(FIRST_DAY + night, day);
    snprintf(started, sizeof(started), "%sT%02lld:%02lld:00Z", day, (long long)(host / 60 % 24), (long long)(host % 60));
    snprintf(commit, sizeof(commit), "%040llx", (unsigned long long)night);
    snprintf(class, sizeof(class), "fleet-%02lld", (long long)(host / CLASS));
    if (sql_run(m->store, m->run, SQL_ROW(SQL_V((const char *)commit), SQL_V((const char *)started), SQL_V((const char *)class)),
                err) < 0 ||
        sql_run(m->store, m->fact, SQL_ROW(SQL_V(run), SQL_V("0000000a")), err) < 0)
        return -1;
    for (int64_t id = 1; id <= m->cases; id++) {
        double value = level[id - 1] * (1 + 0.005 * rng_normal(&m->rng));

        if (sql_run(m->store, m->result, SQL_ROW(SQL_V(run), SQL_V(id), SQL_V(id), SQL_V(8)), err) < 0 ||
            sql_run(m->store, m->estimate,
                    SQL_ROW(SQL_V(id), SQL_V(run), SQL_V("speedup"), SQL_V(1), SQL_V("x"), SQL_V("higher"), SQL_V(value),
                            SQL_V(value * 0.99), SQL_V(value * 1.01)),
                    err) < 0)
            return -1;
    }
    return 0;
}

static int make_fleet(struct make *m, struct err *err)
{
    double *level = mem_array((size_t)m->cases, sizeof(*level));
    int64_t run = 0, steps = 0, nights = m->nights;
    int ret;

    m->nights = 0; /* begin() makes the runs of one host */
    ret = begin(m, 0, err);
    for (int64_t id = 1; id <= m->cases && ret == 0; id++) {
        level[id - 1] = (double)(1 + id % 7);
        ret = make_case(m, id, err);
    }
    for (int64_t night = 0; night < nights && ret == 0; night++) {
        for (int64_t id = 0; id < m->cases && night; id++)
            if (rng_below(&m->rng, 200) == 0) {
                level[id] *= rng_below(&m->rng, 2) ? 1.05 : 1 / 1.05;
                steps++;
            }
        for (int64_t host = 0; host < m->hosts && ret == 0; host++)
            ret = make_fleet_run(m, ++run, host, night, level, err);
    }
    free(level);
    finalize(m);
    if (ret == 0)
        printf("%lld runs; %lld true steps, the same in each class\n", (long long)run, (long long)steps);
    return ret < 0 ? ret : sql_commit(m->store, err);
}

static int make(struct make *m, struct err *err)
{
    int ret = begin(m, 0, err);

    for (int64_t id = 1; ret == 0 && id <= m->cases; id++) {
        double ns = 1e5 * (double)(1 + id % 7);

        ret = make_case(m, id, err);
        for (int64_t night = 0; ret == 0 && night < m->nights; night++) {
            if (rng_below(&m->rng, 400) == 0)
                ns *= 1 + 0.05 * rng_normal(&m->rng);
            ret = make_night(m, id, night + 1, ns, err);
        }
    }
    finalize(m);
    return ret < 0 ? ret : sql_commit(m->store, err);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int show_plan(struct store *store, const char *what, const char *sql, struct err *err)
{
    struct text explain = { 0 };
    struct sql_stmt *row;
    int more = -1;

    text_addf(&explain, store->server ? "EXPLAIN %.*s = 1 ORDER BY run" : "EXPLAIN QUERY PLAN %.*s = 1 ORDER BY run",
              (int)(strchr(sql, '?') - sql - 3), sql);
    printf("%s:\n", what);
    row = sql_prepare(store, explain.data, err);
    while (row && (more = sql_step(store, row, err)) > 0)
        printf("    %s\n", sql_column_str(row, store->server ? 0 : 3));
    sql_finalize(row);
    text_free(&explain);
    return more;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* One case of the history after the other, each by a store opened anew: nothing is left of the one before but what the
 * kernel holds of the file. */
static int time_cases(const char *path, int64_t cases, struct err *err)
{
    double ms[ASKED];
    size_t points = 0, series = 0;

    for (int i = 0; i < ASKED; i++) {
        int64_t id = 1 + (int64_t)i * cases / ASKED;
        struct store *store = store_open(path, STORE_READ, err);
        struct history history;
        char glob[160];
        const char *globs[] = { glob };
        double began;

        if (!store)
            return -1;
        snprintf(glob, sizeof(glob), "scale/op_%02lld/%s/n=%d", (long long)((id - 1) / (VARIANTS * CELLS)),
                 variants[(id - 1) % VARIANTS], 512 << ((id - 1) / VARIANTS % CELLS));
        began = now_ms();
        if (store_load_history(store, globs, 1, &history, err) < 0) {
            store_close(store);
            return -1;
        }
        ms[i] = now_ms() - began;
        series += history.n_series;
        points += history.n_series ? history.series[0].n_points : 0;
        history_free(&history);
        store_close(store);
    }
    qsort(ms, ASKED, sizeof(*ms), by_value);
    printf("one case of the history (%zu series of %zu points): median %.1f ms, slowest of %d %.1f ms\n", series / ASKED,
           points / ASKED, ms[ASKED / 2], ASKED, ms[ASKED - 1]);
    return 0;
}

static int time_store(const char *path, struct err *err)
{
    struct store *store = store_open(path, STORE_READ, err);
    struct history history;
    int64_t samples, cases;
    double began;
    int ret = -1;

    if (!store || sql_number(store, "SELECT count(*) FROM sample", &samples, err) < 0 ||
        sql_number(store, "SELECT count(*) FROM series", &cases, err) < 0)
        goto out;
    printf("%lld samples of %lld cases\n", (long long)samples, (long long)cases);
    if (show_plan(store, "the figures of a case", store_history_sql, err) < 0 || time_cases(path, cases, err) < 0)
        goto out;
    began = now_ms();
    if (store_load_history(store, NULL, 0, &history, err) < 0)
        goto out;
    printf("the whole history (%zu series): %.0f ms\n", history.n_series, now_ms() - began);
    history_free(&history);
    ret = 0;
out:
    store_close(store);
    return ret;
}

int main(int argc, char **argv)
{
    struct make m = { .rng = rng_seed(1) };
    struct err err = { 0 };
    int ret = -1;

    if (argc == 3 && strcmp(argv[1], "time") == 0) {
        ret = time_store(argv[2], &err);
    } else if (argc == 6 && (strcmp(argv[1], "make") == 0 || strcmp(argv[1], "fleet") == 0)) {
        bool fleet = argv[1][0] == 'f';

        if (text_int64(argv[fleet ? 5 : 3], 1, 1000000, &m.cases, &err) == 0 &&
            text_int64(argv[4], 1, 100000, &m.nights, &err) == 0 &&
            text_int64(argv[fleet ? 3 : 5], 0, 100000, fleet ? &m.hosts : &m.samples, &err) == 0 &&
            (m.store = store_open(argv[2], STORE_WRITE, &err)))
            ret = fleet ? make_fleet(&m, &err) : make(&m, &err);
        store_close(m.store);
    } else if (argc == 4 && strcmp(argv[1], "night") == 0) {
        if (text_int64(argv[3], 0, 100000, &m.samples, &err) == 0 && (m.store = store_open(argv[2], STORE_WRITE, &err)))
            ret = add_night(&m, &err);
        store_close(m.store);
    } else {
        fprintf(stderr, "usage: %s make FILE CASES NIGHTS SAMPLES | fleet FILE HOSTS NIGHTS CASES | night FILE SAMPLES | time STORE\n", argv[0]);
        return 2;
    }
    if (ret < 0)
        fprintf(stderr, "%s: %s\n", argv[0], err.msg);
    return ret < 0 ? 4 : 0;
}
