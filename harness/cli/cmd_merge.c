// SPDX-License-Identifier: MIT
/* cmd_merge.c -- `merge`: other files are taken into the history on this host; the shares of one matrix become one run, which
 * is judged as if it had been measured in one. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/cmd_gate.h"
#include "cli/commands.h"
#include "cli/github.h"
#include "judge/compare.h"
#include "judge/gate.h"
#include "judge/pool.h"
#include "record/store_join.h"
#include "record/store_url.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the shares were asked for: their command without the options. */
struct asked {
    const struct run_result *run;
    char words[sizeof(((struct run_info *)0)->command)];
    const char *globs[64];
    size_t n_globs;
    bool quick;
};

static void read_command(const struct run_result *run, struct asked *asked)
{
    char *save = NULL;

    *asked = (struct asked){ .run = run, .quick = strstr(run->info.command, " --quick") };
    text_copy(asked->words, sizeof(asked->words), run->info.command);
    strtok_r(asked->words, " ", &save);
    for (char *word = strtok_r(NULL, " ", &save); word && word[0] != '-'; word = strtok_r(NULL, " ", &save))
        if (asked->n_globs < ARRAY_LEN(asked->globs))
            asked->globs[asked->n_globs++] = word;
}

/* Of a quick matrix, which leaves cells out on purpose, only what is in a cell that was measured. */
static bool in_scope(void *arg, const char *case_id)
{
    const struct asked *asked = arg;
    const struct run_result *run = asked->run;

    if (!text_globs(asked->globs, asked->n_globs, case_id))
        return false;
    for (size_t i = 0; asked->quick && i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];
        size_t n = strlen(c->scenario), cell = strlen(c->params), length = strlen(case_id);

        if (strncmp(case_id, c->scenario, n) == 0 && case_id[n] == '/' && length > cell &&
            strcmp(case_id + length - cell, c->params) == 0)
            return true;
    }
    return !asked->quick;
}

/* How many verdicts rest on an interval. */
static size_t count_noisy(const struct run_result *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        const struct case_result *c = run_case(run, run->verdicts[i].case_id);
        const struct estimate *e = c ? case_estimate(c, run->verdicts[i].metric) : NULL;

        n += e && e->kind == METRIC_TIMED;
    }
    return n;
}

/* As the gate judges: the error of the whole run over all of its verdicts. */
static int judge(void *arg, struct run_result *run, struct err *err)
{
    const struct context *context = arg;
    struct targets targets = { 0 };
    struct baseline baseline = { 0 };
    struct gate_rules rules = { .targets = &targets, .epoch = host_fact(&run->info.host, "epoch"), .alpha = 1,
                                .isa_limited = strstr(run->info.command, " --isa ") };
    struct gate_scope scope = { in_scope, NULL, false, INT_MAX };
    struct compare_rule rule;
    struct asked asked;
    int ret = gate_read(context, run->info.host.class, &targets, &baseline, &rules.baseline, err);

    if (ret == 0) {
        gate_judge(run, &rules, NULL);
        rule = compare_rule(count_noisy(run));
        rules.alpha = rule.alpha;
        rules.between = rule.between;
        pool_intervals(run, rule.alpha);
        read_command(run, &asked);
        scope.arg = &asked;
        scope.whole = asked.n_globs == 0 && !asked.quick;
        gate_judge(run, &rules, &scope);
    }
    baseline_free(&baseline);
    targets_free(&targets);
    return ret;
}

static bool same(const struct share *a, const struct share *b)
{
    return a->of == b->of && strcmp(a->split, b->split) == 0 && strcmp(a->host_class, b->host_class) == 0;
}

/* The newest run of each share that belongs with `first`. Says which are missing. */
static size_t collect(const struct context *context, const struct share *shares, size_t n, const struct share *first,
                      int64_t *ids)
{
    struct text missing = { 0 };
    size_t n_found = 0;

    memset(ids, 0, (size_t)first->of * sizeof(*ids));
    for (size_t i = 0; i < n; i++)
        if (same(&shares[i], first))
            ids[shares[i].index - 1] = shares[i].run;
    for (int64_t i = 0; i < first->of; i++) {
        n_found += ids[i] != 0;
        if (!ids[i])
            text_addf(&missing, "%s%lld/%lld", missing.len ? ", " : "", (long long)(i + 1), (long long)first->of);
    }
    if (missing.len)
        say("pawl %s: of the matrix that run %lld measured a share of on '%s' this is missing: %s; nothing is judged",
            context->command, (long long)first->run, first->host_class, missing.data);
    text_free(&missing);
    return n_found;
}

/* One run of the shares, told; the exit status, or -1. */
static int join(const struct context *context, struct store *store, const int64_t *ids, size_t n, struct github *github,
                struct err *err)
{
    struct run_result run;
    int ret = store_join(store, ids, n, judge, (void *)context, &run, err);

    if (ret < 0)
        return -1;
    ret = print_run(context, &run, err);
    if (ret == 0) {
        say("run %lld: %zu shares in one, %zu cases, recorded in %s", (long long)run.info.id, n, run.n_cases,
            context->options->db);
        ret = github_result(github, context, &run, run.exit, err) < 0 ? -1 : run.exit;
    }
    run_result_free(&run);
    return ret;
}

/* All matrices of which there are shares; the worst exit status, or -1. What lacks a share ends with 3: nobody can tell. */
static int join_all(const struct context *context, struct github *github, struct err *err)
{
    struct store *store = store_open(context->options->db, STORE_WRITE, err);
    struct share *shares = NULL;
    size_t n = 0;
    int ret = store ? store_load_shares(store, &shares, &n, err) : -1;

    for (size_t i = 0; i < n && ret >= 0; i++) {
        int64_t *ids = mem_array((size_t)shares[i].of, sizeof(*ids));
        bool first = true;
        int now = 3;

        for (size_t k = 0; k < i; k++)
            first &= !same(&shares[k], &shares[i]);
        if (first && collect(context, shares, n, &shares[i], ids) == (size_t)shares[i].of)
            now = join(context, store, ids, (size_t)shares[i].of, github, err);
        if (first)
            ret = now < 0 ? -1 : ret == 1 || now == 1 ? 1 : ret > now ? ret : now;
        free(ids);
    }
    free(shares);
    store_close(store);
    return ret;
}

int cmd_merge(const struct context *context)
{
    const struct options *o = context->options;
    struct github github;
    struct err err = { 0 };
    int ret = github_begin(&github, context, &err);

    if (ret == 0 && o->n_args == 0)
        ret = err_set(&err, ERR_USAGE, "name the files to take in: pawl merge FILE...");
    for (size_t i = 0; i < o->n_args && ret == 0; i++)
        ret = store_url(o->args[i])           ? err_set(&err, ERR_USAGE, "files are merged; `pawl pull` fetches from a server")
              : access(o->args[i], F_OK) < 0 ? err_set(&err, ERR_USAGE, "cannot read '%s': %m", o->args[i])
                                              : hand_on(context, o->args[i], o->db, &err);
    if (ret == 0)
        ret = join_all(context, &github, &err);
    if (ret < 0) {
        ret = say_error(context, &err);
        github_failed(&github, context, err.msg, ret);
    }
    return ret;
}
