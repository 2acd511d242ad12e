// SPDX-License-Identifier: MIT
#include "measure/plan.h"
#include "measure/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void work(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static const int64_t sizes[] = { 64, 128, 256 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 3, .quick = 1u << 0 }, AXIS_THREADS };
static const struct variant variants[] = {
    { .name = "plain" },
    { .name = "vector", .isa = ISA_AVX2 },
    { .name = "wide", .isa = ISA_AVX512F },
    { .name = "other", .role = ROLE_PEER, .absent = "built without libother" },
};
static const struct scenario matrix = {
    .name = "kernels/matrix", .summary = "s", .axes = axes, .n_axes = 2, .variants = variants, .n_variants = 4,
    .run = work,
};
static const struct scenario *const scenarios[] = { &matrix };
static const struct registry registry = { scenarios, 1 };

static struct plan_request request(const char *const *globs, size_t n_globs)
{
    return (struct plan_request){ &registry, globs, n_globs, ISA_AVX2, 6, false };
}

static void plan_is_the_product_of_the_axes_and_threads_double_up_to_all_cores(void **state)
{
    static const char *const want[] = { "n=64/threads=1",  "n=64/threads=2",  "n=64/threads=4",  "n=64/threads=6",
                                        "n=128/threads=1", "n=128/threads=2", "n=128/threads=4", "n=128/threads=6" };
    struct plan_request r = request(NULL, 0);
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    assert_int_equal(plan_build(&r, &plan, &err), 0);
    assert_int_equal(plan.n, 12);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        char text[CASE_ID_MAX];

        params_format(&plan.comparisons[i].params, text, sizeof(text));
        assert_string_equal(text, want[i]);
    }
    plan_free(&plan);
}

static void quick_plan_takes_the_quick_values(void **state)
{
    struct plan_request r = request(NULL, 0);
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    r.quick = true;
    r.max_threads = 1;
    assert_int_equal(plan_build(&r, &plan, &err), 0);
    assert_int_equal(plan.n, 1);
    assert_string_equal(plan.comparisons[0].id, "kernels/matrix/n=64/threads=1");
    plan_free(&plan);
}

static bool square(const struct params *params)
{
    return params_get(params, "n") != 128;
}

static bool only_large(const struct params *params)
{
    return params_get(params, "n") == 256;
}

static void cell_or_variant_that_does_not_exist_is_not_planned(void **state)
{
    static const struct variant some[] = { { .name = "plain" }, { .name = "packed", .has = only_large } };
    static const struct scenario holed = { .name = "kernels/holed", .summary = "s", .axes = axes, .n_axes = 1,
                                           .has = square, .variants = some, .n_variants = 2, .run = work };
    static const struct scenario *const list[] = { &holed };
    static const struct registry holes = { list, 1 };
    static const char *const nowhere[] = { "*/packed/n=64" };
    struct plan_request r = { &holes, NULL, 0, ISA_ANY, 1, false };
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    assert_int_equal(plan_build(&r, &plan, &err), 0);
    assert_int_equal(plan.n, 2);
    assert_string_equal(plan.comparisons[0].id, "kernels/holed/n=64");
    assert_false(plan.comparisons[0].variants[1].wanted);
    assert_string_equal(plan.comparisons[1].id, "kernels/holed/n=256");
    assert_true(plan.comparisons[1].variants[1].wanted);
    plan_free(&plan);
    r.globs = nowhere;
    r.n_globs = 1;
    assert_int_equal(plan_build(&r, &plan, &err), -1);
}

static bool never(const struct params *params)
{
    (void)params;
    return false;
}

static int take_file(const char *path, struct err *err)
{
    (void)path;
    (void)err;
    return 0;
}

static void scenario_without_its_file_says_so(void **state)
{
    static const struct scenario wants_file = { .name = "inference/mine", .summary = "s", .axes = axes, .n_axes = 2,
                                                .has = never, .variants = variants, .n_variants = 4, .run = work,
                                                .file = take_file };
    static const struct scenario *const list[] = { &matrix, &wants_file };
    static const struct registry both = { list, 2 };
    static const char *const globs[] = { "inference/mine" };
    struct plan_request r = request(globs, 1);
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    r.registry = &both;
    assert_int_equal(plan_build(&r, &plan, &err), -1);
    assert_string_equal(err.msg, "no case matches 'inference/mine' without a file (--model FILE)");
}

