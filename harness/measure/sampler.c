// SPDX-License-Identifier: MIT
#include "measure/sampler.h"

#include "base/mem.h"
#include "base/rng.h"
#include "measure/foreign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is known of one comparison while it is measured. */
struct lane {
    bool *dead[2];  /* by side, per variant of the scenario */
    bool ended[2];  /* its reference is dead, or nothing but the reference is left that was asked for */
    int64_t *iterations;
    int rounds; /* of a block: as the options say, or as many as the first block took; 0: not known yet */
    size_t passes;
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

static bool usable(const struct sampler *s, size_t c, int side, size_t v)
{
    const struct planned *p = &s->plan->comparisons[c].variants[v];

    return p->wanted && !p->skip[0] && (side == 0 || p->elsewhere) && !s->lanes[c].dead[side][v];
}

static size_t wants(const struct sampler *s, size_t c)
{
    if (s->lanes[c].ended[0])
        return 0;
    return s->hooks->wants ? s->hooks->wants(s->hooks->arg, c) : s->lanes[c].passes == 0;
}

static void report(const struct sampler *s, const char *now)
{
    struct sampler_progress p = { .done = s->done, .total = s->done, .now = now, .seconds_left = 0 };
    double seconds = 0;
    size_t passes = 0;

    if (!s->hooks->progress)
        return;
    for (size_t c = 0; c < s->plan->n; c++) {
        seconds += s->lanes[c].seconds;
        passes += s->lanes[c].passes;
    }
    for (size_t c = 0; c < s->plan->n; c++) {
        size_t n = wants(s, c);
        const struct lane *lane = &s->lanes[c];

        p.total += n;
        p.seconds_left += (double)n * (lane->passes ? lane->seconds / (double)lane->passes
                                       : passes     ? seconds / (double)passes
                                                    : NAN);
    }
    if (s->options->budget_s > 0 && !isnan(p.seconds_left))
        p.seconds_left = fmin(p.seconds_left, fmax(0, s->started + s->options->budget_s - block_clock_s()));
    s->hooks->progress(s->hooks->arg, &p);
}

/* A variant that failed is left out from now on. What failed, twice, before any variant was touched ends the
 * comparison. */
static void bury(struct sampler *s, size_t c, const struct block *b)
{
    struct lane *lane = &s->lanes[c];
    size_t n = s->plan->comparisons[c].params.scenario->n_variants, alive = 0;

    if (b->status == CASE_OK)
        return;
    if (b->variant <= 0)
        lane->ended[b->side] = true;
    else
        lane->dead[b->side][b->variant] = true;
    for (size_t v = 1; v < n; v++)
        alive += usable(s, c, b->side, v);
    if (alive == 0 && n > 1)
        lane->ended[b->side] = true;
}

/* The build of a foreign program that runs on this side; NULL where the scenario is of this program. */
static const char *build_of(const struct scenario *scenario, int side)
{
    const struct foreign *f = foreign_of(scenario);

    return !f ? NULL : side ? f->other : f->program;
}

static void fill_job(const struct sampler *s, size_t c, int side, struct job *job)
{
    const struct sampler_options *o = s->options;
    const struct comparison *comparison = &s->plan->comparisons[c];
    const struct lane *lane = &s->lanes[c];

    *job = (struct job){
        .comparison = comparison,
        .trial = o->trial,
        .build = build_of(comparison->params.scenario, side),
        .check_only = o->check_only,
        .slowdown = side == 0 ? o->slowdown : 0,
        .isa_without = o->isa_without,
        .rounds = lane->rounds,
        .min_sample_ns = o->min_sample_ns,
        .input_seed = o->seed,
        .order_seed = rng_mix(rng_mix(o->order_seed, c), lane->passes),
        .n_pus = o->n_pus < JOB_PUS_MAX ? o->n_pus : JOB_PUS_MAX,
    };
    for (int i = 0; i < job->n_pus; i++)
        job->pus[i] = o->pus[i];
    for (size_t v = 0; v < comparison->params.scenario->n_variants; v++)
        if (usable(s, c, side, v)) {
            if (job->n_variants == VARIANTS_MAX)
                BUG("%s has more than %d variants: registry_check() lets none pass", comparison->id, VARIANTS_MAX);
            job->iterations[job->n_variants] = lane->iterations[v];
            memcpy(job->tuned[job->n_variants], comparison->variants[v].tuned, sizeof(job->tuned[0]));
            job->variants[job->n_variants++] = (int)v;
        }
}

static int rounds_of(const struct block *block)
{
    int rounds = 0;

    for (size_t i = 0; i < block->n_samples; i++)
        if (block->samples[i].round >= rounds)
            rounds = block->samples[i].round + 1;
    return rounds;
}

static int run_block(struct sampler *s, size_t c, int side, struct err *err)
{
    const struct sampler_options *o = s->options;
    sampler_block_fn run = o->run ? o->run : block_run;
    struct lane *lane = &s->lanes[c];
    struct block_options options = o->block;
    struct job job;
    struct block block;
    int ret;

    if (side == 1)
        options.program = o->other;
    fill_job(s, c, side, &job);
    ret = run(&job, &options, (int)lane->passes, &block, err);
    if (ret == 0 && block.status != CASE_OK && block.variant < 0) { /* no variant's fault: perhaps the host's */
        if (s->hooks->lost)
            s->hooks->lost(s->hooks->arg, c, &block);
        block_free(&block);
        ret = run(&job, &options, (int)lane->passes, &block, err);
    }
    if (ret < 0)
        return err_wrap(err, side ? "%s (of the other program)" : "%s", s->plan->comparisons[c].id);
    if (o->other)
        block.index = 2 * block.index + side;
    block.side = side;
    for (int i = 0; i < job.n_variants; i++)
        lane->iterations[job.variants[i]] = job.iterations[i];
    if (lane->rounds == 0 && block.status == CASE_OK)
        lane->rounds = rounds_of(&block);
    bury(s, c, &block);
    return s->hooks->add(s->hooks->arg, c, &block, err);
}

/* Has the other program anything to say here? Its reference must be there. */
static bool has_other(const struct sampler *s, size_t c)
{
    size_t n = s->plan->comparisons[c].params.scenario->n_variants, both = 0;

    if (!s->options->other || s->lanes[c].ended[1] || !usable(s, c, 1, 0))
        return false;
    for (size_t v = 1; v < n; v++)
        both += usable(s, c, 1, v);
    return both > 0 || n == 1;
}

/* One block, or a pair of them: A B, next time B A. */
static int run_pass(struct sampler *s, size_t c, struct err *err)
{
    struct lane *lane = &s->lanes[c];
    bool pair = has_other(s, c);
    double began = block_clock_s();

    report(s, s->plan->comparisons[c].id);
    for (int turn = 0; turn < (pair ? 2 : 1); turn++)
        if (run_block(s, c, pair ? (turn + (int)lane->passes) % 2 : 0, err) < 0)
            return -1;
    lane->passes++;
    lane->seconds += block_clock_s() - began;
    s->done++;
    return 0;
}

static bool affordable(struct sampler *s, size_t c)
{
    const struct lane *lane = &s->lanes[c];
    double expected = lane->passes ? lane->seconds / (double)lane->passes : 0;

    if (s->options->budget_s <= 0 || block_clock_s() + expected <= s->started + s->options->budget_s)
        return true;
    s->over_budget = true;
    return false;
}

static int passes(struct sampler *s, int *order, struct err *err)
{
    struct rng rng = rng_seed(rng_mix(s->options->order_seed, 0x0a55));

    for (bool any = true; any;) {
        any = false;
        rng_shuffle(&rng, order, s->plan->n);
        for (size_t i = 0; i < s->plan->n; i++) {
            size_t c = (size_t)order[i];

            if (wants(s, c) == 0 || !affordable(s, c))
                continue;
            any = true;
            if (run_pass(s, c, err) < 0)
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
        s.lanes[c].rounds = options->rounds;
        s.lanes[c].dead[0] = mem_array(n, sizeof(bool));
        s.lanes[c].dead[1] = mem_array(n, sizeof(bool));
        s.lanes[c].iterations = mem_array(n, sizeof(int64_t));
    }
    ret = passes(&s, order, err);
    report(&s, NULL);
    *over_budget = s.over_budget;
    for (size_t c = 0; c < plan->n; c++) {
        free(s.lanes[c].dead[0]);
        free(s.lanes[c].dead[1]);
        free(s.lanes[c].iterations);
    }
    free(s.lanes);
    free(order);
    return ret;
}
