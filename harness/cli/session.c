// SPDX-License-Identifier: MIT
#include "cli/session.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/sharing.h"
#include "judge/compare.h"
#include "measure/sampler.h"
#include "record/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The blocks of one comparison so far. */
struct lane {
    struct block *blocks;
    size_t n, capacity, usable; /* usable: without a fault */
    size_t judged_at;           /* usable blocks when `decided` was last worked out */
    bool decided;
    bool noisy;                 /* gate: some verdict of it rests on an interval */
};

struct live {
    const struct context *context;
    const struct session *session;
    const struct plan *plan;
    struct compare_rule rule;
    struct gate_rules rules; /* the session's, with alpha */
    struct lane *lanes;
    struct sharing sharing;
    struct store *store; /* NULL: check only */
    int64_t run_id;
    size_t recorded;
    struct progress progress;
};

static int add_block(void *arg, size_t c, struct block *block, struct err *err)
{
    struct live *live = arg;
    struct lane *lane = &live->lanes[c];

    lane->blocks = mem_grow(lane->blocks, &lane->capacity, lane->n + 1, sizeof(*lane->blocks));
    lane->blocks[lane->n++] = *block;
    lane->usable += block->status == CASE_OK && block->side == 0;
    if (!live->store)
        return 0;
    if (store_add_block(live->store, live->run_id, &live->plan->comparisons[c], block, err) < 0)
        return -1;
    live->recorded++;
    return 0;
}

static bool is_timed(const struct comparison *c, const struct verdict *v)
{
    const struct metric *m = scenario_metric(c->params.scenario, v->metric);

    return m && m->kind == METRIC_TIMED;
}

/* Would the verdicts of this comparison, as it stands, all be certain? */
static bool decided(const struct live *live, size_t c)
{
    const struct lane *lane = &live->lanes[c];
    struct run_result so_far = { 0 };
    bool certain = true;

    compare_estimates(&live->plan->comparisons[c], lane->blocks, lane->n, live->rule.alpha, &so_far);
    gate_judge(&so_far, &live->rules, NULL);
    for (size_t i = 0; i < so_far.n_verdicts; i++) {
        const struct verdict *v = &so_far.verdicts[i];

        certain &= v->outcome != OUTCOME_INCONCLUSIVE || v->final;
        certain &= !v->hasty || lane->usable >= live->rule.looks[COMPARE_ALARM_LOOK];
    }
    run_result_free(&so_far);
    return certain;
}

/* How many of the run's verdicts will rest on an interval: those that nothing measured leaves open. */
static size_t count_verdicts(struct live *live)
{
    size_t n = 0;

    for (size_t c = 0; c < live->plan->n; c++) {
        struct run_result empty = { 0 };
        size_t before = n;

        compare_estimates(&live->plan->comparisons[c], NULL, 0, 1, &empty);
        gate_judge(&empty, &live->rules, NULL);
        for (size_t i = 0; i < empty.n_verdicts; i++)
            n += empty.verdicts[i].outcome == OUTCOME_INCONCLUSIVE && is_timed(&live->plan->comparisons[c], &empty.verdicts[i]);
        live->lanes[c].noisy = n > before;
        run_result_free(&empty);
    }
    return n;
}

/* Which cases the other program has too, and runs by other code. */
static void mark_elsewhere(const struct session *session, struct plan *plan)
{
    const struct gate_rules *rules = session->rules;

    for (size_t i = 0; session->other && i < plan->n; i++) {
        struct comparison *c = &plan->comparisons[i];

        for (size_t v = 0; v < c->params.scenario->n_variants; v++) {
            char id[CASE_ID_MAX];

            case_id(&c->params, &c->params.scenario->variants[v], id, sizeof(id));
            c->variants[v].elsewhere = rules->in_ref(rules->ref_arg, id) &&
                                       !(rules->same_in_ref && rules->same_in_ref(rules->ref_arg, id));
        }
    }
}

static void choose_rule(struct live *live)
{
    if (!live->session->rules) {
        live->rule = compare_rule_unjudged(live->session->blocks);
        return;
    }
    live->rules = *live->session->rules;
    live->rule = compare_rule(count_verdicts(live));
    live->rules.alpha = live->rule.alpha;
    live->rules.between = live->rule.between;
}

/* The blocks of a comparison that no noisy verdict rests on. One tells what is exact, and whether the results are right;
 * what a baseline could hold gets as many as an acceptance needs. */
