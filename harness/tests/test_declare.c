// SPDX-License-Identifier: MIT
/* test_declare.c -- what the registry accepts and refuses, case ids, and the names of instruction sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "declare/isa.h"
#include "declare/params.h"
#include "declare/registry.h"
#include "declare/result.h"
#include "declare/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t sizes[] = { 64, 1024 }, descending[] = { 1024, 64 }, level[] = { 64, 64 }, zero[] = { 0, 1 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 2, .n_quick = 1 }, AXIS_THREADS };
static const struct variant variants[] = { { .name = "naive" }, { .name = "avx2", .isa = ISA_AVX2 } };

static void run(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    (void)state;
    (void)variant;
    (void)err;
    return 0;
}

static double from_ns(const struct params *params, double ns)
{
    (void)params;
    return 1 / ns;
}

static int exact(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)state;
    (void)variant;
    (void)err;
    *value = 1;
    return 0;
}

static const struct metric metrics[] = {
    { "gflops", "GFLOP/s", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = from_ns },
    { "recall@10", "", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = exact },
};

static const struct scenario good = {
    .name = "kernels/gemm_f32",
    .summary = "a scenario like any other",
    .axes = axes, .n_axes = ARRAY_LEN(axes),
    .variants = variants, .n_variants = ARRAY_LEN(variants),
    .metrics = metrics, .n_metrics = ARRAY_LEN(metrics),
    .run = run, .check = check,
};

static const struct scenario other = {
    .name = "codecs/pq/encode", .summary = "no axes, no metrics", .variants = variants, .n_variants = 1,
    .run = run, .check = check,
};

static void registry_accepts_what_is_well_declared(void **state)
{
    static const struct scenario *const both[] = { &good, &other };
    const struct registry none = { NULL, 0 }, two = { both, 2 };
    struct err err = { 0 };

    (void)state;
    assert_int_equal(registry_check(&none, &err), 0);
    if (registry_check(&two, &err) < 0)
        fail_msg("%s", err.msg);
    assert_ptr_equal(registry_find(&two, "codecs/pq/encode"), &other);
    assert_null(registry_find(&two, "codecs/pq"));
    assert_null(registry_find(&none, "codecs/pq"));
}

/* The scenario alone in a registry is refused, in words that name it and contain `word`. */
static void assert_refused(const struct scenario *s, const char *word)
{
    const struct scenario *const one[] = { s };
    const struct registry registry = { one, 1 };
    struct err err = { 0 };

    if (registry_check(&registry, &err) == 0)
        fail_msg("accepted: %s", word);
    assert_int_equal(err.code, ERR_HARNESS);
    if (!strstr(err.msg, word) || (s->name && !strstr(err.msg, s->name)))
        fail_msg("'%s' names neither the scenario nor '%s'", err.msg, word);
}

static void registry_refuses_bad_names(void **state)
{
    static const char *const names[] = { "Gemm", "gemm f32", "gemm-f32", "gemm=1", "gemm.1", "\xc3\xa9", "gemm@1",
                                         "gemm/f32" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct variant v[] = { { .name = "naive" }, { .name = names[i] } };
        const struct axis a = { .name = names[i], .values = sizes, .n_values = 2 };
        const struct metric m = { names[i], "", METRIC_TIMED, METRIC_LOWER_IS_BETTER, .from_ns = from_ns };
        struct scenario bad_name = good, bad_variant = good, bad_axis = good, bad_metric = good;

        bad_name.name = names[i];
        bad_variant.variants = v;
        bad_axis.axes = &a;
        bad_axis.n_axes = 1;
        bad_metric.metrics = &m;
        bad_metric.n_metrics = 1;
        assert_refused(&bad_variant, "variant");
        assert_refused(&bad_axis, "axis");
        if (!strchr(names[i], '/')) /* a scenario's may have a slash, a metric's an @ */
            assert_refused(&bad_name, "has '");
        if (!strchr(names[i], '@'))
            assert_refused(&bad_metric, "metric");
    }
}

