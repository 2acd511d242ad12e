// SPDX-License-Identifier: MIT
/* What the store keeps over the years: acknowledgements, nights, thinned samples, backups. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

#include "record/store_acks.h"
#include "record/store_backup.h"
#include "record/store_nights.h"
#include "record/store_prune.h"

#include <sys/stat.h>

static void an_acknowledgement_is_kept_and_can_be_said_anew(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct ack ack = { .case_id = "a/b", .metric = "speedup", .host_class = "h", .at = "2026-11-21T02:05:53Z" }, *acks;
    struct err err = { 0 };
    size_t n;

    ack.run = quick_run(store, "h", 1, CASE_OK);
    text_copy(ack.reason, sizeof(ack.reason), "new compiler");
    assert_int_equal(store_add_ack(store, &ack, &err), 0);
    text_copy(ack.reason, sizeof(ack.reason), "GCC 13");
    assert_int_equal(store_add_ack(store, &ack, &err), 0);
    ack.run = 99; /* there is no such run */
    assert_int_equal(store_add_ack(store, &ack, &err), -1);
    assert_int_equal(store_load_acks(store, &acks, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(acks[0].reason, "GCC 13");
    assert_string_equal(acks[0].metric, "speedup");
    free(acks);
    store_close(store);
    free(path);
}

static void a_night_knows_which_of_its_parts_are_done(void **state)
{
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct night night = { .night = "2026-11-29", .host_class = "h", .commit = "c", .parts = 3, .started = "t" },
                 *nights;
    struct night_part *parts;
    struct err err = { 0 };
    size_t n;

    assert_int_equal(store_begin_night(store, &night, &err), 0);
    assert_int_equal(store_add_night_part(store, &night, &(struct night_part){ "b", 0, 4 }, &err), 0);
    assert_int_equal(
        store_add_night_part(store, &night, &(struct night_part){ "a", quick_run(store, "h", 1, CASE_OK), 0 }, &err),
        0);
    assert_int_equal(store_add_night_part(store, &night, &(struct night_part){ "b", 0, 3 }, &err), 0);
    assert_int_equal(store_load_night_parts(store, night.id, &parts, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_string_equal(parts[0].part, "a");
    assert_int_equal(parts[0].run, 1);
    assert_int_equal(parts[1].run, 0);
    assert_int_equal(parts[1].exit, 3);
    free(parts);
    assert_int_equal(store_finish_night(store, &night, "later", &err), 0);
    assert_int_equal(store_load_nights(store, "h", &nights, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(nights[0].done, 2);
    assert_string_equal(nights[0].finished, "later");
    free(nights);
    night.id = 0;
    assert_int_equal(store_begin_night(store, &night, &err), 0); /* one a night and host class */
    assert_int_equal(night.id, 1);
    store_close(store);
    free(path);
}

/* n finished runs of 2 blocks, one a day. */
static void make_days(struct store *store, int n)
{
    struct err err = { 0 };

    for (int i = 0; i < n; i++) {
        struct run_result run = { .info = { .commit = "c", .seconds = NAN } };

        snprintf(run.info.started, sizeof(run.info.started), "2026-01-%02dT02:00:00Z", i + 1);
        text_copy(run.info.host.class, sizeof(run.info.host.class), "h");
        assert_int_equal(store_begin_run(store, &run.info, &err), 0);
        add_block(store, run.info.id, 0);
        add_block(store, run.info.id, 1);
        add_estimate(add_case(&run, 1, CASE_OK), "time_ns", 5, 4, 6, 2);
        *run_add_verdict(&run) = (struct verdict){ .metric = "time_ns", .outcome = OUTCOME_REGRESSED, .reason = "slow" };
        finish(store, &run);
        run_result_free(&run);
    }
}

static void pruning_thins_old_samples_and_nothing_else(void **state)
{
    static const char *const kept[] = {
        "run", "host_fact", "series", "block", "block_value", "case_result", "estimate", "verdict"
    };
    enum { DAYS = 14 };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct err err = { 0 };
    struct pruned counted, pruned;
    int64_t before[ARRAY_LEN(kept)], samples;
    char sql[128];

    make_days(store, DAYS);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", kept[i]);
        before[i] = query(path, sql);
    }
    assert_int_equal(store_prune(store, "2026-01-03T00:00:00Z", true, &counted, &err), 0);
    assert_int_equal(counted.runs, 2);
    assert_int_equal(query(path, "SELECT count(*) FROM sample"), DAYS * 2 * SAMPLES);
    assert_int_equal(store_prune(store, "2026-01-03T00:00:00Z", false, &pruned, &err), 0);
    pruned.bytes = 0;
    assert_memory_equal(&counted, &pruned, sizeof(pruned));
    assert_int_equal(pruned.samples, 2 * 2 * SAMPLES);
    assert_int_equal(pruned.blocks, 2 * 2 * VARIANTS);
    assert_int_equal(query(path, "SELECT count(*) FROM sample"), (DAYS - 2) * 2 * SAMPLES);
    /* variant 0 of block 1 has the samples 0, 3, 6, 9 */
    assert_int_equal(query(path,
                           "SELECT samples = 4 AND iterations = 28 AND ns_min = 1000.1 AND ns_max = 1009.1 AND"
                           " abs(ns_median - 1004.6) < 1e-9 AND switches = 8 AND mhz IS NULL FROM block_summary b JOIN"
                           " series s ON s.id = b.series WHERE s.variant = 'naive' AND run = 1 AND block = 1"),
                     1);
    /* the last runs stay, however old */
    assert_int_equal(store_prune(store, "2027-01-01T00:00:00Z", false, &pruned, &err), 0);
    assert_int_equal(pruned.runs, DAYS - 2 - STORE_PRUNE_RUNS);
    samples = query(path, "SELECT count(*) FROM sample");
    assert_int_equal(samples, STORE_PRUNE_RUNS * 2 * SAMPLES);
    assert_int_equal(store_prune(store, "2027-01-01T00:00:00Z", false, &pruned, &err), 0);
    assert_int_equal(pruned.runs, 0);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", kept[i]);
        assert_int_equal(query(path, sql), before[i]);
    }
    store_close(store);
    free(path);
}

static void a_store_shrinks_when_it_is_pruned(void **state)
{
    char *path = local_file(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;
    struct pruned pruned;
    struct stat before, after;
    struct err err = { 0 };

    begin_run(store, "h", &info);
    for (int i = 0; i < 200; i++)
        add_block(store, info.id, i);
    make_days(store, 2);
    store_close(store);
    assert_int_equal(stat(path, &before), 0);
    store = open_store(path, STORE_WRITE);
    assert_int_equal(store_prune(store, "2026-11-22T00:00:00Z", false, &pruned, &err), 0);
    store_close(store);
    assert_int_equal(stat(path, &after), 0);
    assert_in_range(pruned.bytes, before.st_size / 4, before.st_size);
    assert_int_equal(before.st_size - after.st_size, pruned.bytes);
    assert_int_equal(query(path, "SELECT freelist_count FROM pragma_freelist_count"), 0);
    assert_int_equal(query(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(query(path, "SELECT count(*) FROM block WHERE run = 1"), 200);
    free(path);
}

/* A history that was merged has its runs in any order. */
static void the_last_runs_are_so_by_their_time(void **state)
{
    enum { DAYS = 12 };
    char *path = in_folder(state, "a.db");
    struct store *store = open_store(path, STORE_WRITE);
    struct pruned pruned;
    struct err err = { 0 };

    make_days(store, DAYS);
    assert_int_equal(sql_exec(store, "UPDATE run SET started = '2025-01-0' || (13 - id) || 'T02:00:00Z'"
                                     " WHERE id > 10; INSERT INTO run (command, against, commit_id, dirty, host_class, compiler,"
                                     " flags, libraries, seed, started) VALUES ('run', '', 'c', 0, 'h', '', '', '', 1,"
                                     " '2026-06-01T00:00:00Z')", &err), 0); /* the last one is at work */
    assert_int_equal(store_prune(store, "2026-05-01T00:00:00Z", false, &pruned, &err), 0);
    assert_int_equal(pruned.runs, DAYS - STORE_PRUNE_RUNS);
    assert_int_equal(query(path, "SELECT count(*) FROM sample WHERE run > 10"), 0);
    assert_int_equal(query(path, "SELECT count(DISTINCT run) FROM sample"), STORE_PRUNE_RUNS);
    store_close(store);
    free(path);
}

static void a_backup_of_a_live_store_is_whole_and_replaces_only_a_backup(void **state)
{
    char *path = local_file(state, "a.db"), *copy = local_file(state, "copy.db"), *other = local_file(state, "other");
    struct store *store = open_store(path, STORE_WRITE), *writer = open_store(path, STORE_WRITE);
    struct run_info info;
    struct err err = { 0 };
    char *left = local_file(state, "copy.db.tmp-dead01"); /* of one that was killed */
    FILE *f = fopen(left, "w");

    assert_non_null(f);
    fclose(f);
    f = fopen(other, "w");
    assert_non_null(f);
    fputs("something that is somebody's", f);
    fclose(f);
    begin_run(writer, "h", &info);
    for (int i = 0; i < 3; i++) { /* the second and the third replace the one before */
        add_block(writer, info.id, i);
        assert_int_equal(store_backup(store, copy, &err), 0);
        assert_whole_blocks(copy, i + 1);
    }
    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(store_backup(store, other, &err), -1);
    assert_says(&err, ERR_CONFIG, "is no backup to replace");
    assert_int_equal(store_backup(store, path, &err), -1);
    assert_says(&err, ERR_CONFIG, "is the history itself");
    assert_whole_blocks(path, 3);
    store_close(writer);
    store_close(store);
    free(path);
    free(copy);
    free(left);
    free(other);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_acknowledgement_is_kept_and_can_be_said_anew),
        TEST(a_night_knows_which_of_its_parts_are_done),
        TEST(pruning_thins_old_samples_and_nothing_else),
        TEST(a_store_shrinks_when_it_is_pruned),
        TEST(the_last_runs_are_so_by_their_time),
        TEST(a_backup_of_a_live_store_is_whole_and_replaces_only_a_backup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
