// SPDX-License-Identifier: MIT
/* What goes into the store comes out of it. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

static void assert_same_estimate(const struct estimate *a, const struct estimate *b)
{
    assert_string_equal(a->metric, b->metric);
    assert_string_equal(a->unit, b->unit);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->better, b->better);
    assert_same(a->value, b->value);
    assert_same(a->low, b->low);
    assert_same(a->high, b->high);
    assert_same(a->spread, b->spread);
    assert_int_equal(a->n_blocks, b->n_blocks);
    for (size_t i = 0; i < a->n_blocks; i++)
        assert_same(a->blocks[i], b->blocks[i]);
}

static void assert_same_case(const struct case_result *a, const struct case_result *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->scenario, b->scenario);
    assert_string_equal(a->variant, b->variant);
    assert_string_equal(a->reference, b->reference);
    assert_string_equal(a->params, b->params);
    assert_string_equal(a->reason, b->reason);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->n_blocks, b->n_blocks);
    assert_int_equal(a->n_estimates, b->n_estimates);
    for (size_t i = 0; i < a->n_estimates; i++)
        assert_same_estimate(&a->estimates[i], &b->estimates[i]);
}

static void assert_same_run(const struct run_result *a, const struct run_result *b)
{
    assert_int_equal(a->info.id, b->info.id);
    assert_string_equal(a->info.commit, b->info.commit);
    assert_int_equal(a->info.dirty, b->info.dirty);
    assert_string_equal(a->info.command, b->info.command);
    assert_string_equal(a->info.against, b->info.against);
    assert_string_equal(a->info.compiler, b->info.compiler);
    assert_string_equal(a->info.flags, b->info.flags);
    assert_string_equal(a->info.libraries, b->info.libraries);
    assert_true(a->info.seed == b->info.seed);
    assert_string_equal(a->info.started, b->info.started);
    assert_same(a->info.seconds, b->info.seconds);
    assert_memory_equal(&a->info.host, &b->info.host, sizeof(a->info.host));
    assert_int_equal(a->judged, b->judged);
    assert_int_equal(a->exit, b->exit);
    assert_int_equal(a->n_cases, b->n_cases);
    for (size_t i = 0; i < a->n_cases; i++)
        assert_same_case(&a->cases[i], &b->cases[i]);
    assert_int_equal(a->n_verdicts, b->n_verdicts);
    for (size_t i = 0; i < a->n_verdicts; i++) {
        const struct verdict *v = &a->verdicts[i], *w = &b->verdicts[i];

        assert_string_equal(v->case_id, w->case_id);
        assert_string_equal(v->metric, w->metric);
        assert_string_equal(v->reason, w->reason);
        assert_int_equal(v->against, w->against);
        assert_int_equal(v->outcome, w->outcome);
        assert_same(v->value, w->value);
        assert_same(v->low, w->low);
        assert_same(v->high, w->high);
        assert_same(v->limit, w->limit);
        assert_same(v->detectable, w->detectable);
    }
}

/* Everything that a run can hold: cases out of alphabetical order, open intervals, unknown values, two verdicts. */
static void fill_run(struct run_result *run)
{
    struct case_result *c = add_case(run, 1, CASE_OK);
    struct estimate *e;
    struct verdict *v;

    c->n_blocks = 2;
    add_estimate(c, "time_ns", 1.0 / 3, 0.3, 0.4, 2);
    add_estimate(c, "speedup", 2.5, -INFINITY, INFINITY, 2);
    e = add_estimate(c, "ratio", 0, 0, 0, 2); /* as add_block() stored it: 0, 1 */
    e->kind = METRIC_EXACT;
    e->better = METRIC_HIGHER_IS_BETTER;
    e->spread = NAN;
    c = add_case(run, 0, CASE_OK);
    add_estimate(c, "time_ns", 5e-324, NAN, 1e308, 1)->low = -INFINITY;
    c = add_case(run, 2, CASE_SKIPPED);
    text_copy(c->reason, sizeof(c->reason), "not built: it's \"absent\"; install it");
    v = run_add_verdict(run);
    *v = (struct verdict){ .case_id = "test/store/fast/n=32",
                           .metric = "speedup",
                           .against = AGAINST_TARGET,
                           .outcome = OUTCOME_INCONCLUSIVE,
                           .value = 2.5,
                           .low = -INFINITY,
                           .high = INFINITY,
                           .limit = 2,
                           .detectable = 0.02,
                           .reason = "too few blocks" };
    v = run_add_verdict(run);
    *v = (struct verdict){ .case_id = "gone/by",
                           .against = AGAINST_BASELINE,
                           .outcome = OUTCOME_MISSING,
                           .value = NAN,
                           .low = NAN,
                           .high = NAN,
                           .limit = 1,
                           .detectable = NAN };
    run->judged = true;
    run->exit = 3;
    run->info.seconds = 12.5;
}

