// SPDX-License-Identifier: MIT
#include "judge_fixture.h"

static void regression_is_told_by_the_whole_interval_and_pass_by_a_fine_one(void **state)
{
    static const struct { struct interval slowdown; enum outcome want; } rows[] = {
        { { 1.00, 0.995, 1.005 }, OUTCOME_PASS },
        { { 1.00, 0.99, 1.01 }, OUTCOME_PASS },
        { { 1.00, 0.95, 1.01 }, OUTCOME_INCONCLUSIVE },   /* 5 % slower would have looked like 1.05 [1.00, ...] */
        { { 1.00, 0.99, 1.06 }, OUTCOME_INCONCLUSIVE },   /* may be 6 % slower */
        { { 1.015, 1.005, 1.025 }, OUTCOME_PASS },        /* surely less than the margin, not surely an alarm */
        { { 1.02, 1.011, 1.029 }, OUTCOME_REGRESSED },    /* surely more than is tolerated */
        { { 1.10, 1.05, 1.20 }, OUTCOME_REGRESSED },
        { { 1.10, 1.00, 1.20 }, OUTCOME_INCONCLUSIVE },
        { { 0.85, 0.80, 0.90 }, OUTCOME_IMPROVED },
        { { 1.00, 0.50, 2.00 }, OUTCOME_INCONCLUSIVE },
        { { 1.00, -INFINITY, INFINITY }, OUTCOME_INCONCLUSIVE },
        { { NAN, NAN, NAN }, OUTCOME_INCONCLUSIVE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (gate_regression(&rows[i].slowdown, 0.03, 0) != rows[i].want)
            fail_msg("%g [%g, %g] is %s", rows[i].slowdown.value, rows[i].slowdown.low, rows[i].slowdown.high,
                     outcome_name(gate_regression(&rows[i].slowdown, 0.03, 0)));
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

/* The recorded gate: what `speedup` and `size` now are against an accepted 2.0 and 10. */
static void gate_tells_a_change_from_none(void **state)
{
    static const struct { double speedup, size; enum outcome speed, bytes; int exit; } rows[] = {
        { 2.00, 10, OUTCOME_PASS, OUTCOME_PASS, 0 },
        { 1.985, 10, OUTCOME_PASS, OUTCOME_PASS, 0 },
        { 1.80, 10, OUTCOME_REGRESSED, OUTCOME_PASS, 1 },
        { 2.40, 10, OUTCOME_IMPROVED, OUTCOME_PASS, 0 },
        { 2.00, 11, OUTCOME_PASS, OUTCOME_REGRESSED, 1 },
        { 2.00, 9, OUTCOME_PASS, OUTCOME_IMPROVED, 0 },
        { 1.94, 10, OUTCOME_REGRESSED, OUTCOME_PASS, 1 }, /* 3 % */
    };
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true, 64 };
    struct recording r;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct baseline baseline;
        struct run_result run;

        record(&r, 2, 10);
        baseline = accept(&r);
        record(&r, rows[i].speedup, rows[i].size);
        run = estimate(&r, BLOCKS);
        gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = ALPHA }, &scope);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, rows[i].speed);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "size")->outcome, rows[i].bytes);
        assert_int_equal(run.exit, rows[i].exit);
        assert_true(strlen(run.verdicts[0].reason) > 20);
        run_result_free(&run);
        baseline_free(&baseline);
    }
}

/* A host whose microcode changed may be slower without any commit's doing: that is no alarm, but never a pass either. */
static void slowdown_since_another_epoch_is_inconclusive_and_says_so(void **state)
{
    static const struct { const char *epoch; double speedup; enum outcome want; } rows[] = {
        { "aaaaaaaa", 1.80, OUTCOME_REGRESSED }, { "bbbbbbbb", 1.80, OUTCOME_INCONCLUSIVE },
        { "bbbbbbbb", 2.00, OUTCOME_PASS },      { "", 1.80, OUTCOME_REGRESSED }, /* not known: no excuse */
        { "bbbbbbbb", 2.40, OUTCOME_IMPROVED },
    };
    struct targets none = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gate_rules rules = { .targets = &none, .alpha = ALPHA, .epoch = rows[i].epoch };
        struct recording r;
        struct run_result run;
        struct baseline baseline;
        const struct verdict *v;

        record(&r, 2, 10);
        baseline = accept(&r);
        text_copy(baseline.cases[0].epoch, sizeof(baseline.cases[0].epoch), "aaaaaaaa");
        assert_int_equal(baseline_other_epochs(&baseline, "aaaaaaaa"), 0);
        assert_int_equal(baseline_other_epochs(&baseline, "bbbbbbbb"), 1);
        record(&r, rows[i].speedup, 10);
        run = estimate(&r, BLOCKS);
        rules.baseline = &baseline;
        gate_judge(&run, &rules, NULL);
        v = verdict_of(&run, "kernels/subject/fast", "speedup");
        assert_int_equal(v->outcome, rows[i].want);
        if (rows[i].want == OUTCOME_INCONCLUSIVE)
            assert_non_null(strstr(v->reason, "the host changed since"));
        run_result_free(&run);
        baseline_free(&baseline);
    }
}

