// SPDX-License-Identifier: MIT
/* test_report_json.c -- the rules of the JSON documents. */
#include "json_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the JSON documents

static void assert_keys(const json_t *object, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!json_object_get(object, keys[i]))
            fail_msg("no key '%s'", keys[i]);
    assert_int_equal(json_object_size(object), n);
}

static void json_has_the_keys_of_the_design(void **state)
{
    static const char *const root_keys[] = { "schema", "run", "cases", "verdicts", "exit" };
    static const char *const run_keys[] = { "id",    "commit",    "dirty", "host_class", "host",    "compiler",
                                            "flags", "libraries", "seed",  "started",    "seconds", "command" };
    static const char *const case_keys[] = { "id",   "scenario", "variant", "reference", "params",
                                             "peer", "role", "status",   "reason",  "blocks",    "metrics" };
    static const char *const verdict_keys[] = { "case", "metric", "against", "outcome",    "value",
                                                "low",  "high",   "limit",   "detectable", "reason",
                                                "change", "since", "blocks" };
    static const char *const timed_keys[] = { "value", "low", "high", "spread", "unit" };
    static const char *const exact_keys[] = { "value", "unit" };
    struct run_result run;
    json_t *root, *cases;

    (void)state;
    fill_run(&run);
    root = parse_run(&run);
    cases = json_object_get(root, "cases");
    assert_keys(root, root_keys, ARRAY_LEN(root_keys));
    assert_keys(json_object_get(root, "run"), run_keys, ARRAY_LEN(run_keys));
    assert_keys(json_array_get(cases, 0), case_keys, ARRAY_LEN(case_keys));
    assert_keys(json_array_get(json_object_get(root, "verdicts"), 0), verdict_keys, ARRAY_LEN(verdict_keys));
    assert_keys(json_object_get(json_object_get(json_array_get(cases, 0), "metrics"), "speedup"), timed_keys,
                ARRAY_LEN(timed_keys));
    assert_keys(json_object_get(json_object_get(json_array_get(cases, 6), "metrics"), "recall@10"), exact_keys,
                ARRAY_LEN(exact_keys));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json_array_get(cases, 0), "params"), "n")),
                     512);
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "run"), "seed")),
                        "18446744073709551615");
    json_decref(root);
    run.judged = false;
    root = parse_run(&run);
    assert_keys(root, root_keys, 3);
    json_decref(root);
    run_result_free(&run);
}

static const char *string_at(const json_t *array, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(array, i), key));
}

static const struct run_info run_a = { .id = 11 }, run_b = { .id = 12 };

static void no_row_is_lost_to_bytes_that_are_no_text(void **state)
{
    static const struct json_finding findings[] = { { "ok", "store", "/tmp/\xff.db", "", "mend" },
                                                    { "warn", "b", "c", "d", "" } };
    static const struct variant variants[] = { { .name = "naive" }, { .name = "fast", .role = ROLE_PEER },
                                               { .name = "no" } };
    static const int64_t values[] = { 8 };
    static const struct axis axes[] = { { "n", values, 1, 0, AXIS_KIND_LIST } };
    static const struct scenario scenario = {
        .name = "a/b", .axes = axes, .n_axes = 1, .variants = variants, .n_variants = 3
    };
    struct planned planned[] = { { .wanted = true }, { .wanted = true, .skip = "lacks \xff" }, { .wanted = false } };
    struct comparison plan = { .params = { &scenario, { 8 } }, .variants = planned };
    struct change change = some_changes[0];
    struct text t = { 0 };
    json_t *root, *rows;

    (void)state;
    json_findings(findings, 2, 3, &t);
    root = parse(&t);
    rows = json_object_get(root, "findings");
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(string_at(rows, 0, "read"), "/tmp/?.db");
    assert_int_equal(json_integer_value(json_object_get(root, "exit")), 3);
    json_decref(root);

    json_plan(&plan, 1, &t);
    root = parse(&t);
    rows = json_object_get(root, "cases");
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(string_at(rows, 1, "id"), "a/b/fast/n=8");
    assert_string_equal(string_at(rows, 1, "reference"), "naive");
    assert_string_equal(string_at(rows, 1, "skip"), "lacks ?");
    assert_true(json_is_true(json_object_get(json_array_get(rows, 1), "peer")));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json_array_get(rows, 1), "params"), "n")), 8);
    json_decref(root);

    text_copy(change.case_id, sizeof(change.case_id), "a/\xff");
    json_changes(&change, 1, &run_a, &run_b, &t);
    root = parse(&t);
    rows = json_object_get(root, "changes");
    assert_string_equal(string_at(rows, 0, "case"), "a/?");
    json_decref(root);
}

static void json_calls_a_change_better_only_where_that_is_known(void **state)
{
    struct text t = { 0 };
    json_t *root, *rows;

    (void)state;
    json_changes(some_changes, ARRAY_LEN(some_changes), &run_a, &run_b, &t);
    root = parse(&t);
    rows = json_object_get(root, "changes");
    assert_int_equal(json_integer_value(json_object_get(root, "b")), 12);
    assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "better")));
    assert_true(json_is_true(json_object_get(json_array_get(rows, 0), "significant")));
    assert_true(json_is_true(json_object_get(json_array_get(rows, 2), "better")));
    assert_true(json_is_false(json_object_get(json_array_get(rows, 4), "better")));
    assert_true(json_number_value(json_object_get(json_array_get(rows, 5), "ratio")) == 1);
    assert_true(json_is_null(json_object_get(json_array_get(rows, 6), "ratio")));
    assert_string_equal(json_string_value(json_object_get(root, "epoch_a")), ""); /* not known */
    json_decref(root);
}

static void json_names_the_facts_of_the_host_that_differ(void **state)
{
    struct run_info a = run_a, b = run_b;
    struct text t = { 0 };
    json_t *root, *rows;

    (void)state;
    host_add(&a.host, "epoch", "0000000a");
    host_add(&b.host, "epoch", "0000000b");
    host_add(&a.host, "kernel", "6.1\xff");
    host_add(&b.host, "kernel", "6.2");
    host_add(&a.host, "boost", "on");
    host_add(&b.host, "boost", "on");
    host_add(&b.host, "memory", "16 GiB"); /* no part of an epoch */
    json_changes(NULL, 0, &a, &b, &t);
    root = parse(&t);
    rows = json_object_get(root, "host_changes");
    assert_string_equal(json_string_value(json_object_get(root, "epoch_a")), "0000000a");
    assert_string_equal(json_string_value(json_object_get(root, "epoch_b")), "0000000b");
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(string_at(rows, 0, "fact"), "kernel");
    assert_string_equal(string_at(rows, 0, "a"), "6.1?");
    assert_string_equal(string_at(rows, 0, "b"), "6.2");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_keys_of_the_design),
        cmocka_unit_test(no_row_is_lost_to_bytes_that_are_no_text),
        cmocka_unit_test(json_names_the_facts_of_the_host_that_differ),
        cmocka_unit_test(json_calls_a_change_better_only_where_that_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
