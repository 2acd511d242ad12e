// SPDX-License-Identifier: MIT
/* What can be asked of the store: which run, what history; also while somebody writes. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

#include "record/store_judged.h"

static void history_is_by_case_metric_and_host_oldest_first(void **state)
{
    static const struct {
        const char *host;
        double value;
        enum case_status status;
    } runs[] = {
        { "b", 10, CASE_OK },
        { "a", 20, CASE_OK },
        { "b", 11, CASE_CRASHED },
        { "b", 12, CASE_OK },
    };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result run = { 0 };
    struct history h;
    struct err err = { 0 };

    assert_int_equal(store_load_history(store, NULL, 0, &h, &err), 0);
    assert_int_equal(h.n_series, 0);
    for (size_t i = 0; i < ARRAY_LEN(runs); i++)
        quick_run(store, runs[i].host, runs[i].value, runs[i].status);
    begin_run(store, "b", &run.info);
    add_estimate(add_case(&run, 0, CASE_OK), "time_ns", 1, -INFINITY, INFINITY, 0);
    add_estimate(&run.cases[0], "ratio", 3, 3, 3, 0);
    add_estimate(add_case(&run, 2, CASE_OK), "time_ns", 1, 1, 1, 0);
    begin_run(store, "b", &run.info); /* unfinished: in no history */
    finish(store, &run);
    run_result_free(&run);

    assert_int_equal(store_load_history(store, NULL, 0, &h, &err), 0);
    assert_int_equal(h.n_series, 5);
    assert_string_equal(h.series[0].case_id, "test/store/fast/n=32");
    assert_string_equal(h.series[0].host_class, "a");
    assert_int_equal(h.series[0].n_points, 1);
    assert_string_equal(h.series[1].host_class, "b");
    assert_int_equal(h.series[1].n_points, 2);
    assert_int_equal(h.series[1].points[0].run, 1);
    assert_int_equal(h.series[1].points[1].run, 4);
    assert_same(h.series[1].points[1].value, 12);
    assert_same(h.series[1].points[1].high, 13);
    assert_string_equal(h.series[1].points[1].commit, "c0ffee");
    assert_string_equal(h.series[1].unit, "ns");
    assert_string_equal(h.series[1].variant, "fast");
    assert_string_equal(h.series[1].reference, "naive");
    assert_string_equal(h.series[2].reference, "naive"); /* its own */
    assert_int_equal(h.series[1].better, METRIC_LOWER_IS_BETTER);
    assert_same(h.series[1].at_least, NAN);
    assert_string_equal(h.series[2].case_id, "test/store/naive/n=32");
    assert_string_equal(h.series[2].metric, "ratio");
    assert_string_equal(h.series[3].metric, "time_ns");
    assert_same(h.series[3].points[0].low, -INFINITY);
    assert_int_equal(h.series[3].role, ROLE_OURS);
    assert_int_equal(h.series[4].role, ROLE_PEER);
    history_free(&h);
    store_close(store);
    free(path);
}

static void points_know_the_epoch_of_their_run(void **state)
{
    static const char *const epochs[] = { "0000000a", "", "0000000b", "0000000b" };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct history h;
    struct err err = { 0 };
    const char *known = "";

    for (size_t i = 0; i < ARRAY_LEN(epochs); i++) {
        struct run_result run = { .info = { .commit = "c0ffee", .started = "2026-11-21T02:05:53Z" } };

        host_add(&run.info.host, "kernel", "6.%zu", i);
        if (*epochs[i]) /* an older program recorded none */
            host_add(&run.info.host, "epoch", "%s", epochs[i]);
        text_copy(run.info.host.class, sizeof(run.info.host.class), "h");
        assert_int_equal(store_begin_run(store, &run.info, &err), 0);
        add_estimate(add_case(&run, 0, CASE_OK), "time_ns", 5, 4, 6, 1);
        add_estimate(add_case(&run, 1, i == 1 ? CASE_CRASHED : CASE_OK), "time_ns", 5, 4, 6, 1);
        finish(store, &run);
        run_result_free(&run);
    }
    assert_int_equal(store_load_history(store, NULL, 0, &h, &err), 0);
    assert_int_equal(h.n_series, 2);
    assert_int_equal(h.series[0].n_points, 3);
    assert_string_equal(h.series[0].points[1].epoch, "0000000b");
    assert_int_equal(h.series[1].n_points, 4);
    for (size_t i = 0; i < ARRAY_LEN(epochs); i++) {
        assert_string_equal(h.series[1].points[i].epoch, epochs[i]);
        assert_int_equal(point_opens_epoch(&h.series[1].points[i], &known), i == 2);
    }
    history_free(&h);
    store_close(store);
    free(path);
}

