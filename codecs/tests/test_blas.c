// SPDX-License-Identifier: MIT
#include "base/rng.h"
#include "codecs/blas.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { M = 5, N = 7, K = 11, LD = 13 };

static void fill(struct rng *rng, float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (float)rng_normal(rng);
}

static void gemm_is_the_sum_of_products_whatever_is_transposed(void **state)
{
    static float a[LD * LD], b[LD * LD], c[LD * LD], before[LD * LD];
    struct rng rng = rng_seed(1);

    (void)state;
    for (int t = 0; t < 4; t++) {
        bool ta = t & 1, tb = t & 2;

        fill(&rng, a, LD * LD);
        fill(&rng, b, LD * LD);
        fill(&rng, before, LD * LD);
        for (size_t i = 0; i < LD * LD; i++)
            c[i] = before[i];
        blas_sgemm(ta, tb, M, N, K, 2, a, LD, b, LD, 0.5, c, LD);
        for (size_t i = 0; i < LD; i++)
            for (size_t j = 0; j < LD; j++) {
                double sum = 0;

                for (size_t k = 0; k < K && i < M && j < N; k++)
                    sum += (double)(ta ? a[k * LD + i] : a[i * LD + k]) * (tb ? b[j * LD + k] : b[k * LD + j]);
                assert_true(fabs(c[i * LD + j] - (i < M && j < N ? 2 * sum + 0.5 * before[i * LD + j]
                                                                 : before[i * LD + j])) < 1e-4);
            }
    }
}

static void gram_is_whole(void **state)
{
    float a[M * N], c[N * N];
    struct rng rng = rng_seed(2);

    (void)state;
    fill(&rng, a, M * N);
    blas_gram(a, M, N, c);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;

            for (size_t k = 0; k < M; k++)
                sum += (double)a[k * N + i] * a[k * N + j];
            assert_true(fabs(c[i * N + j] - sum) < 1e-5);
        }
}

/* Of [2 1; 1 2] they are 3 along (1, 1) and 1 along (1, -1). */
static void eigenvectors_are_rows_largest_first_with_a_fixed_sign(void **state)
{
    double a[] = { 2, 1, 1, 2 }, values[2];
    struct err err;

    (void)state;
    assert_int_equal(blas_eigen(a, 2, values, &err), 0);
    assert_true(fabs(values[0] - 3) < 1e-12 && fabs(values[1] - 1) < 1e-12);
    assert_true(fabs(a[0] - sqrt(0.5)) < 1e-12 && fabs(a[1] - sqrt(0.5)) < 1e-12);
    assert_true(fabs(a[2] - sqrt(0.5)) < 1e-12 && fabs(a[3] + sqrt(0.5)) < 1e-12);
}

static void eigenvectors_take_the_matrix_apart(void **state)
{
    double a[N * N], v[N * N], values[N];
    struct rng rng = rng_seed(3);
    struct err err;

    (void)state;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++)
            a[i * N + j] = a[j * N + i] = v[i * N + j] = v[j * N + i] = rng_normal(&rng);
    assert_int_equal(blas_eigen(v, N, values, &err), 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;

            for (size_t k = 0; k < N; k++)
                sum += values[k] * v[k * N + i] * v[k * N + j];
            assert_true(fabs(sum - a[i * N + j]) < 1e-10);
        }
}

static void singular_vectors_take_the_matrix_apart(void **state)
{
    double a[N * N], lost[N * N], u[N * N], s[N], vt[N * N];
    struct rng rng = rng_seed(4);
    struct err err;

    (void)state;
    for (size_t i = 0; i < N * N; i++)
        a[i] = lost[i] = rng_normal(&rng);
    assert_int_equal(blas_svd(lost, N, u, s, vt, &err), 0);
    for (size_t i = 0; i < N; i++) {
        assert_true(i == 0 || s[i] <= s[i - 1]);
        for (size_t j = 0; j < N; j++) {
            double sum = 0;

            for (size_t k = 0; k < N; k++)
                sum += u[i * N + k] * s[k] * vt[k * N + j];
            assert_true(fabs(sum - a[i * N + j]) < 1e-10);
        }
    }
}

static int load(void **state)
{
    struct err err;

    (void)state;
    return blas_load(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_is_the_sum_of_products_whatever_is_transposed),
        cmocka_unit_test(gram_is_whole),
        cmocka_unit_test(eigenvectors_are_rows_largest_first_with_a_fixed_sign),
        cmocka_unit_test(eigenvectors_take_the_matrix_apart),
        cmocka_unit_test(singular_vectors_take_the_matrix_apart),
    };
    struct err err;

    if (blas_load(&err) < 0) {
        print_message("SKIPPED: %s\n", err.msg);
        return 0;
    }
    return cmocka_run_group_tests(tests, load, NULL);
}
