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
        { "{ \"targets\": [ 3 ] }", "line 1: a target must be an object" },
        { "{ \"targets\": [\n3,\n{ \"cases\": \"*\" } ] }", "line 2: a target must be an object" },
        { "{ \"tragets\": [] }", "unknown key 'tragets' (did you mean 'targets'?)" },
        { "{ \"targets\": [ { \"cases\": \"*\", \"metric\": \"size\", \"at_most\": 1, \"goal\": \"2\", \"why\": \"w\" } ] }",
          "'goal' must be a number" },
        { "{ \"targets\": [ { \"cases\": \"kernels/subject/slow\", \"metric\": \"size\", \"at_most\": 1, \"why\": \"w\" } ] }",
          "no case matches" },
        { "{ \"targets\": [ { \"cases\": \"{a}{a}{a}{a}{a}{a}{a}\", \"metric\": \"size\", \"at_most\": 1, \"why\": \"w\" } ] }",
          "more than 6 braces" },
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
                     "{ \"cases\": \"{codecs/x/n=1,kernels/subject/fast}\", \"metric\": \"size\", \"at_most\": 12, \"why\": \"w\" } ] }");
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
    assert_int_equal(baseline_read(path, "test-host", &back, &err), 1);
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
    assert_int_equal(baseline_read(path, "test-host", &back, &err), 0);
}

/* An exact figure is compared bit for bit: the file must keep all of it. */
static void exact_figure_comes_back_bit_for_bit(void **state)
{
    static const double figures[] = { 640.0 / 81, 123456789, 0.1, 1e-300 };
    char path[] = "/tmp/pawl-baseline-XXXXXX";
    struct err err = { 0 };

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        struct recording r;
        struct baseline written, read;

        record(&r, 2, figures[i]);
        written = accept(&r);
        assert_int_equal(baseline_write(path, &written, &err), 0);
        assert_int_equal(baseline_read(path, "test-host", &read, &err), 1);
        assert_true(accepted_estimate(&read.cases[0], "size")->value == figures[i]);
        baseline_free(&written);
        baseline_free(&read);
    }
    unlink(path);
}

static void baseline_that_does_not_promise_what_it_seems_to_is_refused(void **state)
{
    static const struct { const char *class, *cases, *want; } rows[] = {
        { "another", "{}", "host class 'another', not 'test-host'" },
        { "test-host", "{ \"a\": {} }", "'a' lacks one of commit, date, reason, metrics" },
        { "test-host", "{ \"a\": { \"commit\": \"c\", \"date\": \"d\", \"reason\": \"r\", \"metrics\": {} } }", "promises nothing" },
        { "test-host", "{ \"a\": { \"commit\": \"c\", \"date\": \"d\", \"reason\": \"r\", \"metrics\": [] } }", "promises nothing" },
        { "test-host", "{ \"a\": { \"commit\": \"c\", \"date\": \"d\", \"reason\": \"r\", \"metrics\": { \"time_ns\":"
          " { \"value\": 1, \"low\": 1, \"high\": 1, \"blocks\": [ 1 ] } } } }", "neither exact nor 'speedup'" },
        { "test-host", "{ \"a\": { \"commit\": \"c\", \"date\": \"d\", \"reason\": \"r\", \"metrics\": { \"speedup\":"
          " { \"value\": \"1\", \"low\": 1, \"high\": 1, \"blocks\": [ 1 ] } } } }", "lacks a number" },
        { "test-host", "{ \"a\": { \"commit\": \"c\", \"date\": \"d\", \"reason\": \"r\", \"metrics\": { \"speedup\":"
          " { \"value\": 1, \"low\": 1, \"high\": 1, \"blocks\": [ \"x\" ] } } } }", "no positive number" },
    };
    char path[] = "/tmp/pawl-baseline-XXXXXX";

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct text text = { 0 };
        struct baseline baseline;
        struct err err = { 0 };

        text_addf(&text, "{ \"schema\": 1, \"host_class\": \"%s\", \"cases\": %s }", rows[i].class, rows[i].cases);
        write_file(path, text.data);
        assert_int_equal(baseline_read(path, "test-host", &baseline, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, rows[i].want))
            fail_msg("got '%s', want '%s'", err.msg, rows[i].want);
        text_free(&text);
    }
    unlink(path);
}

static void reason_that_json_cannot_hold_is_refused_and_nothing_is_lost(void **state)
{
    char longest[REASON_MAX + 1];
    const char *reasons[] = { "bad \xff", "cut \xc3", longest };
    struct recording r;
    struct baseline baseline;
    struct run_result run;
    struct err err = { 0 };
    size_t changed;

    (void)state;
    memset(longest, 'a', sizeof(longest) - 1);
    longest[REASON_MAX] = '\0';
    record(&r, 2, 10);
    baseline = accept(&r);
    run = estimate(&r, BLOCKS);
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        assert_int_equal(baseline_accept(&baseline, &run, reasons[i], true, false, &changed, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(baseline.n, 1);
    }
    text_copy(baseline.cases[0].reason, REASON_MAX, "bad \xff"); /* from a database that somebody edited */
    assert_int_equal(baseline_write("/tmp/pawl-never-written.json", &baseline, &err), -1);
    assert_int_equal(access("/tmp/pawl-never-written.json", F_OK), -1);
    run_result_free(&run);
    baseline_free(&baseline);
}

static void figures_of_a_build_that_nobody_runs_need_force(void **state)
{
    struct recording r;
    struct baseline baseline = { 0 };
    struct run_result run;
    struct err err = { 0 };
    size_t changed;

    (void)state;
    record(&r, 2, 10);
    run = estimate(&r, BLOCKS);
    text_copy(run.info.flags, sizeof(run.info.flags), "Debug: -O0 -g3 -fsanitize=address");
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "--force"));
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, true, &changed, &err), 0);
    run_result_free(&run);
    baseline_free(&baseline);
}

