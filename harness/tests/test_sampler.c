// SPDX-License-Identifier: MIT
/* test_sampler.c -- which blocks a run makes, in what order and of what. */
#include "sampler_fixture.h"

static void every_comparison_gets_the_passes_that_it_wants_and_no_more(void **state)
{
    size_t first = 0;

    (void)state;
    prepare(3, 0);
    assert_false(sample());
    assert_int_equal(run.n_added, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(run.added_to[i], 0);
        assert_int_equal(run.added[i].index, i);
    }
    prepare(5, 2);
    assert_false(sample());
    assert_int_equal(run.n_added, 7);
    for (int i = 0; i < 7; i++)
        first += run.added_to[i] == 0;
    assert_int_equal(first, 5);
    prepare(0, 0);
    run.hooks.wants = NULL; /* one each */
    assert_false(sample());
    assert_int_equal(run.n_added, 2);
    assert_int_not_equal(run.added_to[0], run.added_to[1]);
}

static void job_says_what_the_run_was_asked_for(void **state)
{
    static const int pus[] = { 3, 1 };

    (void)state;
    prepare(1, 0);
    run.options.slowdown = 0.03;
    run.options.check_only = true;
    run.options.min_sample_ns = 4e6;
    run.options.isa_without = ISA_AVX512F;
    run.options.pus = pus;
    run.options.n_pus = 2;
    sample();
    assert_ptr_equal(run.calls[0].job.comparison, &run.comparisons[0]);
    assert_string_equal(run.calls[0].program, "ours");
    assert_true(run.calls[0].job.slowdown == 0.03);
    assert_true(run.calls[0].job.check_only);
    assert_int_equal(run.calls[0].job.rounds, 4);
    assert_true(run.calls[0].job.min_sample_ns == 4e6);
    assert_int_equal(run.calls[0].job.isa_without, ISA_AVX512F);
    assert_int_equal(run.calls[0].job.n_pus, 2);
    assert_int_equal(run.calls[0].job.pus[0], 3);
    assert_int_equal(run.calls[0].job.pus[1], 1);
}

/* Address space layout, padding and order change from block to block; the inputs do not. */
static void every_block_has_an_order_seed_of_its_own_and_the_inputs_of_the_run(void **state)
{
    uint64_t seeds[8];

    (void)state;
    prepare(4, 4);
    sample();
    assert_int_equal(run.n_calls, 8);
    for (int i = 0; i < 8; i++) {
        assert_true(run.calls[i].job.input_seed == SEED);
        seeds[i] = run.calls[i].job.order_seed;
        for (int j = 0; j < i; j++)
            assert_true(seeds[i] != seeds[j]);
    }
    prepare(4, 4);
    sample();
    for (int i = 0; i < 8; i++) /* the same run again */
        assert_true(run.calls[i].job.order_seed == seeds[i]);
    prepare(4, 4);
    run.options.seed = SEED + 1;
    run.options.order_seed = SEED + 2;
    sample();
    for (int i = 0; i < 8; i++) {
        assert_true(run.calls[i].job.input_seed == SEED + 1);
        for (int j = 0; j < 8; j++)
            assert_true(run.calls[i].job.order_seed != seeds[j]);
    }
}

static void what_is_not_wanted_or_cannot_run_is_in_no_job(void **state)
{
    static const int want[] = { 0, 3 };

    (void)state;
    prepare(2, 0);
    run.planned[0][1].wanted = false;
    text_copy(run.planned[0][2].skip, REASON_MAX, "needs avx512f, which this host lacks");
    sample();
    assert_job_has(0, want, 2);
    assert_job_has(1, want, 2);
}

static void only_the_first_block_calibrates(void **state)
{
    (void)state;
    prepare(2, 0);
    sample();
    for (int i = 0; i < VARIANTS; i++) {
        assert_int_equal(run.calls[0].job.iterations[i], 0);
        assert_int_equal(run.calls[1].job.iterations[i], 100 + i);
    }
}

static void two_programs_take_turns_a_b_b_a_with_the_same_seeds_and_counts(void **state)
{
    static const int sides[] = { 0, 1, 1, 0, 0, 1, 1, 0 };

    (void)state;
    prepare(4, 0);
    run.options.other = "theirs";
    sample();
    assert_int_equal(run.n_calls, 8);
    for (int i = 0; i < 8; i++) {
        assert_string_equal(run.calls[i].program, sides[i] ? "theirs" : "ours");
        assert_int_equal(run.added[i].side, sides[i]);
        assert_int_equal(run.added[i].index, i / 2 * 2 + sides[i]);
        assert_true(run.calls[i].job.order_seed == run.calls[i / 2 * 2].job.order_seed);
        for (int v = 0; v < VARIANTS; v++)
            assert_int_equal(run.calls[i].job.iterations[v], i ? 100 + v : 0);
    }
}

/* No clock is asked here: a block that takes 20 ms cannot be followed by one of 20 ms in 30. */
static void no_block_is_begun_that_the_budget_does_not_hold(void **state)
{
    (void)state;
    prepare(3, 0);
    run.options.budget_s = 1e-12;
    assert_true(sample());
    assert_int_equal(run.n_calls, 0);
    prepare(3, 0);
    run.options.budget_s = 0.03;
    run.slow_us = 20000;
    assert_true(sample());
    assert_true(run.n_calls <= 1);
    prepare(3, 0);
    run.options.budget_s = 1e9;
    assert_false(sample());
    assert_int_equal(run.n_calls, 3);
}

static void cores_beyond_what_a_job_holds_are_left_unused(void **state)
{
    static int pus[JOB_PUS_MAX + 8];

    (void)state;
    for (int i = 0; i < (int)ARRAY_LEN(pus); i++)
        pus[i] = i;
    prepare(1, 0);
    run.options.pus = pus;
    run.options.n_pus = ARRAY_LEN(pus);
    sample();
    assert_int_equal(run.calls[0].job.n_pus, JOB_PUS_MAX);
    assert_int_equal(run.calls[0].job.pus[JOB_PUS_MAX - 1], JOB_PUS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_comparison_gets_the_passes_that_it_wants_and_no_more),
        cmocka_unit_test(job_says_what_the_run_was_asked_for),
        cmocka_unit_test(every_block_has_an_order_seed_of_its_own_and_the_inputs_of_the_run),
        cmocka_unit_test(what_is_not_wanted_or_cannot_run_is_in_no_job),
        cmocka_unit_test(only_the_first_block_calibrates),
        cmocka_unit_test(two_programs_take_turns_a_b_b_a_with_the_same_seeds_and_counts),
        cmocka_unit_test(no_block_is_begun_that_the_budget_does_not_hold),
        cmocka_unit_test(cores_beyond_what_a_job_holds_are_left_unused),
    };

    return cmocka_run_group_tests_name("sampler", tests, NULL, NULL);
}
