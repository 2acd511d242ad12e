// SPDX-License-Identifier: MIT
/* Choices of tunables, as a worker gets them: in an ordinary job, and side by side in a trial. No test looks at how long
 * anything took. */
#include "measure/trial.h"

#include "base/text.h"
#include "measure/block.h"
#include "measure/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a state was made with; its check says so, as an error, where `tell` asks. */
struct made {
    int64_t seed, mc, kc;
    uint32_t variants;
    volatile double x;
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    struct made *m = calloc(1, sizeof(*m));

    if (!m)
        return err_set(err, ERR_HOST, "no memory");
    *m = (struct made){ .seed = (int64_t)bench->seed, .variants = bench->variants };
    m->mc = bench_tuned(bench, 1, "mc");
    m->kc = bench_tuned(bench, 1, "kc");
    *state = m;
    return m->kc == 9 ? err_set(err, ERR_HOST, "no room for kc=9") : 0;
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    struct made *m = state;

    (void)variant;
    for (int64_t i = 0; i < n * 1000; i++)
        m->x = m->x * 0.5 + 1;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    const struct made *m = state;

    if (m->kc != 7 || strcmp(variant->name, "mine") != 0)
        return 0;
    return err_set(err, ERR_HARNESS, "made with seed=%lld mc=%lld kc=%lld variants=%u", (long long)m->seed,
                   (long long)m->mc, (long long)m->kc, m->variants);
}

static const struct axis axes[] = { AXIS_THREADS };
static const struct variant variants[] = { { .name = "plain" }, { .name = "mine" }, { .name = "other" } };
static const struct tunable tunables[] = { { "mc", NULL }, { "kc", NULL } };
static const struct scenario scenario = {
    .name = "tests/tuned", .summary = "s", .axes = axes, .n_axes = 1, .variants = variants, .n_variants = 3,
    .tunables = tunables, .n_tunables = 2, .setup = setup, .run = run, .check = check, .teardown = free,
};
static const struct scenario *const scenarios[] = { &scenario };
static const struct registry registry = { scenarios, 1 };

static struct block block_of(struct job *job)
{
    struct block_options options = { .program = "/proc/self/exe", .timeout_s = 30 };
    struct block block;
    struct err err = { 0 };

    if (block_run(job, &options, 0, &block, &err) < 0)
        fail_msg("%s", err.msg);
    return block;
}

/* A block of a trial of `mine` with the default and these two choices of (mc, kc). */
static struct block trial_of(int64_t mc1, int64_t kc1, int64_t mc2, int64_t kc2)
{
    const int64_t values[3][TUNABLES_MAX] = { { 0 }, { mc1, kc1 }, { mc2, kc2 } };
    struct trial trial;
    struct comparison c;
    struct job job = { .comparison = &c, .trial = &trial, .variants = { 0, 1, 2 }, .n_variants = 3, .rounds = 2,
                       .min_sample_ns = 1e5, .input_seed = 5, .order_seed = 6 };

    trial_init(&trial, &scenario, 1, values, 3);
    c = (struct comparison){ .params = { &trial.scenario, { 1 } }, .id = "tests/tuned" };
    return block_of(&job);
}

static void choices_are_measured_side_by_side(void **state)
{
    struct block b = trial_of(64, 0, 64, 128);
    int seen[3] = { 0 };

    (void)state;
    if (b.status != CASE_OK)
        fail_msg("%s", b.reason);
    assert_int_equal(b.n_samples, 6);
    for (size_t i = 0; i < b.n_samples; i++)
        seen[b.samples[i].variant]++;
    for (int i = 0; i < 3; i++)
        assert_int_equal(seen[i], 2);
    block_free(&b);
}

static void each_choice_has_its_own_state_and_the_reference_beside_it(void **state)
{
    struct block b = trial_of(64, 128, 32, 7);

    (void)state;
    assert_int_equal(b.status, CASE_WRONG_RESULT);
    assert_int_equal(b.variant, 2);
    assert_string_equal(b.reason, "made with seed=5 mc=32 kc=7 variants=3");
    block_free(&b);
}

static void choice_that_cannot_be_set_up_is_its_own_fault(void **state)
{
    struct block b = trial_of(64, 9, 64, 128);

    (void)state;
    assert_int_equal(b.status, CASE_CRASHED);
    assert_int_equal(b.variant, 1);
    assert_string_equal(b.reason, "no room for kc=9");
    block_free(&b);
}

static void ordinary_job_carries_what_is_tuned_by_name(void **state)
{
    struct comparison c = { .params = { &scenario, { 1 } }, .id = "tests/tuned" };
    struct job job = { .comparison = &c, .variants = { 0, 2, 1 }, .n_variants = 3, .check_only = true,
                       .input_seed = 5, .order_seed = 6, .tuned = { { 0 }, { 1, 1 }, { 96, 7 } } };
    struct block b = block_of(&job);

    (void)state;
    assert_int_equal(b.status, CASE_WRONG_RESULT);
    assert_int_equal(b.variant, 1);
    assert_string_equal(b.reason, "made with seed=5 mc=96 kc=7 variants=7");
    block_free(&b);
}

static void job_of_another_program_is_understood_as_far_as_it_goes(void **state)
{
    struct comparison c = { .params = { &scenario, { 1 } }, .id = "tests/tuned" };
    struct job job = { .comparison = &c, .variants = { 0, 1 }, .n_variants = 2, .tuned = { { 0 }, { 0, 7 } } }, back;
    json_t *json = wire_job(&job), *tuned = json_object_get(json_array_get(json_object_get(json, "variants"), 1), "tuned");
    struct params params;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(json_object_size(tuned), 1);
    json_object_set_new(tuned, "a_tunable_of_tomorrow", json_integer(3));
    assert_int_equal(wire_read_job(json, &registry, &back, &params, &err), 0);
    assert_int_equal(back.tuned[1][1], 7);
    assert_null(back.trial);
    json_object_del(json_array_get(json_object_get(json, "variants"), 1), "tuned"); /* an older program's */
    assert_int_equal(wire_read_job(json, &registry, &back, &params, &err), 0);
    assert_int_equal(back.tuned[1][1], 0);
    json_decref(json);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(choices_are_measured_side_by_side),
        cmocka_unit_test(each_choice_has_its_own_state_and_the_reference_beside_it),
        cmocka_unit_test(choice_that_cannot_be_set_up_is_its_own_fault),
        cmocka_unit_test(ordinary_job_carries_what_is_tuned_by_name),
        cmocka_unit_test(job_of_another_program_is_understood_as_far_as_it_goes),
    };

    return cmocka_run_group_tests_name("trial", all, NULL, NULL);
}

/* The tests, or the worker that they start. */
int main(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "worker") == 0 ? worker_main(&registry) : tests();
}
