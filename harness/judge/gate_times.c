// SPDX-License-Identifier: MIT
/* gate_times.c -- the verdicts that rest on an interval of a change: against the accepted figures, and against another
 * program that took turns with ours. */
#include "base/text.h"
#include "judge/bisect.h"
#include "judge/compare.h"
#include "judge/gate_private.h"

#include <math.h>
#include <stdio.h>
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
    return another_epoch ? "; but the host changed since (microcode, kernel, boost, ...): 'pawl gate --against baseline' tells "
                           "the code's part"
           : moody       ? "; the baseline's own runs differ too much for the margin: 'pawl gate --against baseline' measures "
                           "its commit beside this one"
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

void gate_judge_timed(struct run_result *run, const struct case_result *c, const struct estimate *e,
                        const struct accepted *a, const struct estimate *was, const struct gate_rules *rules)
{
    struct interval change = compare_change(e, was, rules->alpha); /* accepted / now: the slowdown */
    double margin = margin_of(rules), between = compare_between(was, rules->between);
    struct verdict *v = gate_add(run, c->id, e->metric, AGAINST_BASELINE, gate_regression(&change, margin, between));
    bool another = is_of_another_epoch(a, rules) && v->outcome == OUTCOME_REGRESSED;

    gate_set_figures(v, e);
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

void gate_judge_ref(struct run_result *run, const struct case_result *c, const struct gate_rules *rules)
{
    const struct estimate *e = case_estimate(c, metric_vs_ref.name);
    struct interval slowdown;
    struct verdict *v;

    if (c->role != ROLE_OURS || gate_is_reference(c))
        return;
    if (rules->ref_is_baseline) {
        const struct accepted *a = baseline_find(rules->baseline, c->id);

        if (!a || strcmp(a->commit, rules->ref) != 0)
            return;
    }
    v = gate_add(run, c->id, metric_vs_ref.name, AGAINST_REF, OUTCOME_INCONCLUSIVE);
    v->limit = 1;
    text_copy(v->since, sizeof(v->since), rules->ref);
    if (rules->ref_identical) {
        v->outcome = OUTCOME_PASS;
        snprintf(v->reason, sizeof(v->reason), "the program of %.12s is the same code: not measured", rules->ref);
    } else if (!rules->in_ref(rules->ref_arg, c->id)) {
        v->outcome = OUTCOME_NEW;
        snprintf(v->reason, sizeof(v->reason), "%.12s does not have this case", rules->ref);
    } else if (rules->same_in_ref && rules->same_in_ref(rules->ref_arg, c->id)) {
        v->outcome = OUTCOME_PASS;
        snprintf(v->reason, sizeof(v->reason), "what this case runs is the same code in %.12s: not measured", rules->ref);
    } else if (*c->ref_fault) {
        v->outcome = OUTCOME_NEW;
        snprintf(v->reason, sizeof(v->reason), "%.12s fails here: %.250s", rules->ref, c->ref_fault);
    } else if (!e) {
        gate_say_unmeasured(v);
    } else {
        slowdown = (struct interval){ e->value, e->low, e->high }; /* there / here is a speedup: turn it round */
        slowdown = (struct interval){ 1 / slowdown.value, 1 / slowdown.high, 1 / slowdown.low };
        if (!isfinite(e->low) || !isfinite(e->high))
            slowdown.low = -INFINITY, slowdown.high = INFINITY;
        gate_set_figures(v, e);
        v->outcome = outcome_of(&slowdown, rules);
        v->detectable = gate_detectable(&slowdown, margin_of(rules), 0);
        v->change = slowdown;
        if (!isfinite(slowdown.low))
            snprintf(v->reason, sizeof(v->reason),
                     "time %+.1f %% against %.12s: %zu pair%s of blocks %s too few to tell a change",
                     (slowdown.value - 1) * 100, rules->ref, e->n_blocks, e->n_blocks == 1 ? "" : "s",
                     e->n_blocks == 1 ? "is" : "are");
        else
            snprintf(v->reason, sizeof(v->reason),
                     "time %+.1f %% [%+.1f, %+.1f] against %.12s over %zu pairs of blocks, from which %.1f %% could be told%s",
                     (slowdown.value - 1) * 100, (slowdown.low - 1) * 100, (slowdown.high - 1) * 100, rules->ref,
                     e->n_blocks, v->detectable * 100,
                     v->outcome == OUTCOME_INCONCLUSIVE ? "; not fine enough for the margin" : "");
    }
}

