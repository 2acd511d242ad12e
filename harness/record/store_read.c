// SPDX-License-Identifier: MIT
/* Reading: only runs that finished, each of which was written by one transaction and never changes again. */
#include "record/store.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT(stmt, column, dst) sql_column_text(stmt, column, dst, sizeof(dst))

/* A word of the JSON document in a column, by its parser. */
static int column_word(const struct store *store, struct sql_stmt *stmt, int column, int (*parse)(const char *),
                       int *value, struct err *err)
{
    char word[NAME_MAX_LEN], how[NAME_MAX_LEN + 32];

    TEXT(stmt, column, word);
    *value = parse(word);
    if (*value >= 0)
        return 0;
    snprintf(how, sizeof(how), "unknown word '%s'", word);
    return sql_damaged(store, how, err);
}

/* A metric's kind and, in the next column, which way is better. */
static void column_metric(struct sql_stmt *stmt, int column, enum metric_kind *kind, enum metric_better *better)
{
    char word[NAME_MAX_LEN];

    TEXT(stmt, column, word);
    *kind = strcmp(word, "exact") == 0 ? METRIC_EXACT : METRIC_TIMED;
    TEXT(stmt, column + 1, word);
    *better = strcmp(word, "higher") == 0 ? METRIC_HIGHER_IS_BETTER : METRIC_LOWER_IS_BETTER;
}

/* Which run is meant: by number, or (0) how many before the last. */
struct spec {
    int64_t number, back;
};

static int parse_spec(const char *s, struct spec *spec, struct err *err)
{
    struct err detail;

    *spec = (struct spec){ 0 };
    if (strcmp(s, "last") == 0 ||
        (strncmp(s, "last~", 5) == 0 && text_int64(s + 5, 0, INT64_MAX, &spec->back, &detail) == 0) ||
        text_int64(s, 1, INT64_MAX, &spec->number, &detail) == 0)
        return 0;
    return err_set(err, ERR_CONFIG, "'%s' names no run: give its number, 'last', or 'last~2' for the second before it",
                   s);
}

static int find_number(struct store *store, int64_t id, const char *host_class, struct err *err)
{
    struct sql_stmt *find = sql_prepare(store, "SELECT finished_at IS NULL, host_class FROM run WHERE id = ?", err);
    int ret = -1, found;

    if (!find || sql_start(store, find, SQL_ROW(SQL_V(id)), err) < 0 || (found = sql_step(store, find, err)) < 0)
        goto out;
    if (!found)
        err_set(err, ERR_CONFIG, "there is no run %" PRId64 " in '%s'", id, store->path);
    else if ((int)sql_column_int(find, 0))
        err_set(err, ERR_CONFIG, "run %" PRId64 " in '%s' did not finish: it is at work still, or was cut short", id,
                store->path);
    else if (host_class && strcasecmp(sql_column_str(find, 1), host_class) != 0)
        err_set(err, ERR_CONFIG, "run %" PRId64 " in '%s' was made on a '%s', not on a '%s'", id, store->path,
                sql_column_str(find, 1), host_class);
    else
        ret = 0;
out:
    sql_finalize(find);
    return ret;
}

#define OF_HOST_CLASS " FROM run WHERE finished_at IS NOT NULL AND (?1 = '' OR host_class = ?1)"

static int too_few(struct store *store, const char *spec, const char *host_class, struct err *err)
{
    struct sql_stmt *count = sql_prepare(store, "SELECT count(*)" OF_HOST_CLASS, err);
    char of[128] = "";
    int64_t n;

    if (!count || sql_start(store, count, SQL_ROW(SQL_V(host_class)), err) < 0 || sql_step(store, count, err) < 0)
        goto out;
    n = sql_column_int(count, 0);
    if (host_class[0])
        snprintf(of, sizeof(of), " on a '%s'", host_class);
    if (n == 0)
        err_set(err, ERR_CONFIG, "no run in '%s' has finished%s: make one with `pawl run`", store->path, of);
    else
        err_set(err, ERR_CONFIG, "'%s' goes back too far: %" PRId64 " run%s in '%s' %s finished%s", spec, n,
                n == 1 ? "" : "s", store->path, n == 1 ? "has" : "have", of);
out:
    sql_finalize(count);
    return -1;
}

int store_find_run(struct store *store, const char *spec_text, const char *host_class, int64_t *id, struct err *err)
{
    const char *of = host_class ? host_class : "";
    struct sql_stmt *find = NULL;
    struct spec spec;
    int ret = -1, found;

    if (parse_spec(spec_text, &spec, err) < 0)
        return -1;
    if (spec.number) {
        *id = spec.number;
        return find_number(store, spec.number, host_class, err);
    }
    find = sql_prepare(store, "SELECT id" OF_HOST_CLASS " ORDER BY started DESC, id DESC LIMIT 1 OFFSET ?2", err);
    if (!find || sql_start(store, find, SQL_ROW(SQL_V(of), SQL_V(spec.back)), err) < 0 ||
        (found = sql_step(store, find, err)) < 0)
        goto out;
    if (found) {
        *id = sql_column_int(find, 0);
        ret = 0;
    } else {
        too_few(store, spec_text, of, err);
    }
out:
    sql_finalize(find);
    return ret;
}

