// SPDX-License-Identifier: MIT
#include "judge/pool.h"

#include "base/mem.h"
#include "base/text.h"
#include "judge/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values of the runs of both. */
static void add_runs(struct estimate *e, const struct estimate *more)
{
    size_t n = (e->n_runs ? e->n_runs : 1), n_more = (more->n_runs ? more->n_runs : 1);
    double *runs = mem_array(n + n_more, sizeof(*runs));

    memcpy(runs, e->n_runs ? e->runs : &e->value, n * sizeof(*runs));
    memcpy(runs + n, more->n_runs ? more->runs : &more->value, n_more * sizeof(*runs));
    free(e->runs);
    e->runs = runs;
    e->n_runs = n + n_more;
}

/* Value and interval, of its blocks. */
static void close_estimate(struct estimate *e, double alpha)
{
    double *sorted = mem_array(e->n_blocks, sizeof(*sorted));
    struct interval r;

    memcpy(sorted, e->blocks, e->n_blocks * sizeof(*sorted));
    stats_sort(sorted, e->n_blocks);
    r = stats_median_interval(sorted, e->n_blocks, alpha);
    e->value = r.value;
    e->low = r.low;
    e->high = r.high;
    free(sorted);
}

void pool_intervals(struct run_result *run, double alpha)
{
    for (size_t i = 0; i < run->n_cases; i++)
        for (size_t k = 0; k < run->cases[i].n_estimates; k++)
            if (run->cases[i].estimates[k].kind == METRIC_TIMED && run->cases[i].estimates[k].n_blocks)
                close_estimate(&run->cases[i].estimates[k], alpha);
}

static void add_blocks(struct estimate *e, const struct estimate *more)
{
    double *blocks = mem_array(e->n_blocks + more->n_blocks, sizeof(*blocks));

    add_runs(e, more); /* first: it looks at e's own value */
    memcpy(blocks, e->blocks, e->n_blocks * sizeof(*blocks));
    memcpy(blocks + e->n_blocks, more->blocks, more->n_blocks * sizeof(*blocks));
    free(e->blocks);
    e->blocks = blocks;
    e->n_blocks += more->n_blocks;
    close_estimate(e, compare_rule_unjudged(0).alpha);
}

static void copy_estimate(struct case_result *to, const struct estimate *from)
{
    struct estimate *e = case_add_estimate(to);

    *e = *from;
    e->blocks = mem_array(from->n_blocks, sizeof(*e->blocks));
    memcpy(e->blocks, from->blocks, from->n_blocks * sizeof(*e->blocks));
    if (from->n_runs) {
        e->runs = mem_array(from->n_runs, sizeof(*e->runs));
        memcpy(e->runs, from->runs, from->n_runs * sizeof(*e->runs));
    }
}

/* A fault in one run is the case's; a run that skipped it says nothing. */
static void add_case(struct case_result *to, const struct case_result *from)
{
    if (from->status == CASE_SKIPPED)
        return;
    if (to->status == CASE_SKIPPED || (to->status == CASE_OK && from->status != CASE_OK)) {
        to->status = from->status;
        text_copy(to->reason, sizeof(to->reason), from->reason);
    }
    if (to->status != CASE_OK)
        return;
    to->n_blocks += from->n_blocks;
    for (size_t i = 0; i < from->n_estimates; i++) {
        const struct estimate *more = &from->estimates[i];
        struct estimate *e = (struct estimate *)case_estimate(to, more->metric);

        if (!e) {
            copy_estimate(to, more);
        } else if (e->kind == METRIC_TIMED) {
            add_blocks(e, more);
        } else if (e->value != more->value) {
            to->status = CASE_WRONG_RESULT;
            snprintf(to->reason, sizeof(to->reason), "%s is exact, but one run gave %.9g and another %.9g", e->metric,
                     e->value, more->value);
        }
    }
}

int pool_check(const struct run_result *one, const struct run_result *other, struct err *err)
{
    const struct run_info *a = &one->info, *b = &other->info;

    static const char *const facts[] = { "epoch", "tuned" };

    if (a->id == b->id)
        return err_set(err, ERR_USAGE, "run %lld is named twice", (long long)a->id);
    if (strcmp(a->host.class, b->host.class) != 0)
        return err_set(err, ERR_CONFIG, "run %lld is of host class '%s', run %lld of '%s'", (long long)a->id,
                       a->host.class, (long long)b->id, b->host.class);
    if (strcmp(a->commit, b->commit) != 0 || a->dirty || b->dirty || !*a->commit)
        return err_set(err, ERR_CONFIG,
                       "run %lld (%.12s%s) and run %lld (%.12s%s) are not of one clean commit: accept one of them alone",
                       (long long)a->id, a->commit, a->dirty ? ", dirty" : "", (long long)b->id, b->commit,
                       b->dirty ? ", dirty" : "");
    if (strcmp(a->flags, b->flags) != 0 || strcmp(a->compiler, b->compiler) != 0)
        return err_set(err, ERR_CONFIG, "run %lld and run %lld are of two builds (%.60s %.60s, %.60s %.60s)",
                       (long long)a->id, (long long)b->id, a->compiler, a->flags, b->compiler, b->flags);
    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        if (strcmp(host_fact(&a->host, facts[i]), host_fact(&b->host, facts[i])) != 0)
            return err_set(err, ERR_CONFIG, "run %lld and run %lld differ in '%s' (%.80s, %.80s)", (long long)a->id,
                           (long long)b->id, facts[i], host_fact(&a->host, facts[i]), host_fact(&b->host, facts[i]));
    return 0;
}

void pool_add(struct run_result *into, const struct run_result *more)
{
    for (size_t i = 0; i < more->n_cases; i++) {
        const struct case_result *from = &more->cases[i];
        struct case_result *to = (struct case_result *)run_case(into, from->id);

        if (!to) {
            to = run_add_case(into);
            *to = *from;
            to->estimates = NULL;
            to->n_estimates = to->n_blocks = 0;
        }
        add_case(to, from);
    }
    for (size_t i = 0; i < more->n_verdicts; i++)
        *run_add_verdict(into) = more->verdicts[i];
    into->judged |= more->judged;
}