static void roofs_come_with_the_variant_under_them(void **state)
{
    static const struct variant some[] = { { .name = "plain" },
                                           { .name = "vector", .roofs = { "roof_read" } },
                                           { .name = "other" },
                                           { .name = "roof_read", .role = ROLE_ROOF } };
    static const struct scenario roofed = { .name = "kernels/roofed", .summary = "s", .variants = some, .n_variants = 4,
                                            .run = work };
    static const struct scenario *const list[] = { &roofed };
    static const struct registry roofs = { list, 1 };
    static const struct { const char *glob; bool roof; } rows[] = { { "*/vector", true }, { "*/other", false } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct plan_request r = { &roofs, &rows[i].glob, 1, ISA_ANY, 1, false };
        struct err err = { 0 };
        struct plan plan;

        assert_int_equal(plan_build(&r, &plan, &err), 0);
        assert_int_equal(plan.comparisons[0].variants[3].wanted, rows[i].roof);
        plan_free(&plan);
    }
}

static void variant_that_cannot_run_here_stays_in_the_plan_with_its_reason(void **state)
{
    struct plan_request r = request(NULL, 0);
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    assert_int_equal(plan_build(&r, &plan, &err), 0);
    assert_string_equal(plan.comparisons[0].variants[1].skip, "");
    assert_non_null(strstr(plan.comparisons[0].variants[2].skip, "needs avx512f"));
    assert_string_equal(plan.comparisons[0].variants[3].skip, "built without libother");
    plan_free(&plan);
}

static void reference_comes_with_every_variant_that_a_glob_wants(void **state)
{
    static const char *const globs[] = { "*/vector/n=128/threads=1" };
    struct plan_request r = request(globs, 1);
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    assert_int_equal(plan_build(&r, &plan, &err), 0);
    assert_int_equal(plan.n, 1);
    assert_true(plan.comparisons[0].variants[0].wanted);
    assert_true(plan.comparisons[0].variants[1].wanted);
    assert_false(plan.comparisons[0].variants[2].wanted);
    plan_free(&plan);
}