int store_last_runs(struct store *store, int64_t **ids, size_t *n_ids, struct err *err)
{
    /* A verdict may be on a case that its run lacks, MISSING: its scenario is known where the case ever ran. */
    struct sql_stmt *row = sql_prepare(
        store,
        "WITH seen (run, scenario) AS (SELECT c.run, s.scenario FROM case_result c JOIN series s ON s.id = c.series UNION"
        " SELECT v.run, s.scenario FROM verdict o CROSS JOIN verdict v JOIN series s ON s.case_id = v.case_id"
        " WHERE v.run = o.run AND v.position = o.position AND o.outcome = 'MISSING'),"
        " ranked (run, place) AS (SELECT id, row_number() OVER (PARTITION BY host_class ORDER BY started DESC, id DESC)"
        " FROM run WHERE finished_at IS NOT NULL UNION ALL"
        " SELECT r.id, row_number() OVER (PARTITION BY r.host_class, seen.scenario ORDER BY r.started DESC, r.id DESC)"
        " FROM seen JOIN run r ON r.id = seen.run WHERE r.finished_at IS NOT NULL)"
        " SELECT id FROM run WHERE id IN (SELECT run FROM ranked WHERE place = 1)"
        " ORDER BY host_class COLLATE BINARY, started DESC, id DESC",
        err);
    size_t capacity = 0;
    int more = -1;

    *ids = NULL;
    *n_ids = 0;
    while (row && (more = sql_step(store, row, err)) > 0) {
        *ids = mem_grow(*ids, &capacity, *n_ids + 1, sizeof(**ids));
        (*ids)[(*n_ids)++] = sql_column_int(row, 0);
    }
    sql_finalize(row);
    return more == 0 && *n_ids == 0 ? too_few(store, "last", "", err) : more;
}

static int load_info(struct store *store, int64_t id, struct run_result *run, struct err *err)
{
    struct sql_stmt *row = sql_prepare(store,
                                    "SELECT commit_id, dirty, host_class, compiler, flags, libraries, seed, started,"
                                    " seconds, judged, exit, command, against FROM run WHERE id = ?",
                                    err);
    struct sql_stmt *facts = sql_prepare(store, "SELECT key, value FROM host_fact WHERE run = ? ORDER BY position", err);
    struct run_info *info = &run->info;
    int ret = -1, more = 0;

    if (!row || !facts || sql_start(store, row, SQL_ROW(SQL_V(id)), err) < 0 || sql_step(store, row, err) != 1)
        goto out; /* find_number() has seen the row */
    info->id = id;
    TEXT(row, 0, info->commit);
    info->dirty = (int)sql_column_int(row, 1);
    TEXT(row, 2, info->host.class);
    TEXT(row, 3, info->compiler);
    TEXT(row, 4, info->flags);
    TEXT(row, 5, info->libraries);
    info->seed = (uint64_t)sql_column_int(row, 6);
    TEXT(row, 7, info->started);
    info->seconds = sql_column_real(row, 8, NAN);
    run->judged = (int)sql_column_int(row, 9);
    run->exit = (int)sql_column_int(row, 10);
    TEXT(row, 11, info->command);
    TEXT(row, 12, info->against);
    if (sql_start(store, facts, SQL_ROW(SQL_V(id)), err) < 0)
        goto out;
    while (info->host.n_facts < FACTS_MAX && (more = sql_step(store, facts, err)) > 0) {
        struct fact *fact = &info->host.facts[info->host.n_facts++];

        TEXT(facts, 0, fact->key);
        TEXT(facts, 1, fact->value);
    }
    ret = more < 0 ? -1 : 0;
out:
    sql_finalize(row);
    sql_finalize(facts);
    return ret;
}

/* The statements that read the cases of a run. Exact values of an ended block are in the store, not in estimates. */
struct load {
    struct store *store;
    int64_t run;
    struct sql_stmt *cases, *estimates, *values;
};

static int load_prepare(struct load *l, struct err *err)
{
    l->cases = sql_prepare(l->store,
                           "SELECT s.case_id, s.scenario, s.variant, s.reference, s.params, s.role, c.status, c.reason,"
                           " c.n_blocks, s.id FROM case_result c JOIN series s ON s.id = c.series"
                           " WHERE c.run = ? ORDER BY c.position",
                           err);
    l->estimates = !l->cases ? NULL
                             : sql_prepare(l->store,
                                           "SELECT metric, unit, kind, better, value, low, high, spread FROM estimate"
                                           " WHERE series = ? AND run = ? ORDER BY position",
                                           err);
    if (!l->estimates)
        return -1;
    l->values = sql_prepare(l->store,
                            "SELECT v.value FROM block_value v JOIN series s ON s.id = v.series LEFT JOIN block b"
                            " ON b.run = v.run AND b.comparison = s.comparison AND b.block = v.block"
                            " WHERE v.series = ?1 AND v.run = ?2 AND v.metric = ?3"
                            " AND (?4 = 'timed' OR coalesce(b.status, 'ok') = 'ok') ORDER BY v.block",
                            err);
    return l->values ? 0 : -1;
}