static void count_of(struct recording *r, size_t n_blocks, double instructions)
{
    for (size_t b = 0; b < n_blocks; b++)
        for (size_t i = 0; i < r->blocks[b].n_samples; i++)
            r->samples[b][i].instructions = instructions;
}

/* Counters may be missing in some blocks: that is no reason to refuse the times. */
static void instructions_are_kept_where_every_block_has_them_and_are_a_second_opinion(void **state)
{
    struct targets none = { 0 };
    struct recording r;
    struct baseline baseline;
    struct run_result run;

    (void)state;
    record(&r, 2, 10);
    count_of(&r, 2, 1e6);
    baseline = accept(&r);
    assert_null(accepted_estimate(&baseline.cases[0], "instructions"));
    baseline_free(&baseline);
    count_of(&r, BLOCKS, 1e6);
    baseline = accept(&r);
    assert_true(accepted_estimate(&baseline.cases[0], "instructions")->value == 1e6);
    record(&r, 1.8, 10);
    count_of(&r, BLOCKS, 1e6);
    run = estimate(&r, BLOCKS);
    gate_judge(&run, &(struct gate_rules){ .targets = &none, .baseline = &baseline, .alpha = ALPHA }, NULL);
    for (size_t i = 0; i < run.n_verdicts; i++) {
        assert_string_not_equal(run.verdicts[i].metric, "instructions");
        if (run.verdicts[i].outcome == OUTCOME_REGRESSED)
            assert_non_null(strstr(run.verdicts[i].reason, "instructions +0.0 %: layout or host, not code"));
    }
    assert_int_equal(run.exit, 1);
    run_result_free(&run);
    baseline_free(&baseline);
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
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "too few blocks"));
    run_result_free(&run);
    run = estimate(&r, BLOCKS);
    run.cases[1].status = CASE_WRONG_RESULT;
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, false, &changed, &err), -1);
    assert_non_null(strstr(err.msg, "wrong_result"));
    assert_int_equal(baseline.n, 0);
    run.cases[1].status = CASE_OK;
    text_copy(baseline.host_class, sizeof(baseline.host_class), "another-host");
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, false, &changed, &err), -1);
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
    assert_int_equal(baseline_accept(&baseline, &run, "why", false, false, &changed, &err), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(baseline.n, 2);
    assert_string_equal(baseline.cases[0].id, "kernels/gone/fast"); /* sorted */
    assert_int_equal(baseline_accept(&baseline, &run, "why", true, false, &changed, &err), 0);
    assert_int_equal(baseline.n, 1);
    run_result_free(&run);
    baseline_free(&baseline);
}

static void commit_to_measure_again_is_where_most_was_accepted_cleanly(void **state)
{
    static const struct { const char *glob, *commits[3], *want; size_t others; } rows[] = {
        { NULL, { "aaa", "aaa", "bbb" }, "aaa", 1 },
        { NULL, { "aaa", "bbb-dirty", "bbb-dirty" }, "aaa", 2 },
        { NULL, { "bbb-dirty", "", "" }, NULL, 3 },
        { "k/2", { "aaa", "aaa", "bbb" }, "bbb", 0 },
        { "k/3", { "aaa", "aaa", "bbb" }, NULL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct accepted cases[3] = { { .id = "k/0" }, { .id = "k/1" }, { .id = "k/2" } };
        struct baseline baseline = { .cases = cases, .n = 3 };
        const char *commit;
        size_t others;

        for (int c = 0; c < 3; c++)
            text_copy(cases[c].commit, sizeof(cases[c].commit), rows[i].commits[c]);
        commit = baseline_commit(&baseline, &rows[i].glob, rows[i].glob != NULL, &others);
        if (rows[i].want)
            assert_string_equal(commit, rows[i].want);
        else
            assert_null(commit);
        assert_int_equal(others, rows[i].others);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_file_is_refused_with_its_line_and_what_was_meant),
        cmocka_unit_test(targets_file_is_read),
        cmocka_unit_test(baseline_comes_back_as_it_was_written_and_twice_the_same),
        cmocka_unit_test(exact_figure_comes_back_bit_for_bit),
        cmocka_unit_test(baseline_that_does_not_promise_what_it_seems_to_is_refused),
        cmocka_unit_test(reason_that_json_cannot_hold_is_refused_and_nothing_is_lost),
        cmocka_unit_test(figures_of_a_build_that_nobody_runs_need_force),
        cmocka_unit_test(instructions_are_kept_where_every_block_has_them_and_are_a_second_opinion),
        cmocka_unit_test(acceptance_refuses_what_is_no_figure_and_changes_nothing),
        cmocka_unit_test(acceptance_keeps_what_the_run_lacks_unless_told_to_replace),
        cmocka_unit_test(commit_to_measure_again_is_where_most_was_accepted_cleanly),
    };

    return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