static void registry_refuses_what_has_no_name(void **state)
{
    struct scenario bad = good;
    struct variant v[] = { { .name = "naive" }, { .name = "" } };
    struct axis a = { .name = NULL, .values = sizes, .n_values = 2 };

    (void)state;
    bad.name = NULL;
    assert_refused(&bad, "a scenario without a name");
    bad.name = "";
    assert_refused(&bad, "a scenario without a name");
    bad = good;
    bad.variants = v;
    assert_refused(&bad, "a variant without a name");
    bad = good;
    bad.axes = &a;
    bad.n_axes = 1;
    assert_refused(&bad, "axis without a name");
}

static void registry_refuses_what_is_declared_twice(void **state)
{
    static const struct scenario *const same[] = { &good, &other, &good };
    const struct registry registry = { same, 3 };
    const struct variant v[] = { { .name = "naive" }, { .name = "avx2" }, { .name = "avx2" } };
    const struct axis a[] = { axes[0], axes[0] };
    const struct metric m[] = { metrics[0], metrics[0] };
    struct metric built_in = metrics[0];
    struct scenario bad = good;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(registry_check(&registry, &err), -1);
    assert_non_null(strstr(err.msg, "'kernels/gemm_f32' is declared twice"));
    bad.variants = v;
    bad.n_variants = 3;
    assert_refused(&bad, "variant 'avx2' is declared twice");
    bad = good;
    bad.axes = a;
    assert_refused(&bad, "axis 'n' is declared twice");
    bad = good;
    bad.metrics = m;
    assert_refused(&bad, "metric 'gflops' is declared twice");
    bad.metrics = &built_in;
    bad.n_metrics = 1;
    built_in.name = "time_ns"; /* every scenario has these two */
    assert_refused(&bad, "metric 'time_ns' is declared twice");
    built_in.name = "speedup";
    assert_refused(&bad, "metric 'speedup' is declared twice");
}

static void registry_refuses_bad_axes(void **state)
{
    static const struct { struct axis axis; const char *word; } rows[] = {
        { { .name = "n" }, "axis 'n' has no values" },
        { { .name = "n", .values = descending, .n_values = 2 }, "ascending" },
        { { .name = "n", .values = level, .n_values = 2 }, "ascending" },
        { { .name = "n", .values = zero, .n_values = 2 }, "positive" },
        { { .name = "n", .values = sizes, .n_values = 2, .n_quick = 3 }, "more quick values" },
    };
    struct axis many[AXES_MAX + 1];
    char names[AXES_MAX + 1][2] = { 0 };
    struct scenario bad = good;

    (void)state;
    bad.n_axes = 1;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bad.axes = &rows[i].axis;
        assert_refused(&bad, rows[i].word);
    }
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = axes[0];
        names[i][0] = (char)('a' + i);
        many[i].name = names[i];
    }
    bad.axes = many;
    bad.n_axes = ARRAY_LEN(many);
    assert_refused(&bad, "more than");
}

static void registry_refuses_a_reference_that_cannot_run_everywhere(void **state)
{
    const struct variant isa[] = { { .name = "avx2", .isa = ISA_AVX2 } };
    const struct variant absent[] = { { .name = "openblas", .absent = "not installed" } };
    struct scenario bad = good;

    (void)state;
    bad.n_variants = 0;
    assert_refused(&bad, "no variants");
    bad.n_variants = 1;
    bad.variants = isa;
    assert_refused(&bad, "the reference 'avx2' must run everywhere");
    bad.variants = absent;
    assert_refused(&bad, "the reference 'openblas' must run everywhere");
}

static void registry_refuses_missing_functions(void **state)
{
    struct scenario bad = good;
    struct metric m = metrics[0];

    (void)state;
    bad.run = NULL;
    assert_refused(&bad, "no run()");
    bad = good;
    bad.summary = NULL;
    assert_refused(&bad, "no summary");
    bad = good;
    bad.metrics = &m;
    bad.n_metrics = 1;
    m.from_ns = NULL;
    assert_refused(&bad, "metric 'gflops' has no function");
    m = metrics[1];
    m.exact = NULL;
    assert_refused(&bad, "metric 'recall@10' has no function");
}

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

