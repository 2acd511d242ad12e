// SPDX-License-Identifier: MIT
/* test_cli_nightly.c -- `nightly`, killed and started again; `changes --ack`, `history`, `backup`, `prune`. */
#include "cli_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the command line

#define TWO_PARTS "nightly --quick harness/null tests/faulty/same"

/* Until the program has said it; a test that waits for ever is ended by its runner. */
static void wait_for_words(const char *words)
{
    for (;;) {
        char *said = slurp("err");
        bool there = strstr(said, words) != NULL;

        free(said);
        if (there)
            return;
        usleep(20000);
    }
}

static void a_night_that_was_killed_is_taken_up_where_it_was(void **state)
{
    struct result r;
    json_t *history;
    pid_t pid = start("exec", TWO_PARTS);
    int status;

    (void)state;
    wait_for_words("part 2 of 2");
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    r = pawl(TWO_PARTS);
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "taken up again, 1 parts are over");
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
    r = pawl("history --json harness/null");
    history = document(&r);
    assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(history, "series"), 0), "points")), 1);
    json_decref(history);
    done(&r);
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
    assert_has(r.out, "1 figures have a target or an accepted value: 1 miss their target");
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
        TEST(a_part_that_is_wrong_fails_the_night_and_does_not_end_it),
        TEST(a_night_on_a_busy_host_ends_and_can_be_taken_up),
        TEST(the_report_of_a_night_says_what_misses_its_target),
        TEST(a_history_is_shown_copied_and_thinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
