// SPDX-License-Identifier: MIT
/* cmd_bisect.c -- `bisect GOOD BAD CASE`: the commit at which a case stepped.
 *
 * Each test is the gate's own: the program of a commit and that of GOOD take turns in pairs of blocks until the interval
 * decides on which side of half the step the commit lies (judge/bisect.h), or the budget is spent; then it is measured
 * again for longer, and at last passed over. A commit whose code is that of an end is not measured, one that does not build
 * is passed over. Along first parents; where the step came with a merge, along what was merged. */
#include "base/mem.h"
#include "cli/against_private.h"
#include "cli/bisect_case.h"
#include "cli/bisect_line.h"
#include "cli/bisect_memo.h"
#include "cli/bisect_perf.h"
#include "cli/interrupt.h"
#include "cli/measuring.h"
#include "cli/scratch.h"
#include "cli/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 3, TEST_S = 60 }; /* a test's budget, unless --budget; each try has twice that of the last */

struct search {
    struct context context; /* the command's, with another program, and options of our own */
    struct options options;
    struct measuring *host;
    struct scratch scratch;
    struct bisect_memo memo;
    char *source, *cache;
    struct against_place place;
    char good[COMMIT_NAME], bad[COMMIT_NAME];
    const char *case_id;
    struct bisect_line line; /* from the one to the other */
    double step; /* time at `bad` / time at `good`: the end of its interval that is nearer to 1, since half of an estimate
                    that is too large may be more than the whole step */
};

/* The slowdown of `to` against `from`, one commit's program against another's. */
struct effect {
    struct interval slowdown;
    size_t pairs;
    char reason[REASON_MAX]; /* where there is none: why */
};

static bool everywhere(void *arg, const char *id)
{
    (void)arg;
    (void)id;
    return true;
}

static const struct verdict *find_verdict(const struct run_result *run, const char *id)
{
    const struct verdict *found = NULL;

    for (size_t i = 0; i < run->n_verdicts; i++)
        if (strcmp(run->verdicts[i].case_id, id) == 0 && (!found || strcmp(run->verdicts[i].metric, metric_vs_ref.name) == 0))
            found = &run->verdicts[i];
    return found;
}

/* One run; `step` 0: by the limits of the gate. The outcome, or -1. */
static int measure_once(struct search *s, const struct against_program *from, const struct against_program *to, double step,
                        struct effect *effect, struct err *err)
{
    struct targets targets = { 0 };
    struct gate_rules rules = { .targets = &targets, .ref = from->commit, .in_ref = everywhere, .step = step };
    struct session session = { .rules = &rules, .other = from->program };
    struct run_result run = { 0 };
    const struct verdict *v;
    int ret;

    s->context.program = to->program;
    ret = session_run(&s->context, &session, s->host->topology, &s->host->host, &run, err);
    if (ret == 0) {
        v = find_verdict(&run, s->case_id);
        ret = v ? (int)v->outcome : (int)OUTCOME_MISSING;
        effect->slowdown = v ? v->change : (struct interval){ 0 };
        effect->pairs = v ? v->n_blocks : 0;
        text_copy(effect->reason, sizeof(effect->reason), v ? v->reason : "the program does not have this case");
    }
    run_result_free(&run);
    return ret;
}

/* Until it is told, or the last try's budget is spent. */
static int measure(struct search *s, const struct against_program *from, const struct against_program *to, double step,
                   struct effect *effect, struct err *err)
{
    double budget_s = s->options.budget_s;
    int outcome = OUTCOME_INCONCLUSIVE;

    for (int i = 0; i < TRIES && outcome == OUTCOME_INCONCLUSIVE; i++, s->options.budget_s *= 2) {
        if (i)
            say("pawl bisect: %.12s: not told yet: measuring for up to %.0f s", to->commit, s->options.budget_s);
        outcome = measure_once(s, from, to, step, effect, err);
    }
    s->options.budget_s = budget_s;
    return outcome;
}

