// SPDX-License-Identifier: MIT
#include "judge/gate.h"

#include "base/stats.h"
#include "base/text.h"
#include "judge/bisect.h"
#include "judge/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest factor that is no alarm. */
static double tolerated(double margin, double between)
{
    return 1 + fmax(GATE_TOLERATED * margin, between);
}

double gate_detectable(const struct interval *slowdown, double margin, double between)
{
    if (!isfinite(slowdown->low) || !isfinite(slowdown->high) || !(slowdown->low > 0))
        return NAN;
    return tolerated(margin, between) * slowdown->value / slowdown->low - 1;
}

enum outcome gate_regression(const struct interval *slowdown, double margin, double between)
{
    if (slowdown->low > tolerated(margin, between))
        return OUTCOME_REGRESSED;
    if (slowdown->high < 1 / tolerated(margin, between))
        return OUTCOME_IMPROVED;
    return slowdown->high * (1 + between) < 1 + margin && gate_detectable(slowdown, margin, between) <= margin
               ? OUTCOME_PASS
               : OUTCOME_INCONCLUSIVE;
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

/* What happened to the case, where that is the verdict. A skip of what the baseline knows is a loss. */
static void judge_status(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    static const enum outcome outcomes[] = {
        [CASE_OK] = OUTCOME_PASS,           [CASE_SKIPPED] = OUTCOME_SKIPPED,     [CASE_WRONG_RESULT] = OUTCOME_WRONG_RESULT,
        [CASE_CRASHED] = OUTCOME_CRASHED, [CASE_TIMED_OUT] = OUTCOME_TIMED_OUT,
    };
    struct verdict *v;

    if (c->status == CASE_OK)
        return;
    if (c->status == CASE_SKIPPED && rules->baseline && baseline_find(rules->baseline, c->id) && !rules->isa_limited) {
        v = add(run, c->id, "", AGAINST_BASELINE, OUTCOME_MISSING);
        snprintf(v->reason, sizeof(v->reason), "the baseline knows it, but it was skipped: %.220s", c->reason);
        return;
    }
    v = add(run, c->id, "", AGAINST_RESULT, outcomes[c->status]);
    text_copy(v->reason, sizeof(v->reason), c->reason);
}

static void set_figures(struct verdict *v, const struct estimate *e)
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

    if ((strcmp(t->metric, metric_speedup.name) == 0 && is_reference(c)) || (!e && c->n_blocks > 0))
        return; /* it has no such metric, and never will */
    v = add(run, c->id, t->metric, AGAINST_TARGET, OUTCOME_INCONCLUSIVE);
    v->limit = least ? t->at_least : t->at_most;
    if (!e) {
        say_unmeasured(v);
        return;
    }
    set_figures(v, e);
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
    struct verdict *v = add(run, c->id, e->metric, against,
                            e->value == was ? OUTCOME_PASS : worse ? OUTCOME_REGRESSED : OUTCOME_IMPROVED);

