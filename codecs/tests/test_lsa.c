// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/lsa.h"
#include "codecs/lsa_terms.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Of 12 texts "cat" is in 2, "dog" in 2, one of them twice; "once" is too rare, "the" too common. */
static void terms_are_weighted_by_frequency_and_rarity(void **state)
{
    const char *texts[12] = { "the Cat, the dog dog", "The CAT", "dog once" };
    double idf = log(12.0 / 2), dog = (1 + log(2)) * idf, length = sqrt(idf * idf + dog * dog);
    struct lsa_matrix m, back;

    (void)state;
    for (size_t i = 3; i < 12; i++)
        texts[i] = "the";
    lsa_terms(texts, 12, &m);
    assert_int_equal(m.cols, 2);
    assert_int_equal(m.start[12], 4);
    assert_int_equal(m.start[3], 4);
    assert_true(fabs(m.value[0] - idf / length) < 1e-6 && m.col[0] == 0);
    assert_true(fabs(m.value[1] - dog / length) < 1e-6 && m.col[1] == 1);
    assert_true(m.value[2] == 1 && m.col[2] == 0);
    assert_true(m.value[3] == 1 && m.col[3] == 1);
    lsa_transpose(&m, &back);
    assert_int_equal(back.rows, 2);
    assert_int_equal(back.start[1], 2);
    assert_int_equal(back.col[0], 0);
    assert_int_equal(back.col[1], 1);
    assert_int_equal(back.col[3], 2);
    assert_true(back.value[2] == m.value[1]);
    lsa_matrix_free(&m);
    lsa_matrix_free(&back);
}

enum { TEXTS = 120, WORDS = 40, DIMS = 8 };

static char texts_of[TEXTS][200];
static const char *texts[TEXTS];

/* Five topics of eight words each; every text takes most of its words from one. */
static int make_texts(void **state)
{
    struct rng rng = rng_seed(7);
    struct err err;

    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = texts_of[i];
        for (size_t k = 0; k < 10; k++) {
            size_t topic = rng_below(&rng, 5) ? i % 5 : rng_below(&rng, 5);

            sprintf(texts_of[i] + strlen(texts_of[i]), "w%zu ", topic * 8 + (size_t)rng_below(&rng, 8));
        }
    }
    return blas_load(&err);
}

/* U S^e of the dense matrix, by its Gram matrix A A' = U S^2 U'. */
static double *exact(const struct lsa_matrix *m, double exponent)
{
    double *gram = mem_array((size_t)TEXTS * TEXTS, sizeof(*gram)), *values = mem_array(TEXTS, sizeof(*values));
    double *row = mem_array(m->cols, sizeof(*row)), *out = mem_array((size_t)TEXTS * DIMS, sizeof(*out));
    struct err err;

    for (size_t i = 0; i < TEXTS; i++) {
        memset(row, 0, m->cols * sizeof(*row));
        for (size_t k = m->start[i]; k < m->start[i + 1]; k++)
            row[m->col[k]] = m->value[k];
        for (size_t j = 0; j < TEXTS; j++)
            for (size_t k = m->start[j]; k < m->start[j + 1]; k++)
                gram[i * TEXTS + j] += row[m->col[k]] * m->value[k];
    }
    assert_int_equal(blas_eigen(gram, TEXTS, values, &err), 0);
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t d = 0; d < DIMS; d++)
            out[i * DIMS + d] = gram[d * TEXTS + i] * pow(values[d], exponent / 2);
    free(gram);
    free(values);
    free(row);
    return out;
}

/* All cosines agree: the vectors are the same but for the signs of the axes. */
static void vectors_are_those_of_the_exact_decomposition(void **state)
{
    const struct lsa_options options = { .dims = DIMS, .oversample = 24, .iterations = 3, .exponent = 2.5, .seed = 1 };
    struct lsa_matrix m;
    struct vectors v;
    struct err err;
    double *want;

    (void)state;
    if (lsa_embed(texts, TEXTS, &options, &v, &err) < 0)
        fail_msg("%s", err.msg);
    lsa_terms(texts, TEXTS, &m);
    want = exact(&m, options.exponent);
    assert_int_equal(v.dim, DIMS);
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t j = 0; j < TEXTS; j++) {
            double dot = 0, wanted = 0, a = 0, b = 0;

            for (size_t d = 0; d < DIMS; d++) {
                dot += (double)v.data[i * DIMS + d] * v.data[j * DIMS + d];
                wanted += want[i * DIMS + d] * want[j * DIMS + d];
                a += want[i * DIMS + d] * want[i * DIMS + d];
                b += want[j * DIMS + d] * want[j * DIMS + d];
            }
            assert_true(fabs(dot - wanted / sqrt(a * b)) < 2e-3);
        }
    free(want);
    lsa_matrix_free(&m);
    vectors_free(&v);
}

static void the_same_seed_gives_the_same_bits(void **state)
{
    const struct lsa_options options = { .dims = DIMS, .oversample = 24, .iterations = 1, .exponent = 1, .seed = 1 };
    struct vectors a, b;
    struct err err;

    (void)state;
    assert_int_equal(lsa_embed(texts, TEXTS, &options, &a, &err), 0);
    assert_int_equal(lsa_embed(texts, TEXTS, &options, &b, &err), 0);
    assert_memory_equal(a.data, b.data, (size_t)TEXTS * DIMS * sizeof(float));
    vectors_free(&a);
    vectors_free(&b);
}

static void dimensions_beyond_the_rank_are_zero(void **state)
{
    const struct lsa_options options = { .dims = 64, .oversample = 16, .iterations = 2, .exponent = 1, .seed = 1 };
    struct vectors v;
    struct err err;

    (void)state;
    if (lsa_embed(texts, TEXTS, &options, &v, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t d = WORDS; d < 64; d++)
            assert_true(v.data[i * 64 + d] == 0);
    assert_int_equal(vectors_check(&v, &err), 0);
    vectors_free(&v);
}

static void texts_without_common_words_are_refused(void **state)
{
    const char *const lonely[] = { "one", "two", "three" };
    const struct lsa_options options = { .dims = 2, .exponent = 1 };
    struct vectors v;
    struct err err;

    (void)state;
    assert_int_equal(lsa_embed(lonely, 3, &options, &v, &err), -1);
    assert_non_null(strstr(err.msg, "share no words"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_are_weighted_by_frequency_and_rarity),
        cmocka_unit_test(vectors_are_those_of_the_exact_decomposition),
        cmocka_unit_test(the_same_seed_gives_the_same_bits),
        cmocka_unit_test(dimensions_beyond_the_rank_are_zero),
        cmocka_unit_test(texts_without_common_words_are_refused),
    };
    struct err err;

    if (blas_load(&err) < 0) {
        print_message("SKIPPED: %s\n", err.msg);
        return 0;
    }
    return cmocka_run_group_tests(tests, make_texts, NULL);
}