static int load_values(struct load *l, int64_t series, struct estimate *e, struct err *err)
{
    const char *kind = e->kind == METRIC_EXACT ? "exact" : "timed";
    size_t capacity = 0;
    int more;

    if (sql_start(l->store, l->values, SQL_ROW(SQL_V(series), SQL_V(l->run), SQL_V(e->metric), SQL_V(kind)), err) < 0)
        return -1;
    while ((more = sql_step(l->store, l->values, err)) > 0) {
        e->blocks = mem_grow(e->blocks, &capacity, e->n_blocks + 1, sizeof(*e->blocks));
        e->blocks[e->n_blocks++] = sql_column_real(l->values, 0, NAN);
    }
    return more;
}

static int load_estimates(struct load *l, int64_t series, struct case_result *c, struct err *err)
{
    int more;

    if (sql_start(l->store, l->estimates, SQL_ROW(SQL_V(series), SQL_V(l->run)), err) < 0)
        return -1;
    while ((more = sql_step(l->store, l->estimates, err)) > 0) {
        struct estimate *e = case_add_estimate(c);

        TEXT(l->estimates, 0, e->metric);
        TEXT(l->estimates, 1, e->unit);
        column_metric(l->estimates, 2, &e->kind, &e->better);
        e->value = sql_column_real(l->estimates, 4, NAN);
        e->low = sql_column_real(l->estimates, 5, -INFINITY);
        e->high = sql_column_real(l->estimates, 6, INFINITY);
        e->spread = sql_column_real(l->estimates, 7, NAN);
        if (load_values(l, series, e, err) < 0)
            return -1;
    }
    return more;
}

static int load_cases(struct store *store, struct run_result *run, struct err *err)
{
    struct load l = { .store = store, .run = run->info.id };
    int ret = -1, more, status;

    if (load_prepare(&l, err) < 0 || sql_start(store, l.cases, SQL_ROW(SQL_V(l.run)), err) < 0)
        goto out;
    while ((more = sql_step(store, l.cases, err)) > 0) {
        struct case_result *c = run_add_case(run);

        TEXT(l.cases, 0, c->id);
        TEXT(l.cases, 1, c->scenario);
        TEXT(l.cases, 2, c->variant);
        TEXT(l.cases, 3, c->reference);
        TEXT(l.cases, 4, c->params);
        c->role = (enum variant_role)(int)sql_column_int(l.cases, 5);
        if (column_word(store, l.cases, 6, case_status_parse, &status, err) < 0)
            goto out;
        c->status = (enum case_status)status;
        TEXT(l.cases, 7, c->reason);
        c->n_blocks = (size_t)sql_column_int(l.cases, 8);
        if (load_estimates(&l, sql_column_int(l.cases, 9), c, err) < 0)
            goto out;
    }
    ret = more;
out:
    sql_finalize(l.cases);
    sql_finalize(l.estimates);
    sql_finalize(l.values);
    return ret;
}

static int load_verdicts(struct store *store, struct run_result *run, struct err *err)
{
    struct sql_stmt *row = sql_prepare(store,
                                    "SELECT case_id, metric, against, outcome, value, low, high, bound, detectable,"
                                    " reason FROM verdict WHERE run = ? ORDER BY position",
                                    err);
    int ret = -1, more, against, outcome;

    if (!row || sql_start(store, row, SQL_ROW(SQL_V(run->info.id)), err) < 0)
        goto out;
    while ((more = sql_step(store, row, err)) > 0) {
        struct verdict *v = run_add_verdict(run);

        TEXT(row, 0, v->case_id);
        TEXT(row, 1, v->metric);
        if (column_word(store, row, 2, against_parse, &against, err) < 0 ||
            column_word(store, row, 3, outcome_parse, &outcome, err) < 0)
            goto out;
        v->against = (enum against)against;
        v->outcome = (enum outcome)outcome;
        v->value = sql_column_real(row, 4, NAN);
        v->low = sql_column_real(row, 5, NAN);
        v->high = sql_column_real(row, 6, NAN);
        v->limit = sql_column_real(row, 7, NAN);
        v->detectable = sql_column_real(row, 8, NAN);
        TEXT(row, 9, v->reason);
    }
    ret = more;
out:
    sql_finalize(row);
    return ret;
}

int store_load_run(struct store *store, int64_t id, struct run_result *run, struct err *err)
{
    *run = (struct run_result){ 0 };
    if (find_number(store, id, NULL, err) < 0)
        return -1;
    if (load_info(store, id, run, err) < 0 || load_cases(store, run, err) < 0 || load_verdicts(store, run, err) < 0) {
        run_result_free(run);
        return err_wrap(err, "cannot load run %" PRId64, id);
    }
    return 0;
}