static void store_gives_a_finished_run_back_whole(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result run = { 0 }, back;
    struct err err = { 0 };

    run.info = (struct run_info){ .dirty = true,
                                  .command = "gate --quick",
                                  .against = "0123abc",
                                  .compiler = "gcc 12.2.0",
                                  .flags = "-O2",
                                  .libraries = "b 1, h 2",
                                  .commit = "c0ffee",
                                  .seed = UINT64_MAX,
                                  .started = "2026-11-21T02:05:53Z" };
    text_copy(run.info.host.class, sizeof(run.info.host.class), "ryzen-9");
    host_add(&run.info.host, "kernel", "6.1");
    host_add(&run.info.host, "cpu", "it's a \"CPU\"");
    assert_int_equal(store_begin_run(store, &run.info, &err), 0);
    add_block(store, run.info.id, 0);
    add_block(store, run.info.id, 1);
    fill_run(&run);
    finish(store, &run);
    store_close(store);

    store = open_store(path, STORE_READ);
    assert_int_equal(store_load_run(store, run.info.id, &back, &err), 0);
    assert_same_run(&run, &back);
    run_result_free(&back);
    run_result_free(&run);
    store_close(store);
    assert_int_equal(query(path, "SELECT count(*) FROM block_value WHERE metric = 'ratio'"), 2); /* not twice */
    if (!on_server())
        assert_int_equal(query(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    free(path);
}

static void store_keeps_every_sample_with_its_run_block_and_order(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;

    for (int run = 1; run <= 2; run++) {
        assert_int_equal(begin_run(store, "h", &info), run);
        for (int block = 0; block < 5; block++)
            add_block(store, run, block);
    }
    store_close(store);
    assert_int_equal(query(path, "SELECT count(*) FROM sample"), 2 * 5 * SAMPLES);
    assert_int_equal(query(path, "SELECT count(*) FROM sample m JOIN series s ON s.id = m.series JOIN block b ON"
                                 " b.run = m.run AND b.comparison = s.comparison AND b.block = m.block"
                                 " WHERE abs(m.ns - 1000.0 * m.block - m.position - 0.1) < 1e-9 AND m.round = m.position / 3 AND"
                                 " s.case_id = 'test/store/' || CASE m.position % 3 WHEN 0 THEN 'naive' WHEN 1 THEN"
                                 " 'fast' ELSE 'p' END || '/n=32' AND m.iterations = 7 AND m.cpu_ns = 0.5 AND m.cpu = 1"
                                 " AND m.switches = 2 AND m.mhz IS NULL AND b.status = 'ok' AND b.seconds = 0.25"),
                     2 * 5 * SAMPLES);
    assert_int_equal(query(path, "SELECT count(*) FROM sample WHERE (migrated = 1) = (position = 1) AND CASE position % 2"
                                 " WHEN 0 THEN coalesce(instructions, cycles, branch_misses, cache_misses) IS NULL"
                                 " ELSE instructions = 1e6 * position AND abs(cycles - position / 3.0) < 1e-9 AND"
                                 " branch_misses = 0 AND cache_misses = 0.5 * position END"),
                     2 * 5 * SAMPLES);
    assert_int_equal(query(path, "SELECT count(*) FROM series WHERE reference = 'naive' AND (role = 1) = (variant = 'p')"),
                     3);
    free(path);
}

static void store_refuses_a_time_that_is_none_and_its_block_with_it(void **state)
{
    static const double none[] = { NAN, INFINITY, -1 };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct comparison c = comparison();
    struct run_info info;
    int64_t run = begin_run(store, "h", &info);

    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct block b = make_block(3);
        struct err err = { 0 };

        b.samples[SAMPLES - 1].ns = none[i];
        assert_int_equal(store_add_block(store, run, &c, &b, &err), -1);
        assert_says(&err, ERR_HARNESS, "cannot record block 3 of 'test/store/n=32'");
        block_free(&b);
    }
    add_block(store, run, 3); /* and goes on */
    store_close(store);
    assert_int_equal(query(path, "SELECT count(*) FROM sample"), SAMPLES);
    free(path);
}

static void store_refuses_a_count_that_is_none_and_its_block_with_it(void **state)
{
    static const size_t fields[] = { offsetof(struct sample, instructions), offsetof(struct sample, cycles),
                                     offsetof(struct sample, branch_misses), offsetof(struct sample, cache_misses) };
    static const double none[] = { INFINITY, -1 };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct comparison c = comparison();
    struct run_info info;
    int64_t run = begin_run(store, "h", &info);

    for (size_t i = 0; i < ARRAY_LEN(fields) * ARRAY_LEN(none); i++) {
        struct block b = make_block(3);
        struct err err = { 0 };

        *(double *)((char *)&b.samples[0] + fields[i / 2]) = none[i % 2];
        assert_int_equal(store_add_block(store, run, &c, &b, &err), -1);
        assert_says(&err, ERR_HARNESS, on_server() ? "check constraint" : "CHECK constraint failed");
        block_free(&b);
    }
    store_close(store);
    assert_int_equal(query(path, "SELECT count(*) FROM sample"), 0);
    free(path);
}

static void store_ties_values_to_the_blocks_that_gave_them(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct comparison c = comparison();
    struct run_result run = { 0 }, back;
    struct err err = { 0 };
    int64_t id = begin_run(store, "h", &run.info);
    struct estimate *exact;

    for (int i = 0; i < 3; i++) { /* the second one is ended by the peer, after its exact values were told */
        struct block b = make_block(i);

        b.status = i == 1 ? CASE_CRASHED : CASE_OK;
        b.variant = i == 1 ? 2 : -1;
        assert_int_equal(store_add_block(store, id, &c, &b, &err), 0);
        block_free(&b);
    }
    add_estimate(add_case(&run, 1, CASE_OK), "time_ns", 100, 99, 101, 2);
    exact = add_estimate(&run.cases[0], "ratio", 0, 0, 0, 2);
    exact->kind = METRIC_EXACT;
    exact->blocks[1] = 2;
    finish(store, &run);
    assert_int_equal(store_load_run(store, id, &back, &err), 0);
    assert_same_case(&back.cases[0], &run.cases[0]);
    run_result_free(&back);
    run_result_free(&run);
    store_close(store);
    assert_int_equal(query(path, "SELECT block FROM block_value WHERE metric = 'time_ns' AND value = 101"), 2);
    assert_int_equal(query(path, "SELECT count(*) FROM block WHERE status = 'crashed' AND variant = 'p'"), 1);
    free(path);
}

static void store_takes_exact_values_that_came_without_a_block(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result run = { 0 }, back;
    struct err err = { 0 };
    int64_t id = begin_run(store, "h", &run.info);

    add_estimate(add_case(&run, 1, CASE_OK), "ratio", 4, 4, 4, 3)->kind = METRIC_EXACT;
    finish(store, &run);
    assert_int_equal(store_load_run(store, id, &back, &err), 0);
    assert_same_case(&back.cases[0], &run.cases[0]);
    run_result_free(&back);
    run_result_free(&run);
    store_close(store);
    free(path);
}

static void store_describes_a_case_by_its_newest_run(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result run = { 0 };

    quick_run(store, "h", 5, CASE_OK);
    begin_run(store, "h", &run.info);
    text_copy(add_case(&run, 1, CASE_OK)->reference, NAME_MAX_LEN, "other");
    finish(store, &run);
    run_result_free(&run);
    store_close(store);
    assert_int_equal(query(path, "SELECT count(*) FROM series WHERE reference = 'other'"), 1);
    assert_int_equal(query(path, "SELECT count(*) FROM series"), 1);
    free(path);
}

static void store_finishes_a_run_once(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_result run = { 0 };
    struct err err = { 0 };

    begin_run(store, "h", &run.info);
    finish(store, &run);
    assert_int_equal(store_finish_run(store, &run, &err), -1);
    assert_says(&err, ERR_HARNESS, "cannot record the results of run 1");
    run.info.id = 77;
    assert_int_equal(store_finish_run(store, &run, &err), -1);
    assert_int_equal(store_begin_run(store, &run.info, &err), 0); /* nothing was left open */
    assert_int_equal(store_add_block(store, 99, &(struct comparison){ .params = { .scenario = &scenario } },
                                     &(struct block){ .variant = -1 }, &err),
                     -1);
    assert_says(&err, ERR_HARNESS, on_server() ? "foreign key" : "FOREIGN KEY");
    store_close(store);
    free(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(store_gives_a_finished_run_back_whole),
        TEST(store_keeps_every_sample_with_its_run_block_and_order),
        TEST(store_refuses_a_time_that_is_none_and_its_block_with_it),
        TEST(store_refuses_a_count_that_is_none_and_its_block_with_it),
        TEST(store_ties_values_to_the_blocks_that_gave_them),
        TEST(store_takes_exact_values_that_came_without_a_block),
        TEST(store_describes_a_case_by_its_newest_run),
        TEST(store_finishes_a_run_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
