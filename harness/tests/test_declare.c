// SPDX-License-Identifier: MIT
/* test_declare.c -- case ids, what every scenario has, files that are shown, and the words of results. */
#include "tests/declare_fixture.h"

static void a_case_id_names_scenario_variant_and_cell(void **state)
{
    const struct params cell = { &good, { 1024, 2 } }, plain = { .scenario = &other };
    char id[CASE_ID_MAX];

    (void)state;
    case_id(&cell, &variants[1], id, sizeof(id));
    assert_string_equal(id, "kernels/gemm_f32/avx2/n=1024/threads=2");
    case_id(&cell, NULL, id, sizeof(id));
    assert_string_equal(id, "kernels/gemm_f32/n=1024/threads=2");
    params_format(&cell, id, sizeof(id));
    assert_string_equal(id, "n=1024/threads=2");
    case_id(&plain, &variants[0], id, sizeof(id));
    assert_string_equal(id, "codecs/pq/encode/naive");
    params_format(&plain, id, sizeof(id));
    assert_string_equal(id, "");
    assert_int_equal(params_get(&cell, "n"), 1024);
    assert_int_equal(params_threads(&cell), 2);
    assert_int_equal(params_threads(&plain), 1);
}

static void every_scenario_has_time_and_speedup(void **state)
{
    (void)state;
    assert_ptr_equal(scenario_metric(&other, "time_ns"), &metric_time_ns);
    assert_ptr_equal(scenario_metric(&other, "speedup"), &metric_speedup);
    assert_ptr_equal(scenario_metric(&good, "recall@10"), &metrics[1]);
    assert_null(scenario_metric(&other, "gflops"));
    assert_true(metric_time_ns.from_ns(NULL, 42) == 42);
}

static char shown[64];

static int look(const char *path, struct err *err)
{
    snprintf(shown, sizeof(shown), "%s", path);
    return strcmp(path, "bad") ? 0 : err_set(err, ERR_CONFIG, "it is bad");
}

static void a_file_is_shown_to_scenarios_about_one(void **state)
{
    struct scenario about = other;
    const struct scenario *const both[] = { &good, &about };
    const struct registry registry = { both, 2 };
    struct err err = { 0 };

    (void)state;
    about.file = look;
    assert_int_equal(registry_file(&registry, "some/file", &err), 0);
    assert_string_equal(shown, "some/file");
    assert_int_equal(registry_file(&registry, "bad", &err), -1);
    assert_string_equal(err.msg, "it is bad");
    assert_int_equal(registry_file(&(struct registry){ both, 1 }, "bad", &err), 0); /* nobody asks for one */
}

static void words_of_status_and_outcome_come_back(void **state)
{
    (void)state;
    for (int i = CASE_OK; i <= CASE_TIMED_OUT; i++)
        assert_int_equal(case_status_parse(case_status_name((enum case_status)i)), i);
    for (int i = OUTCOME_PASS; i <= OUTCOME_WRONG_RESULT; i++)
        assert_int_equal(outcome_parse(outcome_name((enum outcome)i)), i);
    for (int i = AGAINST_RESULT; i <= AGAINST_BASELINE; i++)
        assert_int_equal(against_parse(against_name((enum against)i)), i);
    assert_int_equal(outcome_parse("PASSED"), -1);
    assert_int_equal(case_status_parse(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_id_names_scenario_variant_and_cell),
        cmocka_unit_test(every_scenario_has_time_and_speedup),
        cmocka_unit_test(a_file_is_shown_to_scenarios_about_one),
        cmocka_unit_test(words_of_status_and_outcome_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
