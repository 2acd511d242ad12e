// SPDX-License-Identifier: MIT
/* Rules that every implementation of gemm_f32 keeps; one that the host or the build lacks is skipped, in print. */
#include "kernels/gemm_f32.h"

#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_f32_check.h"
#include "kernels/gemm_f32_onednn.h"
#include "kernels/gemm_f32_openblas.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/subject_fixture.h"

enum { SEED = 7 };

/* Cmocka gives each test the implementation that it is to try. */
static const struct gemm_f32_impl *wanted(void **state)
{
    const struct gemm_f32_impl *impl = *state;

    if (subject_lacks(impl->name, impl->isa))
        skip();
    if (!impl->rows && !impl->micro) {
        print_message("[  SKIP  ] %s: %s\n", impl->name, "not in this build");
        skip();
    }
    return impl;
}

static void awkward_sizes_are_right_for_every_team(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    struct err err = { 0 };

    if (gemm_f32_check(impl, SEED, NULL, &err) < 0)
        fail_msg("without a team: %s", err.msg);
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = team_of(threads);

        if (gemm_f32_check(impl, SEED + (uint64_t)threads, team, &err) < 0)
            fail_msg("%d threads: %s", threads, err.msg);
        team_free(team);
    }
}

static void every_small_size_is_right(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    static const size_t m[] = { 1, 2, 3, 4, 5, 6, 7, 11, 13, 14, 15, 29 }, n[] = { 1, 15, 16, 17, 31, 32, 33 };
    static const size_t k[] = { 1, 3, 4, 5 };
    struct err err = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(m); i++)
        for (size_t j = 0; j < ARRAY_LEN(n); j++)
            for (size_t l = 0; l < ARRAY_LEN(k); l++)
                if (gemm_f32_check_size(impl, m[i], n[j], k[l], SEED, NULL, &err) < 0)
                    fail_msg("%s", err.msg);
}

static void nothing_beyond_the_matrices_is_touched(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    static const struct { size_t m, n, k; } rows[] = { { 1, 1, 1 }, { 14, 32, 5 }, { 13, 31, 7 }, { 31, 63, 400 } };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t m = rows[i].m, n = rows[i].n, k = rows[i].k;
        struct err err = { 0 };
        struct gemm_f32_work *work = gemm_f32_work_new(impl, m, n, k, 1, &err);
        struct walled wa = walled_new(m * k * sizeof(float)), wb = walled_new(k * n * sizeof(float));
        struct walled wc = walled_new(m * n * sizeof(float));
        struct gemm_f32_problem p = { .m = m, .n = n, .k = k, .lda = k, .ldb = n, .ldc = n };
        float *a = wa.data, *b = wb.data;

        for (size_t e = 0; e < m * k; e++)
            a[e] = 1;
        for (size_t e = 0; e < k * n; e++)
            b[e] = 1;
        p.a = a;
        p.b = b;
        p.c = wc.data;
        assert_int_equal(gemm_f32(&p, work, NULL, &err), 0);
        for (size_t e = 0; e < m * n; e++)
            assert_true(p.c[e] == (float)k);
        walled_free(&wa);
        walled_free(&wb);
        walled_free(&wc);
        gemm_f32_work_free(work);
    }
}

static void one_workspace_serves_all_smaller_problems(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    float a[64], b[64], c[64];
    struct err err = { 0 };
    struct gemm_f32_work *work = gemm_f32_work_new(impl, 8, 8, 8, 1, &err);

    assert_non_null(work);
    for (size_t i = 0; i < ARRAY_LEN(a); i++)
        a[i] = b[i] = 1;
    for (size_t s = 1; s <= 8; s++) {
        struct gemm_f32_problem p = { s, s, s, a, s, b, s, c, s };

        assert_int_equal(gemm_f32(&p, work, NULL, &err), 0);
        assert_true(c[s * s - 1] == (float)s);
    }
    gemm_f32_work_free(work);
}

