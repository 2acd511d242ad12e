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
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 3, .n_quick = 1 }, AXIS_THREADS };
static const struct variant variants[] = {
    { .name = "plain" },
    { .name = "vector", .isa = ISA_AVX2 },
    { .name = "wide", .isa = ISA_AVX512F },
    { .name = "other", .peer = true, .absent = "built without libother" },
};
static const struct scenario matrix = {
    .name = "kernels/matrix", .summary = "s", .axes = axes, .n_axes = 2, .variants = variants, .n_variants = 4, .run = work,
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
                       .min_sample_ns = 1e7, .input_seed = UINT64_MAX, .order_seed = 3, .pus = { 1, 7 }, .n_pus = 2 };
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
    json_decref(json);
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
        cmocka_unit_test(plan_is_the_product_of_the_axes_and_threads_double_up_to_all_cores),
        cmocka_unit_test(quick_plan_takes_the_quick_values),
        cmocka_unit_test(variant_that_cannot_run_here_stays_in_the_plan_with_its_reason),
        cmocka_unit_test(reference_comes_with_every_variant_that_a_glob_wants),
        cmocka_unit_test(glob_that_selects_nothing_says_what_may_have_been_meant),
        cmocka_unit_test(job_comes_through_the_wire_as_it_was),
        cmocka_unit_test(job_of_another_protocol_is_refused),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