/* Of few cases only the runs that have them are read. */
static void a_case_among_many_has_the_same_history_by_its_name(void **state)
{
    enum { CASES = 16, NIGHTS = 3 };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct history all, one;
    struct err err = { 0 };
    const char *glob;

    for (int night = 0; night < NIGHTS; night++)
        for (int i = 0; i < CASES; i++) { /* a run each */
            struct run_result run = { 0 };
            struct case_result *c = add_case(&run, 1, night == 1 && i == 3 ? CASE_CRASHED : CASE_OK);

            begin_run(store, i % 2 ? "a" : "b", &run.info);
            snprintf(c->id, sizeof(c->id), "test/store/fast/n=%d", i);
            add_estimate(c, "time_ns", 100 * night + i, 4, 6, 1);
            finish(store, &run);
            run_result_free(&run);
        }
    assert_int_equal(store_load_history(store, NULL, 0, &all, &err), 0);
    assert_int_equal(all.n_series, CASES);
    for (size_t i = 0; i < all.n_series; i++) {
        glob = all.series[i].case_id;
        assert_int_equal(store_load_history(store, &glob, 1, &one, &err), 0);
        assert_int_equal(one.n_series, 1);
        assert_string_equal(one.series[0].case_id, all.series[i].case_id);
        assert_string_equal(one.series[0].host_class, all.series[i].host_class);
        assert_int_equal(one.series[0].n_points, strcmp(glob, "test/store/fast/n=3") == 0 ? NIGHTS - 1 : NIGHTS);
        assert_int_equal(one.series[0].n_points, all.series[i].n_points);
        for (size_t p = 0; p < one.series[0].n_points; p++) {
            assert_int_equal(one.series[0].points[p].run, all.series[i].points[p].run);
            assert_same(one.series[0].points[p].value, all.series[i].points[p].value);
        }
        history_free(&one);
    }
    glob = "nothing";
    assert_int_equal(store_load_history(store, &glob, 1, &one, &err), 0);
    assert_int_equal(one.n_series, 0);
    history_free(&one);
    history_free(&all);
    store_close(store);
    free(path);
}

static void find_run_understands_numbers_and_last(void **state)
{
    static const struct {
        const char *spec, *host;
        int64_t id;
        const char *says;
    } rows[] = {
        { "1", NULL, 1, NULL },
        { "1", "a", 1, NULL },
        { "last", NULL, 4, NULL },
        { "last~0", NULL, 4, NULL },
        { "last~1", NULL, 3, NULL },
        { "last", "a", 3, NULL },
        { "last~1", "a", 1, NULL },
        { "2", NULL, 0, "run 2 in" }, /* did not finish */
        { "9", NULL, 0, "there is no run 9" },
        { "1", "b", 0, "was made on a 'a', not on a 'b'" },
        { "last~3", NULL, 0, "'last~3' goes back too far: 3 runs" },
        { "last", "c", 0, "has finished on a 'c': make one with `pawl run`" },
        { "last~x", NULL, 0, "'last~x' names no run" },
        { "last~-1", NULL, 0, "names no run" },
        { "0", NULL, 0, "names no run" },
        { "", NULL, 0, "names no run" },
        { "first", NULL, 0, "names no run" },
    };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result back;
    struct run_info info;
    struct err err = { 0 };
    int64_t id;

    assert_int_equal(store_find_run(store, "last", NULL, &id, &err), -1);
    assert_says(&err, ERR_CONFIG, "has finished: make one with `pawl run`");
    quick_run(store, "a", 1, CASE_OK);
    begin_run(store, "a", &info);
    quick_run(store, "a", 1, CASE_OK);
    quick_run(store, "b", 1, CASE_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int ret = store_find_run(store, rows[i].spec, rows[i].host, &id, &err);

        assert_int_equal(ret, rows[i].says ? -1 : 0);
        if (rows[i].says)
            assert_says(&err, ERR_CONFIG, rows[i].says);
        else
            assert_int_equal(id, rows[i].id);
    }
    assert_int_equal(store_load_run(store, 2, &back, &err), -1);
    assert_says(&err, ERR_CONFIG, "run 2 in");
    assert_says(&err, ERR_CONFIG, "did not finish");
    store_close(store);
    free(path);
}

/* A finished run of one case, whose scenario is not that of the fixture, and of a verdict on another case. */
static int64_t run_of(struct store *store, const char *host_class, const char *scenario_name, const char *judged)
{
    struct run_result run = { .judged = true };
    int64_t id = begin_run(store, host_class, &run.info);
    struct case_result *c = add_case(&run, 1, CASE_CRASHED);

    text_copy(c->scenario, sizeof(c->scenario), scenario_name);
    snprintf(c->id, sizeof(c->id), "%s/fast/n=32", scenario_name);
    if (*judged) {
        struct verdict *v = run_add_verdict(&run);

        snprintf(v->case_id, sizeof(v->case_id), "%s/fast/n=32", judged);
        v->outcome = OUTCOME_MISSING;
    }
    finish(store, &run);
    run_result_free(&run);
    return id;
}