static void glob_that_selects_nothing_says_what_may_have_been_meant(void **state)
{
    static const struct { const char *glob, *want; } rows[] = {
        { "kernels/matrx", "did you mean 'kernels/matrix'?" },
        { "kernels/matrix/vectr", "did you mean 'kernels/matrix/vector'?" },
        { "kernels/matrix/plain/n=65/threads=1", "did you mean 'kernels/matrix/plain/n=64/threads=1'?" },
        { "codecs/*", "see 'pawl list'" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *globs[] = { "kernels/*", rows[i].glob };
        struct plan_request r = request(globs, 2);
        struct err err = { 0 };
        struct plan plan;

        assert_int_equal(plan_build(&r, &plan, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, rows[i].want))
            fail_msg("'%s' gives '%s', want '%s'", rows[i].glob, err.msg, rows[i].want);
    }
}

static void job_comes_through_the_wire_as_it_was(void **state)
{
    struct planned planned[4] = { 0 };
    struct comparison c = { .params = { &matrix, { 128, 2 } }, .variants = planned };
    struct job job = { .comparison = &c, .variants = { 0, 2 }, .n_variants = 2, .iterations = { 5, 0 }, .rounds = 4,
                       .min_sample_ns = 1e7, .input_seed = UINT64_MAX, .order_seed = 3, .pus = { 1, 7 }, .n_pus = 2,
                       .slowdown = 0.03, .isa_without = 1u << 31 | ISA_AVX512F, .parent = 4242, .check_only = true };
    json_t *json = wire_job(&job);
    struct params params;
    struct job back;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(wire_read_job(json, &registry, &back, &params, &err), 0);
    assert_ptr_equal(params.scenario, &matrix);
    assert_int_equal(params.values[0], 128);
    assert_int_equal(params.values[1], 2);
    assert_int_equal(back.n_variants, 2);
    assert_int_equal(back.variants[1], 2);
    assert_int_equal(back.iterations[0], 5);
    assert_int_equal(back.rounds, 4);
    assert_true(back.min_sample_ns == 1e7);
    assert_true(back.input_seed == UINT64_MAX);
    assert_true(back.order_seed == 3);
    assert_int_equal(back.n_pus, 2);
    assert_int_equal(back.pus[1], 7);
    assert_true(back.slowdown == 0.03);
    assert_true(back.isa_without == (1u << 31 | ISA_AVX512F));
    assert_int_equal(back.parent, 4242);
    assert_true(back.check_only);
    json_decref(json);
}

static void job_of_a_run_that_knows_fewer_fields_means_all_of_the_host_and_any_parent(void **state)
{
    struct planned planned[4] = { 0 };
    struct comparison c = { .params = { &matrix, { 128, 2 } }, .variants = planned };
    struct job job = { .comparison = &c, .n_variants = 1, .rounds = 2, .slowdown = 1, .isa_without = 1, .parent = 1 };
    json_t *json = wire_job(&job);
    struct params params;
    struct job back;
    struct err err = { 0 };

    (void)state;
    json_object_del(json, "slowdown");
    json_object_del(json, "isa_without");
    json_object_del(json, "parent");
    if (wire_read_job(json, &registry, &back, &params, &err) < 0)
        fail_msg("%s", err.msg);
    assert_true(back.slowdown == 0);
    assert_int_equal(back.isa_without, 0);
    assert_int_equal(back.parent, 0);
    json_decref(json);
}

/* The registry and the plan agree on how many values an axis may have. */
static void axis_of_as_many_values_as_the_registry_accepts_is_planned(void **state)
{
    static int64_t values[AXIS_VALUES_MAX];
    const struct axis axis = { .name = "n", .values = values, .n_values = AXIS_VALUES_MAX };
    const struct scenario wide = { .name = "tests/wide", .summary = "s", .axes = &axis, .n_axes = 1,
                                   .variants = variants, .n_variants = 1, .run = work };
    const struct scenario *const one[] = { &wide };
    const struct registry alone = { one, 1 };
    struct plan_request r = request(NULL, 0);
    struct err err = { 0 };
    struct plan plan;

    (void)state;
    for (int i = 0; i < AXIS_VALUES_MAX; i++)
        values[i] = i + 1;
    r.registry = &alone;
    assert_int_equal(registry_check(&alone, &err), 0);
    assert_int_equal(plan_build(&r, &plan, &err), 0);
    assert_int_equal(plan.n, AXIS_VALUES_MAX);
    plan_free(&plan);
}

static void job_of_another_protocol_is_refused(void **state)
{
    struct planned planned[4] = { 0 };
    struct comparison c = { .params = { &matrix, { 128, 2 } }, .variants = planned };
    struct job job = { .comparison = &c, .n_variants = 1, .rounds = 2 }, back;
    json_t *json = wire_job(&job);
    struct params params;
    struct err err = { 0 };

    (void)state;
    json_object_set_new(json, "protocol", json_integer(WIRE_PROTOCOL + 1));
    assert_int_equal(wire_read_job(json, &registry, &back, &params, &err), -1);
    assert_non_null(strstr(err.msg, "protocol"));
    json_object_del(json, "protocol");
    assert_int_equal(wire_read_job(json, &registry, &back, &params, &err), -1);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenario_without_its_file_says_so),
        cmocka_unit_test(plan_is_the_product_of_the_axes_and_threads_double_up_to_all_cores),
        cmocka_unit_test(quick_plan_takes_the_quick_values),
        cmocka_unit_test(cell_or_variant_that_does_not_exist_is_not_planned),
        cmocka_unit_test(roofs_come_with_the_variant_under_them),
        cmocka_unit_test(variant_that_cannot_run_here_stays_in_the_plan_with_its_reason),
        cmocka_unit_test(reference_comes_with_every_variant_that_a_glob_wants),
        cmocka_unit_test(glob_that_selects_nothing_says_what_may_have_been_meant),
        cmocka_unit_test(job_comes_through_the_wire_as_it_was),
        cmocka_unit_test(job_of_a_run_that_knows_fewer_fields_means_all_of_the_host_and_any_parent),
        cmocka_unit_test(axis_of_as_many_values_as_the_registry_accepts_is_planned),
        cmocka_unit_test(job_of_another_protocol_is_refused),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