/* The effect between two commits by the gate's limits, remembered. 1: there is none to be had, for effect->reason. */
static int effect_between(struct search *s, const char *from, const char *to, struct effect *effect, struct err *err)
{
    struct against_program a = { 0 }, b = { 0 };
    int ret;

    *effect = (struct effect){ 0 };
    if (bisect_memo_effect(&s->memo, from, to, &effect->slowdown, &effect->pairs))
        return 0;
    text_copy(a.commit, sizeof(a.commit), from);
    text_copy(b.commit, sizeof(b.commit), to);
    ret = against_make(&s->place, NULL, &a, err);
    ret = ret == 0 ? against_make(&s->place, NULL, &b, err) : ret;
    if (ret == 0 && against_same_code(a.program, b.program))
        effect->slowdown = (struct interval){ 1, 1, 1 };
    else if (ret == 0)
        ret = measure(s, &a, &b, 0, effect, err);
    if (ret >= 0 && effect->slowdown.value > 0 && isfinite(effect->slowdown.low) && isfinite(effect->slowdown.high))
        ret = bisect_memo_set_effect(&s->memo, from, to, &effect->slowdown, effect->pairs, err);
    else if (ret >= 0)
        ret = 1;
    if (ret == 1 && !*effect->reason)
        text_copy(effect->reason, sizeof(effect->reason), err->msg);
    against_free(&a);
    against_free(&b);
    return ret;
}

static enum bisect_mark mark_of(const struct search *s, int outcome, const struct effect *e, struct text *why)
{
    enum bisect_mark mark = outcome == OUTCOME_REGRESSED || outcome == OUTCOME_PASS ? bisect_side(&e->slowdown, s->step)
                                                                                   : BISECT_UNKNOWN;

    if (outcome == OUTCOME_INCONCLUSIVE)
        text_add(why, "cannot be told: ");
    else if (mark == BISECT_UNKNOWN)
        text_add(why, "cannot be measured: ");
    text_add(why, e->reason);
    return mark == BISECT_UNKNOWN ? BISECT_SKIPPED : mark;
}

/* Builds and measures a commit that nobody has tested yet. */
static int test(struct search *s, const char *commit, enum bisect_mark *mark, struct text *why, struct err *err)
{
    struct against_program good = { 0 }, bad = { 0 }, here = { 0 };
    struct effect effect = { 0 };
    int ret;

    text_copy(good.commit, sizeof(good.commit), s->good);
    text_copy(bad.commit, sizeof(bad.commit), s->bad);
    text_copy(here.commit, sizeof(here.commit), commit);
    if (against_make(&s->place, NULL, &good, err) != 0 || against_make(&s->place, NULL, &bad, err) != 0) {
        ret = -1;
    } else if ((ret = against_make(&s->place, NULL, &here, err)) > 0) {
        *mark = BISECT_SKIPPED;
        text_add(why, err->msg);
        ret = 0;
    } else if (ret == 0 && against_same_code(here.program, good.program)) {
        *mark = BISECT_GOOD;
        text_add(why, "the same code as the good end");
    } else if (ret == 0 && against_same_code(here.program, bad.program)) {
        *mark = BISECT_BAD;
        text_add(why, "the same code as the bad end");
    } else if (ret == 0 && (ret = measure(s, &good, &here, s->step, &effect, err)) >= 0) {
        *mark = mark_of(s, ret, &effect, why);
        ret = 0;
    }
    against_free(&good);
    against_free(&bad);
    against_free(&here);
    return ret < 0 ? -1 : 0;
}

static int mark_commit(struct search *s, const char *commit, enum bisect_mark *mark, struct err *err)
{
    static const char *const words[] = { [BISECT_GOOD] = "good", [BISECT_BAD] = "bad", [BISECT_SKIPPED] = "passed over" };
    struct text why = { 0 }, who = { 0 };
    const char *known;
    int ret = 0;

    *mark = bisect_memo_mark(&s->memo, commit, &known);
    text_add(&why, *mark == BISECT_UNKNOWN ? "" : known);
    if (*mark == BISECT_UNKNOWN) {
        ret = test(s, commit, mark, &why, err);
        if (ret == 0)
            ret = bisect_memo_set_mark(&s->memo, commit, *mark, why.data, err);
    }
    if (ret == 0)
        ret = bisect_line_describe(s->source, commit, &who, err);
    if (ret == 0)
        say("pawl bisect: %s: %s: %s", words[*mark], who.data, why.data);
    text_free(&why);
    text_free(&who);
    return ret;
}

/* Halves `line`, whose ends are known, until the step is between `from` and `to` alone; *left are those between them that
 * were passed over. */
