// SPDX-License-Identifier: MIT
/* store_scale.c -- a benchmark of the store: makes one of any size, and times what the commands that look ask of it.
 *
 *     pawl_store_scale make FILE CASES NIGHTS SAMPLES   four metrics a case; SAMPLES of each case every night
 *     pawl_store_scale night FILE SAMPLES               one night more, of all cases
 *     pawl_store_scale fleet FILE HOSTS NIGHTS CASES    a run a host and night, of one figure a case: ten hosts are a class
 *     pawl_store_scale time STORE                       each query with its plan and its time (store_scale_time.c); also of a URL
 *
 * A night is what `pawl nightly` records, a run a scenario, and each run is judged, as a gate does. Noise with a step now and
 * then, seeded: the same file every time. ci/store-scale calls it. */
#include "base/day.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "record/sql.h"
#include "record/store.h"
#include "store_scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIANTS = 4, CELLS = 3, PER_SCENARIO = VARIANTS * CELLS, BLOCK = 10, FIRST_DAY = 19000, CLASS = 10 };

static const char *const variants[VARIANTS] = { "naive", "avx2", "avx512", "peer" };
static const struct {
    const char *name, *unit, *better;
} kinds[] = { { "time_ns", "ns", "lower" }, { "speedup", "x", "higher" }, { "gflops", "GFLOP/s", "higher" },
              { "roof_percent", "%", "higher" } };

struct make {
    struct store *store;
    struct sql_stmt *series, *run, *fact, *result, *estimate, *value, *block, *sample, *verdict, *night, *part;
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
                   " started, seconds, finished_at, judged, uuid, host_class) VALUES ('nightly', '', ?, 0, 'GNU 12', '-O2', '',"
                   " 1, ?, 60, 'then', ?, lower(hex(randomblob(16))), ?)" },
        { &m->fact, "INSERT INTO host_fact VALUES (?, ?, ?, ?)" },
        { &m->result, "INSERT INTO case_result VALUES (?, ?, ?, 'ok', '', ?)" },
        { &m->estimate, "INSERT INTO estimate VALUES (?, ?, ?, ?, ?, 'timed', ?, ?, ?, ?, 0.01)" },
        { &m->value, "INSERT INTO block_value VALUES (?, ?, ?, ?, ?)" },
        { &m->block, "INSERT OR IGNORE INTO block SELECT ?, comparison, ?, 0, 'ok', '', '', '1', 0.3 FROM series WHERE id = ?" },
        { &m->sample, "INSERT INTO sample VALUES (?, ?, ?, ?, ?, 1000, ?, NULL, 1, 0, 0, NULL, NULL, NULL, NULL, NULL)" },
        { &m->verdict, "INSERT INTO verdict SELECT ?, ?, case_id, 'time_ns', 'baseline', ?, ?, ?, ?, ?, 0.02,"
                       " 'what a gate says in some sixty bytes: +0.1 % [-0.9, +1.1] over 8 blocks' FROM series WHERE id = ?" },
        { &m->night, "INSERT INTO night (night, host_class, commit_id, parts, started, finished_at)"
                     " VALUES (?, 'scale-8c', 'x', ?, ?, 'then')" },
        { &m->part, "INSERT INTO night_part VALUES (?, ?, ?, 0)" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!(*rows[i].stmt = sql_prepare(m->store, rows[i].sql, err)))
            return -1;
    return 0;
}

static void finalize(struct make *m)
{
    struct sql_stmt *const all[] = { m->series, m->run,    m->fact,    m->result, m->estimate, m->value,
                                     m->block,  m->sample, m->verdict, m->night,  m->part };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        sql_finalize(all[i]);
}

/* As many as a fingerprint has. */
static int make_facts(struct make *m, int64_t run, const char *epoch, struct err *err)
{
    static const char *const keys[] = { "cpu", "cores", "l3", "domain", "isa", "memory", "kernel", "microcode",
                                        "virtualised", "smt", "clocksource", "hwloc", "epoch" };

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (sql_run(m->store, m->fact,
                    SQL_ROW(SQL_V(run), SQL_V(i), SQL_V(keys[i]),
                            SQL_V(i + 1 == ARRAY_LEN(keys) ? epoch : "AMD EPYC, 32 MiB L3")),
                    err) < 0)
            return -1;
    return 0;
}

