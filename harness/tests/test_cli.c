// SPDX-License-Identifier: MIT
/* test_cli.c -- words, verdicts and exit statuses of the commands. */
#include "cli_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>

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
        { "unknown_global_option", "--versoin" },
        { "help_on_unknown", "help gaet" },
        { "help_on_prune", "help prune" },
        { "help_bisect", "bisect --help" },
        { "help_drill", "drill --help" },
        { "too_many", "doctor now" },
        { "unknown_option", "run --jsn" },
        { "unknown_option_after_db", "run --db other.db --jsn" },
        { "option_of_another_command", "list --budget 3" },
        { "bad_value", "run --budget soon" },
        { "value_missing", "run --budget" },
        { "excluding", "run --quick --full" },
        { "unknown_isa", "check --isa avx3" },
        { "unknown_glob", "check tests/fauly" },
        { "unknown_glob_inside", "check faulty" },
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
        { "help_tune", "tune --help" },
        { "help_changes", "changes --help" },
        { "help_history", "history --help" },
        { "help_nightly", "nightly --help" },
        { "help_prune", "prune --help" },
        { "help_backup", "backup --help" },
        { "backup_nowhere", "backup" },
        { "ack_without_reason", "changes --ack 01234567" },
        { "accept_without_reason", "accept" },
        { "compare_one", "compare 1" },
        { "merge_of_nothing", "merge nowhere.db" },
        { "prune_of_nothing", "prune --db nowhere.db" },
        { "bisect_of_another_program", "bisect HEAD~1 HEAD gbench/bench/BM_A/run" },
        { "bad_slower", "drill --slower x" },
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
        r = pawl("gate --quick --budget 3 --json tests/faulty/same");
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
    r = pawl("accept --force --reason 'the first figures'");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "accepted 2 cases of run 1 into baselines/");
    done(&r);
    setenv("FAULTY_ANSWER", "41", 1);
    r = pawl("gate --quick --budget 3 --json tests/faulty/same");
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

/* One core for us and somebody who keeps it busy: unfit for certain, wherever the test runs. */
static pid_t crowd_one_core(cpu_set_t *before)
{
    cpu_set_t one;
    pid_t child;

    assert_int_equal(sched_getaffinity(0, sizeof(*before), before), 0);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, before))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile unsigned n = 0;; n++)
            ;
    }
    return child;
}

static void unfit_host_is_refused_unless_forced_and_what_was_forced_is_kept(void **state)
{
    cpu_set_t before;
    pid_t busy = crowd_one_core(&before);
    struct result refused, forced;
    json_t *json;
    int status;

    (void)state;
    write_targets(NO_TARGETS);
    refused = finish(start_with("exec", "gate --quick --wait 0 --lock pawl.lock tests/faulty/same", ""));
    forced = finish(start_with("exec", "run --quick --json --force --lock pawl.lock tests/faulty/same", ""));
    kill(busy, SIGKILL);
    waitpid(busy, &status, 0);
    sched_setaffinity(0, sizeof(before), &before);

    assert_int_equal(refused.exit, 3);
    assert_string_equal(refused.out, "");
    assert_has(refused.err, "pawl gate: host: load: cpu ");
    assert_has(refused.err, "mend: ");
    assert_has(refused.err, "--force measures all the same");
    assert_int_equal(forced.exit, 0);
    assert_has(forced.err, "pawl run: host: load: cpu ");
    json = document(&forced);
    assert_has(text_of(json_object_get(json_object_get(json, "run"), "host"), "forced"), "load: cpu ");
    json_decref(json);
    done(&refused);
    done(&forced);
}

static void second_job_gives_up_where_it_is_told_to(void **state)
{
    static const struct { const char *args; bool waits; } rows[] = {
        { "run --quick --force --lock pawl.lock --wait 0 tests/faulty/same", false },
        { "gate --quick --force --lock pawl.lock --wait=0.2 tests/faulty/same", true },
    };
    struct text path = { 0 };
    int fd;

    (void)state;
    write_targets(NO_TARGETS);
    text_addf(&path, "%s/pawl.lock", folder);
    fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(write(fd, "pid 7 (pawl gate, since 02:31)\n", 31), 31);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = finish(start_with("exec", rows[i].args, ""));

        assert_int_equal(r.exit, 3);
        assert_has(r.err, "pid 7 (pawl gate, since 02:31) measures on this host");
        assert_int_equal(strstr(r.err, "waiting for pid 7 (pawl gate, since 02:31): --wait SECONDS gives up") != NULL,
                         rows[i].waits);
        done(&r);
    }
    text_free(&path);
    close(fd);
}

static void lock_that_cannot_be_made_stops_nobody(void **state)
{
    struct result r = finish(start_with("exec", "run --quick --force --lock missing/lock tests/faulty/same", ""));

    (void)state;
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "cannot open lock 'missing/lock'");
    assert_has(r.err, "two jobs may measure at once");
    done(&r);
}

/* What the globs do not select is a mistake of the command line, on a busy host and an unfit one, too. */
static void mistake_in_a_glob_is_told_before_anything_else(void **state)
{
    struct result r = finish(start_with("exec", "run tests/fauly", ""));

    (void)state;
    assert_int_equal(r.exit, 2);
    assert_null(strstr(r.err, "host:"));
    done(&r);
}

/* Whatever this host is like: the same findings in words and in JSON, and an exit that follows from the worst. */
static void doctor_tells_every_finding_in_words_and_in_json(void **state)
{
    struct result words = pawl("doctor"), document_of = pawl("doctor --json");
    json_t *json = document(&document_of);
    const json_t *findings = json_object_get(json, "findings"), *f;
    size_t i;

    (void)state;
    assert_true(words.exit == 0 || words.exit == 3);
    assert_int_equal(json_integer_value(json_object_get(json, "exit")), document_of.exit);
    assert_true(json_array_size(findings) >= 15);
    json_array_foreach(findings, i, f)
        assert_has(words.out, text_of(f, "check"));
    assert_has(words.err, "warnings");
    json_decref(json);
    done(&words);
    done(&document_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_are_the_golden_ones),
        TEST(doctor_tells_every_finding_in_words_and_in_json),
        TEST(output_that_cannot_be_written_is_an_error),
        TEST(gate_passes_a_target_that_holds_and_fails_one_that_does_not),
        TEST(gate_fails_when_a_variant_is_wrong_or_crashes),
        TEST(gate_fails_an_exact_metric_that_fell_below_what_was_accepted),
        TEST(gate_says_where_a_bad_targets_file_is_wrong),
        TEST(gate_without_budget_left_is_inconclusive_not_pass),
        TEST(unfit_host_is_refused_unless_forced_and_what_was_forced_is_kept),
        TEST(second_job_gives_up_where_it_is_told_to),
        TEST(lock_that_cannot_be_made_stops_nobody),
        TEST(mistake_in_a_glob_is_told_before_anything_else),
    };

    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
