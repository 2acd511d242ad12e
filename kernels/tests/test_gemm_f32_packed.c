// SPDX-License-Identifier: MIT
/* Rules that every implementation of gemm_f32_packed keeps; one that the host lacks is skipped, in print. */
#include "kernels/gemm_f32_packed.h"

#include "base/mem.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_f32_packed_check.h"
#include "kernels/gemm_f32_packed_onednn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/subject_fixture.h"

extern const struct scenario scenario_gemm_f32_packed;

enum { SEED = 7 };

/* Sizes that cannot be had are asked for on purpose. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* Cmocka gives each test the implementation that it is to try. */
static const struct gemm_f32_packed_impl *wanted(void **state)
{
    const struct gemm_f32_packed_impl *impl = *state;

    if (subject_lacks(impl->name, impl->isa))
        skip();
    return impl;
}

/* C = A B without gaps; fails the test where that fails. */
static void multiply(const struct gemm_f32_packed_impl *impl, size_t m, size_t n, size_t k, const float *a,
                     const float *b, float *c, struct team *team)
{
    struct err err = { 0 };
    struct gemm_f32_packed *weights = gemm_f32_packed_new(impl, k, n, b, n, &err);
    struct gemm_f32_packed_work *work = gemm_f32_packed_work_new(m, k, &err);

    if (!weights || !work || gemm_f32_packed(weights, m, a, k, c, n, work, team, &err) < 0)
        fail_msg("%s", err.msg);
    gemm_f32_packed_work_free(work);
    gemm_f32_packed_free(weights);
}

static void awkward_sizes_are_right_for_every_team(void **state)
{
    const struct gemm_f32_packed_impl *impl = wanted(state);
    struct err err = { 0 };

    if (gemm_f32_packed_check(impl, SEED, NULL, &err) < 0)
        fail_msg("without a team: %s", err.msg);
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = team_of(threads);

        if (gemm_f32_packed_check(impl, SEED + (uint64_t)threads, team, &err) < 0)
            fail_msg("%d threads: %s", threads, err.msg);
        team_free(team);
    }
}

static void every_length_of_the_sum_is_right_for_every_tile(void **state)
{
    const struct gemm_f32_packed_impl *impl = wanted(state);
    struct err err = { 0 };

    for (size_t m = 1; m <= impl->rows_max; m++)
        for (size_t k = 1; k <= 17; k++) {
            const struct gemm_f32_check_case c = { m, impl->nr, k, 0, 0, 0, 0, SEED };

            if (gemm_f32_packed_check_case(impl, &c, NULL, &err) < 0)
                fail_msg("%s", err.msg);
        }
}

static void nothing_beyond_the_matrices_is_touched(void **state)
{
    const struct gemm_f32_packed_impl *impl = wanted(state);
    static const struct { size_t m, n, k; } rows[] = { { 1, 1, 1 }, { 14, 32, 5 }, { 5, 31, 7 }, { 31, 63, 400 } };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t m = rows[i].m, n = rows[i].n, k = rows[i].k;
        struct walled wa = walled_new(m * k * sizeof(float)), wb = walled_new(k * n * sizeof(float));
        struct walled wc = walled_new(m * n * sizeof(float));
        float *a = wa.data, *b = wb.data, *c = wc.data;

        for (size_t e = 0; e < m * k; e++)
            a[e] = 1;
        for (size_t e = 0; e < k * n; e++)
            b[e] = 1;
        multiply(impl, m, n, k, a, b, c, NULL);
        for (size_t e = 0; e < m * n; e++)
            assert_true(c[e] == (float)k);
        walled_free(&wa);
        walled_free(&wb);
        walled_free(&wc);
    }
}

static void nan_and_infinity_reach_their_row_and_column_only(void **state)
{
    enum { M = 17, N = 35, K = 9 };
    static float a[M * K], b[K * N], c[M * N];

    for (size_t i = 0; i < ARRAY_LEN(a); i++)
        a[i] = 1;
    for (size_t i = 0; i < ARRAY_LEN(b); i++)
        b[i] = 1;
    a[15 * K + 8] = NAN;
    b[4 * N + 34] = INFINITY;
    multiply(wanted(state), M, N, K, a, b, c, NULL);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            float x = c[i * N + j];

            assert_true(i == 15 ? isnan(x) : j == 34 ? isinf(x) && x > 0 : x == (float)K);
        }
}

static void denormals_are_kept(void **state)
{
    float a = 0x1p-100f, b = 0x1p-40f, c = 0;

    multiply(wanted(state), 1, 1, 1, &a, &b, &c, NULL);
    assert_true(c == 0x1p-140f);
}

static void the_same_result_for_every_team(void **state)
{
    enum { M = 33, N = 131, K = 300 };
    const struct gemm_f32_packed_impl *impl = wanted(state);
    static float a[M * K], b[K * N], c[3][M * N];

    for (size_t i = 0; i < ARRAY_LEN(a); i++)
        a[i] = sinf((float)i);
    for (size_t i = 0; i < ARRAY_LEN(b); i++)
        b[i] = cosf((float)i);
    for (int t = 0; t < 3; t++) {
        struct team *team = team_of(t + 1);

        multiply(impl, M, N, K, a, b, c[t], team);
        team_free(team);
    }
    assert_memory_equal(c[0], c[1], sizeof(c[0]));
    assert_memory_equal(c[0], c[2], sizeof(c[0]));
}

