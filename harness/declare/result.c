// SPDX-License-Identifier: MIT
#include "declare/result.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {
    [CASE_OK] = "ok",           [CASE_SKIPPED] = "skipped",     [CASE_WRONG_RESULT] = "wrong_result",
    [CASE_CRASHED] = "crashed", [CASE_TIMED_OUT] = "timed_out", [CASE_FAILED] = "failed",
};

static const char *const outcomes[] = {
    [OUTCOME_PASS] = "PASS",
    [OUTCOME_IMPROVED] = "IMPROVED",
    [OUTCOME_NEW] = "NEW",
    [OUTCOME_SKIPPED] = "SKIPPED",
    [OUTCOME_INCONCLUSIVE] = "INCONCLUSIVE",
    [OUTCOME_REGRESSED] = "REGRESSED",
    [OUTCOME_MISSED_TARGET] = "MISSED_TARGET",
    [OUTCOME_MISSING] = "MISSING",
    [OUTCOME_FAILED] = "FAILED",
    [OUTCOME_TIMED_OUT] = "TIMED_OUT",
    [OUTCOME_CRASHED] = "CRASHED",
    [OUTCOME_WRONG_RESULT] = "WRONG_RESULT",
};

static const char *const againsts[] = {
    [AGAINST_RESULT] = "result", [AGAINST_TARGET] = "target", [AGAINST_BASELINE] = "baseline", [AGAINST_REF] = "ref",
};

const char *const host_epoch_keys[] = { "microcode", "kernel", "boost", "governor", "virtualised", "smt", NULL };

static int find(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

const char *case_status_name(enum case_status status)
{
    return statuses[status];
}

int case_status_parse(const char *name)
{
    return find(statuses, ARRAY_LEN(statuses), name);
}

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome];
}

int outcome_parse(const char *name)
{
    return find(outcomes, ARRAY_LEN(outcomes), name);
}

const char *against_name(enum against against)
{
    return againsts[against];
}

int against_parse(const char *name)
{
    return find(againsts, ARRAY_LEN(againsts), name);
}

void block_free(struct block *block)
{
    free(block->samples);
    free(block->exacts);
    *block = (struct block){ 0 };
}

const struct estimate *case_estimate(const struct case_result *c, const char *metric)
{
    for (size_t i = 0; i < c->n_estimates; i++)
        if (strcmp(c->estimates[i].metric, metric) == 0)
            return &c->estimates[i];
    return NULL;
}

void host_add(struct host *host, const char *key, const char *fmt, ...)
{
    struct fact *fact;
    va_list ap;

    if (host->n_facts == FACTS_MAX)
        BUG("more than %d facts of a host", FACTS_MAX);
    fact = &host->facts[host->n_facts++];
    text_copy(fact->key, sizeof(fact->key), key);
    va_start(ap, fmt);
    vsnprintf(fact->value, sizeof(fact->value), fmt, ap);
    va_end(ap);
}

const char *host_fact(const struct host *host, const char *key)
{
    for (size_t i = 0; i < host->n_facts; i++)
        if (strcmp(host->facts[i].key, key) == 0)
            return host->facts[i].value;
    return "";
}

int point_order(const struct point *a, const struct point *b)
{
    int d = strcmp(a->started, b->started);

    return d ? d : (a->run > b->run) - (a->run < b->run);
}

bool point_opens_epoch(const struct point *point, const char **known)
{
    bool opens = *point->epoch && **known && strcmp(point->epoch, *known) != 0;

    if (*point->epoch)
        *known = point->epoch;
    return opens;
}

struct case_result *run_add_case(struct run_result *run)
{
    run->cases = mem_grow(run->cases, &run->cases_capacity, run->n_cases + 1, sizeof(*run->cases));
    return &run->cases[run->n_cases++];
}

struct verdict *run_add_verdict(struct run_result *run)
{
    run->verdicts = mem_grow(run->verdicts, &run->verdicts_capacity, run->n_verdicts + 1, sizeof(*run->verdicts));
    return &run->verdicts[run->n_verdicts++];
}

struct estimate *case_add_estimate(struct case_result *c)
{
    size_t capacity = c->n_estimates;

    c->estimates = mem_grow(c->estimates, &capacity, c->n_estimates + 1, sizeof(*c->estimates));
    memset(&c->estimates[c->n_estimates], 0, sizeof(*c->estimates));
    return &c->estimates[c->n_estimates++];
}

const struct case_result *run_case(const struct run_result *run, const char *id)
{
    for (size_t i = 0; i < run->n_cases; i++)
        if (strcmp(run->cases[i].id, id) == 0)
            return &run->cases[i];
    return NULL;
}

void run_result_free(struct run_result *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->n_cases; i++) {
        for (size_t j = 0; j < run->cases[i].n_estimates; j++) {
            free(run->cases[i].estimates[j].blocks);
            free(run->cases[i].estimates[j].runs);
        }
        free(run->cases[i].estimates);
    }
    free(run->cases);
    free(run->verdicts);
    *run = (struct run_result){ 0 };
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->n_series; i++)
        free(history->series[i].points);
    free(history->series);
    *history = (struct history){ 0 };
}

struct interval drill_row_detected(const struct drill_row *row)
{
    return stats_rate_interval((size_t)row->regressed, row->verdicts ? (size_t)row->verdicts : 1, 0.05);
}

struct interval drill_row_alarmed(const struct drill_row *row)
{
    return stats_rate_interval((size_t)row->alarmed_runs, row->runs ? (size_t)row->runs : 1, 0.05);
}
