// SPDX-License-Identifier: MIT
#include "judge/gate.h"

#include "base/stats.h"
#include "base/text.h"
#include "judge/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome gate_regression(double low, double high)
{
    if (low > 1 + GATE_MARGIN)
        return OUTCOME_REGRESSED;
    if (!(high < 1 + GATE_MARGIN))
        return OUTCOME_INCONCLUSIVE;
    return high < 1 / (1 + GATE_MARGIN) ? OUTCOME_IMPROVED : OUTCOME_PASS;
}

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

static struct verdict *add(struct run_result *run, const char *case_id, const char *metric, enum against against,
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

static void judge_status(struct run_result *run, const struct case_result *c)
{
    static const enum outcome outcomes[] = {
        [CASE_OK] = OUTCOME_PASS,           [CASE_SKIPPED] = OUTCOME_SKIPPED,     [CASE_WRONG_RESULT] = OUTCOME_WRONG_RESULT,
        [CASE_CRASHED] = OUTCOME_CRASHED, [CASE_TIMED_OUT] = OUTCOME_TIMED_OUT,
    };
    struct verdict *v;

    if (c->status == CASE_OK)
        return;
    v = add(run, c->id, "", AGAINST_RESULT, outcomes[c->status]);
    text_copy(v->reason, sizeof(v->reason), c->reason);
}

static void set_figures(struct verdict *v, const struct estimate *e)
{
    v->value = e->value;
    v->low = e->low;
    v->high = e->high;
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

static void say_unmeasured(struct verdict *v)
{
    snprintf(v->reason, sizeof(v->reason), "no block of it was finished (see --budget)");
}

static bool is_reference(const struct case_result *c)
{
    return strcmp(c->variant, c->reference) == 0;
}

static void judge_target(struct run_result *run, const struct case_result *c, const struct target *t)
{
    const struct estimate *e = case_estimate(c, t->metric);
    bool least = !isnan(t->at_least);
    char figure[128], goal[64] = "";
    struct verdict *v;

    if (strcmp(t->metric, metric_speedup.name) == 0 && is_reference(c))
        return; /* it has none */
    v = add(run, c->id, t->metric, AGAINST_TARGET, OUTCOME_INCONCLUSIVE);
    v->limit = least ? t->at_least : t->at_most;
    if (!e) {
        say_unmeasured(v);
        return;
    }
    set_figures(v, e);
    v->outcome = gate_target(e->low, e->high, t);
    say_figure(e, figure, sizeof(figure));
    if (!isnan(t->goal))
        snprintf(goal, sizeof(goal), "; goal %g %s", t->goal,
                 (least ? e->low >= t->goal : e->high <= t->goal) ? "reached" : "not reached");
    snprintf(v->reason, sizeof(v->reason), "%s; at %s %g is promised%s%s", figure, least ? "least" : "most", v->limit,
             v->outcome == OUTCOME_INCONCLUSIVE ? ", and the interval does not decide" : "", goal);
}

static void judge_exact(struct run_result *run, const struct case_result *c, const struct estimate *e,
                        const struct accepted *a, const struct estimate *was)
{
    bool worse = e->better == METRIC_HIGHER_IS_BETTER ? e->value < was->value : e->value > was->value;
    struct verdict *v = add(run, c->id, e->metric, AGAINST_BASELINE,
                            e->value == was->value ? OUTCOME_PASS : worse ? OUTCOME_REGRESSED : OUTCOME_IMPROVED);

    set_figures(v, e);
    v->limit = was->value;
    snprintf(v->reason, sizeof(v->reason), "%.9g %s, accepted was %.9g (%.10s, %.12s)", e->value, e->unit, was->value,
             a->date, a->commit);
}

static void judge_speedup(struct run_result *run, const struct case_result *c, const struct estimate *e,
                          const struct accepted *a, const struct estimate *was)
{
    struct interval change = compare_change(e, was); /* accepted / now: the slowdown */
    struct verdict *v = add(run, c->id, e->metric, AGAINST_BASELINE, gate_regression(change.low, change.high));
    double percent = (change.value - 1) * 100;

    set_figures(v, e);
    v->limit = was->value;
    v->detectable = detectable(change.low, change.high);
    if (!isfinite(change.low) || !isfinite(change.high)) {
        snprintf(v->reason, sizeof(v->reason), "%zu blocks against the %zu accepted are too few to tell a change",
                 e->n_blocks, was->n_blocks);
        return;
    }
    snprintf(v->reason, sizeof(v->reason),
             "speedup %.4g, accepted was %.4g (%.10s, %.12s): time %+.1f %% [%+.1f, %+.1f] over %zu blocks; "
             "more than %+.0f %% fails%s",
             e->value, was->value, a->date, a->commit, percent, (change.low - 1) * 100, (change.high - 1) * 100,
             e->n_blocks, GATE_MARGIN * 100,
             v->outcome == OUTCOME_INCONCLUSIVE  ? ", and the interval does not decide"
             : v->outcome == OUTCOME_IMPROVED ? "; 'pawl accept' makes it the new baseline"
                                              : "");
}

static void judge_baseline(struct run_result *run, const struct case_result *c, const struct baseline *baseline)
{
    const struct accepted *a = baseline_find(baseline, c->id);

    if (!a) {
        for (size_t i = 0; i < c->n_estimates; i++)
            if (baseline_judges(c, &c->estimates[i]))
                text_copy(add(run, c->id, c->estimates[i].metric, AGAINST_BASELINE, OUTCOME_NEW)->reason, REASON_MAX,
                          "the baseline does not know this case; 'pawl accept' adds it");
        return;
    }
    for (size_t i = 0; i < a->n_estimates; i++) {
        const struct estimate *was = &a->estimates[i], *e = case_estimate(c, was->metric);

        if (!e && c->n_blocks == 0)
            say_unmeasured(add(run, c->id, was->metric, AGAINST_BASELINE, OUTCOME_INCONCLUSIVE));
        else if (!e)
            snprintf(add(run, c->id, was->metric, AGAINST_BASELINE, OUTCOME_MISSING)->reason, REASON_MAX,
                     "the baseline knows this metric, the run lacks it");
        else if (e->kind == METRIC_EXACT)
            judge_exact(run, c, e, a, was);
        else
            judge_speedup(run, c, e, a, was);
    }
}

static void judge_missing(struct run_result *run, const struct targets *targets, const struct baseline *baseline,
                          const struct gate_scope *scope)
{
    for (size_t i = 0; baseline && i < baseline->n; i++) {
        const struct accepted *a = &baseline->cases[i];

        if (run_case(run, a->id) || !scope->contains(scope->arg, a->id))
            continue;
        snprintf(add(run, a->id, "", AGAINST_BASELINE, OUTCOME_MISSING)->reason, REASON_MAX,
                 "accepted on %.10s (%.12s), but this run does not have it; if it is gone for good: "
                 "'pawl accept --replace'",
                 a->date, a->commit);
    }
    for (size_t i = 0; scope->whole && i < targets->n; i++) {
        bool found = false;

        for (size_t c = 0; !found && c < run->n_cases; c++)
            found = text_glob(targets->rows[i].cases, run->cases[c].id);
        if (!found)
            snprintf(add(run, targets->rows[i].cases, targets->rows[i].metric, AGAINST_TARGET, OUTCOME_MISSING)->reason,
                     REASON_MAX, "no case of this run is what the target (line %d) speaks of", targets->rows[i].line);
    }
}

void gate_judge(struct run_result *run, const struct targets *targets, const struct baseline *baseline,
                const struct gate_scope *scope)
{
    run->n_verdicts = 0;
    for (size_t i = 0; i < run->n_cases; i++) {
        const struct case_result *c = &run->cases[i];

        judge_status(run, c);
        for (size_t t = 0; c->status == CASE_OK && t < targets->n; t++)
            if (!c->peer && text_glob(targets->rows[t].cases, c->id))
                judge_target(run, c, &targets->rows[t]);
        if (baseline && c->status == CASE_OK)
            judge_baseline(run, c, baseline);
    }
    if (scope)
        judge_missing(run, targets, baseline, scope);
    run->judged = true;
    run->exit = gate_exit(run);
}
