// SPDX-License-Identifier: MIT
/* test_drill.c -- what drills found is counted, and added up only where it is of one kind. */
#include "judge_fixture.h"

#include "judge/drill.h"

static struct drill_row row(const char *build, double effect, int runs, int regressed, double seconds)
{
    struct drill_row r = { .host_class = "zen5", .started = "2026-11-29T00:00:00Z", .commit = "abc", .cases = "kernels/*",
                           .margin = 0.03, .effect = effect, .runs = runs, .verdicts = 2 * runs, .regressed = regressed,
                           .alarmed_runs = regressed, .passed = 2 * runs - regressed, .seconds = seconds };

    text_copy(r.build, sizeof(r.build), build);
    return r;
}

static void rows_of_one_kind_and_slowdown_are_added_up(void **state)
{
    struct drill_row rows[] = {
        row("b1", 0.05, 1, 1, 9), row("b1", 0, 1, 0, 5), row("b2", 0, 1, 1, 7), row("b1", 0, 1, 1, 3), row("b1", 0, 3, 0, 8),
    }, *sums;
    size_t n;

    (void)state;
    text_copy(rows[3].started, sizeof(rows[3].started), "2026-11-30T00:00:00Z"); /* another evening, the same program */
    text_copy(rows[3].commit, sizeof(rows[3].commit), "def");
    n = drill_pool(rows, ARRAY_LEN(rows), &sums);
    assert_int_equal(n, 3);
    assert_string_equal(sums[0].build, "b2");
    assert_float_equal(sums[1].effect, 0, 0); /* b1 was drilled last; its slowdowns ascend */
    assert_int_equal(sums[1].runs, 5);
    assert_int_equal(sums[1].verdicts, 10);
    assert_int_equal(sums[1].regressed, 1);
    assert_int_equal(sums[1].alarmed_runs, 1);
    assert_int_equal(sums[1].passed, 9);
    assert_float_equal(sums[1].seconds, 8, 0); /* of 5, 3, 8, 8, 8 */
    assert_string_equal(sums[1].started, "2026-11-29T00:00:00Z");
    assert_string_equal(sums[1].commit, "abc");
    assert_float_equal(sums[2].effect, 0.05, 0);
    assert_int_equal(sums[2].runs, 1);
    free(sums);
}

static void another_kind_is_never_added(void **state)
{
    struct drill_row rows[7];
    struct drill_row *sums;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = row("b", 0, 1, 0, 1);
    text_copy(rows[1].host_class, sizeof(rows[1].host_class), "zen4");
    text_copy(rows[2].cases, sizeof(rows[2].cases), "codecs/*");
    rows[3].pairs = true;
    rows[4].margin = 0.01;
    rows[5].build[0] = rows[6].build[0] = '\0'; /* not known: one start, one drill */
    text_copy(rows[6].started, sizeof(rows[6].started), "2026-11-30T00:00:00Z");
    assert_int_equal(drill_pool(rows, ARRAY_LEN(rows), &sums), ARRAY_LEN(rows));
    free(sums);
    assert_int_equal(drill_pool(NULL, 0, &sums), 0);
    free(sums);
}

static void alarms_are_counted_by_run_and_exact_figures_not_at_all(void **state)
{
    struct recording r;
    struct run_result run, slow;
    struct baseline baseline;
    struct targets none = { 0 };
    struct gate_rules rules = { .targets = &none, .baseline = &baseline, .alpha = ALPHA };
    struct drill_row counts = { 0 };

    (void)state;
    record(&r, 50, 7);
    baseline = accept(&r);
    run = estimate(&r, BLOCKS);
    gate_judge(&run, &rules, NULL);
    drill_count(&counts, &run);
    record(&r, 40, 8); /* slower, and larger */
    slow = estimate(&r, BLOCKS);
    gate_judge(&slow, &rules, NULL);
    drill_count(&counts, &slow);
    assert_int_equal(counts.runs, 2);
    assert_int_equal(counts.verdicts, 2);
    assert_int_equal(counts.regressed, 1);
    assert_int_equal(counts.alarmed_runs, 1);
    assert_int_equal(counts.passed, 1);
    run_result_free(&run);
    run_result_free(&slow);
    baseline_free(&baseline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_one_kind_and_slowdown_are_added_up),
        cmocka_unit_test(another_kind_is_never_added),
        cmocka_unit_test(alarms_are_counted_by_run_and_exact_figures_not_at_all),
    };

    return cmocka_run_group_tests_name("drill", tests, NULL, NULL);
}