static void impossible_calls_are_errors_that_touch_nothing(void **state)
{
    const struct gemm_f32_packed_impl *impl = wanted(state);
    float x[16] = { 0 }, c = 5;
    struct err err = { 0 };
    struct gemm_f32_packed *weights = gemm_f32_packed_new(impl, 2, 2, x, 2, &err);
    struct gemm_f32_packed_work *work = gemm_f32_packed_work_new(2, 2, &err);
    const struct { size_t m, lda, ldc; const char *word; } rows[] = {
        { 2, 1, 2, "lda is 1, but a row has 2" },
        { 2, 2, 1, "ldc is 1, but a row has 2" },
        { 3, 2, 2, "more than the workspace was made for" },
        { SIZE_MAX, 2, 2, "larger than an address space" },
        { 3, SIZE_MAX / 2, 2, "larger than an address space" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(gemm_f32_packed(weights, rows[i].m, x, rows[i].lda, &c, rows[i].ldc, work, NULL, &err), -1);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.msg, rows[i].word);
    }
    assert_true(c == 5);
    gemm_f32_packed_work_free(work);
    gemm_f32_packed_free(weights);
}

static void impossible_weights_are_errors(void **state)
{
    const struct gemm_f32_packed_impl *impl = wanted(state);
    struct gemm_f32_packed_impl other = *impl;
    float x[4] = { 0 };
    struct err err = { 0 };

    assert_null(gemm_f32_packed_new(impl, 2, 2, x, 1, &err));
    assert_non_null(strstr(err.msg, "ldb is 1, but a row has 2"));
    assert_null(gemm_f32_packed_new(impl, SIZE_MAX, 2, x, 2, &err));
    assert_non_null(strstr(err.msg, "larger than an address space"));
    assert_null(gemm_f32_packed_new(impl, (size_t)1 << 60, 1, x, 1, &err));
    assert_non_null(strstr(err.msg, "larger than an address space"));
    assert_null(gemm_f32_packed_new(impl, 1, (size_t)1 << 55, x, (size_t)1 << 55, &err));
    assert_non_null(strstr(err.msg, "cannot allocate"));
    assert_null(gemm_f32_packed_work_new(2, SIZE_MAX, &err));
    assert_non_null(strstr(err.msg, "larger than an address space"));
    assert_null(gemm_f32_packed_work_new((size_t)1 << 42, (size_t)1 << 20, &err));
    assert_non_null(strstr(err.msg, "larger than an address space"));
    assert_null(gemm_f32_packed_work_new((size_t)1 << 30, (size_t)1 << 25, &err));
    assert_non_null(strstr(err.msg, "cannot allocate"));
    other.isa = 1u << 31;
    assert_null(gemm_f32_packed_new(&other, 1, 1, x, 1, &err));
    assert_non_null(strstr(err.msg, "which this host lacks"));
}

static int multiply_with_onednn(void *arg, const struct gemm_f32_problem *p, struct err *err)
{
    struct gemm_f32_packed_onednn *peer = gemm_f32_packed_onednn_new(p, team_size(arg), err);

    if (!peer)
        return -1;
    gemm_f32_packed_onednn_run(peer, arg);
    gemm_f32_packed_onednn_free(peer);
    return 0;
}

/* Fewer slabs of columns than threads among them. */
static void the_peer_is_called_as_it_is_meant_to_be(void **state)
{
    static const struct gemm_f32_check_case rows[] = {
        { 1, 64, 33, 0, 0, 0, 0, SEED }, { 7, 200, 31, 3, 5, 7, 1, SEED }, { 32, 129, 64, 0, 0, 0, 0, SEED },
    };

    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = team_of(threads);

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct err err = { 0 };
            int ret = gemm_f32_check_product(&rows[i], multiply_with_onednn, team, &err);

            if (ret < 0 && strstr(err.msg, "PAWL_ONEDNN")) {
                print_message("[  SKIP  ] %s\n", err.msg);
                team_free(team);
                skip();
            }
            if (ret < 0)
                fail_msg("row %zu, %d threads: %s", i, threads, err.msg);
        }
        team_free(team);
    }
}

static void the_scenario_checks_and_runs_what_the_host_can(void **state)
{
    (void)state;
    for (int64_t m = 1; m <= 32; m += 31)
        scenario_checks_and_runs(&(struct params){ &scenario_gemm_f32_packed, { m, 96, 2 } }, 2, SEED, 3);
}

static void figures_count_each_product_and_each_weight_once(void **state)
{
    const struct scenario *s = &scenario_gemm_f32_packed;
    struct params params = { s, { 4, 2048, 1 } };

    (void)state;
    assert_true(scenario_metric(s, "gflops")->from_ns(&params, 1e6) == 2 * 4 * 2048.0 * 2048 / 1e6);
    assert_true(scenario_metric(s, "weights_gbytes")->from_ns(&params, 1e6) == 4 * 2048.0 * 2048 / 1e6);
    assert_int_equal(s->variants[0].slices(&params), 4);
}

#define ON(impl, test) { #test "/" #impl, test, NULL, NULL, (void *)(uintptr_t)&gemm_f32_packed_##impl }
#define ON_EACH(test)  ON(scalar, test), ON(avx2, test), ON(avx512, test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_EACH(awkward_sizes_are_right_for_every_team),
        ON_EACH(every_length_of_the_sum_is_right_for_every_tile),
        ON_EACH(nothing_beyond_the_matrices_is_touched),
        ON_EACH(nan_and_infinity_reach_their_row_and_column_only),
        ON_EACH(denormals_are_kept),
        ON_EACH(the_same_result_for_every_team),
        ON_EACH(impossible_calls_are_errors_that_touch_nothing),
        ON_EACH(impossible_weights_are_errors),
        cmocka_unit_test(the_peer_is_called_as_it_is_meant_to_be),
        cmocka_unit_test(the_scenario_checks_and_runs_what_the_host_can),
        cmocka_unit_test(figures_count_each_product_and_each_weight_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
