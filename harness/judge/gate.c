// SPDX-License-Identifier: MIT
#include "judge/gate.h"

#include "base/stats.h"
#include "base/text.h"
#include "judge/gate_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome gate_target(double low, double high, const struct target *target)
{
    bool least = !isnan(target->at_least);
    double limit = least ? target->at_least : target->at_most;

    if (least ? low >= limit : high <= limit)
        return OUTCOME_PASS;
    return (least ? high < limit : low > limit) ? OUTCOME_MISSED_TARGET : OUTCOME_INCONCLUSIVE;
}

int gate_exit(const struct run_result *run)
{
    bool failed = false, unsure = false;

    for (size_t i = 0; i < run->n_verdicts; i++) {
        failed |= run->verdicts[i].outcome > OUTCOME_INCONCLUSIVE;
        unsure |= run->verdicts[i].outcome == OUTCOME_INCONCLUSIVE;
    }
    return failed ? 1 : unsure ? 3 : 0;
}

/* The smallest relative change that an interval of this width could have told from none: its half, as a factor. */
static double detectable(double low, double high)
{
    return isfinite(low) && isfinite(high) && low > 0 ? sqrt(high / low) - 1 : NAN;
}

struct verdict *gate_add(struct run_result *run, const char *case_id, const char *metric, enum against against,
                           enum outcome outcome)
{
    struct verdict *v = run_add_verdict(run);

    memset(v, 0, sizeof(*v));
    text_copy(v->case_id, sizeof(v->case_id), case_id);
    text_copy(v->metric, sizeof(v->metric), metric);
    v->against = against;
    v->outcome = outcome;
    v->value = v->low = v->high = v->limit = v->detectable = NAN;
    return v;
}

/* What happened to the case, where that is the verdict. A skip of what the baseline knows is a loss. */
static void judge_status(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    static const enum outcome outcomes[] = {
        [CASE_OK] = OUTCOME_PASS,           [CASE_SKIPPED] = OUTCOME_SKIPPED,     [CASE_WRONG_RESULT] = OUTCOME_WRONG_RESULT,
        [CASE_CRASHED] = OUTCOME_CRASHED, [CASE_TIMED_OUT] = OUTCOME_TIMED_OUT,
        [CASE_FAILED] = OUTCOME_FAILED,
    };
    struct verdict *v;

    if (c->status == CASE_OK)
        return;
    if (c->status == CASE_SKIPPED && rules->baseline && baseline_find(rules->baseline, c->id) && !rules->isa_limited) {
        v = gate_add(run, c->id, "", AGAINST_BASELINE, OUTCOME_MISSING);
        snprintf(v->reason, sizeof(v->reason), "the baseline knows it, but it was skipped: %.220s", c->reason);
        return;
    }
    v = gate_add(run, c->id, "", AGAINST_RESULT, outcomes[c->status]);
    text_copy(v->reason, sizeof(v->reason), c->reason);
}

void gate_set_figures(struct verdict *v, const struct estimate *e)
{
    v->value = e->value;
    v->low = e->low;
    v->high = e->high;
    v->n_blocks = e->kind == METRIC_EXACT ? 0 : e->n_blocks;
    v->detectable = e->kind == METRIC_EXACT ? 0 : detectable(e->low, e->high);
}

/* "1.85 x [1.80, 1.91] over 8 blocks" */
static void say_figure(const struct estimate *e, char *buf, size_t size)
{
    if (e->kind == METRIC_EXACT)
        snprintf(buf, size, "%.6g %s", e->value, e->unit);
    else if (isfinite(e->low) && isfinite(e->high))
        snprintf(buf, size, "%.4g %s [%.4g, %.4g] over %zu blocks", e->value, e->unit, e->low, e->high, e->n_blocks);
    else
        snprintf(buf, size, "%.4g %s over %zu blocks, too few for an interval", e->value, e->unit, e->n_blocks);
}

void gate_say_unmeasured(struct verdict *v)
{
    snprintf(v->reason, sizeof(v->reason), "no block of it was finished (see --budget)");
}

bool gate_is_reference(const struct case_result *c)
{
    return strcmp(c->variant, c->reference) == 0;
}

