// SPDX-License-Identifier: MIT
/* test_cli_nightly.c -- `nightly`, killed and started again; `changes --ack`, `history`, `backup`, `prune`. */
#include "cli_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the command line

#include "machine/lock.h"

#include <limits.h>

#define TWO_PARTS "nightly --quick harness/null tests/faulty/same"

/* The words of one that works beside another. */
#define ASIDE "exec sh -c 'exec \"$0\" \"$@\" >aside 2>&1'"

/* Until the program has said it; a test that waits for ever is ended by its runner. */
static void wait_for_words(const char *file, const char *words)
{
    for (;;) {
        char *said = slurp(file);
        bool there = strstr(said, words) != NULL;

        free(said);
        if (there)
            return;
        usleep(20000);
    }
}

static void assert_measured_once(const char *glob)
{
    struct text command = { 0 };
    struct result r;
    json_t *history;

    text_addf(&command, "history --json %s", glob);
    r = pawl(command.data);
    history = document(&r);
    assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(history, "series"), 0), "points")), 1);
    json_decref(history);
    text_free(&command);
    done(&r);
}

static void kill_in_second_part(void)
{
    pid_t pid = start("exec", TWO_PARTS);
    int status;

    wait_for_words("err", "part 2 of 2");
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void a_night_that_was_killed_is_taken_up_where_it_was(void **state)
{
    struct result r;

    (void)state;
    kill_in_second_part();
    r = pawl(TWO_PARTS);
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "taken up again, 1 part is over");
    assert_has(r.err, "part 2 of 2: tests/faulty/same");
    assert_null(strstr(r.err, "part 1 of 2"));
    assert_has(r.out, "2 of 2 parts measured");
    assert_has(r.out, "No change of any level.");
    done(&r);
    r = pawl(TWO_PARTS); /* the night is over: told again, not measured again */
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "it is finished");
    assert_null(strstr(r.err, "part 2 of 2"));
    assert_has(r.out, "2 of 2 parts measured");
    done(&r);
    assert_measured_once("harness/null");
}

static void two_nights_at_once_share_the_parts(void **state)
{
    pid_t first = start(ASIDE, TWO_PARTS), second;
    int status;

    (void)state;
    wait_for_words("aside", "part 1 of 2");
    second = start("exec", TWO_PARTS);
    assert_int_equal(waitpid(first, &status, 0), first);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_measured_once("harness/null");
    assert_measured_once("tests/faulty/same");
}

/* A first try of one scenario by daylight is not the night. */
static void what_a_finished_night_lacks_is_measured(void **state)
{
    struct result r = pawl("nightly --quick tests/faulty/same");

    (void)state;
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "1 of 1 part measured");
    done(&r);
    r = pawl(TWO_PARTS);
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "taken up again, 1 part is over");
    assert_null(strstr(r.err, "part 2 of 2"));
    assert_has(r.out, "2 of 2 parts measured");
    done(&r);
    assert_measured_once("tests/faulty/same");
    r = pawl("nightly harness/null --timeout 0.1"); /* at full length it is another part */
    assert_has(r.err, "taken up again, 0 parts are over");
    done(&r);
}

static void change_night(const char *set)
{
    struct text command = { 0 };

    text_addf(&command, "sqlite3 %s/pawl.db \"UPDATE night SET %s\"", folder, set);
    assert_int_equal(system(command.data), 0);
    text_free(&command);
}

static void a_night_is_taken_up_after_midnight_and_not_by_the_next_night(void **state)
{
    struct result r;

    (void)state;
    kill_in_second_part();
    change_night("night = date('now', '-1 day'), started = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-18 hours')");
    r = pawl("nightly --quick harness/null"); /* of the two only the one that is over */
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "it is finished, 1 part is over");
    done(&r);
    change_night("finished_at = NULL, started = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-22 hours')");
    r = pawl("nightly --quick harness/null");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "was cut short: 1 of 2 parts");
    assert_has(r.err, "part 1 of 1");
    assert_null(strstr(r.err, "no night on"));
    done(&r);
    change_night("night = date(night, '-3 days')");
    r = pawl("nightly --quick harness/null");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "no night on ");
    assert_has(r.out, "**Missing before it: ");
    done(&r);
}

