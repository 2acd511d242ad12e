// SPDX-License-Identifier: MIT
/* cmd_tune.c -- searches the tunables of each selected variant on this host: candidates run side by side with the
 * default in ordinary blocks (measure/trial.h), checked and pinned like all others. What the search picks is then
 * measured afresh against the default, since the best of many looks better than it is; it is kept where it is surely
 * better. `run` and `gate` use what is kept. */
#include "base/mem.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/measuring.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/version.h"
#include "judge/compare.h"
#include "judge/tuning.h"
#include "measure/sampler.h"
#include "measure/trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEARCH_BLOCKS = 3, CONFIRM_BLOCKS = 24 };

struct tune {
    const struct context *context;
    struct measuring host;
    struct tuning tuning;
    char path[1024], date[32];
    double alpha; /* of each confirmation: the error of the whole command, shared out */
    size_t cases, kept, within, beyond, failed, changed;
    struct text out;
};

/* The blocks of one step. */
struct step {
    struct block *blocks;
    size_t n, capacity, usable, wanted;
    struct progress progress;
};

static int add_block(void *arg, size_t comparison, struct block *block, struct err *err)
{
    struct step *step = arg;

    (void)comparison;
    (void)err;
    step->blocks = mem_grow(step->blocks, &step->capacity, step->n + 1, sizeof(*step->blocks));
    step->blocks[step->n++] = *block;
    step->usable += block->status == CASE_OK;
    return 0;
}

static size_t wants(void *arg, size_t comparison)
{
    struct step *step = arg;

    (void)comparison;
    return step->wanted > step->usable ? step->wanted - step->usable : 0;
}

static void show(void *arg, const struct sampler_progress *progress)
{
    progress_show(&((struct step *)arg)->progress, progress);
}

/* Measures these choices side by side; cases[i] of *run are those of choices[i]. */
static int measure(struct tune *t, const struct comparison *c, size_t v, int64_t choices[VARIANTS_MAX][TUNABLES_MAX],
                   int n, size_t blocks, struct run_result *run, struct err *err)
{
    const struct options *o = t->context->options;
    const struct domain *domain = topology_domain(t->host.topology);
    struct trial *trial = mem_array(1, sizeof(*trial));
    struct planned planned[VARIANTS_MAX] = { 0 };
    struct comparison one = { .params = c->params, .variants = planned };
    struct plan plan = { &one, 1 };
    struct step step = { .wanted = blocks };
    struct sampler_hooks hooks = { .arg = &step, .add = add_block, .wants = wants, .progress = show };
    struct sampler_options options = {
        .block = { t->context->program, o->timeout_s, interrupt_catch() },
        .pus = domain->pus, .n_pus = domain->n_pus, .trial = trial, .rounds = o->quick ? 2 : 0,
        .min_sample_ns = 4e6, .seed = (uint64_t)o->seed, .order_seed = (uint64_t)o->seed, .isa_without = ~o->isa,
    };
    bool over_budget;
    int ret;

    trial_init(trial, c->params.scenario, v, (const int64_t (*)[TUNABLES_MAX])choices, n);
    one.params.scenario = &trial->scenario;
    text_copy(one.id, sizeof(one.id), c->id);
    for (int i = 0; i < n; i++)
        planned[i].wanted = true;
    step.progress = progress_start();
    ret = sampler_run(&plan, &options, &hooks, &over_budget, err);
    progress_clear(&step.progress);
    interrupt_release();
    if (ret == 0)
        compare_estimates(&one, step.blocks, step.n, t->alpha, run);
    for (size_t i = 0; i < step.n; i++)
        block_free(&step.blocks[i]);
    free(step.blocks);
    free(trial);
    return ret;
}

static double speedup(const struct case_result *c)
{
    const struct estimate *e = c->status == CASE_OK ? case_estimate(c, metric_speedup.name) : NULL;

    return e && e->n_blocks ? e->value : NAN;
}

