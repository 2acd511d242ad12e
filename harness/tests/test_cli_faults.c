// SPDX-License-Identifier: MIT
/* test_cli_faults.c -- what breaks in the middle of a run costs at most the block in flight. */
#include "cli_fixture.h"

#include "record/sql.h"

/* The first figure that `sql` gives; -1 where the database, the table or the row is not there (yet). */
static int64_t query(const char *sql)
{
    struct text path = { 0 };
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int64_t value = -1;

    text_addf(&path, "%s/pawl.db", folder);
    stmt = NULL;
    if (sqlite3_open_v2(path.data, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, 10000) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    text_free(&path);
    return value;
}

static void every_fault_is_a_status_with_its_cause_and_the_run_goes_on(void **state)
{
    static const struct { const char *variant, *status, *cause; } rows[] = {
        { "plain", "ok", "" },
        { "same", "ok", "" },
        { "friend", "ok", "" },
        { "absent", "skipped", "install libabsent" },
        { "stranger", "skipped", "apt install libstranger0" },
        { "wrong", "wrong_result", "entry 3 is 4.5, want 4" },
        { "crash_in_check", "crashed", "in the check of 'crash_in_check'" },
        { "crash_in_run", "crashed", "SIGILL" },
        { "exits", "crashed", "exit status 7" },
        { "hang", "timed_out", "still running after 5 s" },
    };
    struct result r = pawl("run --quick --json --timeout 5 tests/faulty");
    json_t *json = document(&r);

    (void)state;
    assert_int_equal(r.exit, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const json_t *c = row(json, "cases", "variant", rows[i].variant, NULL, NULL);

        assert_string_equal(text_of(c, "status"), rows[i].status);
        assert_has(text_of(c, "reason"), rows[i].cause);
        if (strcmp(rows[i].status, "ok") == 0)
            assert_int_equal(json_integer_value(json_object_get(c, "blocks")), 8);
    }
    json_decref(json);
    done(&r);
}

static void check_finds_what_is_wrong_and_records_nothing(void **state)
{
    struct result r = pawl("check --json 'tests/faulty/{same,wrong}'");
    json_t *json = document(&r);

    (void)state;
    assert_int_equal(r.exit, 1);
    assert_string_equal(text_of(row(json, "cases", "variant", "wrong", NULL, NULL), "status"), "wrong_result");
    assert_string_equal(text_of(row(json, "cases", "variant", "same", NULL, NULL), "status"), "ok");
    assert_int_equal(access(getenv("PAWL_DB"), F_OK), -1);
    json_decref(json);
    done(&r);
}

static void seed_reaches_the_inputs_of_every_block(void **state)
{
    static const int seeds[] = { 1, 12345 }; /* 1: without --seed */

    (void)state;
    setenv("FAULTY_ANSWER", "seed", 1);
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
        struct result r = pawl(i ? "run --quick --json --seed 12345 tests/faulty/same"
                                 : "run --quick --json tests/faulty/same");
        json_t *json = document(&r);
        const json_t *metrics = json_object_get(row(json, "cases", "variant", "same", NULL, NULL), "metrics");
        const json_t *answer = json_object_get(metrics, "answer@1");

        assert_int_equal((int)json_number_value(json_object_get(answer, "value")), seeds[i]);
        json_decref(json);
        done(&r);
    }
}

/* The first child of `pid`, waited for a moment; 0 where none came. */
static pid_t child_of(pid_t pid)
{
    for (int i = 0; i < 500; i++) {
        char path[64];
        char *text;
        pid_t child;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        text = slurp(path);
        child = (pid_t)atoi(text);
        free(text);
        if (child > 0)
            return child;
        usleep(10000);
    }
    return 0;
}

/* Until `sql` gives at least `want`, or 20 s are over. */
static void wait_for(const char *sql, int64_t want)
{
    for (int i = 0; i < 2000 && query(sql) < want; i++)
        usleep(10000);
    assert_true(query(sql) >= want);
}

static void killed_worker_is_a_crash_and_the_run_goes_on(void **state)
{
    struct text hangs = { 0 };
    pid_t pid, worker;
    struct result r;
    json_t *json;

    (void)state;
    text_addf(&hangs, "%s/hangs", folder);
    setenv("FAULTY_HANGS", hangs.data, 1);
    pid = start("exec", "run --quick --json 'tests/faulty/{same,hang}'");
    unsetenv("FAULTY_HANGS");
    for (int i = 0; i < 2000 && access(hangs.data, F_OK) < 0; i++)
        usleep(10000);
    assert_int_equal(access(hangs.data, F_OK), 0);
    worker = child_of(pid);
    assert_true(worker > 0);
    assert_int_equal(kill(worker, SIGKILL), 0);
    r = finish(pid);
    text_free(&hangs);
    json = document(&r);
    assert_int_equal(r.exit, 1);
    assert_has(text_of(row(json, "cases", "variant", "hang", NULL, NULL), "reason"), "SIGKILL");
    assert_string_equal(text_of(row(json, "cases", "variant", "same", NULL, NULL), "status"), "ok");
    json_decref(json);
    done(&r);
}

