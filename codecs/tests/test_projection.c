// SPDX-License-Identifier: MIT
/* The linear half of a codec: principal components, and projections of vectors whose mean is most of them. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/pca.h"
#include "codecs/projection.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 300, DIM = 24 };

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static float *noise(size_t n, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    float *x = mem_array(n, sizeof(*x));

    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(&rng);
    return x;
}

/* 60 vectors that live in two dimensions of `dim`, one five times the other. */
static void check_pca(size_t dim)
{
    float *plane = noise(120, 4), *axes = noise(2 * dim, 5), y[120];
    struct vectors x;
    struct pca pca;
    struct err err;
    double lost = 0, all = 0;

    assert_int_equal(vectors_new(&x, 60, dim, &err), 0);
    for (size_t i = 0; i < 60; i++)
        for (size_t j = 0; j < dim; j++)
            x.data[i * dim + j] = 3 + 5 * plane[2 * i] * axes[j] + plane[2 * i + 1] * axes[dim + j];
    assert_int_equal(pca_train(&x, 2, 1, &pca, &err), 0);
    assert_true(pca.variance[0] > pca.variance[1] && pca.variance[1] > 0);
    assert_true(fabs(dot(pca.basis, pca.basis + dim, dim)) < 1e-3);
    pca_project(&pca, x.data, 60, y);
    for (size_t i = 0; i < 60; i++)
        for (size_t j = 0; j < dim; j++) {
            double centred = x.data[i * dim + j] - pca.mean[j];

            all += centred * centred;
            lost += pow(centred - y[2 * i] * pca.basis[j] - y[2 * i + 1] * pca.basis[dim + j], 2);
        }
    assert_true(lost < 1e-6 * all);
    pca_free(&pca);
    vectors_free(&x);
    free(plane);
    free(axes);
}

static void two_components_hold_what_has_two(void **state)
{
    (void)state;
    check_pca(30);
    check_pca(PCA_DIM_MAX + 1); /* by the Gram matrix */
}

/* 60 vectors about a mean. */
static void check_across(size_t dim)
{
    float *x = noise(60 * dim, 6);
    struct vectors v = { x, 60, dim };
    struct pca pca;
    struct err err;
    double length;

    for (size_t i = 0; i < 60 * dim; i++)
        x[i] += 1 + (float)(i % dim % 3);
    assert_int_equal(pca_train_across(&v, 5, 1, &pca, &err), 0);
    length = sqrt(dot(pca.mean, pca.mean, dim));
    assert_true(fabs(dot(pca.basis, pca.mean, dim) - length) < 1e-4 * length);
    assert_true(pca.variance[0] > 0);
    for (size_t c = 1; c < 5; c++) {
        assert_true(fabs(dot(pca.basis, pca.basis + c * dim, dim)) < 1e-3);
        assert_true(fabs(dot(pca.basis + c * dim, pca.basis + c * dim, dim) - 1) < 1e-3);
        assert_true(c == 1 || pca.variance[c] <= pca.variance[c - 1]);
    }
    pca_free(&pca);
    free(x);
}

static void components_across_the_mean_follow_its_direction(void **state)
{
    (void)state;
    check_across(30);
    check_across(PCA_DIM_MAX + 1);
}

/* Unit vectors about a mean along all axes; `gain` times as long. */
static struct vectors about_a_mean(float mean, float gain, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct vectors x;
    struct err err;

    assert_int_equal(vectors_new(&x, N, DIM, &err), 0);
    for (size_t i = 0; i < N * DIM; i++)
        x.data[i] = mean + (float)rng_normal(&rng) / (float)(1 + i % DIM);
    vectors_normalise(&x);
    for (size_t i = 0; i < N * DIM; i++)
        x.data[i] *= gain;
    return x;
}

static struct projection components(const struct vectors *x, size_t k)
{
    struct projection p;
    struct err err;

    assert_int_equal(projection_pca(x, k, 1, &p, NULL, &err), 0);
    return p;
}

static void only_a_large_mean_is_stretched(void **state)
{
    static const struct {
        float mean;
        bool stretched;
    } rows[] = { { 0, false }, { 0.05f, false }, { 1, true }, { 1000, true } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vectors x = about_a_mean(rows[i].mean, 1, 1);
        struct projection p = components(&x, DIM);

        assert_int_equal(p.weight > 1, rows[i].stretched);
        assert_true(p.weight <= PROJECTION_WEIGHT_MAX);
        projection_free(&p);
        vectors_free(&x);
    }
    assert_float_equal(projection_weight(1, .01), 5, 1e-6);
}

