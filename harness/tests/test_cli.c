// SPDX-License-Identifier: MIT
/* test_cli.c -- words, verdicts and exit statuses of the commands. */
#include "cli_fixture.h"

static void write_targets(const char *text)
{
    struct text path = { 0 };
    FILE *f;

    text_addf(&path, "%s/baselines/targets.json", folder);
    f = fopen(path.data, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    text_free(&path);
}

#define NO_TARGETS "{ \"targets\": [] }"
#define TARGET(metric, limit) \
    "{ \"targets\": [ { \"cases\": \"tests/faulty/same\", \"metric\": \"" metric "\", " limit ", \"why\": \"w\" } ] }"

static void words_are_the_golden_ones(void **state)
{
    static const struct { const char *name, *args; } rows[] = {
        { "help", "--help" },
        { "none", "" },
        { "unknown_command", "gaet" },
        { "unknown_option", "run --jsn" },
        { "option_of_another_command", "list --budget 3" },
        { "bad_value", "run --budget soon" },
        { "value_missing", "run --budget" },
        { "excluding", "run --quick --full" },
        { "unknown_isa", "check --isa avx3" },
        { "unknown_glob", "check tests/fauly" },
        { "list", "list" },
        { "list_glob", "list 'tests/faulty/{same,absent}/n=2'" },
        { "list_json", "list --json 'harness/null'" },
        { "check_same", "check 'tests/faulty/same'" },
        { "help_list", "list --help" },
        { "help_check", "check --help" },
        { "help_run", "run --help" },
        { "help_gate", "gate --help" },
        { "help_accept", "accept --help" },
        { "help_compare", "compare --help" },
        { "help_dashboard", "dashboard --help" },
        { "help_doctor", "doctor --help" },
        { "accept_without_reason", "accept" },
        { "compare_one", "compare 1" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = pawl(rows[i].args);
        struct text got = { 0 }, path = { 0 };
        char *want;

        /* Where nothing went wrong the words on standard error are progress: times. */
        text_addf(&got, "$ pawl %s\n%s%s[exit %d]\n", rows[i].args, r.out, r.exit ? r.err : "", r.exit);
        text_addf(&path, "%s/../golden/cli/%s.txt", PAWL_TEST_DATA, rows[i].name);
        if (getenv("PAWL_UPDATE_GOLDEN")) {
            FILE *f = fopen(path.data, "w");

            assert_non_null(f);
            fputs(got.data, f);
            fclose(f);
        }
        want = slurp(path.data);
        if (strcmp(got.data, want) != 0)
            fail_msg("%s:\n%s\nbut got:\n%s", path.data, want, got.data);
        free(want);
        text_free(&got);
        text_free(&path);
        done(&r);
    }
}

static void output_that_cannot_be_written_is_an_error(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", PAWL_FAULTY " list >/dev/full 2>/dev/null", NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 4);
}

static void gate_passes_a_target_that_holds_and_fails_one_that_does_not(void **state)
{
    static const struct { const char *targets, *outcome; int exit; } rows[] = {
        { TARGET("answer@1", "\"at_least\": 42"), "PASS", 0 },
        { TARGET("answer@1", "\"at_least\": 43"), "MISSED_TARGET", 1 },
        { TARGET("answer@1", "\"at_most\": 41"), "MISSED_TARGET", 1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r;
        json_t *json;

        write_targets(rows[i].targets);
        r = pawl("gate --quick --json tests/faulty/same");
        json = document(&r);
        assert_int_equal(r.exit, rows[i].exit);
        assert_int_equal(json_integer_value(json_object_get(json, "exit")), rows[i].exit);
        assert_string_equal(text_of(row(json, "verdicts", "metric", "answer@1", NULL, NULL), "outcome"), rows[i].outcome);
        assert_has(r.err, "no baseline for host class");
        json_decref(json);
        done(&r);
    }
}

static void gate_fails_when_a_variant_is_wrong_or_crashes(void **state)
{
    static const char *const variants[][2] = { { "wrong", "WRONG_RESULT" }, { "crash_in_run", "CRASHED" } };

    (void)state;
    write_targets(NO_TARGETS);
    for (size_t i = 0; i < 2; i++) {
        struct text args = { 0 };
        struct result r;

        text_addf(&args, "gate --quick tests/faulty/%s", variants[i][0]);
        r = pawl(args.data);
        assert_int_equal(r.exit, 1);
        assert_has(r.out, variants[i][1]);
        text_free(&args);
        done(&r);
    }
}

static void gate_fails_an_exact_metric_that_fell_below_what_was_accepted(void **state)
{
    struct result r = pawl("run --quick tests/faulty/same");
    json_t *json;

    (void)state;
    write_targets(NO_TARGETS);
    assert_int_equal(r.exit, 0);
    done(&r);
    r = pawl("accept --reason 'the first figures'");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "accepted 2 cases of run 1 into baselines/");
    done(&r);
    setenv("FAULTY_ANSWER", "41", 1);
    r = pawl("gate --quick --json tests/faulty/same");
    json = document(&r);
    assert_int_equal(r.exit, 1);
    assert_string_equal(text_of(row(json, "verdicts", "metric", "answer@1", "against", "baseline"), "outcome"), "REGRESSED");
    json_decref(json);
    done(&r);
    r = pawl("compare --json");
    json = document(&r);
    assert_int_equal(r.exit, 0);
    assert_true(json_is_false(json_object_get(row(json, "changes", "metric", "answer@1", NULL, NULL), "better")));
    json_decref(json);
    done(&r);
}

static void gate_says_where_a_bad_targets_file_is_wrong(void **state)
{
    struct result r;

    (void)state;
    write_targets(TARGET("answr@1", "\"at_least\": 42"));
    r = pawl("gate --quick tests/faulty/same");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "cannot read 'baselines/targets.json': line 1: unknown metric 'answr@1' (did you mean 'answer@1'?)");
    done(&r);
    r = pawl("gate --baselines nowhere");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "'nowhere/targets.json'");
    done(&r);
}

static void gate_without_budget_left_is_inconclusive_not_pass(void **state)
{
    struct result r;

    (void)state;
    write_targets(TARGET("speedup", "\"at_least\": 0.001"));
    r = pawl("gate --quick --budget 0.1 'tests/faulty/same'");
    assert_int_equal(r.exit, 3);
    assert_has(r.out, "INCONCLUSIVE");
    assert_has(r.err, "the budget is spent");
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_are_the_golden_ones),
        TEST(output_that_cannot_be_written_is_an_error),
        TEST(gate_passes_a_target_that_holds_and_fails_one_that_does_not),
        TEST(gate_fails_when_a_variant_is_wrong_or_crashes),
        TEST(gate_fails_an_exact_metric_that_fell_below_what_was_accepted),
        TEST(gate_says_where_a_bad_targets_file_is_wrong),
        TEST(gate_without_budget_left_is_inconclusive_not_pass),
    };

    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