static void judge_target(struct run_result *run, const struct case_result *c, const struct target *t)
{
    const struct estimate *e = case_estimate(c, t->metric);
    bool least = !isnan(t->at_least);
    char figure[128], goal[64] = "";
    struct verdict *v;

    if ((strcmp(t->metric, metric_speedup.name) == 0 && gate_is_reference(c)) || (!e && c->n_blocks > 0))
        return; /* it has no such metric, and never will */
    v = gate_add(run, c->id, t->metric, AGAINST_TARGET, OUTCOME_INCONCLUSIVE);
    v->limit = least ? t->at_least : t->at_most;
    if (!e) {
        gate_say_unmeasured(v);
        return;
    }
    gate_set_figures(v, e);
    v->outcome = gate_target(e->low, e->high, t);
    say_figure(e, figure, sizeof(figure));
    if (!isnan(t->goal) && isfinite(e->low) && isfinite(e->high))
        snprintf(goal, sizeof(goal), "; goal %g %s", t->goal,
                 (least ? e->low >= t->goal : e->high <= t->goal) ? "reached" : "not reached");
    snprintf(v->reason, sizeof(v->reason), "%s; at %s %g is promised%s%s", figure, least ? "least" : "most", v->limit,
             v->outcome == OUTCOME_INCONCLUSIVE ? ", and the interval does not decide" : "", goal);
}

static struct verdict *add_exact(struct run_result *run, const struct case_result *c, const struct estimate *e,
                                 enum against against, double was)
{
    bool worse = e->better == METRIC_HIGHER_IS_BETTER ? e->value < was : e->value > was;
    struct verdict *v = gate_add(run, c->id, e->metric, against,
                            e->value == was ? OUTCOME_PASS : worse ? OUTCOME_REGRESSED : OUTCOME_IMPROVED);

    gate_set_figures(v, e);
    v->limit = was;
    return v;
}

static void judge_exact(struct run_result *run, const struct case_result *c, const struct estimate *e,
                        const struct accepted *a, const struct estimate *was)
{
    struct verdict *v = add_exact(run, c, e, AGAINST_BASELINE, was->value);

    text_copy(v->since, sizeof(v->since), a->commit);
    snprintf(v->reason, sizeof(v->reason), "%.9g %s, accepted was %.9g (%.10s, %.12s)", e->value, e->unit, was->value,
             a->date, a->commit);
}

/* What is exact in the other program, too: bytes, ratios, recall. */
static void judge_exact_ref(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    for (size_t i = 0; i < c->n_estimates && c->role == ROLE_OURS; i++) {
        const struct estimate *e = &c->estimates[i];

        if (e->kind == METRIC_EXACT && e->has_there)
            snprintf(add_exact(run, c, e, AGAINST_REF, e->there)->reason, REASON_MAX, "%.9g %s, in %.12s it is %.9g", e->value,
                     e->unit, rules->ref, e->there);
    }
}

/* Is it measured beside the program that it was accepted from? Where that one fails here, what it took on the day is all
 * there is. */
static bool is_measured_again(const struct case_result *c, const struct accepted *a, const struct gate_rules *rules)
{
    /* NOLINTNEXTLINE: then there is a ref */
    return rules->ref_is_baseline && strcmp(a->commit, rules->ref) == 0 && !*c->ref_fault && !gate_is_reference(c) &&
           rules->in_ref(rules->ref_arg, c->id);
}

static void judge_baseline(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    const struct accepted *a = baseline_find(rules->baseline, c->id);

    for (size_t i = 0; i < c->n_estimates; i++)
        if (baseline_judges(c, &c->estimates[i]) && !(a && accepted_estimate(a, c->estimates[i].metric)))
            snprintf(gate_add(run, c->id, c->estimates[i].metric, AGAINST_BASELINE, OUTCOME_NEW)->reason, REASON_MAX,
                     "the baseline does not know this %s; 'pawl accept' adds it", a ? "metric" : "case");
    for (size_t i = 0; a && i < a->n_estimates; i++) {
        const struct estimate *was = &a->estimates[i], *e = case_estimate(c, was->metric);

        if (strcmp(was->metric, metric_instructions.name) == 0 || (was->kind == METRIC_TIMED && is_measured_again(c, a, rules)))
            continue;
        if (!e && c->n_blocks == 0)
            gate_say_unmeasured(gate_add(run, c->id, was->metric, AGAINST_BASELINE, OUTCOME_INCONCLUSIVE));
        else if (!e || e->kind != was->kind)
            snprintf(gate_add(run, c->id, was->metric, AGAINST_BASELINE, OUTCOME_MISSING)->reason, REASON_MAX,
                     e ? "the baseline has this metric as another kind; 'pawl accept' replaces it"
                       : "the baseline knows this metric, the run lacks it");
        else if (e->kind == METRIC_EXACT)
            judge_exact(run, c, e, a, was);
        else
            gate_judge_timed(run, c, e, a, was, rules);
    }
}

