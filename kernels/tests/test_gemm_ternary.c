// SPDX-License-Identifier: MIT
/* Rules that every implementation of gemm_ternary keeps; one that the host lacks is skipped, in print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_ternary.h"
#include "kernels/gemm_ternary_check.h"
#include "kernels/gemm_ternary_work.h"
#include "tests/subject_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 11 };

/* AddressSanitizer's allocator aborts on what malloc() would refuse: here it shall refuse too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* Cmocka gives each test the implementation that it is to try. */
static const struct gemm_ternary_impl *wanted(void **state)
{
    const struct gemm_ternary_impl *impl = *state;

    if (subject_lacks(impl->name, impl->isa))
        skip();
    return impl;
}

static struct gemm_ternary_weights *packed(const int8_t *w, size_t n, size_t k, float scale)
{
    struct err err = { 0 };
    struct gemm_ternary_weights *weights = gemm_ternary_pack(w, k, n, k, scale, &err);

    if (!weights)
        fail_msg("%s", err.msg);
    return weights;
}

static struct gemm_ternary_work *room(const struct gemm_ternary_impl *impl, size_t m, size_t k, int threads)
{
    struct err err = { 0 };
    struct gemm_ternary_work *work = gemm_ternary_work_new(impl, m, k, threads, &err);

    if (!work)
        fail_msg("%s", err.msg);
    return work;
}

/* Y (m, n) without gaps. */
static void multiply(const struct gemm_ternary_impl *impl, size_t m, const float *x,
                     const struct gemm_ternary_weights *weights, float *y, int threads)
{
    struct gemm_ternary_problem p = { m, x, weights->k, weights, y, weights->n };
    struct gemm_ternary_work *work = room(impl, m, weights->k, threads);
    struct team *team = team_of(threads);
    struct err err = { 0 };

    if (gemm_ternary(&p, work, team, &err) < 0)
        fail_msg("%s", err.msg);
    gemm_ternary_work_free(work);
    team_free(team);
}

static void awkward_sizes_are_right_for_every_team(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    struct err err = { 0 };

    if (gemm_ternary_check(impl, SEED, NULL, &err) < 0)
        fail_msg("without a team: %s", err.msg);
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = team_of(threads);

        for (size_t m = 0; m < 4; m++)
            if (gemm_ternary_check_size(impl, m * 15 + 1, 100, 70, SEED + m, team, &err) < 0)
                fail_msg("%d threads: %s", threads, err.msg);
        team_free(team);
    }
}

static void every_small_size_is_right(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    static const size_t n[] = { 1, 16, 31, 32, 33 }, k[] = { 1, 3, 15, 16, 17, 64 };
    struct err err = { 0 };

    for (size_t m = 1; m <= 31; m++) /* every height of a tile, first and later */
        for (size_t j = 0; j < ARRAY_LEN(n); j++)
            for (size_t l = 0; l < ARRAY_LEN(k); l++)
                if (gemm_ternary_check_size(impl, m, n[j], k[l], rng_mix(m, j * 100 + l), NULL, &err) < 0)
                    fail_msg("%s", err.msg);
}

/* Widening to int32 comes after 8 and 16 blocks of k: one more, one less. */
static void every_number_of_blocks_is_right(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    struct err err = { 0 };

    for (size_t blocks = 1; blocks <= 50; blocks++)
        for (int weight = -1; weight <= 1; weight++)
            if (gemm_ternary_check_worst(impl, weight, blocks * GEMM_TERNARY_KR, NULL, &err) < 0)
                fail_msg("all weights %d: %s", weight, err.msg);
}

static void the_largest_sum_of_the_largest_k_is_exact(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    size_t k = GEMM_TERNARY_K_MAX;
    int8_t *w = malloc(k);
    float *x = malloc(2 * k * sizeof(*x)), y[2];

    assert_non_null(w);
    assert_non_null(x);
    memset(w, 1, k);
    for (size_t l = 0; l < k; l++) {
        x[l] = 127;
        x[k + l] = -127;
    }
    for (int rows = 1; rows <= 2; rows++) { /* one row and a tile go different ways */
        struct gemm_ternary_weights *weights = packed(w, 1, k, 1);

        multiply(impl, (size_t)rows, x, weights, y, 1);
        assert_true(y[0] == 127.0f * (float)k);
        assert_true(rows == 1 || y[1] == -127.0f * (float)k);
        gemm_ternary_weights_free(weights);
    }
    free(w);
    free(x);
}