/* 1: searched; 0: the default itself fails, and *why says how; -1. */
static int search(struct tune *t, const struct comparison *c, size_t v, struct tuning_search *s, size_t *tried,
                  char why[REASON_MAX], struct err *err)
{
    int64_t choices[VARIANTS_MAX][TUNABLES_MAX];
    int n, ret = 1;

    while (ret == 1 && (n = tuning_next(s, choices)) > 0) {
        struct run_result run = { 0 };
        double speedups[VARIANTS_MAX] = { 1 };

        if (n == 1) { /* nothing left to try for this tunable */
            tuning_learn(s, choices, speedups, n);
            continue;
        }
        *tried += (size_t)n - 1;
        ret = measure(t, c, v, choices, n, SEARCH_BLOCKS, &run, err) < 0 ? -1 : 1;
        if (ret == 1 && run.cases[0].status != CASE_OK) {
            text_copy(why, REASON_MAX, run.cases[0].reason);
            ret = 0;
        }
        for (int i = 1; i < n && ret == 1; i++)
            speedups[i] = speedup(&run.cases[i]);
        if (ret == 1)
            tuning_learn(s, choices, speedups, n);
        run_result_free(&run);
    }
    return ret;
}

/* The best that the search found, against the default, afresh. */
static int confirm(struct tune *t, const struct comparison *c, size_t v, const int64_t best[TUNABLES_MAX],
                   struct interval *speedup, struct err *err)
{
    int64_t choices[VARIANTS_MAX][TUNABLES_MAX] = { 0 };
    struct run_result run = { 0 };
    size_t blocks = CONFIRM_BLOCKS;
    const struct estimate *e;
    int ret;

    while (stats_median_rank(blocks, t->alpha) == 0)
        blocks++;
    memcpy(choices[1], best, sizeof(choices[1]));
    ret = measure(t, c, v, choices, 2, blocks, &run, err);
    e = ret == 0 ? case_estimate(&run.cases[1], metric_speedup.name) : NULL;
    *speedup = e ? (struct interval){ e->value, e->low, e->high } : (struct interval){ NAN, -INFINITY, INFINITY };
    run_result_free(&run);
    return ret;
}

static void keep(struct tune *t, const struct scenario *s, const char *id, const int64_t best[TUNABLES_MAX],
                 struct interval speedup)
{
    struct tuned_case c = { .speedup = speedup };

    text_copy(c.id, sizeof(c.id), id);
    snprintf(c.commit, sizeof(c.commit), "%.50s%s", version_commit(), version_dirty() ? "-dirty" : "");
    text_copy(c.date, sizeof(c.date), t->date);
    for (size_t i = 0; i < s->n_tunables; i++)
        if (best[i]) {
            text_copy(c.names[c.n], NAME_MAX_LEN, s->tunables[i].name);
            c.values[c.n++] = best[i];
        }
    tuning_keep(&t->tuning, &c);
    t->kept++;
    t->changed++;
}

static int tune_one(struct tune *t, const struct comparison *c, size_t v, struct tuning_search *s, struct err *err)
{
    const struct scenario *of = c->params.scenario;
    struct interval found = { 1, 1, 1 };
    char id[CASE_ID_MAX], name[NAME_MAX_LEN * 2], why[REASON_MAX];
    size_t tried = 0;
    int ret;

    case_id(&c->params, &of->variants[v], id, sizeof(id));
    ret = search(t, c, v, s, &tried, why, err);
    trial_name(of, s->best, name, sizeof(name));
    if (ret > 0 && strcmp(name, "default") != 0)
        ret = confirm(t, c, v, s->best, &found, err) < 0 ? -1 : 1;
    if (ret < 0)
        return err_wrap(err, "%s", id);
    if (ret == 0) {
        t->failed++;
        text_addf(&t->out, "%-52s FAILED: %s\n", id, why);
        return 0;
    }
    t->within += found.high <= 1 + TUNING_PROMISE;
    t->beyond += found.low > 1 + TUNING_PROMISE;
    text_addf(&t->out, "%-52s %-24s %6.3f  [%.3f, %.3f]  %5zu", id, name, found.value, found.low, found.high, tried);
    if (found.low > 1 + TUNING_MARGIN) {
        keep(t, of, id, s->best, found);
        text_add(&t->out, "  kept\n");
    } else {
        bool dropped = tuning_drop(&t->tuning, id);

        t->changed += dropped;
        text_add(&t->out, dropped ? "  no longer kept\n" : "\n");
    }
    return 0;
}

