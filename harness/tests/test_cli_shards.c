// SPDX-License-Identifier: MIT
/* test_cli_shards.c -- several runners measure one matrix, and `merge` judges it as one run. */
#include "cli_fixture.h"

#define GLOBS " tests/faulty/same harness/null"

static void put(const char *name, const char *text)
{
    struct text path = { 0 };
    FILE *f;

    text_addf(&path, "%s/%s", folder, name);
    f = fopen(path.data, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    text_free(&path);
}

/* Each share into a file of its own, cut by the costs in costs.db. */
static void measure(const char *command, int share)
{
    struct text args = { 0 };
    struct result r;

    text_addf(&args, "%s --shard %d/3 --db %d.db --costs costs.db --budget 60" GLOBS, command, share, share);
    r = pawl(args.data);
    if (r.exit != 0 && r.exit != 3)
        fail_msg("exit %d: %s", r.exit, r.err);
    done(&r);
    text_free(&args);
}

static void shares_that_are_merged_are_one_judged_run(void **state)
{
    struct result r = pawl("run --quick --db costs.db" GLOBS);
    json_t *json;
    size_t n;

    (void)state;
    assert_int_equal(r.exit, 0);
    done(&r);
    put("baselines/targets.json", "{ \"targets\": [ { \"cases\": \"tests/faulty/same\", \"metric\": \"answer@1\","
                                  " \"at_least\": 43, \"why\": \"nobody gets this\" } ] }");
    for (int share = 1; share <= 3; share++)
        measure("run", share);

    r = pawl("merge --db whole.db 1.db 3.db");
    assert_int_equal(r.exit, 3);
    assert_has(r.err, "is missing: 2/3; nothing is judged");
    done(&r);

    r = pawl("merge --json --db whole.db 2.db 1.db");
    assert_int_equal(r.exit, 1); /* the target is missed */
    assert_has(r.err, "3 shares in one");
    json = document(&r);
    n = json_array_size(json_object_get(json, "cases"));
    for (size_t i = 0; i < n; i++) /* each once */
        for (size_t k = 0; k < i; k++) {
            const json_t *cases = json_object_get(json, "cases");

            assert_string_not_equal(text_of(json_array_get(cases, i), "id"), text_of(json_array_get(cases, k), "id"));
        }
    row(json, "cases", "id", "tests/faulty/plain/n=1", NULL, NULL);
    row(json, "cases", "id", "tests/faulty/same/n=1", NULL, NULL);
    row(json, "cases", "id", "tests/faulty/same/n=2", NULL, NULL);
    row(json, "cases", "scenario", "harness/null", NULL, NULL);
    row(json, "verdicts", "case", "tests/faulty/same/n=1", "outcome", "MISSED_TARGET");
    row(json, "verdicts", "case", "tests/faulty/same/n=2", "outcome", "MISSED_TARGET");
    json_decref(json);
    done(&r);

    r = pawl("merge --db whole.db 1.db 2.db 3.db"); /* again: nothing is new, nothing is judged twice */
    assert_int_equal(r.exit, 0);
    assert_null(strstr(r.err, "shares in one"));
    done(&r);
    r = pawl("export --db whole.db csv last");
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "tests/faulty/same/n=2");
    assert_has(r.out, "harness/null");
    done(&r);
}

static void shares_that_were_cut_by_other_costs_are_not_one_matrix(void **state)
{
    struct result r = pawl("run --quick --db costs.db harness/null");

    (void)state;
    done(&r);
    put("baselines/targets.json", "{ \"targets\": [] }");
    measure("gate", 1);
    r = pawl("gate --shard 2/3 --db 2.db --budget 60 tests/faulty/same"); /* and of other cases */
    done(&r);
    r = pawl("merge --db whole.db 1.db 2.db");
    assert_int_equal(r.exit, 3);
    assert_has(r.err, "is missing: 2/3, 3/3");
    assert_has(r.err, "is missing: 1/3, 3/3");
    done(&r);
}

static void mistakes_are_told_before_anything_is_measured(void **state)
{
    static const struct {
        const char *args, *says;
    } rows[] = {
        { "run --shard 4/3", "'4/3' is no share: write 2/3" },
        { "gate --shard 1/2 --against HEAD", "--shard and --against exclude each other" },
        { "run --shard 1/2 --costs none.db harness/null", "--shard needs what comparisons take: there is no 'none.db'" },
        { "run --db postgresql://host/db", "--db names a server, but this needs the history on this host" },
        { "push", "name the other history" },
        { "push postgresql://me:hush@host/db", "holds a password" },
        { "pull 'postgresql://host/db?password=hush'", "holds a password" },
        { "history --db postgresql://me:hush@host/db", "holds a password" },
        { "run --shard 1/2 --costs postgresql://me:hush@host/db", "holds a password" },
        { "merge", "name the files to take in" },
        { "merge postgresql://host/db", "`pawl pull` fetches from a server" },
        { "merge none.db", "cannot read 'none.db'" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = pawl(rows[i].args);

        assert_int_equal(r.exit, 2);
        assert_has(r.err, rows[i].says);
        assert_null(strstr(r.err, "hush"));
        done(&r);
    }
}

/* Where $PAWL_DB is the history of all, this host records in its own place. */
static void runs_are_recorded_here_first(void **state)
{
    struct text here = { 0 };
    struct result r;

    (void)state;
    text_addf(&here, "%s/state", folder);
    setenv("XDG_STATE_HOME", here.data, 1);
    setenv("PAWL_DB", "postgresql://me:hush@localhost:1/db?connect_timeout=1", 1);
    r = pawl("run --quick harness/null");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "state/pawl/pawl.db");
    done(&r);
    r = pawl("push");
    assert_int_equal(r.exit, 4);
    assert_has(r.err, "cannot connect to 'postgresql://me@localhost:1/db?connect_timeout=1'");
    assert_null(strstr(r.err, "hush"));
    done(&r);
    r = pawl("history");
    assert_int_equal(r.exit, 4);
    assert_null(strstr(r.err, "hush"));
    done(&r);
    unsetenv("XDG_STATE_HOME");
    text_free(&here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shares_that_are_merged_are_one_judged_run),
        TEST(shares_that_were_cut_by_other_costs_are_not_one_matrix),
        TEST(mistakes_are_told_before_anything_is_measured),
        TEST(runs_are_recorded_here_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