/* The lock is free for a moment between two parts, and who waits comes first. */
static void a_gate_comes_in_between(void **state)
{
    char path[PATH_MAX], holder[LOCK_HOLDER];
    struct lock lock;
    struct err err = { 0 };
    struct result r;
    char *said;
    pid_t night, gate;
    int status;

    (void)state;
    snprintf(path, sizeof(path), "%s/pawl.lock", folder);
    assert_int_equal(lock_open(&lock, path, &err), 0);
    assert_int_equal(lock_try(&lock, "a test", holder, &err), 1); /* until both are there */
    night = start(ASIDE, "nightly --quick harness/null tests/faulty/same tests/faulty/friend");
    wait_for_words("aside", "waiting for pid");
    gate = start("exec", "run --quick harness/null");
    wait_for_words("err", "waiting for pid");
    lock_close(&lock);
    r = finish(gate);
    assert_int_equal(r.exit, 0);
    done(&r);
    said = slurp("aside");
    assert_null(strstr(said, "part 3 of 3"));
    free(said);
    assert_int_equal(waitpid(night, &status, 0), night);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_part_that_is_wrong_fails_the_night_and_does_not_end_it(void **state)
{
    struct result r = pawl("nightly --quick tests/faulty/wrong harness/null");

    (void)state;
    assert_int_equal(r.exit, 1);
    assert_has(r.out, "1 of 2 parts measured");
    assert_has(r.out, "**wrong, crashed or timed out**");
    done(&r);
}

static void a_night_on_a_busy_host_ends_and_can_be_taken_up(void **state)
{
    struct result r;
    pid_t spinners[64];
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    (void)state;
    n = n < (long)ARRAY_LEN(spinners) ? n : (long)ARRAY_LEN(spinners);
    for (long i = 0; i < n; i++)
        if ((spinners[i] = fork()) == 0)
            for (;;)
                ;
    r = finish(start_with("exec", "nightly --quick --lock pawl.lock --wait 0 tests/faulty/same/n=1", ""));
    for (long i = 0; i < n; i++) {
        kill(spinners[i], SIGKILL);
        waitpid(spinners[i], NULL, 0);
    }
    assert_int_equal(r.exit, 3);
    assert_has(r.err, "this host is not fit to measure");
    done(&r);
    r = pawl("nightly --quick tests/faulty/same/n=1");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "taken up again, 0 parts are over");
    assert_has(r.out, "1 of 1 part measured");
    done(&r);
}

static void the_report_of_a_night_says_what_misses_its_target(void **state)
{
    struct text path = { 0 };
    struct result r;
    FILE *f;

    (void)state;
    text_addf(&path, "%s/baselines/targets.json", folder);
    f = fopen(path.data, "w");
    assert_non_null(f);
    fputs("{ \"targets\": [ { \"cases\": \"tests/faulty/same/n=1\", \"metric\": \"answer@1\", \"at_least\": 43, \"why\": \"w\" } ] }",
          f);
    fclose(f);
    text_free(&path);
    r = pawl("nightly --quick tests/faulty/same/n=1");
    assert_int_equal(r.exit, 0); /* a night measures: it is the gate that fails */
    assert_has(r.out, "Of 1 figures with a target or an accepted value, 1 miss their target");
    assert_has(r.out, "| **misses its target** | tests/faulty/same/n=1 | answer@1 | 42");
    done(&r);
}

static void a_history_is_shown_copied_and_thinned(void **state)
{
    struct result r = pawl("run --quick harness/null");

    (void)state;
    assert_int_equal(r.exit, 0);
    done(&r);
    r = pawl("history");
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "harness/null/empty");
    assert_has(r.out, "▅");
    done(&r);
    r = pawl("history nothing/like/it");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "no series in");
    done(&r);
    r = pawl("backup copy.db");
    assert_int_equal(r.exit, 0);
    done(&r);
    r = pawl("history --db copy.db");
    assert_has(r.out, "harness/null/empty");
    done(&r);
    r = pawl("prune --dry-run");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "0 samples of 0 runs");
    done(&r);
    r = pawl("changes --ack 01234567 --reason 'new compiler'");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "there is no change '01234567'");
    done(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_night_that_was_killed_is_taken_up_where_it_was),
        TEST(two_nights_at_once_share_the_parts),
        TEST(what_a_finished_night_lacks_is_measured),
        TEST(a_night_is_taken_up_after_midnight_and_not_by_the_next_night),
        TEST(a_gate_comes_in_between),
        TEST(a_part_that_is_wrong_fails_the_night_and_does_not_end_it),
        TEST(a_night_on_a_busy_host_ends_and_can_be_taken_up),
        TEST(the_report_of_a_night_says_what_misses_its_target),
        TEST(a_history_is_shown_copied_and_thinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
