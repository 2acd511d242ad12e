// SPDX-License-Identifier: MIT
/* sampler_fixture.h -- a run of sampler_run() over two comparisons, with a block runner that starts no process and
 * fails as it is told. */
#pragma once

#include "measure/sampler.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { COMPARISONS = 2, VARIANTS = 4, CALLS_MAX = 64, SEED = 11 };

static void work(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static const struct variant variants[VARIANTS] = {
    { .name = "plain" }, { .name = "one" }, { .name = "two" }, { .name = "three" },
};
static const struct scenario scenario = {
    .name = "tests/sampled", .summary = "s", .variants = variants, .n_variants = VARIANTS, .run = work,
};

/* What befalls the block that is the `call`-th to be run. */
struct fault {
    int call;
    enum case_status status;
    int variant;
};

/* One run: what it is given, and what it did. */
static struct {
    struct planned planned[COMPARISONS][VARIANTS];
    struct comparison comparisons[COMPARISONS];
    struct plan plan;
    struct sampler_options options;
    struct sampler_hooks hooks;
    struct fault faults[4];
    size_t n_faults;
    int fails_at; /* the call that returns -1; -1: none */
    int slow_us;  /* what a block takes at least */
    size_t passes[COMPARISONS]; /* wanted */

    struct call {
        struct job job;
        const char *program;
        int index;
    } calls[CALLS_MAX];
    int n_calls;
    struct block added[CALLS_MAX];
    size_t added_to[CALLS_MAX], usable[COMPARISONS];
    int n_added, n_lost;
} run;

static int fake_block(struct job *job, const struct block_options *options, int index, struct block *block,
                      struct err *err)
{
    int call = run.n_calls++;

    assert_true(call < CALLS_MAX);
    run.calls[call] = (struct call){ *job, options->program, index };
    *block = (struct block){ .index = index, .variant = -1 };
    if (call == run.fails_at)
        return err_set(err, ERR_HOST, "no such core");
    usleep((useconds_t)run.slow_us);
    for (size_t i = 0; i < run.n_faults; i++)
        if (run.faults[i].call == call) {
            block->status = run.faults[i].status;
            block->variant = run.faults[i].variant;
        }
    for (int i = 0; i < job->n_variants; i++)
        if (job->iterations[i] == 0)
            job->iterations[i] = 100 + job->variants[i];
    return 0;
}

static int add(void *arg, size_t comparison, struct block *block, struct err *err)
{
    (void)arg;
    (void)err;
    run.added[run.n_added] = *block;
    run.added_to[run.n_added++] = comparison;
    run.usable[comparison] += block->status == CASE_OK && block->side == 0;
    return 0;
}

/* As the gate does: until there are so many usable blocks. */
static size_t wants(void *arg, size_t comparison)
{
    (void)arg;
    return run.passes[comparison] > run.usable[comparison] ? run.passes[comparison] - run.usable[comparison] : 0;
}

static void lost(void *arg, size_t comparison, const struct block *block)
{
    (void)arg;
    (void)comparison;
    assert_int_equal(block->variant, -1);
    run.n_lost++;
}

/* A run of `a` passes over the first comparison and `b` over the second. */
static void prepare(size_t a, size_t b)
{
    memset(&run, 0, sizeof(run));
    for (size_t c = 0; c < COMPARISONS; c++) {
        struct comparison *comparison = &run.comparisons[c];

        comparison->params.scenario = &scenario;
        comparison->variants = run.planned[c];
        text_copy(comparison->id, sizeof(comparison->id), c ? "tests/sampled/second" : "tests/sampled/first");
        for (size_t v = 0; v < VARIANTS; v++)
            run.planned[c][v].wanted = run.planned[c][v].elsewhere = true;
    }
    run.plan = (struct plan){ run.comparisons, COMPARISONS };
    run.options = (struct sampler_options){ .block = { .program = "ours" }, .rounds = 4, .seed = SEED, .order_seed = SEED,
                                            .run = fake_block };
    run.hooks = (struct sampler_hooks){ .add = add, .wants = wants, .lost = lost };
    run.fails_at = -1;
    run.passes[0] = a;
    run.passes[1] = b;
}

/* True where blocks that were wanted were not measured. */
static bool sample(void)
{
    struct err err = { 0 };
    bool over_budget = false;

    if (sampler_run(&run.plan, &run.options, &run.hooks, &over_budget, &err) < 0)
        fail_msg("%s", err.msg);
    return over_budget;
}

static void assert_job_has(int call, const int *want, int n)
{
    const struct job *job = &run.calls[call].job;

    assert_int_equal(job->n_variants, n);
    for (int i = 0; i < n; i++)
        assert_int_equal(job->variants[i], want[i]);
}
