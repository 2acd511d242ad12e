// SPDX-License-Identifier: MIT
/* The history is read a case at a time: its estimates lie side by side under their primary key, the runs that they
 * belong to are held in memory. No join, and no sort in the database. */
#include "record/store.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(stmt, column, dst) sql_column_text(stmt, column, dst, sizeof(dst))

static const char figures_sql[] = "SELECT metric, unit, kind, better, run, value, low, high FROM estimate WHERE series = ?"
                                  " ORDER BY run";

/* Few are not ok: asked once a case, not for each of its figures. */
static const char not_ok_sql[] = "SELECT run FROM case_result INDEXED BY case_result_not_ok WHERE series = ?"
                                 " AND status <> 'ok' ORDER BY run";

enum { FEW = 8 }; /* of one in so many cases the runs are looked up, of more all runs are read */

/* The cases that are asked for, in order, as series without a metric. */
struct cases {
    struct asked {
        int64_t id;
        struct series like;
    } * rows;
    size_t n, capacity, n_all; /* n_all: with those that are not asked for */
};

/* The finished runs, by number. */
struct runs {
    struct run_facts {
        int64_t id;
        char started[sizeof(((struct point *)0)->started)], commit[sizeof(((struct point *)0)->commit)];
        char epoch[sizeof(((struct point *)0)->epoch)], host_class[sizeof(((struct series *)0)->host_class)];
    } * rows;
    size_t n, capacity;
};

struct reader {
    struct store *store;
    struct cases cases;
    struct runs runs;
    struct sql_stmt *figures, *not_ok;
    int64_t *bad; /* runs in which the case that is read was not ok, ascending */
    size_t n_bad, bad_capacity;
    struct history *history;
    size_t capacity;
    size_t *rooms, rooms_capacity; /* of the points of each series of the case that is read */
};

static int load_cases(struct reader *r, const char *const *globs, size_t n_globs, struct err *err)
{
    struct cases *cases = &r->cases;
    struct sql_stmt *row = sql_prepare(
        r->store, "SELECT id, case_id, scenario, variant, reference, params, role FROM series"
                  " ORDER BY case_id COLLATE BINARY", err);
    int more = -1;

    for (; row && (more = sql_step(r->store, row, err)) > 0; cases->n_all++) {
        struct series like = { .at_least = NAN, .at_most = NAN, .accepted = NAN };

        TEXT(row, 1, like.case_id);
        if (!text_globs(globs, n_globs, like.case_id))
            continue;
        TEXT(row, 2, like.scenario);
        TEXT(row, 3, like.variant);
        TEXT(row, 4, like.reference);
        TEXT(row, 5, like.params);
        like.role = (enum variant_role)(int)sql_column_int(row, 6);
        cases->rows = mem_grow(cases->rows, &cases->capacity, cases->n + 1, sizeof(*cases->rows));
        cases->rows[cases->n++] = (struct asked){ sql_column_int(row, 0), like };
    }
    sql_finalize(row);
    return more;
}

/* Those of the cases, where these are few: a run has the cases of one scenario only, or of one user's globs. */
static void runs_sql(const struct cases *cases, struct text *sql)
{
    text_add(sql, "SELECT r.id, r.started, r.commit_id, r.host_class, coalesce((SELECT max(value) FROM host_fact f WHERE"
                  " f.run = r.id AND f.key = 'epoch'), '') FROM run r WHERE r.finished_at IS NOT NULL");
    if (cases->n && cases->n * FEW <= cases->n_all) {
        text_add(sql, " AND r.id IN (SELECT run FROM estimate WHERE series IN (");
        for (size_t i = 0; i < cases->n; i++)
            text_addf(sql, "%s%lld", i ? ", " : "", (long long)cases->rows[i].id);
        text_add(sql, "))");
    }
    text_add(sql, " ORDER BY r.id");
}

static int load_runs(struct reader *r, struct err *err)
{
    struct runs *runs = &r->runs;
    struct text sql = { 0 };
    struct sql_stmt *row;
    int more = -1;

    runs_sql(&r->cases, &sql);
    row = sql_prepare(r->store, sql.data, err);
    while (row && (more = sql_step(r->store, row, err)) > 0) {
        struct run_facts *facts;

        runs->rows = mem_grow(runs->rows, &runs->capacity, runs->n + 1, sizeof(*runs->rows));
        facts = &runs->rows[runs->n++];
        facts->id = sql_column_int(row, 0);
        TEXT(row, 1, facts->started);
        TEXT(row, 2, facts->commit);
        TEXT(row, 3, facts->host_class);
        TEXT(row, 4, facts->epoch);
    }
    sql_finalize(row);
    text_free(&sql);
    return more;
}

/* The series of this metric and host class among those of one case, the first of which is `from`. */
static size_t find_series(struct reader *r, size_t from, const struct series *like, const char *metric,
                          const char *host)
{
    struct history *h = r->history;

    for (size_t i = from; i < h->n_series; i++)
        if (strcmp(h->series[i].metric, metric) == 0 && strcmp(h->series[i].host_class, host) == 0)
            return i;
    h->series = mem_grow(h->series, &r->capacity, h->n_series + 1, sizeof(*h->series));
    r->rooms = mem_grow(r->rooms, &r->rooms_capacity, h->n_series + 1, sizeof(*r->rooms));
    r->rooms[h->n_series] = 0;
    h->series[h->n_series] = *like;
    text_copy(h->series[h->n_series].metric, sizeof(like->metric), metric);
    text_copy(h->series[h->n_series].host_class, sizeof(like->host_class), host);
    return h->n_series++;
}