/* The threads that a case id speaks of; 1 where it speaks of none. */
static int threads_of(const char *case_id)
{
    const char *at = strstr(case_id, "/threads=");

    return at ? atoi(at + strlen("/threads=")) : 1;
}

/* A target that no case of the run has kept or missed is a promise about nothing. */
static void judge_kept(struct run_result *run, const struct target *t)
{
    const char *names[32], *near;
    size_t n_names = 0, n_cases = 0;
    struct text others = { 0 };
    struct verdict *v;

    for (size_t c = 0; c < run->n_cases; c++) {
        const struct case_result *r = &run->cases[c];

        if (!text_glob(t->cases, r->id))
            continue;
        n_cases++;
        if (r->status != CASE_OK || r->n_blocks == 0 || case_estimate(r, t->metric))
            return; /* it has a verdict of its own */
        for (size_t k = 0; r->role == ROLE_OURS && k < r->n_estimates && n_names < ARRAY_LEN(names); k++)
            names[n_names++] = r->estimates[k].metric;
    }
    v = gate_add(run, t->cases, t->metric, AGAINST_TARGET, OUTCOME_MISSING);
    if (n_cases == 0) {
        snprintf(v->reason, REASON_MAX, "no case of this run is what the target (line %d) speaks of", t->line);
        return;
    }
    near = text_suggest(t->metric, names, n_names);
    for (size_t k = 0; k < n_names; k++)
        if (!others.data || !strstr(others.data, names[k])) /* of the first that has it */
            text_addf(&others, "%s%s", others.data ? ", " : "", names[k]);
    snprintf(v->reason, REASON_MAX, "no case that the target (line %d) speaks of has reported a '%s'%s%s%s; they have %.160s", t->line,
             t->metric, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", others.data ? others.data : "none");
    text_free(&others);
}

static void judge_missing(struct run_result *run, const struct targets *targets, const struct baseline *baseline,
                          const struct gate_scope *scope)
{
    for (size_t i = 0; baseline && i < baseline->n; i++) {
        const struct accepted *a = &baseline->cases[i];

        if (run_case(run, a->id) || !scope->contains(scope->arg, a->id))
            continue;
        if (threads_of(a->id) > scope->max_threads) {
            snprintf(gate_add(run, a->id, "", AGAINST_BASELINE, OUTCOME_INCONCLUSIVE)->reason, REASON_MAX,
                     "needs %d cores of one L3, and this run may use %d: run it without taskset, or in a larger cgroup",
                     threads_of(a->id), scope->max_threads);
            continue;
        }
        snprintf(gate_add(run, a->id, "", AGAINST_BASELINE, OUTCOME_MISSING)->reason, REASON_MAX,
                 "accepted on %.10s (%.12s), but this run does not have it; if it is gone for good: "
                 "'pawl accept --replace'",
                 a->date, a->commit);
    }
    for (size_t i = 0; scope->whole && i < targets->n; i++)
        judge_kept(run, &targets->rows[i]);
}

void gate_judge(struct run_result *run, const struct gate_rules *rules, const struct gate_scope *scope)
{
    const struct targets *targets = rules->targets;
    size_t before;

    run->n_verdicts = 0;
    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];

        judge_status(run, c, rules);
        if (c->status != CASE_OK)
            continue;
        before = run->n_verdicts;
        for (size_t t = 0; t < targets->n; t++)
            if (c->role == ROLE_OURS && text_glob(targets->rows[t].cases, c->id))
                judge_target(run, c, &targets->rows[t]);
        if (rules->baseline)
            judge_baseline(run, c, rules);
        if (rules->ref)
            gate_judge_ref(run, c, rules);
        if (rules->ref && !rules->ref_is_baseline)
            judge_exact_ref(run, c, rules);
        if (scope && c->n_blocks == 0 && run->n_verdicts == before) /* nor was it checked */
            gate_say_unmeasured(gate_add(run, c->id, "", AGAINST_RESULT, OUTCOME_INCONCLUSIVE));
    }
    for (size_t i = 0; i < rules->n_ref_missing; i++)
        snprintf(gate_add(run, rules->ref_missing[i], metric_vs_ref.name, AGAINST_REF, OUTCOME_MISSING)->reason, REASON_MAX,
                 "%.12s has this case, this program does not", rules->ref);
    if (scope)
        judge_missing(run, targets, rules->baseline, scope);
    run->judged = true;
    run->exit = gate_exit(run);
}