static size_t enough_unjudged(const struct live *live, size_t c)
{
    const struct comparison *comparison = &live->plan->comparisons[c];

    for (size_t v = 1; v < comparison->params.scenario->n_variants; v++)
        if (comparison->variants[v].wanted && comparison->params.scenario->variants[v].role == ROLE_OURS)
            return compare_rule_unjudged(live->session->blocks).looks[0];
    return 1;
}

static size_t wants(void *arg, size_t c)
{
    struct live *live = arg;
    struct lane *lane = &live->lanes[c];
    const size_t *looks = live->rule.looks;
    size_t look = 0;

    if (!sharing_has(&live->sharing, c))
        return 0;
    if (live->session->check_only) /* again where a fault hid the variants behind it: the culprit is left out then */
        return lane->usable == 0;
    if (live->session->rules && !lane->noisy)
        return enough_unjudged(live, c) > lane->usable ? enough_unjudged(live, c) - lane->usable : 0;
    while (look < COMPARE_LOOKS && looks[look] < lane->usable)
        look++;
    if (look == COMPARE_LOOKS)
        return 0;
    if (lane->usable < looks[look])
        return looks[look] - lane->usable;
    if (!live->session->rules)
        return 0;
    if (lane->judged_at != lane->usable) {
        lane->decided = decided(live, c);
        lane->judged_at = lane->usable;
    }
    return lane->decided || look + 1 == COMPARE_LOOKS ? 0 : looks[look + 1] - lane->usable;
}

static void say_lost(void *arg, size_t comparison, const struct block *block)
{
    struct live *live = arg;

    progress_clear(&live->progress);
    say("pawl %s: %s: %s: trying that block once more", live->context->command, live->plan->comparisons[comparison].id,
        block->reason);
}

static void show(void *arg, const struct sampler_progress *progress)
{
    struct live *live = arg;

    if (!live->session->quiet)
        progress_show(&live->progress, progress);
}

/* A pass is a pair of blocks where another program takes turns with ours. */
static double budget(const struct live *live)
{
    const struct options *o = live->context->options;

    if (o->budget_s >= 0)
        return o->budget_s;
    return !live->session->rules || o->full ? 0 : live->session->other ? 480 : 240;
}

static int sample(struct live *live, const struct topology *topology, bool *over_budget, struct err *err)
{
    const struct options *o = live->context->options;
    const struct domain *domain = topology_domain(topology);
    struct sampler_hooks hooks = { .arg = live, .add = add_block, .wants = wants, .progress = show, .lost = say_lost };
    struct sampler_options options = {
        .block = { live->context->program, o->timeout_s, interrupt_catch() },
        .pus = domain->pus,
        .n_pus = live->session->check_only ? 0 : domain->n_pus,
        .check_only = live->session->check_only,
        .min_sample_ns = 4e6,
        .seed = (uint64_t)o->seed,
        .order_seed = rng_mix((uint64_t)o->seed, (uint64_t)live->run_id),
        .budget_s = budget(live),
        .other = live->session->other,
        .slowdown = live->session->slowdown,
        .isa_without = ~o->isa,
    };
    int ret;

    live->progress = progress_start();
    ret = sampler_run(live->plan, &options, &hooks, over_budget, err);
    progress_clear(&live->progress);
    interrupt_release();
    return ret;
}

/* Would this run have the case, if it were still there? By the globs; with --quick, --shard or --benchmark_filter, which leave
 * cells out on purpose, only in the cells that it measures. */
static bool in_scope(void *arg, const char *case_id)
{
    const struct live *live = arg;
    const struct options *o = live->context->options;
    bool selected = text_globs(o->args, o->n_args, case_id);

    if (!selected || !(o->quick || o->shard || o->filter))
        return selected;
    for (size_t c = 0; c < live->plan->n; c++) {
        const struct params *p = &live->plan->comparisons[c].params;
        size_t n = strlen(p->scenario->name);
        char cell[CASE_ID_MAX];
        const char *slash;

        if (!sharing_has(&live->sharing, c) || strncmp(case_id, p->scenario->name, n) != 0 || case_id[n] != '/')
            continue;
        params_format(p, cell, sizeof(cell));
        slash = strchr(case_id + n + 1, '/'); /* behind the variant */
        if (strcmp(slash ? slash + 1 : "", cell) == 0)
            return true;
    }
    return false;
}

