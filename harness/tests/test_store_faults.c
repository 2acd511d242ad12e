// SPDX-License-Identifier: MIT
/* What the store keeps when it has company, is killed, or finds no room. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* What one of two processes does: opens the store when `gate` closes, and makes a run of 20 blocks. */
static int write_run(const char *path, int gate)
{
    struct run_result run = { 0 };
    struct err err = { 0 };
    struct store *store;
    char c;

    if (read(gate, &c, 1) != 0)
        return 1;
    store = store_open(path, STORE_WRITE, &err);
    if (!store || try_begin(store, "h", &run.info, &err) < 0)
        goto failed;
    for (int i = 0; i < 20; i++)
        if (try_block(store, run.info.id, i, &err) < 0)
            goto failed;
    if (store_finish_run(store, &run, &err) < 0)
        goto failed;
    store_close(store);
    return 0;
failed:
    fprintf(stderr, "%s\n", err.msg);
    return 1;
}

static void two_processes_make_and_write_one_new_database_at_once(void **state)
{
    for (int round = 0; round < 5; round++) {
        char name[32], *path;
        pid_t children[2];
        int gate[2], status;

        snprintf(name, sizeof(name), "new/%d.db", round);
        path = in_folder(state, name);
        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < 2; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                close(gate[1]);
                _exit(write_run(path, gate[0]));
            }
        }
        close(gate[0]);
        close(gate[1]);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
        assert_int_equal(query(path, "SELECT count(*) FROM run WHERE finished_at IS NOT NULL"), 2);
        assert_int_equal(query(path, "SELECT count(*) FROM block"), 40);
        assert_whole_blocks(path, 40);
        free(path);
    }
}

/* Adds blocks for ever, and tells of each one that is recorded. */
static void write_until_killed(const char *path, int tell)
{
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;

    begin_run(store, "h", &info);
    for (int i = 0; i < 100000; i++) {
        add_block(store, info.id, i);
        if (write(tell, "", 1) != 1)
            _exit(1);
    }
    _exit(1);
}

static void a_killed_writer_loses_nothing_that_was_recorded(void **state)
{
    char *path = in_folder(state, "a.db");
    int64_t recorded = 0;

    for (int round = 0; round < 12; round++) { /* killed after 0, 1, 2, ... blocks: somewhere in the next one */
        int tell[2], status;
        char c;
        pid_t child;

        assert_int_equal(pipe(tell), 0);
        child = fork();
        if (child == 0)
            write_until_killed(path, tell[1]);
        close(tell[1]);
        for (int i = 0; i < round; i++)
            assert_int_equal(read(tell[0], &c, 1), 1);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        while (read(tell[0], &c, 1) == 1) /* told after the last look */
            recorded++;
        close(tell[0]);
        recorded += round;
        store_close(open_store(path, STORE_WRITE));
        assert_whole_blocks(path, recorded);
    }
    free(path);
}

