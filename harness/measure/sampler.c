// SPDX-License-Identifier: MIT
#include "measure/sampler.h"

#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

/* What is known of one comparison while it is measured. */
struct lane {
    bool *dead; /* per variant of the scenario */
    bool ended; /* its reference is dead, or nothing but the reference is left that was asked for */
    int64_t *iterations;
    size_t blocks;
    double seconds;
};

struct sampler {
    const struct plan *plan;
    const struct sampler_options *options;
    const struct sampler_hooks *hooks;
    struct lane *lanes;
    double started;
    size_t done;
    bool over_budget;
};

static bool usable(const struct sampler *s, size_t c, size_t v)
{
    const struct planned *p = &s->plan->comparisons[c].variants[v];

    return p->wanted && !p->skip[0] && !s->lanes[c].dead[v];
}

static size_t wants(const struct sampler *s, size_t c)
{
    if (s->lanes[c].ended)
        return 0;
    return s->hooks->wants ? s->hooks->wants(s->hooks->arg, c) : s->lanes[c].blocks == 0;
}

static void report(const struct sampler *s, const char *now)
{
    struct sampler_progress p = { .done = s->done, .total = s->done, .now = now, .seconds_left = 0 };
    double seconds = 0;
    size_t blocks = 0;

    if (!s->hooks->progress)
        return;
    for (size_t c = 0; c < s->plan->n; c++) {
        seconds += s->lanes[c].seconds;
        blocks += s->lanes[c].blocks;
    }
    for (size_t c = 0; c < s->plan->n; c++) {
        size_t n = wants(s, c);
        const struct lane *lane = &s->lanes[c];

        p.total += n;
        p.seconds_left += (double)n * (lane->blocks ? lane->seconds / (double)lane->blocks
                                       : blocks     ? seconds / (double)blocks
                                                    : NAN);
    }
    if (s->options->budget_s > 0 && !isnan(p.seconds_left))
        p.seconds_left = fmin(p.seconds_left, fmax(0, s->started + s->options->budget_s - block_clock_s()));
    s->hooks->progress(s->hooks->arg, &p);
}

/* A variant that failed is left out from now on. What failed before any variant was touched ends the comparison. */
static void bury(struct sampler *s, size_t c, const struct block *b)
{
    struct lane *lane = &s->lanes[c];
    size_t n = s->plan->comparisons[c].params.scenario->n_variants, alive = 0;

    if (b->status == CASE_OK)
        return;
    if (b->variant <= 0)
        lane->ended = true;
    else
        lane->dead[b->variant] = true;
    for (size_t v = 1; v < n; v++)
        alive += usable(s, c, v);
    if (alive == 0 && n > 1)
        lane->ended = true;
}

static int run_one(struct sampler *s, size_t c, struct err *err)
{
    const struct sampler_options *o = s->options;
    const struct comparison *comparison = &s->plan->comparisons[c];
    struct lane *lane = &s->lanes[c];
    struct job job = {
        .comparison = comparison,
        .check_only = o->check_only,
        .rounds = o->rounds,
        .min_sample_ns = o->min_sample_ns,
        .input_seed = o->seed,
        .order_seed = rng_mix(rng_mix(o->seed, c), lane->blocks),
        .n_pus = o->n_pus,
    };
    struct block block;
    double began = block_clock_s();

    for (int i = 0; i < o->n_pus && i < JOB_PUS_MAX; i++)
        job.pus[i] = o->pus[i];
    for (size_t v = 0; v < comparison->params.scenario->n_variants; v++)
        if (usable(s, c, v)) {
            if (job.n_variants == JOB_VARIANTS_MAX)
                BUG("%s has more than %d variants", comparison->id, JOB_VARIANTS_MAX);
            job.iterations[job.n_variants] = lane->iterations[v];
            job.variants[job.n_variants++] = (int)v;
        }
    report(s, comparison->id);
    if (block_run(&job, &o->block, (int)lane->blocks, &block, err) < 0)
        return err_wrap(err, "%s", comparison->id);
    for (int i = 0; i < job.n_variants; i++)
        lane->iterations[job.variants[i]] = job.iterations[i];
    lane->blocks++;
    lane->seconds += block_clock_s() - began;
    s->done++;
    bury(s, c, &block);
    return s->hooks->add(s->hooks->arg, c, &block, err);
}

static bool affordable(struct sampler *s, size_t c)
{
    const struct lane *lane = &s->lanes[c];
    double expected = lane->blocks ? lane->seconds / (double)lane->blocks : 0;

    if (s->options->budget_s <= 0 || block_clock_s() + expected <= s->started + s->options->budget_s)
        return true;
    s->over_budget = true;
    return false;
}

static int passes(struct sampler *s, int *order, struct err *err)
{
    struct rng rng = rng_seed(rng_mix(s->options->seed, 0x0a55));

    for (bool any = true; any;) {
        any = false;
        rng_shuffle(&rng, order, s->plan->n);
        for (size_t i = 0; i < s->plan->n; i++) {
            size_t c = (size_t)order[i];

            if (wants(s, c) == 0 || !affordable(s, c))
                continue;
            any = true;
            if (run_one(s, c, err) < 0)
                return -1;
        }
    }
    return 0;
}

int sampler_run(const struct plan *plan, const struct sampler_options *options, const struct sampler_hooks *hooks,
                bool *over_budget, struct err *err)
{
    struct sampler s = { .plan = plan, .options = options, .hooks = hooks, .started = block_clock_s() };
    int *order = mem_array(plan->n, sizeof(*order)), ret;

    s.lanes = mem_array(plan->n, sizeof(*s.lanes));
    for (size_t c = 0; c < plan->n; c++) {
        size_t n = plan->comparisons[c].params.scenario->n_variants;

        order[c] = (int)c;
        s.lanes[c].dead = mem_array(n, sizeof(bool));
        s.lanes[c].iterations = mem_array(n, sizeof(int64_t));
    }
    ret = passes(&s, order, err);
    report(&s, NULL);
    *over_budget = s.over_budget;
    for (size_t c = 0; c < plan->n; c++) {
        free(s.lanes[c].dead);
        free(s.lanes[c].iterations);
    }
    free(s.lanes);
    free(order);
    return ret;
}
