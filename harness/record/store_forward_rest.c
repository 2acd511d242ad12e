// SPDX-License-Identifier: MIT
/* What is handed on beside the runs: cases, acknowledgements, drills, nights. */
#include "base/mem.h"
#include "record/store_forward_private.h"
#include "record/store_nights.h"

#include <stdlib.h>
#include <string.h>

enum { CASE_N = 6 };

static int by_from(const void *a, const void *b)
{
    const struct mapped *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* The number of a case in `to`, where it is made if it is not there. */
static int find_case(struct forward *f, struct sql_stmt *find, struct sql_stmt *add, const struct sql_value *row, int64_t *id,
                     struct err *err)
{
    int found = 0;

    for (int tries = 0; tries < 2 && found == 0; tries++) {
        if (tries && sql_run(f->to, add, row, err) < 0)
            return -1;
        if (sql_start(f->to, find, SQL_ROW(row[0]), err) < 0 || (found = sql_step(f->to, find, err)) < 0)
            return -1;
    }
    if (found == 0)
        return err_set(err, ERR_HARNESS, "'%s' does not keep the case '%.100s'", f->to->path, row[0].s);
    *id = sql_column_int(find, 0);
    for (int i = 1; i < CASE_N; i++) {
        struct sql_value there = sql_column(find, i);

        if (there.kind == SQL_TEXT ? strcmp(there.s, row[i].s) != 0 : there.i != row[i].i) {
            f->out->differ++;
            break;
        }
    }
    sql_reset(find);
    return 0;
}

/* In one order for all who do the same at once, so that none waits for another in a ring. */
int forward_cases(struct forward *f, struct err *err)
{
    struct sql_stmt *all = sql_prepare(f->from,
                                       "SELECT case_id, scenario, variant, reference, params, role, id FROM series"
                                       " ORDER BY case_id COLLATE BINARY",
                                       err);
    struct sql_stmt *find = sql_prepare(
        f->to, "SELECT id, scenario, variant, reference, params, role FROM series WHERE case_id = ?", err);
    struct sql_stmt *add = sql_prepare(f->to,
                                       "INSERT INTO series (case_id, scenario, variant, reference, params, role)"
                                       " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (case_id) DO NOTHING",
                                       err);
    int more = -1, ret = -1;

    if (!all || !find || !add || sql_begin(f->to, err) < 0)
        goto out;
    while (f->n_lacking && (more = sql_step(f->from, all, err)) > 0) {
        struct sql_value row[CASE_N + 1] = { [CASE_N] = { .kind = SQL_END } };
        struct mapped m = { .from = sql_column_int(all, CASE_N) };

        for (int i = 0; i < CASE_N; i++)
            row[i] = sql_column(all, i);
        if (find_case(f, find, add, row, &m.to, err) < 0)
            goto out;
        f->map = mem_grow(f->map, &f->map_capacity, f->n_map + 1, sizeof(*f->map));
        f->map[f->n_map++] = m;
    }
    if (f->n_lacking && more < 0)
        goto out;
    ret = sql_commit(f->to, err);
    if (f->n_map)
        qsort(f->map, f->n_map, sizeof(*f->map), by_from);
out:
    if (ret < 0)
        sql_rollback(f->to);
    sql_finalize(all);
    sql_finalize(find);
    sql_finalize(add);
    return ret;
}

int forward_series(const struct forward *f, int64_t from, int64_t *to, struct err *err)
{
    struct mapped key = { .from = from };
    const struct mapped *found = f->n_map ? bsearch(&key, f->map, f->n_map, sizeof(key), by_from) : NULL;

    if (!found) /* a run that began and ended since */
        return err_set(err, ERR_HARNESS, "'%s' was written meanwhile: do it again", f->from->path);
    *to = found->to;
    return 0;
}

/* Each row that `select` gives of `from` is given to `insert` in `to`, which returns a number where it was new. */
static int forward_rows(struct forward *f, const char *select, int n, const char *insert, int64_t *count, struct err *err)
{
    struct sql_stmt *row = sql_prepare(f->from, select, err);
    int more = -1;

    while (row && (more = sql_step(f->from, row, err)) > 0) {
        struct sql_value values[24];
        int64_t id;
        int added;

        for (int i = 0; i < n; i++)
            values[i] = sql_column(row, i);
        values[n].kind = SQL_END;
        added = sql_run_number(f->to, insert, values, &id, err);
        if (added < 0) {
            more = -1;
            break;
        }
        *count += added;
    }
    sql_finalize(row);
    return more;
}

static const struct night *same_night(const struct night *nights, size_t n, const struct night *night)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(nights[i].night, night->night) == 0 && strcmp(nights[i].host_class, night->host_class) == 0)
            return &nights[i];
    return NULL;
}