static void nothing_beyond_the_matrices_is_touched(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    static const struct {
        size_t m, n, k;
    } rows[] = { { 1, 1, 1 }, { 1, 33, 17 }, { 14, 32, 5 }, { 15, 31, 49 } };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t m = rows[i].m, n = rows[i].n, k = rows[i].k;
        struct walled ww = walled_new(n * k), wx = walled_new(m * k * sizeof(float));
        struct walled wy = walled_new(m * n * sizeof(float));
        int8_t *w = ww.data;
        float *x = wx.data, *y = wy.data;
        struct gemm_ternary_weights *weights;

        memset(w, 1, n * k);
        for (size_t e = 0; e < m * k; e++)
            x[e] = 127;
        weights = packed(w, n, k, 1);
        multiply(impl, m, x, weights, y, 1);
        for (size_t e = 0; e < m * n; e++)
            assert_true(y[e] == 127.0f * (float)k);
        gemm_ternary_weights_free(weights);
        walled_free(&ww);
        walled_free(&wx);
        walled_free(&wy);
    }
}

static void a_row_is_the_same_alone_in_a_batch_and_in_every_team(void **state)
{
    enum { M = 33, N = 130, K = 77 };
    static float x[M * K], alone[M * N], batch[M * N];
    const struct gemm_ternary_impl *impl = wanted(state);
    struct err err = { 0 };
    struct gemm_ternary_weights *weights = gemm_ternary_pack_random(N, K, 0.3f, SEED, &err);

    for (size_t i = 0; i < M * K; i++)
        x[i] = sinf((float)i);
    for (size_t i = 0; i < M; i++)
        multiply(impl, 1, x + i * K, weights, alone + i * N, 1 + (int)i % 3);
    for (int threads = 1; threads <= 3; threads++)
        for (size_t m = 1; m <= M; m += m < 16 ? 1 : 17) {
            multiply(impl, m, x, weights, batch, threads);
            assert_memory_equal(batch, alone, m * N * sizeof(*x));
        }
    gemm_ternary_weights_free(weights);
}

static void nan_and_infinity_stay_in_their_row(void **state)
{
    enum { M = 3, N = 33, K = 20 };
    const struct gemm_ternary_impl *impl = wanted(state);
    static const float odd[] = { NAN, INFINITY, -INFINITY };
    struct err err = { 0 };
    struct gemm_ternary_weights *weights = gemm_ternary_pack_random(N, K, 1, SEED, &err);

    for (size_t o = 0; o < ARRAY_LEN(odd); o++)
        for (size_t at = 0; at < K; at++) {
            float x[M * K] = { 0 }, y[M * N];

            x[K + at] = odd[o];
            multiply(impl, M, x, weights, y, 1);
            for (size_t e = 0; e < M * N; e++)
                assert_true(e / N == 1 ? isnan(y[e]) : y[e] == 0);
            multiply(impl, 1, x + K, weights, y, 2);
            for (size_t e = 0; e < N; e++)
                assert_true(isnan(y[e]));
        }
    gemm_ternary_weights_free(weights);
}

static void quantising_is_that_of_the_definition(void **state)
{
    static const struct {
        float x[3];
        float want;
        const char *what;
    } rows[] = {
        { { 127, 0.5f, 0 }, 127, "a half goes to the even 0" },
        { { 127, 1.5f, 0 }, 129, "and to the even 2" },
        { { 127, -2.5f, 0 }, 125, "and to the even -2" },
        { { -127, 126.4f, 0 }, -1, "the largest magnitude may be negative" },
        { { 0, 0, 0 }, 0, "zeros" },
        { { 1e-40f, -1e-40f, 1e-45f }, 0, "denormals" },
        { { 1e-5f, 0, 0 }, 127 * (1e-5f / 127), "the smallest maximum that counts" },
        { { 1e-6f, 0, 0 }, 13 * (1e-5f / 127), "below it the scale is that of 1e-5: 12.7 steps" },
    };
    static const int8_t w[3] = { 1, 1, 1 };
    const struct gemm_ternary_impl *impl = wanted(state);
    struct gemm_ternary_weights *weights = packed(w, 1, 3, 1);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        float y;

        multiply(impl, 1, rows[i].x, weights, &y, 1);
        if (y != rows[i].want)
            fail_msg("%s: %g, want %g", rows[i].what, (double)y, (double)rows[i].want);
    }
    gemm_ternary_weights_free(weights);
}

static void empty_sizes_do_nothing_and_no_k_gives_zeros(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    struct gemm_ternary_weights *no_n = packed(NULL, 0, 5, 1), *no_k = packed(NULL, 2, 0, 1);
    struct gemm_ternary_work *work = room(impl, 2, 5, 1);
    float y[6] = { NAN, NAN, 7, NAN, NAN, 7 };
    static const float want[6] = { 0, 0, 7, 0, 0, 7 };
    struct gemm_ternary_problem p = { 2, NULL, 0, no_k, y, 3 }, none = { 2, y, 5, no_n, NULL, 0 };
    struct err err = { 0 };

    assert_int_equal(gemm_ternary(&p, work, NULL, &err), 0);
    assert_memory_equal(y, want, sizeof(want));
    assert_int_equal(gemm_ternary(&none, work, NULL, &err), 0);
    none.m = 0;
    none.weights = no_k;
    assert_int_equal(gemm_ternary(&none, work, NULL, &err), 0);
    gemm_ternary_weights_free(no_n);
    gemm_ternary_weights_free(no_k);
    gemm_ternary_work_free(work);
}