static void a_writer_killed_in_a_transaction_loses_only_that(void **state)
{
    char *path = in_folder(state, "a.db");
    int status;
    pid_t child;

    make_store(path, 2);
    child = fork();
    if (child == 0) {
        struct store *store = open_store(path, STORE_WRITE);
        struct err err = { 0 };

        add_block(store, 1, 2);
        if (sql_begin(store, &err) < 0 || sql_exec(store, "DELETE FROM sample; DELETE FROM block", &err) < 0)
            _exit(1);
        sqlite3_db_cacheflush(store->db); /* some of it is in the log already */
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    store_close(open_store(path, STORE_WRITE));
    assert_int_equal(query(path, "SELECT count(*) FROM block"), 3);
    assert_whole_blocks(path, 3);
    free(path);
}

/* Adds blocks until it fails as a full disk would make it; how many were recorded, or -1. */
static int fill_disk(const char *path)
{
    struct store *store = open_store(path, STORE_WRITE);
    struct rlimit limit = { 600 << 10, 600 << 10 }; /* neither the log nor the file may pass 600 KiB */
    struct run_info info;
    struct err err = { 0 };
    int n = 0;

    signal(SIGXFSZ, SIG_IGN); /* write() fails instead */
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return -1;
    begin_run(store, "h", &info);
    while (n < 200 && try_block(store, info.id, n, &err) == 0)
        n++;
    if (n == 200 || err.code != ERR_HARNESS || !strstr(err.msg, "what was recorded before is kept") ||
        !strstr(err.msg, path)) {
        fprintf(stderr, "%d blocks, '%s'\n", n, err.msg);
        return -1;
    }
    store_close(store);
    return n;
}

static void a_full_disk_keeps_what_was_recorded_before(void **state)
{
    char *path = in_folder(state, "a.db");
    int status;
    pid_t child;

    child = fork();
    if (child == 0)
        _exit(fill_disk(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) > 2 && WEXITSTATUS(status) < 200);
    assert_whole_blocks(path, WEXITSTATUS(status));
    make_store(path, 1); /* there is room again */
    assert_whole_blocks(path, WEXITSTATUS(status) + 1);
    free(path);
}

static void a_database_that_may_not_grow_goes_on_when_it_may(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;
    struct err err = { 0 };
    int n = 0;

    begin_run(store, "h", &info);
    assert_int_equal(sql_exec(store, "PRAGMA max_page_count = 60", &err), 0);
    while (n < 1000 && try_block(store, info.id, n, &err) == 0)
        n++;
    assert_true(n > 2 && n < 1000);
    assert_says(&err, ERR_HARNESS, "no room left for '");
    assert_says(&err, ERR_HARNESS, "what was recorded before is kept");
    assert_says(&err, ERR_HARNESS, "cannot record block");
    assert_int_equal(sql_exec(store, "PRAGMA max_page_count = 100000", &err), 0);
    add_block(store, info.id, n);
    store_close(store);
    assert_int_equal(query(path, "SELECT count(*) FROM block"), n + 1);
    assert_whole_blocks(path, n + 1);
    free(path);
}

/* A run of another tool: 40 cases of 60 values. */
static int try_whole_run(struct store *store, struct err *err)
{
    struct run_result run = { .info = { .started = "2026-11-21T02:05:53Z", .seconds = NAN } };
    int ret;

    for (int i = 0; i < 40; i++) {
        struct case_result *c = add_case(&run, 1, CASE_OK);

        snprintf(c->id, sizeof(c->id), "import/csv/%d/run", i);
        add_estimate(c, "time_ns", 1, 1, 1, 60);
    }
    ret = store_add_run(store, &run, err);
    assert_true((run.info.id > 0) == (ret == 0));
    run_result_free(&run);
    return ret;
}

static void assert_whole_runs(const char *path, int64_t runs)
{
    assert_int_equal(query(path, "SELECT count(*) FROM run"), runs);
    assert_int_equal(query(path, "SELECT count(*) FROM run WHERE finished_at IS NOT NULL"), runs);
    assert_int_equal(query(path, "SELECT count(*) FROM series"), runs ? 40 : 0);
    assert_int_equal(query(path, "SELECT count(*) FROM case_result"), 40 * runs);
    assert_int_equal(query(path, "SELECT count(*) FROM block_value"), 2400 * runs);
    assert_int_equal(query(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

static void a_run_that_is_added_whole_is_there_or_nothing_of_it(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct err err = { 0 };
    int64_t pages;
    int failed = 0;

    assert_int_equal(sql_number(store, "PRAGMA page_count", &pages, &err), 0);
    for (int ret = -1; ret < 0; pages++) { /* a disk with room for one page more each time */
        struct text limit = { 0 };

        text_addf(&limit, "PRAGMA max_page_count = %d", (int)pages);
        assert_int_equal(sql_exec(store, limit.data, &err), 0);
        text_free(&limit);
        err = (struct err){ 0 };
        ret = try_whole_run(store, &err);
        assert_whole_runs(path, ret == 0);
        if (ret < 0)
            assert_says(&err, ERR_HARNESS, "no room left for '");
        failed += ret < 0;
    }
    assert_true(failed > 5);
    store_close(store);
    free(path);
}

static void a_killed_writer_of_whole_runs_leaves_no_part_of_one(void **state)
{
    char *path = in_folder(state, "a.db");

    store_close(open_store(path, STORE_WRITE));
    for (int round = 0; round < 12; round++) { /* killed somewhere in the first run, the second, ... */
        int tell[2], status;
        int64_t runs;
        char c;
        pid_t child;

        assert_int_equal(pipe(tell), 0);
        child = fork();
        if (child == 0) {
            struct store *store = open_store(path, STORE_WRITE);
            struct err err = { 0 };

            for (;;)
                if (write(tell[1], "", 1) != 1 || try_whole_run(store, &err) < 0)
                    _exit(1);
        }
        close(tell[1]);
        for (int i = 0; i <= round % 3; i++)
            assert_int_equal(read(tell[0], &c, 1), 1);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        close(tell[0]);
        runs = query(path, "SELECT count(*) FROM run");
        assert_whole_runs(path, runs);
    }
    free(path);
}

static void a_locked_database_is_told_as_that(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *one = open_store(path, STORE_WRITE), *two = open_store(path, STORE_WRITE);
    struct run_info info;
    struct err err = { 0 };

    sqlite3_busy_timeout(two->db, 1);
    assert_int_equal(sql_begin(one, &err), 0);
    assert_int_equal(try_begin(two, "h", &info, &err), -1);
    assert_says(&err, ERR_HARNESS, "is in use by another process");
    sql_rollback(one);
    begin_run(two, "h", &info);
    store_close(one);
    store_close(two);
    free(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(two_processes_make_and_write_one_new_database_at_once),
        TEST(a_killed_writer_loses_nothing_that_was_recorded),
        TEST(a_writer_killed_in_a_transaction_loses_only_that),
        TEST(a_full_disk_keeps_what_was_recorded_before),
        TEST(a_database_that_may_not_grow_goes_on_when_it_may),
        TEST(a_run_that_is_added_whole_is_there_or_nothing_of_it),
        TEST(a_killed_writer_of_whole_runs_leaves_no_part_of_one),
        TEST(a_locked_database_is_told_as_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
