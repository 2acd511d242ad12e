// SPDX-License-Identifier: MIT
/* Writing: a run begins, blocks are added one transaction each, and the run finishes with what was made of them. */
#include "record/store.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql.h"
#include "record/store_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

int store_uuid(char uuid[STORE_UUID], struct err *err)
{
    unsigned char bytes[(STORE_UUID - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return err_set(err, ERR_HARNESS, "no random bytes for the name of a run: %m");
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(uuid + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

/* The number of a case's series; made, or described anew, as needed. */
static int put_series(struct store *store, const struct case_result *c, int64_t *series, struct err *err)
{
    struct sql_stmt *put = sql_prepare(store,
                                    "INSERT INTO series (case_id, scenario, variant, reference, params, role)"
                                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET"
                                    " scenario = excluded.scenario, variant = excluded.variant,"
                                    " reference = excluded.reference, params = excluded.params, role = excluded.role"
                                    " RETURNING id",
                                    err);
    int ret = -1;

    if (!put || sql_start(store, put,
                          SQL_ROW(SQL_V(c->id), SQL_V(c->scenario), SQL_V(c->variant), SQL_V(c->reference),
                                  SQL_V(c->params), SQL_V((int)c->role)),
                          err) < 0)
        goto out;
    if (sql_step(store, put, err) != 1) /* RETURNING gives exactly one row, or it fails */
        goto out;
    *series = sql_column_int(put, 0);
    ret = 0;
out:
    sql_finalize(put);
    return ret;
}

/* Those that it has already stay: at its end a run tells what else was found out. */
static int add_facts(struct store *store, const struct run_info *info, int64_t id, struct err *err)
{
    struct sql_stmt *add = sql_prepare(store, "INSERT INTO host_fact VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", err);
    int ret = add ? 0 : -1;

    for (size_t i = 0; i < info->host.n_facts && ret == 0; i++) {
        const struct fact *fact = &info->host.facts[i];

        ret = sql_run(store, add, SQL_ROW(SQL_V(id), SQL_V(i), SQL_V(fact->key), SQL_V(fact->value)), err);
    }
    sql_finalize(add);
    return ret;
}

/* The row of a run that has not finished, in the transaction that is open. */
static int add_run(struct store *store, const struct run_info *info, int64_t *id, struct err *err)
{
    char uuid[STORE_UUID];

    if (store_uuid(uuid, err) < 0 ||
        sql_run_number(store,
                       "INSERT INTO run (command, against, commit_id, dirty, host_class, compiler, flags, libraries, seed,"
                       " started, uuid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                       SQL_ROW(SQL_V(info->command), SQL_V(info->against), SQL_V(info->commit), SQL_V(info->dirty),
                               SQL_V(info->host.class), SQL_V(info->compiler), SQL_V(info->flags),
                               SQL_V(info->libraries), SQL_V(info->seed), SQL_V(info->started), SQL_V((char *)uuid)),
                       id, err) < 0)
        return -1;
    return add_facts(store, info, *id, err);
}

int store_begin_run(struct store *store, struct run_info *info, struct err *err)
{
    int64_t id;

    if (sql_begin(store, err) < 0 || add_run(store, info, &id, err) < 0 || sql_commit(store, err) < 0) {
        sql_rollback(store);
        return err_wrap(err, "cannot begin a run");
    }
    info->id = id;
    return 0;
}

/* The series of one variant of the comparison; looked up once a block. */
static int variant_series(struct store *store, const struct comparison *c, int variant, int64_t *known, int64_t *series,
                          struct err *err)
{
    const struct scenario *s = c->params.scenario;
    struct case_result r = { .role = ROLE_OURS };

    if (variant < 0 || (size_t)variant >= s->n_variants)
        BUG("%s has no variant %d", s->name, variant);
    if (!known[variant]) {
        case_id(&c->params, &s->variants[variant], r.id, sizeof(r.id));
        text_copy(r.scenario, sizeof(r.scenario), s->name);
        text_copy(r.variant, sizeof(r.variant), s->variants[variant].name);
        text_copy(r.reference, sizeof(r.reference), s->variants[0].name);
        params_format(&c->params, r.params, sizeof(r.params));
        r.role = s->variants[variant].role;
        if (put_series(store, &r, &known[variant], err) < 0)
            return -1;
    }
    *series = known[variant];
    return 0;
}

static int add_samples(struct store *store, int64_t run_id, const struct comparison *c, const struct block *block,
                       int64_t *known, struct err *err)
{
    struct sql_bulk *bulk;
    int64_t series;
    int ret = 0;

    for (size_t i = 0; i < block->n_samples && ret == 0; i++) /* before the bulk, beside which nothing else may run */
        ret = variant_series(store, c, block->samples[i].variant, known, &series, err);
    if (ret < 0 || !(bulk = sql_bulk_begin(store, "sample", 16, err)))
        return -1;
    for (size_t i = 0; i < block->n_samples && ret == 0; i++) {
        const struct sample *s = &block->samples[i];

        ret = sql_bulk_add(bulk,
                           SQL_ROW(SQL_V(known[s->variant]), SQL_V(run_id), SQL_V(block->index), SQL_V(s->order),
                                   SQL_V(s->round), SQL_V(s->iterations), SQL_V(s->ns), SQL_V(s->cpu_ns), SQL_V(s->cpu),
                                   SQL_V(s->switches), SQL_V(s->migrated), SQL_V(s->mhz), SQL_V(s->instructions),
                                   SQL_V(s->cycles), SQL_V(s->branch_misses), SQL_V(s->cache_misses)),
                           err);
    }
    return sql_bulk_end(bulk, ret == 0, err);
}

static int add_exacts(struct store *store, int64_t run_id, const struct comparison *c, const struct block *block,
                      int64_t *known, struct err *err)
{
    struct sql_stmt *add = sql_prepare(store, "INSERT INTO block_value VALUES (?, ?, ?, ?, ?)", err);
    int ret = add ? 0 : -1;

    for (size_t i = 0; i < block->n_exacts && ret == 0; i++) {
        const struct exact_value *x = &block->exacts[i];
        int64_t series;

        if (x->metric->kind != METRIC_EXACT) /* kept with its estimate */
            continue;
        ret = variant_series(store, c, x->variant, known, &series, err);
        if (ret == 0)
            ret = sql_run(
                store, add,
                SQL_ROW(SQL_V(series), SQL_V(run_id), SQL_V(x->metric->name), SQL_V(block->index), SQL_V(x->value)),
                err);
    }
    sql_finalize(add);
    return ret;
}

int store_add_block(struct store *store, int64_t run_id, const struct comparison *c, const struct block *block,
                    struct err *err)
{
    const struct scenario *s = c->params.scenario;
    const char *culprit = block->variant >= 0 ? s->variants[block->variant].name : "";
    int64_t *known = mem_array(s->n_variants, sizeof(*known)); /* series by variant; 0: not looked up */
    struct sql_stmt *add = NULL;
    int ret = -1;

    if (sql_begin(store, err) < 0)
        goto out;
    add = sql_prepare(store, "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", err);
    if (!add ||
        sql_run(store, add,
                SQL_ROW(SQL_V(run_id), SQL_V(c->id), SQL_V(block->index), SQL_V(block->side),
                        SQL_V(case_status_name(block->status)), SQL_V(culprit), SQL_V(block->reason), SQL_V(block->cpus), SQL_V(block->seconds)),
                err) < 0)
        goto out;
    if (add_samples(store, run_id, c, block, known, err) < 0)
        goto out;
    /* What the other program's exact metrics are is no part of this one's series. */
    if (block->side == 0 && add_exacts(store, run_id, c, block, known, err) < 0)
        goto out;
    ret = sql_commit(store, err);
out:
    sql_finalize(add);
    free(known);
    if (ret < 0) {
        sql_rollback(store);
        err_wrap(err, "cannot record block %d of '%s'", block->index, c->id);
    }
    return ret;
}

/* The statements of store_finish_run(). */
struct finish {
    struct store *store;
    int64_t run;
    struct sql_stmt *result, *estimate, *known, *indexes, *value;
};

static int finish_prepare(struct finish *f, struct err *err)
{
    const struct {
        struct sql_stmt **stmt;
        const char *sql;
    } rows[] = {
        { &f->result, "INSERT INTO case_result VALUES (?, ?, ?, ?, ?, ?)" },
        { &f->estimate, "INSERT INTO estimate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
        { &f->known, "SELECT 1 FROM block_value WHERE series = ? AND run = ? AND metric = ? LIMIT 1" },
        /* blocks that gave this series its values: an ended block keeps its samples, but they count for nothing */
        { &f->indexes, "SELECT DISTINCT m.block FROM sample m JOIN series s ON s.id = m.series"
                       " JOIN block b ON b.run = m.run AND b.comparison = s.comparison AND b.block = m.block"
                       " WHERE m.series = ? AND m.run = ? AND b.status = 'ok' AND b.side = 0"
                       " ORDER BY m.block" },
        { &f->value, "INSERT INTO block_value VALUES (?, ?, ?, ?, ?)" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!(*rows[i].stmt = sql_prepare(f->store, rows[i].sql, err)))
            return -1;
    return 0;
}

static void finish_close(struct finish *f)
{
    sql_finalize(f->result);
    sql_finalize(f->estimate);
    sql_finalize(f->known);
    sql_finalize(f->indexes);
    sql_finalize(f->value);
}

/* The indexes of the blocks that a case's values come from. Where samples do not tell (an import): 0, 1, ... */
struct indexes {
    int64_t *index;
    size_t n, capacity;
};

static int find_indexes(struct finish *f, int64_t series, struct indexes *indexes, struct err *err)
{
    int more;

    indexes->n = 0;
    if (sql_start(f->store, f->indexes, SQL_ROW(SQL_V(series), SQL_V(f->run)), err) < 0)
        return -1;
    while ((more = sql_step(f->store, f->indexes, err)) > 0) {
        indexes->index = mem_grow(indexes->index, &indexes->capacity, indexes->n + 1, sizeof(*indexes->index));
        indexes->index[indexes->n++] = sql_column_int(f->indexes, 0);
    }
    return more;
}

static int add_values(struct finish *f, int64_t series, const struct estimate *e, const struct indexes *indexes,
                      struct err *err)
{
    int stored;

    /* Exact values came with their blocks. */
    if (sql_start(f->store, f->known, SQL_ROW(SQL_V(series), SQL_V(f->run), SQL_V(e->metric)), err) < 0 ||
        (stored = sql_step(f->store, f->known, err)) < 0)
        return -1;
    if (stored)
        return 0;
    for (size_t i = 0; i < e->n_blocks; i++) {
        int64_t block = indexes->n == e->n_blocks ? indexes->index[i] : (int64_t)i;

        if (sql_run(f->store, f->value,
                    SQL_ROW(SQL_V(series), SQL_V(f->run), SQL_V(e->metric), SQL_V(block), SQL_V(e->blocks[i])),
                    err) < 0)
            return -1;
    }
    return 0;
}

static int add_case(struct finish *f, const struct case_result *c, size_t position, struct indexes *indexes,
                    struct err *err)
{
    int64_t series;

    if (put_series(f->store, c, &series, err) < 0 || find_indexes(f, series, indexes, err) < 0 ||
        sql_run(f->store, f->result,
                SQL_ROW(SQL_V(f->run), SQL_V(series), SQL_V(position), SQL_V(case_status_name(c->status)),
                        SQL_V(c->reason), SQL_V(c->n_blocks)),
                err) < 0)
        return err_wrap(err, "'%s'", c->id);
    for (size_t i = 0; i < c->n_estimates; i++) {
        const struct estimate *e = &c->estimates[i];
        double low = isinf(e->low) ? NAN : e->low, high = isinf(e->high) ? NAN : e->high;

        if (sql_run(f->store, f->estimate,
                    SQL_ROW(SQL_V(series), SQL_V(f->run), SQL_V(e->metric), SQL_V(i), SQL_V(e->unit),
                            SQL_V(e->kind == METRIC_EXACT ? "exact" : "timed"),
                            SQL_V(e->better == METRIC_HIGHER_IS_BETTER ? "higher" : "lower"), SQL_V(e->value),
                            SQL_V(low), SQL_V(high), SQL_V(e->spread)),
                    err) < 0 ||
            add_values(f, series, e, indexes, err) < 0)
            return err_wrap(err, "'%s', %s", c->id, e->metric);
    }
    return 0;
}

int store_add_verdicts(struct store *store, const struct run_result *run, struct err *err)
{
    struct sql_stmt *add = sql_prepare(store, "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", err);
    int ret = add ? 0 : -1;

    for (size_t i = 0; i < run->n_verdicts && ret == 0; i++) {
        const struct verdict *v = &run->verdicts[i];

        ret = sql_run(store, add,
                      SQL_ROW(SQL_V(run->info.id), SQL_V(i), SQL_V((const char *)v->case_id), SQL_V((const char *)v->metric),
                              SQL_V(against_name(v->against)), SQL_V(outcome_name(v->outcome)), SQL_V(v->value),
                              SQL_V(v->low), SQL_V(v->high), SQL_V(v->limit), SQL_V(v->detectable),
                              SQL_V((const char *)v->reason)),
                      err);
    }
    sql_finalize(add);
    return ret;
}

static int end_run(struct store *store, const struct run_result *run, struct err *err)
{
    time_t now = time(NULL);
    struct tm utc;
    char at[32];
    int64_t id;
    int ended;

    strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    ended = sql_run_number(store,
                           "UPDATE run SET finished_at = ?, seconds = ?, judged = ?, exit = ?"
                           " WHERE id = ? AND finished_at IS NULL RETURNING id",
                           SQL_ROW(SQL_V((char *)at), SQL_V(run->info.seconds), SQL_V(run->judged), SQL_V(run->exit),
                                   SQL_V(run->info.id)),
                           &id, err);
    if (ended == 0)
        err_set(err, ERR_HARNESS, "'%s' has no such run, or it has finished already", store->path);
    return ended == 1 ? 0 : -1;
}

/* What was made of the run, in the transaction that is open. */
static int add_results(struct store *store, const struct run_result *run, struct err *err)
{
    struct finish f = { .store = store, .run = run->info.id };
    struct indexes indexes = { 0 };
    int ret = end_run(store, run, err) < 0 || finish_prepare(&f, err) < 0 ? -1 : 0;

    for (size_t i = 0; i < run->n_cases && ret == 0; i++)
        ret = add_case(&f, &run->cases[i], i, &indexes, err);
    finish_close(&f);
    free(indexes.index);
    return ret < 0 ? -1 : store_add_verdicts(store, run, err);
}

int store_finish_run(struct store *store, const struct run_result *run, struct err *err)
{
    if (sql_begin(store, err) < 0 || add_facts(store, &run->info, run->info.id, err) < 0 || add_results(store, run, err) < 0 ||
        sql_commit(store, err) < 0) {
        sql_rollback(store);
        return err_wrap(err, "cannot record the results of run %" PRId64, run->info.id);
    }
    return 0;
}

int store_add_run(struct store *store, struct run_result *run, struct err *err)
{
    run->info.id = 0;
    if (sql_begin(store, err) < 0 || add_run(store, &run->info, &run->info.id, err) < 0 || add_results(store, run, err) < 0 ||
        sql_commit(store, err) < 0) {
        sql_rollback(store);
        run->info.id = 0;
        return err_wrap(err, "cannot record it");
    }
    return 0;
}
