// SPDX-License-Identifier: MIT
/* What the store does with a file that is not as it should be: it says so, and leaves it as it was. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct bytes {
    unsigned char *data;
    size_t n;
};

static struct bytes read_bytes(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct bytes b = { 0 };

    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    b.n = (size_t)ftell(f);
    rewind(f);
    b.data = malloc(b.n + 1);
    assert_non_null(b.data);
    assert_int_equal(fread(b.data, 1, b.n, f), b.n);
    fclose(f);
    return b;
}

static void write_bytes(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void assert_unchanged(const char *path, struct bytes before)
{
    struct bytes now = read_bytes(path);

    assert_int_equal(now.n, before.n);
    if (now.n)
        assert_memory_equal(now.data, before.data, now.n);
    free(now.data);
}

static bool exists(const char *path, const char *suffix)
{
    struct text t = { 0 };
    bool found;

    text_addf(&t, "%s%s", path, suffix);
    found = access(t.data, F_OK) == 0;
    text_free(&t);
    return found;
}

/* In either mode it is refused with these words, stays as it is, and nothing appears beside it. */
static void assert_refused(const char *path, const char *says)
{
    struct bytes before = read_bytes(path);

    for (int mode = STORE_WRITE; mode <= STORE_READ; mode++) {
        struct err err = { 0 };

        assert_null(store_open(path, (enum store_mode)mode, &err));
        assert_says(&err, ERR_HARNESS, says);
        assert_says(&err, ERR_HARNESS, path);
        assert_says(&err, ERR_HARNESS, "choose another file with --db");
        assert_unchanged(path, before);
        assert_false(exists(path, "-wal") || exists(path, "-shm") || exists(path, "-journal"));
    }
    free(before.data);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void store_makes_missing_folders_for_its_owner_alone(void **state)
{
    char *path = in_folder(state, "x/y/a.db"), *folder = in_folder(state, "x/y");
    struct stat st;

    make_store(path, 1);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(query(path, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(query(path, "SELECT user_version FROM pragma_user_version"), 6);
    free(folder);
    free(path);
}

static void store_takes_odd_names_for_files(void **state)
{
    static const char *const names[] = { ":memory:", "file:b.db?mode=memory", "sp ace%20.db" };
    char *here = getcwd(NULL, 0);

    assert_int_equal(chdir(*state), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        store_close(open_store(names[i], STORE_WRITE));
        assert_true(exists(names[i], ""));
        store_close(open_store(names[i], STORE_READ));
    }
    assert_int_equal(chdir(here), 0);
    free(here);
}

static void store_takes_an_empty_file_for_a_new_one(void **state)
{
    char *path = in_folder(state, "a.db");
    struct err err = { 0 };

    assert_null(store_open(path, STORE_READ, &err));
    assert_says(&err, ERR_CONFIG, "make one with `pawl run`");
    assert_false(exists(path, ""));
    write_bytes(path, "", 0);
    assert_null(store_open(path, STORE_READ, &err));
    assert_says(&err, ERR_CONFIG, "make one with `pawl run`");
    make_store(path, 1);
    assert_whole_blocks(path, 1);
    free(path);
}

static void store_refuses_what_is_no_database(void **state)
{
    char *path = in_folder(state, "a.db"), text[5000];

    memset(text, 'x', sizeof(text));
    write_bytes(path, text, sizeof(text));
    assert_refused(path, "is not a pawl database but a file of another kind");
    write_bytes(path, "hello\n", 6);
    assert_refused(path, "is not a pawl database but a short file");
    free(path);
}

static void store_takes_up_a_file_that_was_killed_in_the_making(void **state)
{
    char *path = in_folder(state, "a.db");
    struct err err = { 0 };
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK); /* a header, and no table yet */
    assert_int_equal(sqlite3_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_null(store_open(path, STORE_READ, &err));
    assert_says(&err, ERR_CONFIG, "there are no runs in");
    make_store(path, 1);
    assert_whole_blocks(path, 1);
    free(path);
}

static void store_refuses_another_programs_database(void **state)
{
    char *path = in_folder(state, "a.db");

    run_sql(path, "CREATE TABLE run (id); INSERT INTO run VALUES (1)");
    assert_refused(path, "another program's SQLite database");
    run_sql(path, "PRAGMA application_id = 77; PRAGMA user_version = 1; PRAGMA journal_mode = WAL");
    assert_refused(path, "another program's SQLite database");
    free(path);
}

static void store_refuses_a_newer_database_and_leaves_it_untouched(void **state)
{
    char *path = in_folder(state, "a.db");

    make_store(path, 3);
    run_sql(path, "PRAGMA user_version = 9");
    assert_refused(path, "was written by a newer pawl (schema 9, this one knows 6): update pawl or");
    run_sql(path, "PRAGMA user_version = -5");
    assert_refused(path, "was written by a newer pawl");
    free(path);
}

static void store_refuses_a_newer_database_whose_version_is_still_in_its_log(void **state)
{
    char *path = in_folder(state, "a.db"), *log = in_folder(state, "a.db-wal");
    struct bytes before, log_before;
    struct err err = { 0 };
    pid_t child;
    int status;

    make_store(path, 1);
    child = fork();
    if (child == 0) { /* migrates, and is killed before the log is brought home */
        sqlite3 *db = NULL;

        if (sqlite3_open(path, &db) != SQLITE_OK ||
            sqlite3_exec(db, "PRAGMA user_version = 9", NULL, NULL, NULL) != SQLITE_OK)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    before = read_bytes(path);
    log_before = read_bytes(log);
    assert_null(store_open(path, STORE_WRITE, &err));
    assert_says(&err, ERR_HARNESS, "newer pawl (schema 9");
    assert_unchanged(path, before);
    assert_unchanged(log, log_before);
    free(before.data);
    free(log_before.data);
    free(log);
    free(path);
}

static void store_refuses_a_damaged_database_and_leaves_it_untouched(void **state)
{
    static const struct {
        const char *what;
        size_t keep_pages, spoil_page;
    } rows[] = {
        { "half of it", 20, 0 },
        { "not even a page", 0, 0 },
        { "a page in the middle", 1000, 12 },
        { "the schema's page", 1000, 1 },
    };
    enum { PAGE = 4096 };
    char *path = in_folder(state, "a.db");
    struct bytes good, bad;

    make_store(path, 300);
    good = read_bytes(path);
    assert_true(good.n > 40 * PAGE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bad.n = rows[i].keep_pages * PAGE < good.n ? rows[i].keep_pages * PAGE : good.n;
        bad.n = bad.n ? bad.n : 1000;
        bad.data = malloc(bad.n);
        assert_non_null(bad.data);
        memcpy(bad.data, good.data, bad.n);
        if (rows[i].spoil_page) /* the first page: behind the header */
            for (size_t k = rows[i].spoil_page == 1 ? 100 : 0; k < PAGE; k++)
                bad.data[(rows[i].spoil_page - 1) * PAGE + k] ^= 0xa5;
        write_bytes(path, bad.data, bad.n);
        assert_refused(path, "is damaged: restore a backup or");
        free(bad.data);
    }
    write_bytes(path, good.data, good.n);
    store_close(open_store(path, STORE_WRITE));
    free(good.data);
    free(path);
}

static void store_says_why_a_file_cannot_be_opened(void **state)
{
    char *file = in_folder(state, "a.db"), *fifo = in_folder(state, "fifo"), *below = in_folder(state, "a.db/b.db");
    struct err err = { 0 };

    assert_null(store_open(*state, STORE_WRITE, &err));
    assert_says(&err, ERR_HARNESS, "it is a folder");
    assert_null(store_open("", STORE_WRITE, &err));
    assert_says(&err, ERR_HARNESS, "it is a folder");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(store_open(fifo, STORE_READ, &err));
    assert_says(&err, ERR_HARNESS, "not a regular file");
    write_bytes(file, "", 0);
    assert_null(store_open(below, STORE_WRITE, &err));
    assert_says(&err, ERR_HARNESS, "Not a directory");
    free(below);
    free(fifo);
    free(file);
}

/* For somebody who may not do everything: root may read and write whatever it likes. */
static int open_as_nobody(const char *path, enum store_mode mode, const char *says)
{
    struct err err = { 0 };
    struct store *store;

    if (geteuid() == 0 && setuid(65534) < 0)
        return 1;
    store = store_open(path, mode, &err);
    if (!says)
        return store ? 0 : 2;
    if (store || err.code != ERR_HARNESS || !strstr(err.msg, says)) {
        fprintf(stderr, "'%s' lacks '%s'\n", err.msg, says);
        return 3;
    }
    return 0;
}

/* A reader that may not write leaves its log behind. */
static void clear_log(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        struct text t = { 0 };

        text_addf(&t, "%s%s", path, suffixes[i]);
        unlink(t.data);
        text_free(&t);
    }
}

static void store_says_what_its_user_may_not_do(void **state)
{
    static const struct {
        mode_t file, folder;
        enum store_mode mode;
        const char *says;
    } rows[] = {
        { 0000, 0777, STORE_READ, "cannot read '" },
        { 0000, 0777, STORE_WRITE, "cannot write '" },
        { 0444, 0777, STORE_WRITE, "cannot write '" },
        { 0444, 0555, STORE_READ, "its folder must be writable, even to read" },
        { 0666, 0777, STORE_WRITE, NULL },
        { 0444, 0777, STORE_READ, NULL },
    };
    char *path = in_folder(state, "a.db");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status;
        pid_t child;

        make_store(path, 1);
        assert_int_equal(chmod(path, rows[i].file), 0);
        assert_int_equal(chmod(*state, rows[i].folder), 0);
        child = fork();
        if (child == 0)
            _exit(open_as_nobody(path, rows[i].mode, rows[i].says));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(chmod(*state, 0700), 0);
        if (status != 0)
            fail_msg("row %zu: status %d", i, status);
        clear_log(path);
    }
    free(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(store_makes_missing_folders_for_its_owner_alone),
        TEST(store_takes_odd_names_for_files),
        TEST(store_takes_an_empty_file_for_a_new_one),
        TEST(store_refuses_what_is_no_database),
        TEST(store_takes_up_a_file_that_was_killed_in_the_making),
        TEST(store_refuses_another_programs_database),
        TEST(store_refuses_a_newer_database_and_leaves_it_untouched),
        TEST(store_refuses_a_newer_database_whose_version_is_still_in_its_log),
        TEST(store_refuses_a_damaged_database_and_leaves_it_untouched),
        TEST(store_says_why_a_file_cannot_be_opened),
        TEST(store_says_what_its_user_may_not_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