/* Half floats keep ten bits of mean and basis. */
static void all_components_give_the_vector_back(void **state)
{
    struct err err;

    (void)state;
    for (int gain = 1; gain < 50; gain += 40) {
        struct vectors x = about_a_mean(1, (float)gain, 2);
        struct projection p = components(&x, DIM);
        float *y = mem_array(N * DIM, sizeof(*y)), *back = mem_array(N * DIM, sizeof(*back));

        assert_int_equal(projection_forward(&p, x.data, N, true, y, &err), 0);
        assert_int_equal(projection_back(&p, y, N, back, &err), 0);
        for (size_t i = 0; i < N * DIM; i++)
            assert_true(fabsf(back[i] - x.data[i]) < 3e-3f * (float)gain);
        free(y);
        free(back);
        projection_free(&p);
        vectors_free(&x);
    }
}

/* Of few components: x' is not x, but its products and its parts are known without it. */
static void products_and_parts_are_those_of_what_is_decoded(void **state)
{
    struct vectors x = about_a_mean(1, 3, 3), queries = about_a_mean(1, 1, 4);
    struct projection p = components(&x, 5);
    float *y = mem_array(N * 5, sizeof(*y)), *q = mem_array(N * 5, sizeof(*q)),
          *back = mem_array(N * DIM, sizeof(*back));
    double mean = sqrt((double)p.mean_squared);
    struct err err;

    (void)state;
    assert_true(p.weight > 1);
    assert_int_equal(projection_forward(&p, x.data, N, true, y, &err), 0);
    assert_int_equal(projection_forward(&p, queries.data, N, false, q, &err), 0);
    assert_int_equal(projection_back(&p, y, N, back, &err), 0);
    for (size_t i = 0; i < N; i++) {
        struct projection_parts parts = projection_parts(&p, y + i * 5);
        const float *decoded = back + i * DIM, *query = queries.data + i * DIM;
        double product = (double)p.gain * dot(q + i * 5, y + i * 5, 5) + (double)projection_constant(&p, query);
        double along = dot(decoded, p.mean, DIM) / mean / (double)p.gain;

        assert_true(fabs(product - dot(decoded, query, DIM) / (double)p.gain) < 1e-4);
        assert_true(fabs(mean + (double)parts.along - along) < 1e-4);
        assert_true(fabs((double)parts.across -
                         sqrt(dot(decoded, decoded, DIM) / (double)(p.gain * p.gain) - along * along)) < 2e-3);
    }
    free(y);
    free(q);
    free(back);
    projection_free(&p);
    vectors_free(&x);
    vectors_free(&queries);
}

static void a_stretched_one_comes_back_from_bytes(void **state)
{
    struct vectors x = about_a_mean(1, 1, 5);
    struct projection p = components(&x, 7), loaded;
    float a[7], b[7];
    struct blob blob = { 0 };
    struct blob_reader in;
    struct err err;

    (void)state;
    projection_save(&p, &blob);
    in = (struct blob_reader){ .data = blob.data, .len = blob.len };
    assert_int_equal(projection_load(&in, &loaded, &err), 0);
    assert_int_equal(in.at, blob.len);
    assert_int_equal(projection_forward(&p, x.data, 1, true, a, &err), 0);
    assert_int_equal(projection_forward(&loaded, x.data, 1, true, b, &err), 0);
    assert_memory_equal(a, b, sizeof(a));
    for (size_t cut = 0; cut < blob.len; cut++) {
        struct projection none;

        in = (struct blob_reader){ .data = blob.data, .len = cut };
        assert_int_equal(projection_load(&in, &none, &err), -1);
    }
    blob_free(&blob);
    projection_free(&p);
    projection_free(&loaded);
    vectors_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_components_hold_what_has_two),
        cmocka_unit_test(components_across_the_mean_follow_its_direction),
        cmocka_unit_test(only_a_large_mean_is_stretched),
        cmocka_unit_test(all_components_give_the_vector_back),
        cmocka_unit_test(products_and_parts_are_those_of_what_is_decoded),
        cmocka_unit_test(a_stretched_one_comes_back_from_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
