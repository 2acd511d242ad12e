// SPDX-License-Identifier: MIT
/* The linear half of a codec, on vectors whose mean is most of them. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/projection.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 300, DIM = 24 };

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

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
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
    for (float gain = 1; gain < 50; gain += 40) {
        struct vectors x = about_a_mean(1, gain, 2);
        struct projection p = components(&x, DIM);
        float *y = mem_array(N * DIM, sizeof(*y)), *back = mem_array(N * DIM, sizeof(*back));

        assert_int_equal(projection_forward(&p, x.data, N, true, y, &err), 0);
        assert_int_equal(projection_back(&p, y, N, back, &err), 0);
        for (size_t i = 0; i < N * DIM; i++)
            assert_true(fabsf(back[i] - x.data[i]) < 3e-3f * gain);
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
        cmocka_unit_test(only_a_large_mean_is_stretched),
        cmocka_unit_test(all_components_give_the_vector_back),
        cmocka_unit_test(products_and_parts_are_those_of_what_is_decoded),
        cmocka_unit_test(a_stretched_one_comes_back_from_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