static void empty_sizes_do_nothing_and_no_k_gives_zeros(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    struct err err = { 0 };
    struct gemm_f32_work *work = gemm_f32_work_new(impl, 4, 4, 4, 1, &err);
    float c[6] = { NAN, NAN, 7, NAN, NAN, 7 };
    struct gemm_f32_problem none = { 0, 4, 4, NULL, 0, NULL, 4, NULL, 4 }, no_k = { 2, 2, 0, NULL, 0, NULL, 0, c, 3 };
    static const float want[6] = { 0, 0, 7, 0, 0, 7 };

    assert_int_equal(gemm_f32_check_size(impl, 0, 0, 0, SEED, NULL, &err), 0);
    none.b = want; /* not read */
    assert_int_equal(gemm_f32(&none, work, NULL, &err), 0);
    assert_int_equal(gemm_f32(&no_k, work, NULL, &err), 0);
    assert_memory_equal(c, want, sizeof(want));
    gemm_f32_work_free(work);
}

static void nan_and_infinity_reach_their_row_and_column_only(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    enum { N = 35, K = 9 };
    static float a[N * K], b[K * N], c[N * N];
    struct gemm_f32_problem p = { N, N, K, a, K, b, N, c, N };
    struct err err = { 0 };
    struct gemm_f32_work *work = gemm_f32_work_new(impl, N, N, K, 1, &err);

    for (size_t i = 0; i < ARRAY_LEN(a); i++)
        a[i] = b[i] = 1;
    a[33 * K + 8] = NAN;
    b[4 * N + 34] = INFINITY;
    assert_int_equal(gemm_f32(&p, work, NULL, &err), 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            float x = c[i * N + j];

            assert_true(i == 33 ? isnan(x) : j == 34 ? isinf(x) && x > 0 : x == (float)K);
        }
    gemm_f32_work_free(work);
}

static void denormals_are_kept(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    float a = 0x1p-100f, b = 0x1p-40f, c = 0;
    struct gemm_f32_problem p = { 1, 1, 1, &a, 1, &b, 1, &c, 1 };
    struct err err = { 0 };
    struct gemm_f32_work *work = gemm_f32_work_new(impl, 1, 1, 1, 1, &err);

    assert_int_equal(gemm_f32(&p, work, NULL, &err), 0);
    assert_true(c == 0x1p-140f);
    gemm_f32_work_free(work);
}

static void impossible_calls_are_errors_that_touch_nothing(void **state)
{
    const struct gemm_f32_impl *impl = wanted(state);
    float x[16], c = 5;
    const struct { struct gemm_f32_problem p; const char *word; } rows[] = {
        { { 2, 2, 2, x, 1, x, 2, &c, 2 }, "lda is 1, but a row has 2" },
        { { 2, 2, 2, x, 2, x, 1, &c, 2 }, "ldb is 1, but a row has 2" },
        { { 2, 2, 2, x, 2, x, 2, &c, 1 }, "ldc is 1, but a row has 2" },
        { { 1, 1, 2, x, 0, x, 1, &c, 1 }, "lda is 0, but a row has 2" },
        { { SIZE_MAX, 1, 1, x, 2, x, 1, &c, 1 }, "larger than an address space" },
        { { 1, 1, SIZE_MAX, x, SIZE_MAX, x, 1, &c, 1 }, "larger than an address space" },
        { { 3, 1, 1, x, SIZE_MAX / 2, x, 1, &c, 1 }, "larger than an address space" },
        { { SIZE_MAX / 8 + 2, 1, 1, x, 8, x, 1, &c, 1 }, "larger than an address space" },
        { { 1, SIZE_MAX / 4, 0, x, 1, x, 1, &c, SIZE_MAX / 4 }, "larger than an address space" },
    };
    struct err err = { 0 };
    struct gemm_f32_work *work = gemm_f32_work_new(impl, 2, 2, 2, 1, &err);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(gemm_f32(&rows[i].p, work, NULL, &err), -1);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.msg, rows[i].word);
    }
    assert_true(c == 5);
    gemm_f32_work_free(work);
}