/* A case that the budget left without a block says so. */
static void say_unmeasured(struct run_result *run)
{
    for (size_t i = 0; i < run->n_cases; i++)
        if (run->cases[i].status == CASE_OK && run->cases[i].n_blocks == 0)
            text_copy(run->cases[i].reason, REASON_MAX, "not measured: the budget was spent before its first block");
}

static void finish(struct live *live, struct run_result *run, const struct topology *topology, bool over_budget)
{
    const struct options *o = live->context->options;
    struct gate_scope scope = { in_scope, live, o->n_args == 0 && !o->quick && !o->shard && !o->filter,
                                topology_domain(topology)->n_pus };

    for (size_t c = 0; c < live->plan->n; c++)
        if (sharing_has(&live->sharing, c))
            compare_estimates(&live->plan->comparisons[c], live->lanes[c].blocks, live->lanes[c].n, live->rule.alpha, run);
    if (live->session->rules)
        gate_judge(run, &live->rules, &scope);
    if (!live->session->check_only)
        say_unmeasured(run);
    if (over_budget)
        say("pawl %s: the budget is spent: some comparisons have fewer blocks than they want (see --budget)",
            live->context->command);
}

/* Adds what is kept to the message of a run that did not finish. */
static void say_kept(const struct live *live, struct err *err)
{
    char why[sizeof(err->msg)];

    if (!live->store || live->session->quiet) /* a history of its command's own, which goes with it */
        return;
    text_copy(why, sizeof(why), err->msg);
    err_set(err, err->code, "%.300s; run %lld is unfinished, its %zu finished blocks are kept in '%.100s'",
            interrupt_signal() ? "interrupted" : why, (long long)live->run_id, live->recorded, live->context->options->db);
}

/* Which sizes are not the variants' own is a fact of the run, and said. */
static int apply_tuning(const struct context *context, const struct tuning *tuning, struct plan *plan, struct host *host,
                        struct err *err)
{
    struct text words = { 0 };
    int ret = 0;

    for (size_t c = 0; c < plan->n && ret == 0; c++)
        ret = tuning_apply(tuning, &plan->comparisons[c], &words, err);
    if (ret == 0 && words.len) {
        say("pawl %s: tuned: %s", context->command, words.data);
        host_add(host, "tuned", "%s", words.data);
    }
    text_free(&words);
    return ret;
}

int session_run(const struct context *context, const struct session *session, const struct topology *topology,
                const struct host *host, struct run_result *run, struct err *err)
{
    struct live live = { .context = context, .session = session };
    struct plan plan = { 0 };
    double started = block_clock_s();
    bool over_budget = false;
    int ret = -1;

    *run = (struct run_result){ 0 };
    session_describe(context, host, &run->info);
    if (make_plan(context, topology, &plan, err) < 0)
        return -1;
    mark_elsewhere(session, &plan);
    if (session->rules && session->rules->ref)
        text_copy(run->info.against, sizeof(run->info.against), session->rules->ref);
    live.plan = &plan;
    live.lanes = mem_array(plan.n, sizeof(*live.lanes));
    choose_rule(&live); /* of the whole matrix, also where this is a share of it: the error is that of the whole */
    if (sharing_split(&live.sharing, context, &plan, &run->info, err) < 0)
        goto out;
    if (session->tuning && apply_tuning(context, session->tuning, &plan, &run->info.host, err) < 0)
        goto out;
    if (!session->check_only) {
        live.store = store_open(context->options->db, STORE_WRITE, err);
        if (!live.store || store_begin_run(live.store, &run->info, err) < 0)
            goto out;
        live.run_id = run->info.id;
    }
    if (sample(&live, topology, &over_budget, err) < 0) {
        say_kept(&live, err);
        goto out;
    }
    if (session->end)
        session->end(session->end_arg, &run->info.host);
    finish(&live, run, topology, over_budget);
    run->info.seconds = block_clock_s() - started;
    ret = live.store ? store_finish_run(live.store, run, err) : 0;
out:
    store_close(live.store);
    for (size_t c = 0; c < plan.n; c++) {
        for (size_t i = 0; i < live.lanes[c].n; i++)
            block_free(&live.lanes[c].blocks[i]);
        free(live.lanes[c].blocks);
    }
    free(live.lanes);
    sharing_free(&live.sharing);
    plan_free(&plan);
    return ret;
}
