// SPDX-License-Identifier: MIT
#include "judge_fixture.h"

static void speedup_is_paired_so_that_a_drift_of_the_host_cancels(void **state)
{
    struct recording r;
    struct run_result run;
    const struct estimate *e;

    (void)state;
    record(&r, 2, 10); /* the drift is 140 %, the noise 0.3 % */
    run = estimate(&r, BLOCKS);
    e = case_estimate(run_case(&run, "kernels/subject/fast"), "speedup");
    assert_true(e->value > 1.99 && e->value < 2.01);
    assert_true(e->low > 1.98 && e->high < 2.02);
    assert_null(case_estimate(run_case(&run, "kernels/subject/plain"), "speedup"));
    assert_null(run_case(&run, "kernels/subject/other")); /* not wanted */
    run_result_free(&run);
}

static void derived_metric_follows_the_time(void **state)
{
    struct recording r;
    struct run_result run;
    const struct case_result *c;
    const struct estimate *time, *derived;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, BLOCKS);
    c = run_case(&run, "kernels/subject/fast");
    time = case_estimate(c, "time_ns");
    derived = case_estimate(c, "rate");
    for (size_t i = 0; i < time->n_blocks; i++)
        assert_true(fabs(derived->blocks[i] * time->blocks[i] - 1000) < 1e-9);
    assert_true(fabs(derived->low * time->high - 1000) < 1e-9);
    run_result_free(&run);
}

static void interval_is_open_until_there_are_enough_blocks(void **state)
{
    struct recording r;

    (void)state;
    record(&r, 2, 10);
    for (size_t n = 1; n <= BLOCKS; n++) {
        struct run_result run = estimate(&r, n);
        const struct estimate *e = case_estimate(run_case(&run, "kernels/subject/fast"), "speedup");

        assert_int_equal(isfinite(e->low) && isfinite(e->high), n >= compare_looks[0]);
        run_result_free(&run);
    }
}

static void fault_gives_its_culprit_a_status_and_the_reference_takes_all_with_it(void **state)
{
    static const struct { int culprit; enum case_status plain, fast; } rows[] = {
        { 1, CASE_OK, CASE_CRASHED }, { 0, CASE_CRASHED, CASE_CRASHED }, { -1, CASE_CRASHED, CASE_CRASHED },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recording r;
        struct run_result run;

        record(&r, 2, 10);
        r.blocks[3].status = CASE_CRASHED;
        r.blocks[3].variant = rows[i].culprit;
        text_copy(r.blocks[3].reason, REASON_MAX, "killed by SIGILL");
        run = estimate(&r, BLOCKS);
        assert_int_equal(run_case(&run, "kernels/subject/plain")->status, rows[i].plain);
        assert_int_equal(run_case(&run, "kernels/subject/fast")->status, rows[i].fast);
        assert_non_null(strstr(run_case(&run, "kernels/subject/fast")->reason, "SIGILL"));
        run_result_free(&run);
    }
}

static void exact_metric_that_differs_between_blocks_is_a_wrong_result(void **state)
{
    struct recording r;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    r.exacts[5][0].value = 11;
    run = estimate(&r, BLOCKS);
    assert_int_equal(run_case(&run, "kernels/subject/fast")->status, CASE_WRONG_RESULT);
    run_result_free(&run);
}