static void add_point(struct reader *r, size_t from, const struct series *like, const struct run_facts *run)
{
    size_t at = find_series(r, from, like, sql_column_str(r->figures, 0), run->host_class);
    struct series *s = &r->history->series[at];
    struct point *p;

    if (strcmp(sql_column_str(r->figures, 1), s->unit) != 0) /* the newest description wins */
        TEXT(r->figures, 1, s->unit);
    s->kind = strcmp(sql_column_str(r->figures, 2), "exact") == 0 ? METRIC_EXACT : METRIC_TIMED;
    s->better = strcmp(sql_column_str(r->figures, 3), "higher") == 0 ? METRIC_HIGHER_IS_BETTER
                                                                                        : METRIC_LOWER_IS_BETTER;
    s->points = mem_grow(s->points, &r->rooms[at], s->n_points + 1, sizeof(*p));
    p = &s->points[s->n_points++];
    p->run = run->id;
    memcpy(p->started, run->started, sizeof(p->started));
    memcpy(p->commit, run->commit, sizeof(p->commit));
    memcpy(p->epoch, run->epoch, sizeof(p->epoch));
    p->value = sql_column_real(r->figures, 5, NAN);
    p->low = sql_column_real(r->figures, 6, -INFINITY);
    p->high = sql_column_real(r->figures, 7, INFINITY);
}

static int by_time(const void *a, const void *b)
{
    return point_order(a, b);
}

/* They were read by number of run. */
static void put_in_order(struct series *s)
{
    for (size_t i = 1; i < s->n_points; i++)
        if (point_order(&s->points[i - 1], &s->points[i]) > 0) {
            qsort(s->points, s->n_points, sizeof(*s->points), by_time);
            return;
        }
}

static int by_metric(const void *a, const void *b)
{
    const struct series *x = a, *y = b;
    int d = strcmp(x->metric, y->metric);

    return d ? d : strcmp(x->host_class, y->host_class);
}

static int find_bad_runs(struct reader *r, int64_t id, struct err *err)
{
    int more;

    r->n_bad = 0;
    if (sql_start(r->store, r->not_ok, SQL_ROW(SQL_V(id)), err) < 0)
        return -1;
    while ((more = sql_step(r->store, r->not_ok, err)) > 0) {
        r->bad = mem_grow(r->bad, &r->bad_capacity, r->n_bad + 1, sizeof(*r->bad));
        r->bad[r->n_bad++] = sql_column_int(r->not_ok, 0);
    }
    return more;
}

static int read_case(struct reader *r, int64_t id, const struct series *like, struct err *err)
{
    size_t from = r->history->n_series, bad = 0, at = 0;
    int more;

    if (find_bad_runs(r, id, err) < 0 || sql_start(r->store, r->figures, SQL_ROW(SQL_V(id)), err) < 0)
        return -1;
    while ((more = sql_step(r->store, r->figures, err)) > 0) {
        int64_t run = sql_column_int(r->figures, 4); /* ascending, as the two lists beside it */

        while (bad < r->n_bad && r->bad[bad] < run)
            bad++;
        while (at < r->runs.n && r->runs.rows[at].id < run)
            at++;
        if (at < r->runs.n && r->runs.rows[at].id == run && !(bad < r->n_bad && r->bad[bad] == run))
            add_point(r, from, like, &r->runs.rows[at]);
    }
    for (size_t i = from; i < r->history->n_series; i++)
        put_in_order(&r->history->series[i]);
    if (r->history->n_series > from)
        qsort(r->history->series + from, r->history->n_series - from, sizeof(*like), by_metric);
    return more;
}

static int read_cases(struct reader *r, struct err *err)
{
    int ret = -1;

    r->figures = sql_prepare(r->store, figures_sql, err);
    r->not_ok = r->figures ? sql_prepare(r->store, not_ok_sql, err) : NULL;
    if (r->not_ok)
        ret = 0;
    for (size_t i = 0; ret == 0 && i < r->cases.n; i++)
        ret = read_case(r, r->cases.rows[i].id, &r->cases.rows[i].like, err);
    sql_finalize(r->figures);
    sql_finalize(r->not_ok);
    free(r->bad);
    return ret;
}

int store_load_history(struct store *store, const char *const *globs, size_t n_globs, struct history *history,
                       struct err *err)
{
    struct reader r = { .store = store, .history = history };
    int ret;

    *history = (struct history){ 0 };
    ret = load_cases(&r, globs, n_globs, err);
    if (ret == 0)
        ret = load_runs(&r, err);
    if (ret == 0)
        ret = read_cases(&r, err);
    free(r.cases.rows);
    free(r.runs.rows);
    free(r.rooms);
    if (ret < 0) {
        history_free(history);
        return err_wrap(err, "cannot load the history");
    }
    return 0;
}
