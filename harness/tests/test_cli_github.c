// SPDX-License-Identifier: MIT
/* test_cli_github.c -- the program as a step of GitHub Actions: what it leaves in the files that the runner names, and
 * what the runner would obey in its log. */
#include "cli_fixture.h"

static const char github[] = "GITHUB_STEP_SUMMARY=summary GITHUB_OUTPUT=output exec";

static void write_targets(const char *text)
{
    struct text path = { 0 };
    FILE *f;

    text_addf(&path, "%s/baselines/targets.json", folder);
    f = fopen(path.data, "w");
    assert_true(f && fputs(text, f) >= 0 && fclose(f) == 0);
    text_free(&path);
}

static struct result gate(const char *target, const char *args)
{
    struct text words = { 0 };
    struct result r;

    write_targets(target);
    text_addf(&words, "gate --github %s", args);
    r = finish(start(github, words.data));
    text_free(&words);
    return r;
}

#define TARGET(limit) \
    "{ \"targets\": [ { \"cases\": \"tests/faulty/same/n=1\", \"metric\": \"answer@1\", \"at_least\": " limit ", \"why\": \"w\" } ] }"

static void a_failure_is_in_the_summary_the_outputs_and_the_annotations(void **state)
{
    struct result r = gate(TARGET("43"), "tests/faulty/same/n=1");
    char *summary = slurp("summary"), *output = slurp("output");

    (void)state;
    assert_int_equal(r.exit, 1);
    assert_int_equal(strncmp(summary, "### FAIL: 1 MISSED_TARGET", strlen("### FAIL: 1 MISSED_TARGET")), 0);
    assert_has(summary, "| **MISSED_TARGET** | tests/faulty/same/n=1 | 42 ; at least 43 is promised | exact | - |\n");
    assert_has(output, "verdict=fail\nexit=1\nrun=1\nheadline=FAIL: 1 MISSED_TARGET");
    assert_has(output, "\ntext<<pawl_");
    assert_has(output, "\nsummary<<pawl_");
    assert_has(r.err, "::error file=harness/tests/faulty.c,line=");
    assert_has(r.err, ",title=MISSED_TARGET tests/faulty/same/n=1::42 ; at least 43 is promised\n");
    assert_has(r.out, "gate: 1 MISSED_TARGET"); /* what it prints without --github, too */
    assert_null(strstr(r.out, "::error"));
    free(summary);
    free(output);
    done(&r);
}

static void a_pass_says_so_and_annotates_nothing(void **state)
{
    struct result r = gate(TARGET("42"), "tests/faulty/same/n=1 --json");
    char *summary = slurp("summary"), *output = slurp("output");
    json_t *json = document(&r); /* standard output is one document all the same */

    (void)state;
    assert_int_equal(r.exit, 0);
    assert_int_equal(strncmp(summary, "### PASS: 1 pass", strlen("### PASS: 1 pass")), 0);
    assert_has(output, "verdict=pass\nexit=0\n");
    assert_null(strstr(r.err, "::error"));
    assert_null(strstr(r.err, "::warning"));
    json_decref(json);
    free(summary);
    free(output);
    done(&r);
}

/* From the first word to the last but the annotations: then it is our own word that sets the runner's ear free. */
static void nothing_else_that_is_printed_is_obeyed(void **state)
{
    struct result r = gate(TARGET("43"), "tests/faulty/same/n=1");
    char *resume, *error = strstr(r.err, "::error ");
    struct text end = { 0 };

    (void)state;
    assert_int_equal(strncmp(r.err, "::stop-commands::", strlen("::stop-commands::")), 0);
    text_addf(&end, "\n::%.*s::\n", (int)strcspn(r.err + strlen("::stop-commands::"), "\n"),
              r.err + strlen("::stop-commands::"));
    assert_int_equal(end.len, 32 + 6);
    resume = strstr(r.err, end.data);
    assert_true(resume && error && resume < error);
    text_free(&end);
    done(&r);
}

static void a_gate_without_a_result_is_not_silent(void **state)
{
    struct result r = gate("{ \"targets\": [ 7 ] }", "tests/faulty/same/n=1");
    char *summary = slurp("summary"), *output = slurp("output");

    (void)state;
    assert_int_equal(r.exit, 2);
    assert_has(summary, "### NOT JUDGED: pawl gate came to no result (exit 2: usage or configuration)\n\n    ");
    assert_has(summary, "targets.json");
    assert_has(output, "verdict=error\nexit=2\nrun=0\nheadline=NOT JUDGED");
    assert_has(r.err, "::error title=pawl::");
    free(summary);
    free(output);
    done(&r);
}

static void a_pawl_json_that_is_broken_is_in_the_summary(void **state)
{
    struct text path = { 0 };
    struct result r;
    char *summary;
    FILE *f;

    (void)state;
    text_addf(&path, "%s/pawl.json", folder);
    f = fopen(path.data, "w");
    assert_non_null(f);
    fputs("{ \"benchmarks\": [\n", f);
    fclose(f);
    text_free(&path);
    r = finish(start(github, "gate --github"));
    summary = slurp("summary");
    assert_int_equal(r.exit, 2);
    assert_has(summary, "NOT JUDGED");
    assert_has(summary, "pawl.json");
    assert_has(r.err, "::error title=pawl::");
    free(summary);
    done(&r);
}

static void outside_a_step_it_says_what_else_there_is(void **state)
{
    struct result r;

    (void)state;
    write_targets(TARGET("42"));
    r = finish(start("unset GITHUB_STEP_SUMMARY; exec", "gate --github tests/faulty/same/n=1"));
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "pawl gate: --github: $GITHUB_STEP_SUMMARY is not set");
    done(&r);
}

static void annotations_alone_go_to_standard_output(void **state)
{
    struct result r;

    (void)state;
    r = pawl("run --annotations tests/faulty/{same,wrong}/n=1");
    assert_int_equal(r.exit, 1);
    assert_int_equal(strncmp(r.out, "::error file=harness/tests/faulty.c,line=", strlen("::error file=harness/tests/faulty.c,line=")), 0);
    assert_has(r.out, ",title=WRONG RESULT tests/faulty/wrong/n=1::");
    assert_ptr_equal(strchr(r.out, '\n') + 1, r.out + strlen(r.out)); /* one line */
    done(&r);
}

static void another_build_is_held_against_as_a_commit_is(void **state)
{
    struct result r;

    (void)state;
    write_targets(TARGET("42"));
    r = pawl("gate tests/faulty/same/n=1 --against-program " PAWL_FAULTY " --all");
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "is the same code: not measured");
    done(&r);
    r = pawl("gate tests/faulty/same/n=1 --against-program ./none");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "cannot run './none': No such file or directory");
    done(&r);
    r = pawl("gate --against-program ./none --against main");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "exclude each other");
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failure_is_in_the_summary_the_outputs_and_the_annotations, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_pass_says_so_and_annotates_nothing, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(nothing_else_that_is_printed_is_obeyed, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_gate_without_a_result_is_not_silent, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_pawl_json_that_is_broken_is_in_the_summary, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(outside_a_step_it_says_what_else_there_is, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(another_build_is_held_against_as_a_commit_is, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(annotations_alone_go_to_standard_output, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