/* One night with its parts, in one transaction. Hosts of one class share it: the parts of all of them belong to it. */
static int forward_night(struct forward *f, const struct night *night, struct sql_stmt *part, struct err *err)
{
    int64_t id, there = 0;
    int more = -1;

    if (sql_begin(f->to, err) < 0 ||
        sql_run_number(f->to,
                       "INSERT INTO night (night, host_class, commit_id, parts, started, finished_at) VALUES (?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (night, host_class) DO NOTHING RETURNING id",
                       SQL_ROW(SQL_V(night->night), SQL_V(night->host_class), SQL_V(night->commit), SQL_V(night->parts),
                               SQL_V(night->started), SQL_V(night->finished)),
                       &id, err) < 0 ||
        sql_run_number(f->to, "SELECT id FROM night WHERE night = ? AND host_class = ?",
                       SQL_ROW(SQL_V(night->night), SQL_V(night->host_class)), &there, err) < 0 ||
        sql_start(f->from, part, SQL_ROW(SQL_V(night->id)), err) < 0)
        goto out;
    while ((more = sql_step(f->from, part, err)) > 0)
        if (sql_run_number(f->to,
                           "INSERT INTO night_part VALUES (?, ?, (SELECT id FROM run WHERE uuid = ?), ?)"
                           " ON CONFLICT (night, part) DO NOTHING RETURNING night",
                           SQL_ROW(SQL_V(there), sql_column(part, 0), SQL_V(sql_column_str(part, 1)), sql_column(part, 2)),
                           &id, err) < 0) {
            more = -1;
            break;
        }
out:
    if (more == 0 && sql_commit(f->to, err) == 0) {
        f->out->nights++;
        return 0;
    }
    sql_rollback(f->to);
    return -1;
}

static int forward_nights(struct forward *f, struct err *err)
{
    struct sql_stmt *part = sql_prepare(f->from,
                                        "SELECT p.part, coalesce(r.uuid, ''), p.exit FROM night_part p LEFT JOIN run r"
                                        " ON r.id = p.run WHERE p.night = ? ORDER BY p.part COLLATE BINARY",
                                        err);
    struct night *ours = NULL, *theirs = NULL;
    size_t n = 0, n_theirs = 0;
    int ret = part ? store_load_nights(f->from, "", &ours, &n, err) : -1;

    if (ret == 0 && n)
        ret = store_load_nights(f->to, "", &theirs, &n_theirs, err);
    for (size_t i = 0; i < n && ret == 0; i++) {
        const struct night *there = same_night(theirs, n_theirs, &ours[i]);

        if (*ours[i].finished && (!there || there->done < ours[i].done))
            ret = forward_night(f, &ours[i], part, err);
    }
    sql_finalize(part);
    free(ours);
    free(theirs);
    return ret;
}

int forward_rest(struct forward *f, struct err *err)
{
    if (forward_rows(f,
                     "SELECT a.case_id, a.metric, a.host_class, a.reason, a.acked_at, r.uuid FROM ack a JOIN run r"
                     " ON r.id = a.run ORDER BY a.id",
                     6,
                     "INSERT INTO ack (case_id, metric, host_class, reason, acked_at, run) SELECT ?, ?, ?, ?, ?, id FROM run"
                     " WHERE uuid = ? ON CONFLICT (case_id, metric, host_class, run) DO NOTHING RETURNING id",
                     &f->out->acks, err) < 0)
        return err_wrap(err, "acknowledgements");
    if (forward_rows(f,
                     "SELECT host_class, started, commit_id, cases, effect, runs, alarmed_runs, verdicts, regressed,"
                     " inconclusive, passed, seconds, pairs, build, margin, uuid FROM drill ORDER BY id",
                     16,
                     "INSERT INTO drill (host_class, started, commit_id, cases, effect, runs, alarmed_runs, verdicts,"
                     " regressed, inconclusive, passed, seconds, pairs, build, margin, uuid)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uuid) DO NOTHING RETURNING id",
                     &f->out->drills, err) < 0)
        return err_wrap(err, "drills");
    return f->to->server && forward_nights(f, err) < 0 ? err_wrap(err, "nights") : 0;
}