static void impossible_calls_are_errors_that_touch_nothing(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    static const int8_t w[4] = { 1, 0, -1, 1 };
    struct gemm_ternary_weights *weights = packed(w, 2, 2, 1);
    float x[16] = { 0 }, y = 5;
    const struct {
        struct gemm_ternary_problem p;
        const char *word;
    } rows[] = {
        { { 2, x, 1, weights, &y, 2 }, "ldx is 1, but a row has 2" },
        { { 2, x, 2, weights, &y, 1 }, "ldy is 1, but a row has 2" },
        { { 1, x, 0, weights, &y, 2 }, "ldx is 0, but a row has 2" },
        { { SIZE_MAX, x, 2, weights, &y, 2 }, "larger than an address space" },
        { { 3, x, SIZE_MAX / 2, weights, &y, 2 }, "larger than an address space" },
        { { 3, x, 2, weights, &y, SIZE_MAX / 2 }, "larger than an address space" },
        { { SIZE_MAX / 8 + 2, x, 8, weights, &y, 8 }, "larger than an address space" },
        { { 3, x, 2, weights, &y, 2 }, "m=3 k=2 is more than the workspace was made for (2, 2)" },
    };
    struct gemm_ternary_work *work = room(impl, 2, 2, 1), *thin = room(impl, 2, 1, 1);
    struct gemm_ternary_problem fine = { 2, x, 2, weights, &y, 2 };
    struct team *team = team_of(2);
    struct err err = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(gemm_ternary(&rows[i].p, work, NULL, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.msg, rows[i].word);
    }
    assert_int_equal(gemm_ternary(&fine, thin, NULL, &err), -1);
    assert_int_equal(gemm_ternary(&fine, work, team, &err), -1);
    assert_non_null(strstr(err.msg, "a team of 2 with a workspace for 1"));
    assert_true(y == 5);
    gemm_ternary_work_free(work);
    gemm_ternary_work_free(thin);
    gemm_ternary_weights_free(weights);
    team_free(team);
}

static void a_workspace_that_cannot_be_had_is_an_error(void **state)
{
    const struct gemm_ternary_impl *impl = wanted(state);
    static const struct {
        size_t m, k;
        int threads;
        const char *word;
    } rows[] = {
        { 1, GEMM_TERNARY_K_MAX + 1, 1, "too large" },
        { SIZE_MAX, 16, 1, "too large" },
        { SIZE_MAX / 16, 16, 1, "larger than an address space" },
        { (size_t)1 << 43, 1, 1, "cannot allocate" }, /* 128 TiB of rows, or of what comes after them */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };

        assert_null(gemm_ternary_work_new(impl, rows[i].m, rows[i].k, rows[i].threads, &err));
        if (!strstr(err.msg, rows[i].word))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.msg, rows[i].word);
    }
}

int main(void)
{
    static const struct gemm_ternary_impl *const impls[] = { &gemm_ternary_scalar, &gemm_ternary_avx2,
                                                             &gemm_ternary_avxvnni, &gemm_ternary_avx512vnni };
    int failed = 0;

    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        void *impl = (void *)(uintptr_t)impls[i];
        const struct CMUnitTest tests[] = {
            cmocka_unit_test_prestate(awkward_sizes_are_right_for_every_team, impl),
            cmocka_unit_test_prestate(every_small_size_is_right, impl),
            cmocka_unit_test_prestate(every_number_of_blocks_is_right, impl),
            cmocka_unit_test_prestate(the_largest_sum_of_the_largest_k_is_exact, impl),
            cmocka_unit_test_prestate(nothing_beyond_the_matrices_is_touched, impl),
            cmocka_unit_test_prestate(a_row_is_the_same_alone_in_a_batch_and_in_every_team, impl),
            cmocka_unit_test_prestate(nan_and_infinity_stay_in_their_row, impl),
            cmocka_unit_test_prestate(quantising_is_that_of_the_definition, impl),
            cmocka_unit_test_prestate(empty_sizes_do_nothing_and_no_k_gives_zeros, impl),
            cmocka_unit_test_prestate(impossible_calls_are_errors_that_touch_nothing, impl),
            cmocka_unit_test_prestate(a_workspace_that_cannot_be_had_is_an_error, impl),
        };

        failed += cmocka_run_group_tests_name(impls[i]->name, tests, NULL, NULL);
    }
    return failed;
}