static void regression_needs_the_whole_interval_beyond_the_margin(void **state)
{
    static const struct { double low, high; enum outcome want; } rows[] = {
        { 0.99, 1.01, OUTCOME_PASS },
        { 1.00, 1.049, OUTCOME_PASS },
        { 1.02, 1.20, OUTCOME_INCONCLUSIVE }, /* straddles 1.05 */
        { 0.50, 2.00, OUTCOME_INCONCLUSIVE },
        { 1.051, 1.20, OUTCOME_REGRESSED },
        { 0.80, 0.90, OUTCOME_IMPROVED },
        { 0.90, 0.97, OUTCOME_PASS },
        { -INFINITY, INFINITY, OUTCOME_INCONCLUSIVE },
        { NAN, NAN, OUTCOME_INCONCLUSIVE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(gate_regression(rows[i].low, rows[i].high), rows[i].want);
}

static void target_needs_the_whole_interval_on_its_side(void **state)
{
    struct target least = { .at_least = 1.15, .at_most = NAN }, most = { .at_least = NAN, .at_most = 1.15 };
    static const struct { double low, high; enum outcome least, most; } rows[] = {
        { 1.15, 1.30, OUTCOME_PASS, OUTCOME_INCONCLUSIVE },
        { 1.20, 1.30, OUTCOME_PASS, OUTCOME_MISSED_TARGET },
        { 1.10, 1.20, OUTCOME_INCONCLUSIVE, OUTCOME_INCONCLUSIVE },
        { 1.00, 1.14, OUTCOME_MISSED_TARGET, OUTCOME_PASS },
        { -INFINITY, INFINITY, OUTCOME_INCONCLUSIVE, OUTCOME_INCONCLUSIVE },
        { NAN, NAN, OUTCOME_INCONCLUSIVE, OUTCOME_INCONCLUSIVE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(gate_target(rows[i].low, rows[i].high, &least), rows[i].least);
        assert_int_equal(gate_target(rows[i].low, rows[i].high, &most), rows[i].most);
    }
}

static bool everything(void *arg, const char *case_id)
{
    (void)arg;
    (void)case_id;
    return true;
}

static const struct verdict *verdict_of(const struct run_result *run, const char *case_id, const char *metric)
{
    for (size_t i = 0; i < run->n_verdicts; i++)
        if (strcmp(run->verdicts[i].case_id, case_id) == 0 && strcmp(run->verdicts[i].metric, metric) == 0)
            return &run->verdicts[i];
    return NULL;
}

/* The recorded gate: what `speedup` and `size` now are against an accepted 2.0 and 10. */
static void gate_tells_a_change_from_none(void **state)
{
    static const struct { double speedup, size; enum outcome speed, bytes; int exit; } rows[] = {
        { 2.00, 10, OUTCOME_PASS, OUTCOME_PASS, 0 },
        { 1.97, 10, OUTCOME_PASS, OUTCOME_PASS, 0 },
        { 1.80, 10, OUTCOME_REGRESSED, OUTCOME_PASS, 1 },
        { 2.40, 10, OUTCOME_IMPROVED, OUTCOME_PASS, 0 },
        { 2.00, 11, OUTCOME_PASS, OUTCOME_REGRESSED, 1 },
        { 2.00, 9, OUTCOME_PASS, OUTCOME_IMPROVED, 0 },
        { 1.905, 10, OUTCOME_INCONCLUSIVE, OUTCOME_PASS, 3 }, /* 5 % slower, give or take 0.3 */
    };
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true };
    struct recording r;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct baseline baseline;
        struct run_result run;

        record(&r, 2, 10);
        baseline = accept(&r);
        record(&r, rows[i].speedup, rows[i].size);
        run = estimate(&r, BLOCKS);
        gate_judge(&run, &none, &baseline, &scope);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, rows[i].speed);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "size")->outcome, rows[i].bytes);
        assert_int_equal(run.exit, rows[i].exit);
        assert_true(strlen(run.verdicts[0].reason) > 20);
        run_result_free(&run);
        baseline_free(&baseline);
    }
}

static void gate_misses_what_the_baseline_knows_and_greets_what_it_does_not(void **state)
{
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true };
    struct recording r;
    struct baseline baseline;
    struct run_result run = { 0 };

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    gate_judge(&run, &none, &baseline, &scope);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "")->outcome, OUTCOME_MISSING);
    assert_int_equal(run.exit, 1);
    run_result_free(&run);

    run = estimate(&r, BLOCKS);
    baseline_free(&baseline);
    gate_judge(&run, &none, &baseline, &scope);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, OUTCOME_NEW);
    assert_int_equal(run.exit, 0);
    run_result_free(&run);
}

