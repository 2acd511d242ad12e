// SPDX-License-Identifier: MIT
/* test_cli_changes.c -- what the commands tell of a history: its steps, whose they are, and which are acknowledged. */
#include "cli_fixture.h"

#include "record/store.h"

/* One night of a history: a figure on a kernel, in an epoch. */
static void add_night(struct store *store, int night, double value, const char *kernel, const char *epoch)
{
    struct run_result run = { .info = { .commit = "c0ffee" } };
    struct err err = { 0 };
    struct case_result *c;
    struct estimate *e;

    snprintf(run.info.started, sizeof(run.info.started), "2026-%02d-%02dT02:05:53Z", 10 + night / 30,
             night % 30 + 1);
    text_copy(run.info.host.class, sizeof(run.info.host.class), "h");
    host_add(&run.info.host, "kernel", "%s", kernel);
    host_add(&run.info.host, "boost", "on");
    host_add(&run.info.host, "memory", "%d GiB", night); /* no part of an epoch */
    host_add(&run.info.host, "epoch", "%s", epoch);
    assert_int_equal(store_begin_run(store, &run.info, &err), 0);
    c = run_add_case(&run);
    text_copy(c->id, sizeof(c->id), "tests/epochs/fast");
    text_copy(c->scenario, sizeof(c->scenario), "tests/epochs");
    text_copy(c->variant, sizeof(c->variant), "fast");
    e = case_add_estimate(c);
    text_copy(e->metric, sizeof(e->metric), "speedup");
    text_copy(e->unit, sizeof(e->unit), "x");
    e->better = METRIC_HIGHER_IS_BETTER;
    e->value = e->low = e->high = value + 0.01 * (night * 7 % 5);
    e = case_add_estimate(c);
    text_copy(e->metric, sizeof(e->metric), "tokens_s");
    e->better = METRIC_HIGHER_IS_BETTER;
    e->value = e->low = e->high = 1000 * value + (night * 5 % 7);
    assert_int_equal(store_finish_run(store, &run, &err), 0);
    run_result_free(&run);
}

/* Nights up to so many; a step of the code's before the 11th, one of the host's before the 21st. */
static void add_nights(int n)
{
    struct err err = { 0 };
    struct store *store = store_open(getenv("PAWL_DB"), STORE_WRITE, &err);

    assert_non_null(store);
    for (int i = n > 30 ? 30 : 0; i < n; i++)
        add_night(store, i, i < 10 ? 10 : i < 20 ? 12 : 9, i < 20 ? "6.1" : "6.2", i < 20 ? "0000000a" : "0000000b");
    store_close(store);
}

static void changes_tells_the_hosts_step_from_the_codes(void **state)
{
    const json_t *steps;
    struct result r;
    json_t *json;

    (void)state;
    add_nights(30);
    r = pawl("changes --json");
    json = document(&r);
    steps = json_object_get(row(json, "series", "case", "tests/epochs/fast", NULL, NULL), "changes");
    assert_int_equal(json_array_size(steps), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(steps, 0), "run")), 11);
    assert_true(json_is_false(json_object_get(json_array_get(steps, 0), "epoch")));
    assert_int_equal(json_integer_value(json_object_get(json_array_get(steps, 1), "run")), 21);
    assert_true(json_is_true(json_object_get(json_array_get(steps, 1), "epoch")));
    json_decref(json);
    done(&r);
    r = pawl("changes");
    assert_has(r.out, "the host changed, too");
    done(&r);
}

/* The id of the first change that `changes --json` tells of. */
static void first_id(char *id, size_t size)
{
    struct result r = pawl("changes --json");
    json_t *json = document(&r);
    const json_t *steps = json_object_get(row(json, "series", "case", "tests/epochs/fast", NULL, NULL), "changes");

    text_copy(id, size, json_string_value(json_object_get(json_array_get(steps, 0), "id")));
    json_decref(json);
    done(&r);
}

static struct result ack(const char *id, const char *rest)
{
    struct text args = { 0 };
    struct result r;

    text_addf(&args, "changes --ack %s %s", id, rest);
    r = pawl(args.data);
    text_free(&args);
    return r;
}

static void an_acknowledged_change_stays_quiet(void **state)
{
    struct result r;
    char id[64];

    (void)state;
    add_nights(30);
    first_id(id, sizeof(id));
    r = ack(id, "");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "--ack ID and --reason TEXT go together");
    done(&r);
    r = ack("nonsense", "--reason why");
    assert_int_equal(r.exit, 2);
    assert_has(r.err, "there is no change 'nonsense'");
    assert_has(r.err, "'pawl changes --all' lists them");
    done(&r);
    r = pawl("changes");
    assert_has(r.out, id);
    done(&r);
    r = ack(id, "--reason 'a larger tile'");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "acknowledged: tests/epochs/fast, speedup on h, since run 11");
    assert_has(r.err, "acknowledged: tests/epochs/fast, tokens_s on h, since run 11"); /* the same change, in the other metric */
    assert_null(strstr(r.err, "since run 21"));
    done(&r);
    add_nights(33); /* later nights, too: three more */
    r = pawl("changes");
    assert_null(strstr(r.out, id));
    assert_has(r.err, "2 of them acknowledged: --all shows these, too");
    done(&r);
    r = pawl("changes --all");
    assert_has(r.out, id);
    assert_has(r.out, "a larger tile");
    done(&r);
    r = ack(id, "--reason 'a larger tile, wider loads'"); /* said again: the newer reason */
    assert_int_equal(r.exit, 0);
    done(&r);
    r = pawl("changes --all");
    assert_has(r.out, "wider loads");
    done(&r);
}

static void compare_says_how_the_host_changed_between_two_runs(void **state)
{
    struct result r;
    json_t *json;

    (void)state;
    add_nights(30);
    r = pawl("compare 20 21");
    assert_has(r.out,
               "the host changed between run 20 and run 21: kernel 6.1 → 6.2; that alone may have moved times\n");
    done(&r);
    r = pawl("compare 19 20"); /* one epoch: not a word */
    assert_null(strstr(r.out, "the host changed"));
    done(&r);
    r = pawl("compare --json 20 21");
    json = document(&r);
    assert_string_equal(text_of(json, "epoch_a"), "0000000a");
    assert_string_equal(text_of(json, "epoch_b"), "0000000b");
    assert_string_equal(text_of(row(json, "host_changes", "fact", "kernel", NULL, NULL), "b"), "6.2");
    assert_int_equal(json_array_size(json_object_get(json, "host_changes")), 1);
    json_decref(json);
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes_tells_the_hosts_step_from_the_codes),
        TEST(an_acknowledged_change_stays_quiet),
        TEST(compare_says_how_the_host_changed_between_two_runs),
    };

    return cmocka_run_group_tests_name("cli_changes", tests, NULL, NULL);
}