static void killed_run_keeps_its_finished_blocks_and_counts_as_unfinished(void **state)
{
    pid_t pid, worker;
    struct result r;
    int64_t blocks, samples;

    (void)state;
    r = pawl("run --quick tests/faulty/same"); /* the database is there: the next run can be watched in it */
    done(&r);
    pid = start("exec", "run --full tests/faulty/same");
    wait_for("SELECT count(*) FROM block WHERE run = 2", 3);
    worker = child_of(pid);
    assert_int_equal(kill(pid, SIGKILL), 0);
    r = finish(pid);
    assert_int_equal(r.signal, SIGKILL);
    done(&r);
    for (int i = 0; i < 500 && kill(worker, 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(worker, 0), -1); /* it died with its run */
    blocks = query("SELECT count(*) FROM block WHERE run = 2");
    samples = query("SELECT count(*) FROM sample WHERE run = 2");
    assert_true(blocks >= 3);
    /* No block is there in part: those of a comparison all have as many samples of each variant. */
    assert_true(samples >= 4 * blocks);
    assert_int_equal(query("SELECT max(k) FROM (SELECT count(DISTINCT n) AS k FROM (SELECT series, count(*) AS n FROM"
                           " sample WHERE run = 2 GROUP BY series, block) GROUP BY series)"), 1);
    r = pawl("accept 2 --reason r");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "did not finish");
    done(&r);
    r = pawl("run --quick tests/faulty/same");
    assert_int_equal(r.exit, 0);
    done(&r);
}

static void interrupted_run_says_what_is_kept_and_ends_by_the_signal(void **state)
{
    pid_t pid = start("exec", "run --full tests/faulty/same");
    struct result r;

    (void)state;
    wait_for("SELECT count(*) FROM block", 1);
    assert_int_equal(kill(pid, SIGINT), 0);
    r = finish(pid);
    assert_int_equal(r.signal, SIGINT);
    assert_has(r.err, "interrupted; run 1 is unfinished");
    assert_true(query("SELECT count(*) FROM block") >= 1);
    done(&r);
}

static void full_disk_ends_the_run_and_keeps_what_was_recorded(void **state)
{
    struct result r = pawl("run --quick tests/faulty/same");
    char limit[64];
    struct stat st;

    (void)state;
    done(&r);
    assert_int_equal(stat(getenv("PAWL_DB"), &st), 0);
    /* The write-ahead log may grow a little, then no more. */
    snprintf(limit, sizeof(limit), "ulimit -f %ld; exec", (long)(64 * 1024) / 512);
    r = finish(start(limit, "run --full tests/faulty"));
    assert_int_equal(r.exit, 4);
    assert_has(r.err, "run 2 is unfinished");
    assert_has(r.err, "are kept in");
    assert_int_equal(query("SELECT count(*) FROM block WHERE run = 1"), 8);
    assert_true(query("SELECT count(*) FROM block WHERE run = 2") >= 1);
    assert_int_equal(query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    done(&r);
}

static void two_runs_at_once_on_one_database_both_finish(void **state)
{
    struct text lock = { 0 };
    pid_t pids[2];
    int status;

    (void)state;
    text_addf(&lock, "%s/pawl.lock", folder);
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            execl(PAWL_FAULTY, PAWL_FAULTY, "run", "--quick", "--json", "--force", "--lock", lock.data,
                  "tests/faulty/same", NULL);
            _exit(127);
        }
    }
    text_free(&lock);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(query("SELECT count(*) FROM run WHERE finished_at IS NOT NULL"), 2);
    assert_int_equal(query("SELECT count(*) FROM block"), 16);
}

static void file_that_is_no_database_is_refused_untouched(void **state)
{
    struct result r;
    struct text command = { 0 };
    char *text;

    (void)state;
    text_addf(&command, "echo 'my notes' > %s/notes.txt", folder);
    assert_int_equal(system(command.data), 0);
    r = pawl("run --quick --db notes.txt tests/faulty/same");
    assert_int_equal(r.exit, 4);
    assert_has(r.err, "notes.txt");
    text = slurp("notes.txt");
    assert_string_equal(text, "my notes\n");
    free(text);
    text_free(&command);
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_fault_is_a_status_with_its_cause_and_the_run_goes_on),
        TEST(check_finds_what_is_wrong_and_records_nothing),
        TEST(seed_reaches_the_inputs_of_every_block),
        TEST(killed_worker_is_a_crash_and_the_run_goes_on),
        TEST(killed_run_keeps_its_finished_blocks_and_counts_as_unfinished),
        TEST(interrupted_run_says_what_is_kept_and_ends_by_the_signal),
        TEST(full_disk_ends_the_run_and_keeps_what_was_recorded),
        TEST(two_runs_at_once_on_one_database_both_finish),
        TEST(file_that_is_no_database_is_refused_untouched),
    };

    return cmocka_run_group_tests_name("cli_faults", tests, NULL, NULL);
}
