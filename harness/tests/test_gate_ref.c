// SPDX-License-Identifier: MIT
/* The gate against another program, whose blocks took turns with ours. */
#include "judge_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of judge

/* Every second block is the other program's, `ratio` times as slow as ours. */
static void record_pairs(struct recording *r, double ratio)
{
    record(r, 2, 10);
    for (int b = 0; b < BLOCKS; b++) {
        r->blocks[b].side = b % 2;
        for (size_t i = 0; i < r->blocks[b].n_samples; i++) {
            struct sample *s = &r->samples[b][i];

            s->ns = (s->variant ? 50 : 100) * (1 + 0.1 * (b / 2)) * (b % 2 ? ratio : 1) * (1 + 1e-4 * (double)i);
            s->cpu_ns = s->ns;
        }
    }
    r->planned[0].elsewhere = r->planned[1].elsewhere = true;
}

static bool has_all(void *arg, const char *case_id)
{
    (void)case_id;
    return *(bool *)arg;
}

static void gate_against_another_program_pairs_blocks_that_followed_each_other(void **state)
{
    static const struct { double ratio; enum outcome want; int exit; } rows[] = {
        { 1.00, OUTCOME_PASS, 0 }, { 0.90, OUTCOME_REGRESSED, 1 }, { 1.10, OUTCOME_IMPROVED, 0 },
    };
    struct targets none = { 0 };
    bool all = true;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gate_rules rules = { .targets = &none, .alpha = 0.2, .ref = "abc", .in_ref = has_all, .ref_arg = &all };
        struct recording r;
        struct run_result run;
        const struct estimate *e;

        record_pairs(&r, rows[i].ratio);
        run = (struct run_result){ 0 };
        compare_estimates(&r.comparison, r.blocks, BLOCKS, 0.2, &run);
        e = case_estimate(run_case(&run, "kernels/subject/fast"), "vs_ref");
        assert_int_equal(e->n_blocks, BLOCKS / 2);
        assert_true(fabs(e->value - rows[i].ratio) < 1e-9); /* the drift over the pairs is 30 % */
        assert_int_equal(case_estimate(run_case(&run, "kernels/subject/fast"), "time_ns")->n_blocks, BLOCKS / 2);
        gate_judge(&run, &rules, NULL);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "vs_ref")->outcome, rows[i].want);
        assert_null(verdict_of(&run, "kernels/subject/plain", "vs_ref"));
        assert_int_equal(run.exit, rows[i].exit);
        run_result_free(&run);
    }
}

/* A codec that got no slower and codes worse is a regression against a commit, too. */
static void exact_figure_is_held_against_the_other_program(void **state)
{
    static const struct { double there; enum outcome want; int exit; } rows[] = {
        { 10, OUTCOME_PASS, 0 }, { 9, OUTCOME_REGRESSED, 1 }, { 11, OUTCOME_IMPROVED, 0 },
    };
    bool all = true;
    struct targets none = { 0 };
    struct gate_rules rules = { .targets = &none, .alpha = 0.2, .ref = "abc", .in_ref = has_all, .ref_arg = &all };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recording r;
        struct run_result run = { 0 };

        record_pairs(&r, 1);
        for (int b = 1; b < BLOCKS; b += 2)
            r.exacts[b][0].value = rows[i].there;
        compare_estimates(&r.comparison, r.blocks, BLOCKS, 0.2, &run);
        gate_judge(&run, &rules, NULL);
        assert_int_equal(verdict_of(&run, "kernels/subject/fast", "size")->outcome, rows[i].want);
        assert_int_equal(run.exit, rows[i].exit);
        run_result_free(&run);
    }
}

/* A commit that mends what the other program gets wrong is not held up by it. */
static void fault_of_the_other_program_is_news_not_a_doubt(void **state)
{
    bool all = true;
    struct targets none = { 0 };
    struct gate_rules rules = { .targets = &none, .alpha = 0.2, .ref = "abc", .in_ref = has_all, .ref_arg = &all };
    struct recording r;
    struct run_result run = { 0 };
    const struct verdict *v;

    (void)state;
    record_pairs(&r, 1);
    for (int b = 1; b < BLOCKS; b += 2) {
        r.blocks[b].status = CASE_WRONG_RESULT;
        r.blocks[b].variant = 1;
        text_copy(r.blocks[b].reason, REASON_MAX, "c[0] is 7");
    }
    compare_estimates(&r.comparison, r.blocks, BLOCKS, 0.2, &run);
    gate_judge(&run, &rules, NULL);
    v = verdict_of(&run, "kernels/subject/fast", "vs_ref");
    assert_int_equal(v->outcome, OUTCOME_NEW);
    assert_non_null(strstr(v->reason, "c[0] is 7"));
    assert_int_equal(run.exit, 0);
    run_result_free(&run);
}