static void the_last_runs_tell_the_last_word_on_every_scenario(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;
    struct err err = { 0 };
    int64_t *ids, want[4];
    size_t n;

    begin_run(store, "b", &info); /* cut short: no last word, and no host class */
    assert_int_equal(store_last_runs(store, &ids, &n, &err), -1);
    assert_says(&err, ERR_CONFIG, "has finished: make one with `pawl run`");
    assert_null(ids);
    run_of(store, "b", "k/gemm", "");
    want[3] = run_of(store, "b", "k/gemm", ""); /* nothing of it was ever ok */
    run_of(store, "b", "k/conv", "");
    want[1] = run_of(store, "a", "k/gemm", "");
    run_of(store, "b", "h/null", "");
    want[2] = run_of(store, "b", "h/null", "k/conv"); /* the last, and k/conv is MISSING */
    want[0] = run_of(store, "a", "h/null", "");
    begin_run(store, "b", &info);
    assert_int_equal(store_last_runs(store, &ids, &n, &err), 0);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ids[i], want[i]);
    free(ids);
    store_close(store);
    free(path);
}

/* A verdict of a run on the fast case. */
static void judge(struct run_result *run, enum outcome outcome, const char *reason)
{
    struct verdict *v = run_add_verdict(run);

    text_copy(v->case_id, sizeof(v->case_id), "test/store/fast/n=32");
    text_copy(v->metric, sizeof(v->metric), "speedup");
    text_copy(v->reason, sizeof(v->reason), reason);
    v->against = AGAINST_TARGET;
    v->outcome = outcome;
    v->value = v->low = v->high = 2;
    v->limit = 3;
    run->judged = true;
}

static void what_did_not_pass_is_kept_for_the_page_of_its_night(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result run = { 0 };
    struct judgement *rows;
    struct err err = { 0 };
    size_t n;

    quick_run(store, "h", 1, CASE_CRASHED); /* not judged: what befell it is told all the same */
    quick_run(store, "h", 1, CASE_OK);
    begin_run(store, "h", &run.info);
    add_estimate(add_case(&run, 0, CASE_OK), "time_ns", 1, 1, 1, 0);
    judge(&run, OUTCOME_PASS, "");
    judge(&run, OUTCOME_MISSED_TARGET, "2 is below 3");
    judge(&run, OUTCOME_PASS, "");
    finish(store, &run);
    begin_run(store, "h", &run.info); /* unfinished: nothing was judged */
    run_result_free(&run);

    assert_int_equal(store_load_judged(store, &rows, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_false(rows[0].judged);
    assert_int_equal(rows[0].n_bad, 1);
    assert_int_equal(rows[0].bad[0].outcome, OUTCOME_CRASHED);
    assert_int_equal(rows[1].n_bad, 0);
    assert_true(rows[2].judged);
    assert_int_equal(rows[2].run, 3);
    assert_int_equal(rows[2].counts[OUTCOME_PASS], 2);
    assert_int_equal(rows[2].n_bad, 1);
    assert_int_equal(rows[2].bad[0].outcome, OUTCOME_MISSED_TARGET);
    assert_string_equal(rows[2].bad[0].reason, "2 is below 3");
    assert_same(rows[2].bad[0].limit, 3);
    store_free_judged(rows, n);
    store_close(store);
    free(path);
}

static void a_reader_neither_waits_nor_writes_while_another_writes(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *writer = open_store(path, STORE_WRITE), *reader;
    struct run_info info;
    struct err err = { 0 };
    int64_t id;

    quick_run(writer, "h", 1, CASE_OK);
    assert_int_equal(sql_begin(writer, &err), 0); /* in the middle of a transaction */
    reader = open_store(path, STORE_READ);
    assert_int_equal(store_find_run(reader, "last", NULL, &id, &err), 0);
    sql_rollback(writer);
    quick_run(writer, "h", 2, CASE_OK);
    assert_int_equal(store_find_run(reader, "last", NULL, &id, &err), 0);
    assert_int_equal(id, 2);
    assert_int_equal(try_begin(reader, "h", &info, &err), -1);
    store_close(reader);
    quick_run(writer, "h", 3, CASE_OK);
    store_close(writer);
    free(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(history_is_by_case_metric_and_host_oldest_first),
        TEST(points_know_the_epoch_of_their_run),
        TEST(a_case_among_many_has_the_same_history_by_its_name),
        TEST(find_run_understands_numbers_and_last),
        TEST(the_last_runs_tell_the_last_word_on_every_scenario),
        TEST(what_did_not_pass_is_kept_for_the_page_of_its_night),
        TEST(a_reader_neither_waits_nor_writes_while_another_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