    set_figures(v, e);
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

/* "; instructions +0.0 %: layout or host, not code": what the counters say beside the time, where both sides have them.
 * Counts differ by less than INSTRUCTIONS_SAME from run to run of one code. */
#define INSTRUCTIONS_SAME 0.001

static void say_instructions(struct verdict *v, const struct case_result *c, const struct accepted *a)
{
    const struct estimate *now = case_estimate(c, metric_instructions.name);
    const struct estimate *was = accepted_estimate(a, metric_instructions.name);
    size_t used = strlen(v->reason);
    double change;

    if (!now || !was || !(was->value > 0))
        return;
    change = now->value / was->value - 1;
    snprintf(v->reason + used, sizeof(v->reason) - used, "; instructions %+.1f %%%s", change * 100,
             v->outcome == OUTCOME_REGRESSED && fabs(change) < INSTRUCTIONS_SAME ? ": layout or host, not code" : "");
}

/* What a slowdown against a figure of another epoch comes to. */
static bool is_of_another_epoch(const struct accepted *a, const struct gate_rules *rules)
{
    return rules->epoch && *rules->epoch && *a->epoch && strcmp(rules->epoch, a->epoch) != 0;
}

static const char *remark(const struct verdict *v, bool another_epoch, bool moody)
{
    if (v->outcome == OUTCOME_IMPROVED)
        return "; 'pawl accept' makes it the new baseline";
    if (v->outcome != OUTCOME_INCONCLUSIVE)
        return "";
    return another_epoch ? "; but the host changed since (microcode, kernel, boost, ...): 'pawl gate --against' tells the "
                           "code's part"
           : moody       ? "; the baseline's own runs differ too much for the margin: accept more of them, or 'gate --against'"
                         : "; not fine enough for the margin";
}

static double margin_of(const struct gate_rules *rules)
{
    return rules->margin > 0 ? rules->margin : GATE_MARGIN;
}

/* Against what was measured on another day a few bad seconds of the host decide too much: neither an alarm nor a pass of
 * what looks slower is believed at once (COMPARE_ALARM_LOOK). */
static bool is_hasty(enum outcome outcome, const struct interval *slowdown, double margin)
{
    return outcome == OUTCOME_REGRESSED || (outcome == OUTCOME_PASS && slowdown->value > tolerated(margin, 0));
}

/* Would no number of blocks decide it? The interval lies where even its own middle would be neither alarm nor pass: what the
 * baseline's runs differ by leaves such a zone when it is more than about half of the margin. */
static bool is_hopeless(const struct interval *slowdown, double margin, double between)
{
    return isfinite(slowdown->low) && slowdown->high <= tolerated(margin, between) &&
           (tolerated(margin, between) > 1 + margin || slowdown->low * (1 + between) >= 1 + margin);
}

static void judge_timed(struct run_result *run, const struct case_result *c, const struct estimate *e,
                        const struct accepted *a, const struct estimate *was, const struct gate_rules *rules)
{
    struct interval change = compare_change(e, was, rules->alpha); /* accepted / now: the slowdown */
    double margin = margin_of(rules), between = compare_between(was, rules->between);
    struct verdict *v = add(run, c->id, e->metric, AGAINST_BASELINE, gate_regression(&change, margin, between));
    bool another = is_of_another_epoch(a, rules) && v->outcome == OUTCOME_REGRESSED;

    set_figures(v, e);
    v->limit = was->value;
    v->detectable = gate_detectable(&change, margin, between);
    v->hasty = is_hasty(v->outcome, &change, margin);
    v->change = change;
    text_copy(v->since, sizeof(v->since), a->commit);
    v->final = v->outcome == OUTCOME_INCONCLUSIVE && is_hopeless(&change, margin, between);
    if (another) {
        v->outcome = OUTCOME_INCONCLUSIVE;
        v->final = true;
    }
    if (!isfinite(change.low) || !isfinite(change.high)) {
        snprintf(v->reason, sizeof(v->reason), "%zu blocks against the %zu accepted are too few to tell a change",
                 e->n_blocks, was->n_blocks);
        return;
    }
    snprintf(v->reason, sizeof(v->reason),
             "%.20s %.4g, accepted was %.4g (%.10s, %.12s): time %+.1f %% [%+.1f, %+.1f] over %zu blocks, from which "
             "%.1f %% could be told%s",
             e->metric, e->value, was->value, a->date, a->commit, (change.value - 1) * 100, (change.low - 1) * 100,
             (change.high - 1) * 100, e->n_blocks, v->detectable * 100, remark(v, another, between > margin / 2));
    say_instructions(v, c, a);
}

/* The gate's limits, or the side of a step that is looked for. */
static enum outcome outcome_of(const struct interval *slowdown, const struct gate_rules *rules)
{
    static const enum outcome sides[] = {
        [BISECT_UNKNOWN] = OUTCOME_INCONCLUSIVE, [BISECT_GOOD] = OUTCOME_PASS, [BISECT_BAD] = OUTCOME_REGRESSED,
    };