static void what_nothing_measured_and_nothing_judges_is_inconclusive(void **state)
{
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, false, 64 };
    struct recording r;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, 0);
    gate_judge(&run, &(struct gate_rules){ .targets = &none, .alpha = ALPHA }, &scope);
    assert_int_equal(run.exit, 3);
    run_result_free(&run);
}

static void skipped_case_that_the_baseline_knows_is_missing_unless_isa_left_it_out(void **state)
{
    struct targets none = { 0 };
    struct recording r;
    struct baseline baseline;

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    text_copy(r.planned[1].skip, REASON_MAX, "needs avx2, which this host lacks");
    for (int limited = 0; limited < 2; limited++) {
        struct gate_rules rules = { .targets = &none, .baseline = &baseline, .alpha = ALPHA, .isa_limited = limited };
        struct run_result run = estimate(&r, BLOCKS);

        gate_judge(&run, &rules, NULL);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "")->outcome, limited ? OUTCOME_SKIPPED : OUTCOME_MISSING);
        assert_int_equal(run.exit, limited ? 0 : 1);
        run_result_free(&run);
    }
    baseline_free(&baseline);
}

static void case_for_more_cores_than_this_run_may_use_is_inconclusive_not_gone(void **state)
{
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true, 2 };
    struct recording r;
    struct baseline baseline;
    struct run_result run = { 0 };

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    text_copy(baseline.cases[0].id, CASE_ID_MAX, "kernels/subject/fast/n=1/threads=4");
    gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = ALPHA }, &scope);
    assert_int_equal(run.verdicts[0].outcome, OUTCOME_INCONCLUSIVE);
    assert_non_null(strstr(run.verdicts[0].reason, "needs 4 cores"));
    assert_int_equal(run.exit, 3);
    baseline_free(&baseline);
    run_result_free(&run);
}

static void gate_misses_what_the_baseline_knows_and_greets_what_it_does_not(void **state)
{
    struct targets none = { 0 };
    struct gate_scope scope = { everything, NULL, true, 64 };
    struct recording r;
    struct baseline baseline;
    struct run_result run = { 0 };

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = ALPHA }, &scope);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "")->outcome, OUTCOME_MISSING);
    assert_int_equal(run.exit, 1);
    run_result_free(&run);

    run = estimate(&r, BLOCKS);
    baseline_free(&baseline);
    gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = ALPHA }, &scope);
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
        gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = NULL, .alpha = ALPHA }, NULL);
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
    gate_judge(&run, &(struct gate_rules){ .targets = &targets, .baseline = NULL, .alpha = ALPHA }, NULL);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "speedup")->outcome, OUTCOME_INCONCLUSIVE);
    assert_null(verdict_of(&run, "kernels/subject/plain", "speedup"));
    assert_int_equal(run.exit, 3);
    run_result_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regression_is_told_by_the_whole_interval_and_pass_by_a_fine_one),
        cmocka_unit_test(target_needs_the_whole_interval_on_its_side),
        cmocka_unit_test(gate_tells_a_change_from_none),
        cmocka_unit_test(slowdown_since_another_epoch_is_inconclusive_and_says_so),
        cmocka_unit_test(what_nothing_measured_and_nothing_judges_is_inconclusive),
        cmocka_unit_test(skipped_case_that_the_baseline_knows_is_missing_unless_isa_left_it_out),
        cmocka_unit_test(case_for_more_cores_than_this_run_may_use_is_inconclusive_not_gone),
        cmocka_unit_test(gate_misses_what_the_baseline_knows_and_greets_what_it_does_not),
        cmocka_unit_test(every_kind_of_failure_fails_the_gate_and_a_skip_does_not),
        cmocka_unit_test(target_that_no_block_could_answer_is_inconclusive),
    };

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
