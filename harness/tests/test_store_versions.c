// SPDX-License-Identifier: MIT
/* Stores that earlier versions wrote (data/stores, which say how they were made) are taken to the newest one with all
 * that is in them. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

enum { VERSIONS_MAX = 64 };

static int64_t newest(void **state)
{
    char *path = in_folder(state, "new.db");
    int64_t version;

    store_close(open_store(path, STORE_WRITE));
    version = query(path, "SELECT user_version FROM pragma_user_version");
    free(path);
    return version;
}

/* The store of that version as it was written; false: none is kept. */
static bool make_old(const char *path, int64_t version)
{
    struct text sql = { 0 };
    char name[256], chunk[4096];
    sqlite3 *db;
    char *why = NULL;
    size_t n;
    FILE *f;

    snprintf(name, sizeof(name), "%s/stores/version-%lld.sql", PAWL_TEST_DATA, (long long)version);
    f = fopen(name, "r");
    if (!f)
        return false;
    while ((n = fread(chunk, 1, sizeof(chunk) - 1, f)) > 0) {
        chunk[n] = '\0';
        text_add(&sql, chunk);
    }
    fclose(f);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql.data, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", name, why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    text_free(&sql);
    return true;
}

/* A sum over what is in the rows that every version has: the same before and after. */
static const char *const contents[] = {
    "SELECT count(*) FROM sample",
    "SELECT CAST(sum(ns * position * iterations) AS INTEGER) FROM sample",
    "SELECT count(*) FROM block",
    "SELECT sum(length(reason) + length(comparison) + block) FROM block",
    "SELECT sum(length(case_id)) FROM series",
    "SELECT CAST(sum(value * 1000) AS INTEGER) FROM block_value",
    "SELECT sum(length(key) + length(value)) FROM host_fact",
    "SELECT CAST(sum(value * 1000 + position) AS INTEGER) FROM estimate",
    "SELECT sum(length(reason) + n_blocks) FROM case_result",
    "SELECT sum(length(reason) + length(case_id)) FROM verdict",
    "SELECT sum(alarmed_runs * regressed) FROM drill",
    "SELECT sum(seed % 1000 + length(command) + length(started)) FROM run",
};

static void read_all(const char *path)
{
    static const char *const outcomes[] = { "ok", "ok", "wrong_result" };
    struct store *store = open_store(path, STORE_READ);
    struct history history = { 0 };
    struct drill_row *drills;
    struct err err = { 0 };
    size_t n;

    for (int64_t id = 1; id <= 3; id++) {
        struct run_result run = { 0 };
        const struct case_result *last;

        assert_int_equal(store_load_run(store, id, &run, &err), 0);
        assert_true(run.n_cases >= 2);
        last = &run.cases[run.n_cases - 1];
        assert_string_equal(case_status_name(last->status), outcomes[id - 1]);
        assert_int_equal(run.n_verdicts, id == 2);
        if (id < 3) {
            assert_int_equal(last->n_blocks, id == 1 ? 8 : run.cases[0].n_blocks);
            assert_true(last->n_estimates >= 3);
        }
        run_result_free(&run);
    }
    assert_int_equal(store_load_drills(store, &drills, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_same(drills[0].effect, 0.03);
    free(drills);
    assert_int_equal(store_load_history(store, NULL, 0, &history, &err), 0);
    assert_true(history.n_series >= 5);
    history_free(&history);
    store_close(store);
}

static void every_earlier_version_is_taken_on_with_all_that_is_in_it(void **state)
{
    int64_t last = newest(state);

    assert_in_range(last, 4, VERSIONS_MAX);
    for (int64_t version = 1; version <= last; version++)
        for (int write = 0; write < 2; write++) { /* to read, too: an older dashboard's file */
            int64_t before[ARRAY_LEN(contents)];
            char name[32], *path;

            snprintf(name, sizeof(name), "%d-%d.db", (int)version, write);
            path = in_folder(state, name);
            if (!make_old(path, version)) {
                if (version < last) /* the newest one's fixture is made when the next one comes */
                    fail_msg("no store of version %d is kept", (int)version);
                free(path);
                continue;
            }
            assert_int_equal(query(path, "SELECT user_version FROM pragma_user_version"), version);
            for (size_t i = 0; i < ARRAY_LEN(contents); i++)
                before[i] = query(path, contents[i]);
            store_close(open_store(path, write ? STORE_WRITE : STORE_READ));
            assert_int_equal(query(path, "SELECT user_version FROM pragma_user_version"), last);
            for (size_t i = 0; i < ARRAY_LEN(contents); i++)
                if (query(path, contents[i]) != before[i])
                    fail_msg("version %d: %s", (int)version, contents[i]);
            assert_int_equal(query(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
            assert_int_equal(query(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
            read_all(path);
            free(path);
        }
}

/* A column that only a new store has, or only an old one, is a migration that was forgotten. */
static void an_old_store_becomes_what_a_new_one_is(void **state)
{
    static const char columns[] =
        "SELECT sum(unicode(m.name) + length(m.name) * 1000 + length(c.name) * 17 + unicode(substr(c.name, 3)) * 31"
        " + length(c.type)) FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
    static const char count[] = "SELECT count(*) FROM sqlite_schema m LEFT JOIN pragma_table_info(m.name) c";
    char *old = in_folder(state, "old.db"), *new = in_folder(state, "new.db");

    newest(state);
    assert_true(make_old(old, 1));
    store_close(open_store(old, STORE_WRITE));
    assert_int_equal(query(old, count), query(new, count));
    assert_int_equal(query(old, columns), query(new, columns));
    assert_int_equal(query(old, "SELECT count(*) > 0 AND min(role = 0) FROM series"), 1);
    free(old);
    free(new);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(every_earlier_version_is_taken_on_with_all_that_is_in_it),
        TEST(an_old_store_becomes_what_a_new_one_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