static int halve(struct search *s, const struct bisect_line *line, char from[COMMIT_NAME], char to[COMMIT_NAME], size_t *left,
                 struct err *err)
{
    enum bisect_mark *marks = mem_array(line->n, sizeof(*marks));
    size_t next, first, last;
    int ret = 0;

    marks[0] = BISECT_GOOD;
    marks[line->n - 1] = BISECT_BAD;
    while (ret == 0 && (next = bisect_next(marks, line->n)) < line->n)
        ret = mark_commit(s, line->commits[next], &marks[next], err);
    bisect_culprits(marks, line->n, &first, &last);
    text_copy(from, COMMIT_NAME, line->commits[first - 1]);
    text_copy(to, COMMIT_NAME, line->commits[last]);
    *left = last - first;
    free(marks);
    return ret;
}

/* Along first parents, then along what the merge that was found had merged, where the step is in there. */
static int find(struct search *s, char from[COMMIT_NAME], char to[COMMIT_NAME], size_t *left, struct err *err)
{
    enum bisect_mark mark;
    int ret;

    say("pawl bisect: %zu commits between %.12s and %.12s", s->line.n - 2, s->good, s->bad);
    do {
        ret = halve(s, &s->line, from, to, left, err);
        if (ret < 0 || *left)
            return ret;
        bisect_line_free(&s->line);
        ret = bisect_line_merged(s->source, to, &s->line, err);
        if (ret <= 0)
            return ret;
        ret = mark_commit(s, s->line.commits[s->line.n - 1], &mark, err);
    } while (ret == 0 && mark == BISECT_BAD); /* else it is the merge itself */
    return ret;
}

/* "time +98.2 % [+97.1, +99.4] over 12 pairs of blocks" */
static void add_effect(struct text *out, const struct effect *e)
{
    text_addf(out, "time %+.1f %% [%+.1f, %+.1f] over %zu pairs of blocks", (e->slowdown.value - 1) * 100,
              (e->slowdown.low - 1) * 100, (e->slowdown.high - 1) * 100, e->pairs);
}

static int report(struct search *s, const char *from, const char *to, size_t left, struct text *out, struct err *err)
{
    struct effect effect;
    int ret;

    if (left)
        text_addf(out, "one of %zu commits, of which %zu could not be tested; the last of them is\n", left + 1, left);
    else
        text_addf(out, "the first %s commit is\n", s->step > 1 ? "slower" : "faster");
    text_add(out, "  ");
    ret = bisect_line_describe(s->source, to, out, err);
    if (ret == 0)
        ret = effect_between(s, from, to, &effect, err);
    if (ret < 0)
        return -1;
    text_addf(out, "\n  %s: ", s->case_id);
    if (ret == 0)
        add_effect(out, &effect);
    else
        text_addf(out, "no effect to be had: %s,", effect.reason);
    text_addf(out, " against %.12s\n", from);
    bisect_perf(&s->place, s->case_id, from, to, out);
    return left ? 3 : 0;
}

/* A gate is content with what is surely more than nothing. To halve a step, at least half of it must be sure: where it is
 * not, the ends are measured until it is, or the last try's budget is spent. */
static int sharpen_step(struct search *s, struct effect *effect, struct err *err)
{
    struct against_program good = { 0 }, bad = { 0 };
    struct effect sharper = { 0 };
    int ret;

    if (bisect_side(&effect->slowdown, effect->slowdown.value) == BISECT_BAD)
        return 0;
    text_copy(good.commit, sizeof(good.commit), s->good);
    text_copy(bad.commit, sizeof(bad.commit), s->bad);
    ret = against_make(&s->place, NULL, &good, err) == 0 && against_make(&s->place, NULL, &bad, err) == 0 ? 0 : -1;
    if (ret == 0)
        ret = measure(s, &good, &bad, effect->slowdown.value, &sharper, err);
    if (ret >= 0 && bisect_side(&sharper.slowdown, effect->slowdown.value) == BISECT_BAD) {
        *effect = sharper;
        ret = bisect_memo_set_effect(&s->memo, s->good, s->bad, &effect->slowdown, effect->pairs, err);
    }
    against_free(&good);
    against_free(&bad);
    return ret < 0 ? -1 : 0;
}