static void a_workspace_too_small_is_an_error(void **state)
{
    static float x[64 * 64], c[64 * 64];
    struct err err = { 0 };
    struct gemm_f32_problem p = { 64, 64, 64, x, 64, x, 64, c, 64 };
    struct team *team = team_of(2);
    const struct gemm_f32_impl *impl = wanted(state);
    struct gemm_f32_work *small = gemm_f32_work_new(impl, 1, 64, 64, 1, &err);
    struct gemm_f32_work *fits = gemm_f32_work_new(impl, 64, 64, 64, 1, &err);

    assert_int_equal(gemm_f32(&p, small, NULL, &err), impl->micro ? -1 : 0);
    assert_int_equal(gemm_f32(&p, fits, NULL, &err), 0);
    assert_int_equal(gemm_f32(&p, fits, team, &err), -1);
    assert_non_null(strstr(err.msg, "a team of 2 with a workspace for 1"));
    gemm_f32_work_free(small);
    gemm_f32_work_free(fits);
    team_free(team);
}

static void the_same_result_for_every_team(void **state)
{
    enum { N = 67 };
    static float a[N * N], b[N * N], c[3][N * N];
    const struct gemm_f32_impl *impl = wanted(state);
    struct err err = { 0 };

    for (size_t i = 0; i < N * N; i++) {
        a[i] = sinf((float)i);
        b[i] = cosf((float)i);
    }
    for (int t = 0; t < 3; t++) {
        struct gemm_f32_problem p = { N, N, N, a, N, b, N, c[t], N };
        struct gemm_f32_work *work = gemm_f32_work_new(impl, N, N, N, t + 1, &err);
        struct team *team = team_of(t + 1);

        assert_int_equal(gemm_f32(&p, work, team, &err), 0);
        gemm_f32_work_free(work);
        team_free(team);
    }
    assert_memory_equal(c[0], c[1], sizeof(c[0]));
    assert_memory_equal(c[0], c[2], sizeof(c[0]));
}

struct blocked {
    const struct gemm_f32_impl *impl;
    struct gemm_f32_blocks blocks;
};

static int multiply_with_blocks(void *arg, const struct gemm_f32_problem *p, struct err *err)
{
    const struct blocked *blocked = arg;
    struct gemm_f32_work *work = gemm_f32_work_new_blocks(blocked->impl, &blocked->blocks, p->m, p->n, p->k, 1, err);
    int ret = work ? gemm_f32(p, work, NULL, err) : -1;

    gemm_f32_work_free(work);
    return ret;
}

static void blocks_change_no_more_than_the_order_of_the_sum(void **state)
{
    const struct gemm_f32_check_case c = { 61, 131, 97, 0, 1, 2, 3, SEED };
    static const struct gemm_f32_blocks rows[] = {
        { 1, 1, 1 },      { 14, 97, 0 },        { 0, 5, 33 },
        { 28, 96, 131 },  { 1000, 1000, 1000 }, { SIZE_MAX, SIZE_MAX, SIZE_MAX },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct blocked blocked = { wanted(state), rows[i] };
        struct err err = { 0 };

        if (gemm_f32_check_product(&c, multiply_with_blocks, &blocked, &err) < 0)
            fail_msg("row %zu: %s", i, err.msg);
    }
}

#define ON(impl, test) { #test "/" #impl, test, NULL, NULL, (void *)(uintptr_t)&gemm_f32_##impl }
#define ON_OURS(test)  ON(naive, test), ON(naive_ikj, test), ON(avx2, test), ON(avx512, test)
#define ON_EACH(test)  ON_OURS(test), ON(openblas, test), ON(onednn, test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_EACH(awkward_sizes_are_right_for_every_team),
        ON_EACH(every_small_size_is_right),
        ON_OURS(nothing_beyond_the_matrices_is_touched), /* what the peers read beyond is theirs to answer for */
        ON_EACH(one_workspace_serves_all_smaller_problems),
        ON_EACH(empty_sizes_do_nothing_and_no_k_gives_zeros),
        ON_EACH(nan_and_infinity_reach_their_row_and_column_only),
        ON_EACH(denormals_are_kept),
        ON_EACH(impossible_calls_are_errors_that_touch_nothing),
        ON_EACH(a_workspace_too_small_is_an_error),
        ON_OURS(the_same_result_for_every_team), /* the peers make no such promise */
        ON_OURS(blocks_change_no_more_than_the_order_of_the_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