static void isa_names_and_masks_convert_both_ways(void **state)
{
    static const struct { const char *s; uint32_t mask; const char *back; } rows[] = {
        { "none", ISA_ANY, "none" },
        { "avx2", ISA_AVX2, "avx2" },
        { "avx512f,avx2", ISA_AVX2 | ISA_AVX512F, "avx2,avx512f" },
        { "avx2,avx2", ISA_AVX2, "avx2" },
        { "all", ISA_ALL, "avx2,avx512f,avx512vnni,avxvnni" },
        { "none,avxvnni", ISA_AVXVNNI, "avxvnni" },
    };
    char buf[ISA_TEXT];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        uint32_t mask = 0xdead;

        assert_int_equal(isa_parse(rows[i].s, &mask, &err), 0);
        assert_int_equal(mask, rows[i].mask);
        assert_string_equal(isa_format(mask, buf), rows[i].back);
    }
}

static void an_unknown_isa_is_refused_with_the_nearest_name(void **state)
{
    static const struct { const char *s, *word; } rows[] = {
        { "avx3", "did you mean 'avx2'?" },       { "avx512", "did you mean 'avx512f'?" },
        { "avx512vnn", "did you mean 'avx512vnni'?" }, { "avx2,al", "unknown ISA 'al' (did you mean 'all'?)" },
        { "neon_and_sve", "one or more of" },     { "", "one or more of" },
        { "avx2,", "unknown ISA ''" },            { "avx512vnni_with_much_behind_it", "unknown ISA" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        uint32_t mask = 0xdead;

        assert_int_equal(isa_parse(rows[i].s, &mask, &err), -1);
        assert_int_equal(mask, 0xdead);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("'%s': %s", rows[i].s, err.msg);
    }
}

/* Linux clears a flag in /proc/cpuinfo where it does not save the registers, as isa_host() must. */
static void isa_host_agrees_with_the_kernel(void **state)
{
    static const struct { const char *flag; uint32_t bit; } rows[] = {
        { " avx2 ", ISA_AVX2 }, { " avx512f ", ISA_AVX512F }, { " avx512_vnni ", ISA_AVX512VNNI },
        { " avx_vnni ", ISA_AVXVNNI },
    };
    FILE *f = fopen("/proc/cpuinfo", "r");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    (void)state;
    while (f && !found && getline(&line, &room, f) > 0)
        found = strncmp(line, "flags", 5) == 0;
    if (f)
        fclose(f);
    if (found) {
        line[strcspn(line, "\n")] = ' ';
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (!(isa_host() & rows[i].bit) != !strstr(line, rows[i].flag))
                fail_msg("isa_host() and /proc/cpuinfo differ in%s", rows[i].flag);
    }
    free(line);
    if (!found)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_accepts_what_is_well_declared),
        cmocka_unit_test(registry_refuses_bad_names),
        cmocka_unit_test(registry_refuses_what_has_no_name),
        cmocka_unit_test(registry_refuses_what_is_declared_twice),
        cmocka_unit_test(registry_refuses_bad_axes),
        cmocka_unit_test(registry_refuses_a_reference_that_cannot_run_everywhere),
        cmocka_unit_test(registry_refuses_missing_functions),
        cmocka_unit_test(a_case_id_names_scenario_variant_and_cell),
        cmocka_unit_test(every_scenario_has_time_and_speedup),
        cmocka_unit_test(words_of_status_and_outcome_come_back),
        cmocka_unit_test(isa_names_and_masks_convert_both_ways),
        cmocka_unit_test(an_unknown_isa_is_refused_with_the_nearest_name),
        cmocka_unit_test(isa_host_agrees_with_the_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