    return rules->step > 0 ? sides[bisect_side(slowdown, rules->step)] : gate_regression(slowdown, margin_of(rules), 0);
}

/* Against another program, by pairs of blocks: both sides ran here and now, so the time itself is compared. */
static void judge_ref(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    const struct estimate *e = case_estimate(c, metric_vs_ref.name);
    struct interval slowdown;
    struct verdict *v;

    if (c->role != ROLE_OURS || is_reference(c))
        return;
    v = add(run, c->id, metric_vs_ref.name, AGAINST_REF, OUTCOME_INCONCLUSIVE);
    v->limit = 1;
    text_copy(v->since, sizeof(v->since), rules->ref);
    if (rules->ref_identical) {
        v->outcome = OUTCOME_PASS;
        snprintf(v->reason, sizeof(v->reason), "the program of %.12s is the same code: not measured", rules->ref);
    } else if (!rules->in_ref(rules->ref_arg, c->id)) {
        v->outcome = OUTCOME_NEW;
        snprintf(v->reason, sizeof(v->reason), "%.12s does not have this case", rules->ref);
    } else if (*c->ref_fault) {
        v->outcome = OUTCOME_NEW;
        snprintf(v->reason, sizeof(v->reason), "%.12s fails here: %.250s", rules->ref, c->ref_fault);
    } else if (!e) {
        say_unmeasured(v);
    } else {
        slowdown = (struct interval){ e->value, e->low, e->high }; /* there / here is a speedup: turn it round */
        slowdown = (struct interval){ 1 / slowdown.value, 1 / slowdown.high, 1 / slowdown.low };
        if (!isfinite(e->low) || !isfinite(e->high))
            slowdown.low = -INFINITY, slowdown.high = INFINITY;
        set_figures(v, e);
        v->outcome = outcome_of(&slowdown, rules);
        v->detectable = gate_detectable(&slowdown, margin_of(rules), 0);
        v->change = slowdown;
        snprintf(v->reason, sizeof(v->reason),
                 "time %+.1f %% [%+.1f, %+.1f] against %.12s over %zu pairs of blocks, from which %.1f %% could be told%s",
                 (slowdown.value - 1) * 100, (slowdown.low - 1) * 100, (slowdown.high - 1) * 100, rules->ref,
                 e->n_blocks, v->detectable * 100,
                 v->outcome == OUTCOME_INCONCLUSIVE ? "; not fine enough for the margin" : "");
    }
}

static void judge_baseline(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    const struct accepted *a = baseline_find(rules->baseline, c->id);

    for (size_t i = 0; i < c->n_estimates; i++)
        if (baseline_judges(c, &c->estimates[i]) && !(a && accepted_estimate(a, c->estimates[i].metric)))
            snprintf(add(run, c->id, c->estimates[i].metric, AGAINST_BASELINE, OUTCOME_NEW)->reason, REASON_MAX,
                     "the baseline does not know this %s; 'pawl accept' adds it", a ? "metric" : "case");
    for (size_t i = 0; a && i < a->n_estimates; i++) {
        const struct estimate *was = &a->estimates[i], *e = case_estimate(c, was->metric);

        if (strcmp(was->metric, metric_instructions.name) == 0)
            continue;
        if (!e && c->n_blocks == 0)
            say_unmeasured(add(run, c->id, was->metric, AGAINST_BASELINE, OUTCOME_INCONCLUSIVE));
        else if (!e || e->kind != was->kind)
            snprintf(add(run, c->id, was->metric, AGAINST_BASELINE, OUTCOME_MISSING)->reason, REASON_MAX,
                     e ? "the baseline has this metric as another kind; 'pawl accept' replaces it"
                       : "the baseline knows this metric, the run lacks it");
        else if (e->kind == METRIC_EXACT)
            judge_exact(run, c, e, a, was);
        else
            judge_timed(run, c, e, a, was, rules);
    }
}

/* The threads that a case id speaks of; 1 where it speaks of none. */
static int threads_of(const char *case_id)
{
    const char *at = strstr(case_id, "/threads=");

    return at ? atoi(at + strlen("/threads=")) : 1;
}

static void judge_missing(struct run_result *run, const struct targets *targets, const struct baseline *baseline,
                          const struct gate_scope *scope)
{
    for (size_t i = 0; baseline && i < baseline->n; i++) {
        const struct accepted *a = &baseline->cases[i];

        if (run_case(run, a->id) || !scope->contains(scope->arg, a->id))
            continue;
        if (threads_of(a->id) > scope->max_threads) {
            snprintf(add(run, a->id, "", AGAINST_BASELINE, OUTCOME_INCONCLUSIVE)->reason, REASON_MAX,
                     "needs %d cores of one L3, and this run may use %d: run it without taskset, or in a larger cgroup",
                     threads_of(a->id), scope->max_threads);
            continue;
        }
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
            judge_ref(run, c, rules);
        if (rules->ref)
            judge_exact_ref(run, c, rules);
        if (scope && c->n_blocks == 0 && run->n_verdicts == before) /* nor was it checked */
            say_unmeasured(add(run, c->id, "", AGAINST_RESULT, OUTCOME_INCONCLUSIVE));
    }
    for (size_t i = 0; i < rules->n_ref_missing; i++)
        snprintf(add(run, rules->ref_missing[i], metric_vs_ref.name, AGAINST_REF, OUTCOME_MISSING)->reason, REASON_MAX,
                 "%.12s has this case, this program does not", rules->ref);
    if (scope)
        judge_missing(run, targets, rules->baseline, scope);
    run->judged = true;
    run->exit = gate_exit(run);
}
