// SPDX-License-Identifier: MIT
/* The trainer's products of matrices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "inference/train/product.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(float *x, size_t n, struct rng *rng)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(rng);
}

/* In bfloat16 where the host has it: 8 bits, and random signs. */
static void products_are_near_those_of_blas(void **state)
{
    static const size_t sizes[][3] = { { 509, 96, 256 }, { 8, 32, 7 }, { 13, 64, 33 }, { 1, 32, 1 }, { 5, 33, 4 } };
    static float a[509 * 256], b[96 * 256], c[509 * 96], want[509 * 96];
    struct rng rng = rng_seed(3);
    struct err err;
    struct product_room *room = product_room_new(1 << 18, &err);

    (void)state;
    assert_non_null(room);
    fill(a, ARRAY_LEN(a), &rng);
    fill(b, ARRAY_LEN(b), &rng);
    for (size_t i = 0; i < 8 * ARRAY_LEN(sizes); i++) {
        const size_t *s = sizes[i / 8];
        struct product p = { s[0], s[1], s[2], i & 1, i & 2, a, b, NULL, NULL, i & 4, c };
        double errors = 0, squares = 0;

        fill(c, s[0] * s[1], &rng);
        memcpy(want, c, sizeof(c));
        product_run(&p, room);
        blas_sgemm(p.ta, p.tb, p.m, p.n, p.k, 1, a, p.ta ? p.m : p.k, b, p.tb ? p.k : p.n, p.add, want, p.n);
        for (size_t j = 0; j < p.m * p.n; j++) {
            errors += (double)(c[j] - want[j]) * (c[j] - want[j]);
            squares += (double)want[j] * want[j];
        }
        if (!(errors <= 1e-5 * squares))
            fail_msg("case %zu: relative error %g", i, sqrt(errors / squares));
    }
    product_room_free(room);
}

static void products_of_steps_are_exact(void **state)
{
    enum { M = 11, N = 64, K = 300 };
    static float a[M * K], b[N * K], c[M * N], a_step[M], b_step[N];
    static int sum[M * N];
    struct rng rng = rng_seed(3);
    struct err err;
    struct product_room *room = product_room_new(1 << 16, &err);
    struct product p = { M, N, K, false, true, a, b, a_step, b_step, false, c };

    (void)state;
    assert_non_null(room);
    for (size_t i = 0; i < M; i++)
        a_step[i] = 0.01f + (float)rng_uniform(&rng);
    for (size_t j = 0; j < N; j++)
        b_step[j] = 0.01f + (float)rng_uniform(&rng);
    for (size_t k = 0; k < K; k++)
        for (size_t i = 0; i < M; i++) {
            int q = (int)rng_below(&rng, 255) - 127;

            a[i * K + k] = (float)q * a_step[i];
            for (size_t j = 0; j < N; j++) {
                int t = (int)((j * 7 + k * 5 + j * k) % 3) - 1;

                b[j * K + k] = (float)t * b_step[j];
                sum[i * N + j] += q * t;
            }
        }
    product_run(&p, room);
    for (size_t i = 0; i < M * N; i++) {
        float want = (float)sum[i] * a_step[i / N] * b_step[i % N];

        if (fabsf(c[i] - want) >
            2e-6f * fabsf(want) + 1e-6f) /* float32's rounding: OpenBLAS adds the products as floats */
            assert_true(!__builtin_cpu_supports("avx512bf16") && fabsf(c[i] - want) < 1e-3f);
    }
    product_room_free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_near_those_of_blas),
        cmocka_unit_test(products_of_steps_are_exact),
    };
    struct err err;

    if (blas_load(&err) < 0) {
        printf("skipped: %s\n", err.msg);
        return 0;
    }
    blas_keep_single();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