static void every_kind_of_failure_fails_the_gate_and_a_skip_does_not(void **state)
{
    static const struct { enum case_status status; enum outcome want; int exit; } rows[] = {
        { CASE_OK, OUTCOME_PASS, 0 },
        { CASE_SKIPPED, OUTCOME_SKIPPED, 0 },
        { CASE_WRONG_RESULT, OUTCOME_WRONG_RESULT, 1 },
        { CASE_CRASHED, OUTCOME_CRASHED, 1 },
        { CASE_TIMED_OUT, OUTCOME_TIMED_OUT, 1 },
    };
    struct targets none = { 0 };
    struct recording r;

    (void)state;
    record(&r, 2, 10);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run_result run = estimate(&r, BLOCKS);

        run.cases[1].status = rows[i].status;
        gate_judge(&run, &none, NULL, NULL);
        assert_int_equal(run.exit, rows[i].exit);
        if (rows[i].status != CASE_OK)
            assert_int_equal(run.verdicts[0].outcome, rows[i].want);
        run_result_free(&run);
    }
}

static void target_that_no_block_could_answer_is_inconclusive(void **state)
{
    struct target row = { .cases = "kernels/*", .metric = "speedup", .at_least = 1.15, .at_most = NAN, .goal = NAN };
    struct targets targets = { &row, 1 };
    struct recording r;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, 0); /* the budget was spent before its first block */
    gate_judge(&run, &targets, NULL, NULL);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, OUTCOME_INCONCLUSIVE);
    assert_null(verdict_of(&run, "kernels/subject/plain", "speedup"));
    assert_int_equal(run.exit, 3);
    run_result_free(&run);
}

static void runs_compare_by_interval_and_exact_figures_by_value(void **state)
{
    struct recording r;
    struct run_result a, b;
    struct change *changes;
    size_t n, significant = 0;

    (void)state;
    record(&r, 2, 10);
    a = estimate(&r, BLOCKS);
    record(&r, 1.8, 9);
    b = estimate(&r, BLOCKS);
    n = compare_runs(&a, &b, &changes);
    assert_int_equal(n, 4); /* plain: time; fast: time, speedup, size */
    for (size_t i = 0; i < n; i++) {
        significant += changes[i].significant;
        if (strcmp(changes[i].metric, "speedup") == 0) {
            assert_true(changes[i].significant && !changes[i].better);
            assert_true(fabs(changes[i].ratio - 0.9) < 0.01);
        }
        if (strcmp(changes[i].metric, "size") == 0)
            assert_true(changes[i].significant && changes[i].better);
    }
    assert_true(significant >= 2);
    free(changes);
    n = compare_runs(&a, &a, &changes);
    for (size_t i = 0; i < n; i++)
        assert_false(changes[i].significant);
    free(changes);
    run_result_free(&a);
    run_result_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speedup_is_paired_so_that_a_drift_of_the_host_cancels),
        cmocka_unit_test(derived_metric_follows_the_time),
        cmocka_unit_test(interval_is_open_until_there_are_enough_blocks),
        cmocka_unit_test(fault_gives_its_culprit_a_status_and_the_reference_takes_all_with_it),
        cmocka_unit_test(exact_metric_that_differs_between_blocks_is_a_wrong_result),
        cmocka_unit_test(regression_needs_the_whole_interval_beyond_the_margin),
        cmocka_unit_test(target_needs_the_whole_interval_on_its_side),
        cmocka_unit_test(gate_tells_a_change_from_none),
        cmocka_unit_test(gate_misses_what_the_baseline_knows_and_greets_what_it_does_not),
        cmocka_unit_test(every_kind_of_failure_fails_the_gate_and_a_skip_does_not),
        cmocka_unit_test(target_that_no_block_could_answer_is_inconclusive),
        cmocka_unit_test(runs_compare_by_interval_and_exact_figures_by_value),
    };

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