static void case_on_one_side_only_is_new_or_missing_and_the_same_code_passes_unmeasured(void **state)
{
    static const char *const gone[] = { "kernels/subject/gone" };
    struct targets none = { 0 };
    bool all = false;
    struct gate_rules rules = { .targets = &none, .alpha = ALPHA, .ref = "abc", .in_ref = has_all, .ref_arg = &all,
                                .ref_missing = gone, .n_ref_missing = 1 };
    struct recording r;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, BLOCKS);
    gate_judge(&run, &rules, NULL);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "vs_ref")->outcome, OUTCOME_NEW);
    assert_int_equal(verdict_of(&run, "kernels/subject/gone", "vs_ref")->outcome, OUTCOME_MISSING);
    assert_int_equal(run.exit, 1);
    all = true;
    rules.n_ref_missing = 0;
    rules.ref_identical = true;
    gate_judge(&run, &rules, NULL);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "vs_ref")->outcome, OUTCOME_PASS);
    assert_non_null(strstr(verdict_of(&run, "kernels/subject/fast", "vs_ref")->reason, "same code"));
    rules.ref_identical = false; /* the programs differ, and this case does not */
    rules.same_in_ref = has_all;
    gate_judge(&run, &rules, NULL);
    assert_int_equal(verdict_of(&run, "kernels/subject/fast", "vs_ref")->outcome, OUTCOME_PASS);
    assert_non_null(strstr(verdict_of(&run, "kernels/subject/fast", "vs_ref")->reason, "same code in abc: not measured"));
    run_result_free(&run);
}

/* What the accepted program does here and now counts instead of what it did on its day, where it can be had. */
static void accepted_commit_measured_again_stands_for_its_times(void **state)
{
    static const struct { const char *accepted; bool fails; double ratio; enum outcome by_times, by_pairs; int exit; } rows[] = {
        { "abc", false, 1.0, OUTCOME_PASS, OUTCOME_PASS, 0 }, /* by_times: no verdict */
        { "abc", false, 0.9, OUTCOME_PASS, OUTCOME_REGRESSED, 1 },
        { "abc", true, 1.0, OUTCOME_REGRESSED, OUTCOME_NEW, 1 },
        { "abd", false, 1.0, OUTCOME_REGRESSED, OUTCOME_PASS, 1 }, /* by_pairs: no verdict */
    };
    struct targets none = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recording r;
        struct baseline baseline;
        struct run_result run = { 0 };
        bool has = true;
        struct gate_rules rules = { .targets = &none, .alpha = 0.2, .ref = "abc", .in_ref = has_all, .ref_arg = &has,
                                    .baseline = &baseline, .ref_is_baseline = true };
        const struct verdict *times, *pairs, *size;

        record(&r, 4, 10); /* twice as fast as on any day since */
        baseline = accept(&r);
        text_copy(baseline.cases[0].commit, sizeof(baseline.cases[0].commit), rows[i].accepted);
        record_pairs(&r, rows[i].ratio);
        for (int b = 1; b < BLOCKS && rows[i].fails; b += 2) {
            r.blocks[b].status = CASE_CRASHED;
            r.blocks[b].variant = 1;
        }
        compare_estimates(&r.comparison, r.blocks, BLOCKS, 0.2, &run);
        gate_judge(&run, &rules, NULL);
        times = verdict_of(&run, "kernels/subject/fast", "speedup");
        pairs = verdict_of(&run, "kernels/subject/fast", "vs_ref");
        size = verdict_of(&run, "kernels/subject/fast", "size");
        assert_int_equal(times != NULL, rows[i].by_times != OUTCOME_PASS);
        assert_int_equal(times ? times->outcome : OUTCOME_PASS, rows[i].by_times);
        assert_int_equal(pairs != NULL, i < 3);
        assert_int_equal(pairs ? pairs->outcome : OUTCOME_PASS, rows[i].by_pairs);
        assert_int_equal(size->against, AGAINST_BASELINE);
        assert_int_equal(run.n_verdicts, 1 + (times != NULL) + (pairs != NULL));
        assert_int_equal(run.exit, rows[i].exit);
        run_result_free(&run);
        baseline_free(&baseline);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_against_another_program_pairs_blocks_that_followed_each_other),
        cmocka_unit_test(exact_figure_is_held_against_the_other_program),
        cmocka_unit_test(fault_of_the_other_program_is_news_not_a_doubt),
        cmocka_unit_test(case_on_one_side_only_is_new_or_missing_and_the_same_code_passes_unmeasured),
        cmocka_unit_test(accepted_commit_measured_again_stands_for_its_times),
    };

    return cmocka_run_group_tests_name("gate_ref", tests, NULL, NULL);
}