/* The candidates of this variant here; whether there are any. */
static bool candidates(const struct tune *t, const struct comparison *c, size_t v, struct tuning_search *s)
{
    const struct scenario *of = c->params.scenario;
    const struct domain *domain = topology_domain(t->host.topology);
    struct caches caches = topology_caches(t->host.topology, domain->pus[0]);
    size_t any = 0;

    *s = (struct tuning_search){ .n = of->n_tunables };
    if (!c->variants[v].wanted || c->variants[v].skip[0] || of->variants[v].role != ROLE_OURS)
        return false;
    for (size_t i = 0; i < of->n_tunables; i++) {
        s->n_candidates[i] = of->tunables[i].candidates(&c->params, &of->variants[v], &caches, s->candidates[i]);
        any += s->n_candidates[i];
    }
    return any > 0;
}

/* Every selected variant that has tunables: counts them, or tunes them. */
static int each(struct tune *t, const struct plan *plan, bool count, struct err *err)
{
    for (size_t i = 0; i < plan->n; i++)
        for (size_t v = 0; v < plan->comparisons[i].params.scenario->n_variants; v++) {
            struct tuning_search s;
            size_t before = t->changed;

            if (!candidates(t, &plan->comparisons[i], v, &s))
                continue;
            if (count)
                t->cases++;
            else if (tune_one(t, &plan->comparisons[i], v, &s, err) < 0 ||
                     (t->changed > before && tuning_write(t->path, &t->tuning, err) < 0)) /* a kill loses one search */
                return -1;
        }
    return 0;
}

static int tune_all(struct tune *t, struct err *err)
{
    const struct context *context = t->context;
    struct run_info info;
    struct plan plan = { 0 };
    int ret = -1;

    session_describe(context, &t->host.host, &info);
    text_copy(t->date, sizeof(t->date), info.started);
    tuning_path(context->options->baselines, t->host.host.class, t->path, sizeof(t->path));
    if (access(context->options->baselines, W_OK) < 0) {
        err_set(err, ERR_CONFIG, "cannot write to '%s': %m (make that folder, or give --baselines DIR)",
                context->options->baselines);
        return -1;
    }
    if (tuning_read(t->path, t->host.host.class, &t->tuning, err) < 0 ||
        make_plan(context, t->host.topology, &plan, err) < 0)
        return -1;
    each(t, &plan, true, err);
    if (t->cases == 0) {
        err_set(err, ERR_USAGE, "nothing here has sizes to tune: choose other cases");
        goto out;
    }
    t->alpha = 2 * COMPARE_SUITE_ERROR / (double)t->cases;
    text_addf(&t->out, "%-52s %-24s x the default's speed  choices tried\n", "", "best found");
    ret = each(t, &plan, false, err);
out:
    plan_free(&plan);
    return ret;
}

int cmd_tune(const struct context *context)
{
    struct tune t = { .context = context };
    struct err err = { 0 };
    int ret = measuring_begin(&t.host, context, &err);

    if (ret == 0)
        ret = tune_all(&t, &err);
    if (ret == 0) {
        text_addf(&t.out, "tune: the default is within %g %% of the best found in %zu of %zu, surely not in %zu\n",
                  TUNING_PROMISE * 100, t.within, t.cases - t.failed, t.beyond);
        ret = print_text(&t.out, &err);
    } else if (t.out.len) {
        struct err unsaid = { 0 };

        print_text(&t.out, &unsaid); /* what was found before it failed */
    }
    if (ret == 0 && t.changed)
        say("tune: %zu kept, each more than %g %% better: '%s' is what run and gate use from now on", t.kept,
            TUNING_MARGIN * 100, t.path);
    measuring_end(&t.host);
    tuning_free(&t.tuning);
    text_free(&t.out);
    return ret < 0 ? say_error(context, &err) : t.failed ? 1 : 0;
}
