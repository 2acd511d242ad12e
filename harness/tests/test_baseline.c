// SPDX-License-Identifier: MIT
#include "judge_fixture.h"

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void targets_file_is_refused_with_its_line_and_what_was_meant(void **state)
{
    static const struct { const char *text, *want; } rows[] = {
        { "{ \"targets\": [", "line 1: " },
        { "{}", "no array 'targets'" },
        { "{ \"targets\": [\n { \"cases\": \"kernels/subject/fast\",\n \"metric\": \"spedup\", \"at_least\": 1, \"why\": \"w\" } ] }",
          "line 2: unknown metric 'spedup' (did you mean 'speedup'?)" },
        { "{ \"targets\": [\n\n { \"cases\": \"*\", \"metric\": \"size\", \"at_leest\": 1, \"why\": \"a } { b\" } ] }",
          "line 3: unknown key 'at_leest' (did you mean 'at_least'?)" },
        { "{ \"targets\": [ { \"cases\": \"codecs/*\", \"metric\": \"size\", \"at_most\": 1, \"why\": \"w\" } ] }",
          "no case matches 'codecs/*'" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"at_most\": 1 } ] }", "has no 'why'" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"why\": \"w\" } ] }", "needs one of" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"at_most\": 1, \"at_least\": 1, \"why\": \"w\" } ] }",
          "needs one of" },
        { "{ \"targets\": [ 3 ] }", "must be an object" },
    };
    char path[] = "/tmp/pawl-targets-XXXXXX";
    struct targets targets;
    struct err err = { 0 };

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        write_file(path, rows[i].text);
        assert_int_equal(targets_read(path, &registry, &targets, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, rows[i].want) || !strstr(err.msg, path))
            fail_msg("got '%s', want '%s'", err.msg, rows[i].want);
    }
    unlink(path);
    assert_int_equal(targets_read(path, &registry, &targets, &err), -1);
    assert_non_null(strstr(err.msg, "No such file"));
}

static void targets_file_is_read(void **state)
{
    char path[] = "/tmp/pawl-targets-XXXXXX";
    struct targets targets;
    struct err err = { 0 };

    (void)state;
    close(mkstemp(path));
    write_file(path, "{ \"targets\": [ { \"cases\": \"kernels/subject/{fast,other}\", \"metric\": \"speedup\", "
                     "\"at_least\": 1.15, \"goal\": 2.1, \"why\": \"it was claimed\" },\n"
                     "{ \"cases\": \"kernels/subject/fast/n=3\", \"metric\": \"size\", \"at_most\": 12, \"why\": \"w\" } ] }");
    assert_int_equal(targets_read(path, &registry, &targets, &err), 0);
    assert_int_equal(targets.n, 2);
    assert_true(targets.rows[0].at_least == 1.15 && targets.rows[0].goal == 2.1 && isnan(targets.rows[0].at_most));
    assert_string_equal(targets.rows[0].why, "it was claimed");
    assert_int_equal(targets.rows[1].line, 2);
    targets_free(&targets);
    unlink(path);
}

static void baseline_comes_back_as_it_was_written_and_twice_the_same(void **state)
{
    char path[] = "/tmp/pawl-baseline-XXXXXX", again[64], first[8192], second[8192];
    struct recording r;
    struct baseline baseline, back;
    struct err err = { 0 };
    FILE *f;
    size_t n;

    (void)state;
    close(mkstemp(path));
    snprintf(again, sizeof(again), "%s.again", path);
    record(&r, 2, 10);
    baseline = accept(&r);
    assert_int_equal(baseline_write(path, &baseline, &err), 0);
    assert_int_equal(baseline_read(path, &back, &err), 1);
    assert_string_equal(back.host_class, "test-host");
    assert_int_equal(back.n, 1); /* the reference has nothing that is judged */
    assert_string_equal(back.cases[0].reason, "first");
    assert_int_equal(accepted_estimate(&back.cases[0], "speedup")->n_blocks, BLOCKS);
    assert_true(fabs(accepted_estimate(&back.cases[0], "speedup")->value - 2) < 0.01);
    assert_true(accepted_estimate(&back.cases[0], "size")->value == 10);
    assert_int_equal(baseline_write(again, &back, &err), 0);
    assert_non_null(f = fopen(path, "r"));
    n = fread(first, 1, sizeof(first), f);
    fclose(f);
    assert_non_null(f = fopen(again, "r"));
    assert_int_equal(fread(second, 1, sizeof(second), f), n);
    fclose(f);
    assert_memory_equal(first, second, n);
    baseline_free(&baseline);
    baseline_free(&back);
    unlink(path);
    unlink(again);
    assert_int_equal(baseline_read(path, &back, &err), 0);
}

static void acceptance_refuses_what_is_no_figure_and_changes_nothing(void **state)
{
    struct recording r;
    struct baseline baseline = { 0 };
    struct run_result run;
    struct err err = { 0 };
    size_t changed;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, 3);
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "too few blocks"));
    run_result_free(&run);
    run = estimate(&r, BLOCKS);
    run.cases[1].status = CASE_WRONG_RESULT;
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "wrong_result"));
    assert_int_equal(baseline.n, 0);
    run.cases[1].status = CASE_OK;
    text_copy(baseline.host_class, sizeof(baseline.host_class), "another-host");
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "another-host"));
    run_result_free(&run);
    baseline_free(&baseline);
}

static void acceptance_keeps_what_the_run_lacks_unless_told_to_replace(void **state)
{
    struct recording r;
    struct baseline baseline;
    struct run_result run;
    struct err err = { 0 };
    size_t changed;

    (void)state;
    record(&r, 2, 10);
    baseline = accept(&r);
    text_copy(baseline.cases[0].id, CASE_ID_MAX, "kernels/gone/fast");
    run = estimate(&r, BLOCKS);
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, &changed, &err), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(baseline.n, 2);
    assert_string_equal(baseline.cases[0].id, "kernels/gone/fast"); /* sorted */
    assert_int_equal(baseline_accept(&baseline, &run, "why", true, &changed, &err), 0);
    assert_int_equal(baseline.n, 1);
    run_result_free(&run);
    baseline_free(&baseline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_file_is_refused_with_its_line_and_what_was_meant),
        cmocka_unit_test(targets_file_is_read),
        cmocka_unit_test(baseline_comes_back_as_it_was_written_and_twice_the_same),
        cmocka_unit_test(acceptance_refuses_what_is_no_figure_and_changes_nothing),
        cmocka_unit_test(acceptance_keeps_what_the_run_lacks_unless_told_to_replace),
    };

    return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
