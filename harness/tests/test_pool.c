// SPDX-License-Identifier: MIT
/* test_pool.c -- several runs as one, and which of two pairings is judged. */
#include "judge/pool.h"
#include "judge_fixture.h"

static void pooled_run_has_the_blocks_of_all(void **state)
{
    struct recording r;
    struct run_result all = { 0 }, one, two;
    const struct estimate *e;

    (void)state;
    record(&r, 2, 10);
    one = estimate(&r, BLOCKS);
    record(&r, 4, 10); /* another mood of the host */
    two = estimate(&r, BLOCKS);
    pool_add(&all, &one);
    pool_add(&all, &two);
    e = case_estimate(run_case(&all, "kernels/subject/fast"), "speedup");
    assert_int_equal(e->n_blocks, 2 * BLOCKS);
    assert_int_equal(run_case(&all, "kernels/subject/fast")->n_blocks, 2 * BLOCKS);
    assert_true(e->low < 2.1 && e->high > 3.9); /* the interval knows both */
    assert_int_equal(run_case(&all, "kernels/subject/fast")->status, CASE_OK);
    run_result_free(&all);
    run_result_free(&one);
    run_result_free(&two);
}

static void exact_figure_that_differs_between_runs_is_a_wrong_result(void **state)
{
    struct recording r;
    struct run_result all = { 0 }, one, two;

    (void)state;
    record(&r, 2, 10);
    one = estimate(&r, BLOCKS);
    record(&r, 2, 11);
    two = estimate(&r, BLOCKS);
    pool_add(&all, &one);
    pool_add(&all, &two);
    assert_int_equal(run_case(&all, "kernels/subject/fast")->status, CASE_WRONG_RESULT);
    assert_non_null(strstr(run_case(&all, "kernels/subject/fast")->reason, "size is exact"));
    run_result_free(&all);
    run_result_free(&one);
    run_result_free(&two);
}

static void skip_says_nothing_and_a_fault_is_the_cases(void **state)
{
    static const struct { enum case_status first, second, want; } rows[] = {
        { CASE_SKIPPED, CASE_OK, CASE_OK },      { CASE_OK, CASE_SKIPPED, CASE_OK },
        { CASE_OK, CASE_CRASHED, CASE_CRASHED }, { CASE_CRASHED, CASE_OK, CASE_CRASHED },
        { CASE_SKIPPED, CASE_SKIPPED, CASE_SKIPPED },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recording r;
        struct run_result all = { 0 }, one, two;

        record(&r, 2, 10);
        one = estimate(&r, BLOCKS);
        two = estimate(&r, BLOCKS);
        one.cases[1].status = rows[i].first;
        two.cases[1].status = rows[i].second;
        pool_add(&all, &one);
        pool_add(&all, &two);
        assert_int_equal(run_case(&all, "kernels/subject/fast")->status, rows[i].want);
        run_result_free(&all);
        run_result_free(&one);
        run_result_free(&two);
    }
}

static void only_runs_of_one_clean_commit_and_class_are_pooled(void **state)
{
    static const struct { const char *class, *commit; bool dirty; const char *word; } rows[] = {
        { "test-host", "abc", false, NULL },
        { "other-host", "abc", false, "host class" },
        { "test-host", "abd", false, "not of one clean commit" },
        { "test-host", "abc", true, "not of one clean commit" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run_result a = { .info = { .id = 1, .commit = "abc", .host = { .class = "test-host" } } }, b = a;
        struct err err = { 0 };

        b.info.id = 2;
        text_copy(b.info.host.class, sizeof(b.info.host.class), rows[i].class);
        text_copy(b.info.commit, sizeof(b.info.commit), rows[i].commit);
        b.info.dirty = rows[i].dirty;
        assert_int_equal(pool_check(&a, &b, &err), rows[i].word ? -1 : 0);
        if (rows[i].word)
            assert_non_null(strstr(err.msg, rows[i].word));
    }
}

static void runs_of_two_epochs_tunings_or_builds_or_the_same_one_are_not_pooled(void **state)
{
    struct run_result a = { .info = { .id = 1, .commit = "abc", .flags = "-O2", .host = { .class = "h" } } }, b = a;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(pool_check(&a, &b, &err), -1);
    assert_non_null(strstr(err.msg, "named twice"));
    b.info.id = 2;
    assert_int_equal(pool_check(&a, &b, &err), 0);
    text_copy(b.info.flags, sizeof(b.info.flags), "-O0");
    assert_int_equal(pool_check(&a, &b, &err), -1);
    assert_non_null(strstr(err.msg, "two builds"));
    text_copy(b.info.flags, sizeof(b.info.flags), "-O2");
    host_add(&b.info.host, "epoch", "%s", "00000000");
    assert_int_equal(pool_check(&a, &b, &err), -1);
    assert_non_null(strstr(err.msg, "differ in 'epoch'"));
}

/* Of two pairings the roof's is held to the baseline; a case without a roof keeps the speedup. */
static void percentage_of_the_roof_is_judged_where_there_is_one(void **state)
{
    struct case_result c = { .status = CASE_OK };
    struct estimate *e = case_add_estimate(&c);

    (void)state;
    text_copy(e->metric, sizeof(e->metric), "speedup");
    e->kind = METRIC_TIMED;
    assert_true(baseline_judges(&c, &c.estimates[0]));
    e = case_add_estimate(&c);
    text_copy(e->metric, sizeof(e->metric), "roof_percent");
    e->kind = METRIC_TIMED;
    assert_false(baseline_judges(&c, &c.estimates[0]));
    assert_true(baseline_judges(&c, &c.estimates[1]));
    c.role = ROLE_PEER;
    assert_false(baseline_judges(&c, &c.estimates[1]));
    free(c.estimates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooled_run_has_the_blocks_of_all),
        cmocka_unit_test(exact_figure_that_differs_between_runs_is_a_wrong_result),
        cmocka_unit_test(skip_says_nothing_and_a_fault_is_the_cases),
        cmocka_unit_test(only_runs_of_one_clean_commit_and_class_are_pooled),
        cmocka_unit_test(runs_of_two_epochs_tunings_or_builds_or_the_same_one_are_not_pooled),
        cmocka_unit_test(percentage_of_the_roof_is_judged_where_there_is_one),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