/* Is there a step at all between the ends? 3 with words in *out where none is told. */
static int find_step(struct search *s, struct text *out, struct err *err)
{
    struct effect effect;
    enum outcome outcome;
    int ret = effect_between(s, s->good, s->bad, &effect, err);

    if (ret > 0)
        return err_set(err, ERR_CONFIG, "the two ends cannot be compared: %.200s", effect.reason);
    if (ret < 0)
        return -1;
    outcome = gate_regression(&effect.slowdown, GATE_MARGIN, 0);
    if ((outcome == OUTCOME_REGRESSED || outcome == OUTCOME_IMPROVED) && sharpen_step(s, &effect, err) < 0)
        return -1;
    if (effect.pairs == 0) {
        text_addf(out, "%.12s and %.12s are the same code: nothing to search\n", s->good, s->bad);
        return 3;
    }
    s->step = effect.slowdown.value > 1 ? effect.slowdown.low : effect.slowdown.high;
    text_addf(out, "%s: from %.12s to %.12s ", s->case_id, s->good, s->bad);
    add_effect(out, &effect);
    text_add(out, "\n");
    if (outcome == OUTCOME_REGRESSED || outcome == OUTCOME_IMPROVED)
        return 0;
    text_add(out, outcome == OUTCOME_PASS ? "no step: nothing to search\n" : "no step can be told: nothing to search\n");
    return 3;
}

static int search(struct search *s, struct text *out, struct err *err)
{
    char from[COMMIT_NAME] = "", to[COMMIT_NAME] = "";
    size_t left = 0;
    int ret = find_step(s, out, err);

    if (ret != 0)
        return ret;
    say("pawl bisect: %.*s", (int)strcspn(out->data, "\n"), out->data);
    if (find(s, from, to, &left, err) < 0)
        return -1;
    return report(s, from, to, left, out, err);
}

static int prepare(struct search *s, const struct context *context, struct err *err)
{
    const struct options *o = context->options;

    if (o->n_args < 3)
        return err_set(err, ERR_USAGE, "needs two commits and a case: pawl bisect GOOD BAD CASE");
    if (strncmp(o->args[2], "gbench/", strlen("gbench/")) == 0)
        return err_set(err, ERR_USAGE, "'%.150s' is of a program that pawl does not build: `git bisect run` builds it and asks "
                                       "`pawl gate --gbench` (README: your own Google Benchmark programs)", o->args[2]);
    s->case_id = o->args[2];
    s->options = *o;
    s->options.args = &o->args[2];
    s->options.n_args = 1;
    s->options.budget_s = o->budget_s >= 0 ? o->budget_s : TEST_S;
    s->context = *context;
    s->context.options = &s->options;
    if (against_find(&s->source, &s->cache, err) < 0 ||
        against_commit(s->source, o->args[0], s->good, sizeof(s->good), err) < 0 ||
        against_commit(s->source, o->args[1], s->bad, sizeof(s->bad), err) < 0 ||
        bisect_line_read(s->source, s->good, s->bad, &s->line, err) < 0 || bisect_case_check(&s->context, s->case_id, err) < 0 ||
        bisect_memo_open(&s->memo, s->cache, s->good, s->bad, s->case_id, o->restart, err) < 0 ||
        scratch_make(&s->scratch, "bisect", err) < 0)
        return -1;
    s->place = (struct against_place){ .source = s->source, .cache = s->cache, .program = "/proc/self/exe" };
    s->options.db = s->scratch.db;
    return 0;
}

int cmd_bisect(const struct context *context)
{
    struct measuring host = { .lock = { .fd = -1 } };
    struct search s = { .host = &host };
    struct text out = { 0 };
    struct err err = { 0 };
    int ret = prepare(&s, context, &err);

    if (ret == 0)
        ret = measuring_begin(&host, &s.context, &err);
    if (ret == 0)
        ret = search(&s, &out, &err);
    if (ret >= 0 && print_text(&out, &err) < 0)
        ret = -1;
    if (ret < 0 && interrupt_signal())
        say("pawl bisect: what was tested is kept: the same command goes on from there");
    text_free(&out);
    measuring_end(&host);
    bisect_line_free(&s.line);
    bisect_memo_close(&s.memo);
    scratch_remove(&s.scratch);
    free(s.source);
    free(s.cache);
    return ret < 0 ? say_error(context, &err) : ret;
}
