// SPDX-License-Identifier: MIT
/* test_registry.c -- what the registry accepts and refuses. */
#include "tests/declare_fixture.h"

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

/* The scenario alone in a registry is accepted. */
static void assert_accepted(const struct scenario *s)
{
    const struct scenario *const one[] = { s };
    const struct registry registry = { one, 1 };
    struct err err = { 0 };

    if (registry_check(&registry, &err) < 0)
        fail_msg("%s", err.msg);
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

static void registry_refuses_scenario_names_with_no_slash_or_an_empty_word(void **state)
{
    static const struct { const char *name, *word; } rows[] = {
        { "gemm", "has no '/'" },
        { "/gemm", "an empty word" },
        { "kernels/", "an empty word" },
        { "kernels//gemm", "an empty word" },
        { "/", "an empty word" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scenario bad = good;

        bad.name = rows[i].name;
        assert_refused(&bad, rows[i].word);
    }
}

/* At the limit it is accepted, one more is refused: what passes meets no BUG() later. */
static void registry_refuses_more_than_a_job_or_a_case_id_holds(void **state)
{
    static char names[VARIANTS_MAX + 1][8], long_name[CASE_ID_MAX];
    static int64_t values[AXIS_VALUES_MAX + 1];
    struct variant v[VARIANTS_MAX + 1] = { 0 };
    struct axis a[] = { { .name = "n", .values = values, .n_values = AXIS_VALUES_MAX }, AXIS_THREADS };
    const size_t longest = CASE_ID_MAX - 1 - strlen("/naive/n=1024/threads=99999");
    struct scenario s = good;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(v); i++) {
        snprintf(names[i], sizeof(names[i]), "v%02zu", i);
        v[i].name = names[i];
    }
    s.variants = v;
    s.n_variants = VARIANTS_MAX;
    assert_accepted(&s);
    s.n_variants++;
    assert_refused(&s, "41 variants, more than 40");
    s = good;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = (int64_t)i + 1;
    s.axes = a;
    assert_accepted(&s);
    a[0].n_values++;
    assert_refused(&s, "axis 'n' has 33 values, more than 32");

    s = good;
    memset(long_name, 'x', longest);
    long_name[1] = '/';
    s.name = long_name;
    assert_accepted(&s);
    long_name[longest] = 'x';
    assert_refused(&s, "its longest case id has 192 characters, more than 191");
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

static void registry_refuses_a_roof_that_is_none(void **state)
{
    static const struct { struct variant second; const char *word; } rows[] = {
        { { .name = "b", .roofs = { "nowhere" } }, "there is no such variant" },
        { { .name = "b", .roofs = { "a" } }, "a roof is another variant of that role" },
        { { .name = "b", .role = ROLE_ROOF, .roofs = { "b" } }, "a roof is another variant of that role" },
    };
    struct scenario bad = good;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct variant two[] = { { .name = "a" }, rows[i].second };

        bad.variants = two;
        bad.n_variants = 2;
        assert_refused(&bad, rows[i].word);
    }
}

static void registry_refuses_bad_axes(void **state)
{
    static const struct { struct axis axis; const char *word; } rows[] = {
        { { .name = "n" }, "axis 'n' has no values" },
        { { .name = "n", .values = descending, .n_values = 2 }, "ascending" },
        { { .name = "n", .values = level, .n_values = 2 }, "ascending" },
        { { .name = "n", .values = zero, .n_values = 2 }, "positive" },
        { { .name = "n", .values = sizes, .n_values = 2, .quick = 1u << 2 }, "quick values that it does not have" },
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_accepts_what_is_well_declared),
        cmocka_unit_test(registry_refuses_bad_names),
        cmocka_unit_test(registry_refuses_scenario_names_with_no_slash_or_an_empty_word),
        cmocka_unit_test(registry_refuses_more_than_a_job_or_a_case_id_holds),
        cmocka_unit_test(registry_refuses_what_has_no_name),
        cmocka_unit_test(registry_refuses_what_is_declared_twice),
        cmocka_unit_test(registry_refuses_a_roof_that_is_none),
        cmocka_unit_test(registry_refuses_bad_axes),
        cmocka_unit_test(registry_refuses_a_reference_that_cannot_run_everywhere),
        cmocka_unit_test(registry_refuses_missing_functions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
