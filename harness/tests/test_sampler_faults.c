// SPDX-License-Identifier: MIT
/* test_sampler_faults.c -- what a run makes of variants, workers and hosts that fail. */
#include "sampler_fixture.h"

static void variant_that_failed_is_left_out_of_the_later_blocks_of_its_comparison(void **state)
{
    static const enum case_status statuses[] = { CASE_CRASHED, CASE_TIMED_OUT, CASE_WRONG_RESULT };
    static const int all[] = { 0, 1, 2, 3 }, rest[] = { 0, 1, 3 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        prepare(2, 0);
        run.faults[run.n_faults++] = (struct fault){ 0, statuses[i], 2 };
        sample();
        assert_int_equal(run.n_calls, 3); /* the fault's, and two usable ones */
        assert_int_equal(run.n_added, 3);
        assert_job_has(0, all, 4);
        assert_job_has(1, rest, 3);
        assert_job_has(2, rest, 3);
        for (int v = 0; v < 3; v++) /* each with its own count, not its neighbour's */
            assert_int_equal(run.calls[1].job.iterations[v], 100 + rest[v]);
    }
    prepare(2, 1);
    run.faults[run.n_faults++] = (struct fault){ 0, CASE_CRASHED, 2 };
    sample();
    for (int i = 1; i < run.n_calls; i++)
        assert_job_has(i, run.added_to[i] == run.added_to[0] ? rest : all, run.added_to[i] == run.added_to[0] ? 3 : 4);
}

static void comparison_ends_with_its_reference_or_its_last_variant(void **state)
{
    (void)state;
    prepare(5, 0);
    run.faults[run.n_faults++] = (struct fault){ 1, CASE_CRASHED, 0 };
    sample();
    assert_int_equal(run.n_added, 2);
    prepare(5, 0);
    for (int i = 0; i < 3; i++)
        run.faults[run.n_faults++] = (struct fault){ i, CASE_TIMED_OUT, i + 1 };
    sample();
    assert_int_equal(run.n_added, 3);
    assert_int_equal(run.calls[2].job.n_variants, 2);
}

static void worker_lost_before_any_variant_has_one_more_try(void **state)
{
    (void)state;
    prepare(2, 0);
    run.faults[run.n_faults++] = (struct fault){ 0, CASE_CRASHED, -1 };
    sample();
    assert_int_equal(run.n_calls, 3);
    assert_int_equal(run.n_added, 2);
    assert_int_equal(run.n_lost, 1);
    assert_int_equal(run.added[0].status, CASE_OK);
    assert_true(run.calls[0].job.order_seed == run.calls[1].job.order_seed); /* the same block again */
    assert_int_equal(run.calls[1].index, 0);

    prepare(5, 0);
    run.faults[run.n_faults++] = (struct fault){ 0, CASE_CRASHED, -1 };
    run.faults[run.n_faults++] = (struct fault){ 1, CASE_TIMED_OUT, -1 };
    sample();
    assert_int_equal(run.n_calls, 2);
    assert_int_equal(run.n_added, 1);
    assert_int_equal(run.added[0].status, CASE_TIMED_OUT);

    prepare(2, 0); /* without anybody to tell */
    run.hooks.lost = NULL;
    run.faults[run.n_faults++] = (struct fault){ 0, CASE_CRASHED, -1 };
    sample();
    assert_int_equal(run.n_added, 2);
}

static void other_program_measures_what_it_has_and_fails_alone(void **state)
{
    static const int all[] = { 0, 1, 2, 3 }, theirs[] = { 0, 2, 3 }, rest[] = { 0, 3 };

    (void)state;
    prepare(2, 0);
    run.options.other = "theirs";
    run.planned[0][1].elsewhere = false;
    run.faults[run.n_faults++] = (struct fault){ 1, CASE_CRASHED, 2 };
    sample();
    assert_int_equal(run.n_calls, 4);
    assert_job_has(0, all, 4);
    assert_job_has(1, theirs, 3);
    assert_job_has(2, rest, 2);
    assert_job_has(3, all, 4);

    prepare(3, 0); /* its reference is dead: ours goes on alone */
    run.options.other = "theirs";
    run.faults[run.n_faults++] = (struct fault){ 1, CASE_CRASHED, 0 };
    sample();
    assert_int_equal(run.n_calls, 4);
    for (int i = 2; i < 4; i++)
        assert_string_equal(run.calls[i].program, "ours");
}

static void host_that_fails_ends_the_run_and_the_comparison_is_named(void **state)
{
    struct err err = { 0 };
    bool over_budget;

    (void)state;
    prepare(5, 0);
    run.fails_at = 2;
    assert_int_equal(sampler_run(&run.plan, &run.options, &run.hooks, &over_budget, &err), -1);
    assert_int_equal(err.code, ERR_HOST);
    assert_string_equal(err.msg, "tests/sampled/first: no such core");
    assert_int_equal(run.n_calls, 3);
    assert_int_equal(run.n_added, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variant_that_failed_is_left_out_of_the_later_blocks_of_its_comparison),
        cmocka_unit_test(comparison_ends_with_its_reference_or_its_last_variant),
        cmocka_unit_test(worker_lost_before_any_variant_has_one_more_try),
        cmocka_unit_test(other_program_measures_what_it_has_and_fails_alone),
        cmocka_unit_test(host_that_fails_ends_the_run_and_the_comparison_is_named),
    };

    return cmocka_run_group_tests_name("sampler_faults", tests, NULL, NULL);
}