static int64_t scenarios(const struct make *m)
{
    return (m->cases + PER_SCENARIO - 1) / PER_SCENARIO;
}

static void scenario_name(int64_t scenario, char name[64])
{
    snprintf(name, 64, "scale/op_%02lld", (long long)scenario);
}

/* The run of a case, by their numbers. */
static int64_t run_of(const struct make *m, int64_t id, int64_t night)
{
    return night * scenarios(m) + (id - 1) / PER_SCENARIO + 1;
}

/* The nights from `first` on, up to m->nights. */
static int make_runs(struct make *m, int64_t first, struct err *err)
{
    for (int64_t night = first; night < m->nights; night++) {
        char day[DAY_TEXT], started[32], commit[41], name[64];

        day_format(FIRST_DAY + night, day);
        snprintf(commit, sizeof(commit), "%016llx%016llx%08x", (unsigned long long)rng_next(&m->rng),
                 (unsigned long long)rng_next(&m->rng), (unsigned)night);
        if (sql_run(m->store, m->night, SQL_ROW(SQL_V((const char *)day), SQL_V(scenarios(m)), SQL_V((const char *)day)), err) < 0)
            return -1;
        for (int64_t s = 0; s < scenarios(m); s++) {
            int64_t run = night * scenarios(m) + s + 1;

            snprintf(started, sizeof(started), "%sT%02lld:%02lld:53Z", day, (long long)(2 + s / 60 % 22), (long long)(s % 60));
            scenario_name(s, name);
            if (sql_run(m->store, m->run,
                        SQL_ROW(SQL_V((const char *)commit), SQL_V((const char *)started), SQL_V(1), SQL_V("scale-8c")), err) < 0 ||
                make_facts(m, run, night < m->nights / 3 ? "0000000a" : "0000000b", err) < 0 ||
                sql_run(m->store, m->part, SQL_ROW(SQL_V(night + 1), SQL_V((const char *)name), SQL_V(run)), err) < 0)
                return -1;
        }
    }
    return 0;
}

static int make_case(struct make *m, int64_t id, struct err *err)
{
    char scenario[64], params[32], case_id[160];
    size_t variant = (size_t)(id - 1) % VARIANTS;
    int64_t cell = (id - 1) / VARIANTS % CELLS;

    scenario_name((id - 1) / PER_SCENARIO, scenario);
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

/* One in a hundred is worse than it was. */
static int make_verdict(struct make *m, int64_t id, int64_t run, double ns, struct err *err)
{
    return sql_run(m->store, m->verdict,
                   SQL_ROW(SQL_V(run), SQL_V(id), SQL_V(rng_below(&m->rng, 100) ? "PASS" : "REGRESSED"), SQL_V(ns),
                           SQL_V(ns * 0.99), SQL_V(ns * 1.01), SQL_V(ns * 1.03), SQL_V(id)),
                   err);
}

static int make_night(struct make *m, int64_t id, int64_t night, double ns, struct err *err)
{
    int64_t blocks = (m->samples + BLOCK - 1) / BLOCK, run = run_of(m, id, night);

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
    return make_verdict(m, id, run, ns, err) < 0 ? -1 : make_samples(m, id, run, ns, err);
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
    int ret = sql_number(m->store, "SELECT count(*) FROM night", &nights, err) < 0 ||
                      sql_number(m->store, "SELECT count(*) FROM series", &m->cases, err) < 0
                  ? -1
                  : 0;

    m->nights = nights + 1;
    if (ret == 0)
        ret = begin(m, nights, err);
    for (int64_t id = 1; ret == 0 && id <= m->cases; id++)
        ret = make_night(m, id, nights, 1e5 * (double)(1 + id % 7), err);
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
    if (sql_run(m->store, m->run, SQL_ROW(SQL_V((const char *)commit), SQL_V((const char *)started), SQL_V(0), SQL_V((const char *)class)),
                err) < 0 ||
        make_facts(m, run, "0000000a", err) < 0)
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
            ret = make_night(m, id, night, ns, err);
        }
    }
    finalize(m);
    return ret < 0 ? ret : sql_commit(m->store, err);
}

int main(int argc, char **argv)
{
    struct make m = { .rng = rng_seed(1) };
    struct err err = { 0 };
    int ret = -1;

    if (argc == 3 && strcmp(argv[1], "time") == 0) {
        ret = store_scale_time(argv[2], &err);
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
