// SPDX-License-Identifier: MIT
#include "record/store_judged.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"

#include <math.h>
#include <stdlib.h>

#define TEXT(stmt, column, dst) sql_column_text(stmt, column, dst, sizeof(dst))

struct reader {
    struct store *store;
    struct judgement *rows;
    size_t n, capacity, at;
};

static int load_runs(struct reader *r, struct err *err)
{
    struct sql_stmt *row =
        sql_prepare(r->store, "SELECT id, command, judged FROM run WHERE finished_at IS NOT NULL ORDER BY id", err);
    int more = -1;

    while (row && (more = sql_step(r->store, row, err)) > 0) {
        struct judgement *j;

        r->rows = mem_grow(r->rows, &r->capacity, r->n + 1, sizeof(*r->rows));
        j = &r->rows[r->n++];
        *j = (struct judgement){ .run = sql_column_int(row, 0), .judged = sql_column_int(row, 2) != 0 };
        TEXT(row, 1, j->command);
    }
    sql_finalize(row);
    return more;
}

/* Rows come by run: that of `run`, or NULL where it has not finished. */
static struct judgement *move_to(struct reader *r, int64_t run)
{
    while (r->at < r->n && r->rows[r->at].run < run)
        r->at++;
    return r->at < r->n && r->rows[r->at].run == run ? &r->rows[r->at] : NULL;
}

static struct verdict *add_bad(struct judgement *j)
{
    struct verdict *v;

    j->bad = mem_grow(j->bad, &j->capacity, j->n_bad + 1, sizeof(*j->bad));
    v = &j->bad[j->n_bad++];
    *v = (struct verdict){ .value = NAN, .low = NAN, .high = NAN, .limit = NAN, .detectable = NAN };
    return v;
}

/* Both of the next two go over the outcomes in an index that holds nothing else, not over the verdicts. */
static int count_outcomes(struct reader *r, struct err *err)
{
    struct sql_stmt *row =
        sql_prepare(r->store, "SELECT run, outcome, count(*) FROM verdict GROUP BY run, outcome ORDER BY run", err);
    int more = -1;

    r->at = 0;
    while (row && (more = sql_step(r->store, row, err)) > 0) {
        struct judgement *j = move_to(r, sql_column_int(row, 0));
        int outcome = outcome_parse(sql_column_str(row, 1));

        if (j && j->judged && outcome >= 0)
            j->counts[outcome] = (size_t)sql_column_int(row, 2);
    }
    sql_finalize(row);
    return more;
}

static int load_bad(struct reader *r, struct err *err)
{
    struct sql_stmt *row = sql_prepare(r->store,
                                    "SELECT v.run, v.outcome, v.case_id, v.metric, v.against, v.value, v.low, v.high, v.bound,"
                                    " v.reason FROM verdict o CROSS JOIN verdict v WHERE v.run = o.run AND"
                                    " v.position = o.position AND o.outcome NOT IN ('PASS', 'IMPROVED', 'NEW', 'SKIPPED')"
                                    " ORDER BY o.run",
                                    err);
    int more = -1;

    r->at = 0;
    while (row && (more = sql_step(r->store, row, err)) > 0) {
        struct judgement *j = move_to(r, sql_column_int(row, 0));
        int outcome = outcome_parse(sql_column_str(row, 1)), against = against_parse(sql_column_str(row, 4));
        struct verdict *v;

        if (!j || !j->judged || outcome < 0 || against < 0)
            continue;
        v = add_bad(j);
        v->outcome = (enum outcome)outcome;
        v->against = (enum against)against;
        TEXT(row, 2, v->case_id);
        TEXT(row, 3, v->metric);
        v->value = sql_column_real(row, 5, NAN);
        v->low = sql_column_real(row, 6, NAN);
        v->high = sql_column_real(row, 7, NAN);
        v->limit = sql_column_real(row, 8, NAN);
        TEXT(row, 9, v->reason);
    }
    sql_finalize(row);
    return more;
}

/* A judged run has a verdict on each of them. */
static int load_faults(struct reader *r, struct err *err)
{
    static const enum outcome outcomes[] = { [CASE_WRONG_RESULT] = OUTCOME_WRONG_RESULT,
                                             [CASE_CRASHED] = OUTCOME_CRASHED,
                                             [CASE_TIMED_OUT] = OUTCOME_TIMED_OUT,
                                             [CASE_FAILED] = OUTCOME_FAILED };
    struct sql_stmt *row = sql_prepare(r->store,
                                    "SELECT c.run, c.status, s.case_id, c.reason FROM case_result c"
                                    " INDEXED BY case_result_not_ok JOIN series s ON s.id = c.series"
                                    " WHERE c.status <> 'ok' AND c.status <> 'skipped' ORDER BY c.run, c.position",
                                    err);
    int more = -1;

    r->at = 0;
    while (row && (more = sql_step(r->store, row, err)) > 0) {
        struct judgement *j = move_to(r, sql_column_int(row, 0));
        int status = case_status_parse(sql_column_str(row, 1));
        struct verdict *v;

        if (!j || j->judged || status < CASE_WRONG_RESULT)
            continue;
        v = add_bad(j);
        v->outcome = outcomes[status];
        v->against = AGAINST_RESULT;
        TEXT(row, 2, v->case_id);
        TEXT(row, 3, v->reason);
        j->counts[v->outcome]++;
    }
    sql_finalize(row);
    return more;
}

int store_load_judged(struct store *store, struct judgement **rows, size_t *n, struct err *err)
{
    struct reader r = { .store = store };
    int ret = load_runs(&r, err);

    if (ret == 0)
        ret = count_outcomes(&r, err);
    if (ret == 0)
        ret = load_bad(&r, err);
    if (ret == 0)
        ret = load_faults(&r, err);
    *rows = r.rows;
    *n = r.n;
    return ret < 0 ? err_wrap(err, "cannot load the verdicts") : 0;
}

void store_free_judged(struct judgement *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(rows[i].bad);
    free(rows);
}
