// SPDX-License-Identifier: MIT
/* Which codec must be better than which, on data whose spectrum falls like that of embeddings: each row is a reason for
 * a codec to exist. The two are compared on the same vectors and queries, with a margin that luck does not reach. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DIM = 64, TRAIN = 600, BASE = 800, QUERIES = 100, TOP = 10 };

static struct vectors train_set, base_set, query_set;
static float *exact;

/* Gaussian, variance 1 / j in directions that are a random rotation's. */
static struct vectors embeddings(size_t n, const float *turn, struct rng *rng)
{
    struct vectors v;
    struct err err;
    float x[DIM];

    assert_int_equal(vectors_new(&v, n, DIM, &err), 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < DIM; j++)
            x[j] = (float)(rng_normal(rng) / sqrt((double)j + 1));
        for (size_t j = 0; j < DIM; j++) {
            v.data[i * DIM + j] = 0.1f; /* a mean, as embeddings have */
            for (size_t l = 0; l < DIM; l++)
                v.data[i * DIM + j] += x[l] * turn[l * DIM + j];
        }
    }
    vectors_normalise(&v);
    return v;
}

static int set_up(void **state)
{
    struct rng rng = rng_seed(11);
    float *turn = mem_array(DIM * DIM, sizeof(*turn));
    struct err err;

    (void)state;
    assert_int_equal(blas_load(&err), 0);
    for (size_t i = 0; i < DIM * DIM; i++)
        turn[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < DIM; i++) /* Gram and Schmidt */
        for (size_t j = 0; j <= i; j++) {
            float dot = 0;

            for (size_t l = 0; l < DIM; l++)
                dot += turn[i * DIM + l] * turn[j * DIM + l];
            for (size_t l = 0; l < DIM; l++)
                turn[i * DIM + l] = j < i ? turn[i * DIM + l] - dot * turn[j * DIM + l]
                                          : turn[i * DIM + l] / sqrtf(dot);
        }
    train_set = embeddings(TRAIN, turn, &rng);
    base_set = embeddings(BASE, turn, &rng);
    query_set = embeddings(QUERIES, turn, &rng);
    exact = mem_array(QUERIES * BASE, sizeof(*exact));
    blas_sgemm(false, true, QUERIES, BASE, DIM, 1, query_set.data, DIM, base_set.data, DIM, 0, exact, BASE);
    free(turn);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vectors_free(&train_set);
    vectors_free(&base_set);
    vectors_free(&query_set);
    free(exact);
    return 0;
}

/* The TOP best of BASE scores; of equals the first. */
static void best(const float *scores, size_t *found)
{
    size_t n = 0;

    for (size_t i = 0; i < BASE; i++) {
        size_t at;

        if (n == TOP && !(scores[i] > scores[found[TOP - 1]]))
            continue;
        for (at = n < TOP ? n++ : TOP - 1; at > 0 && scores[i] > scores[found[at - 1]]; at--)
            found[at] = found[at - 1];
        found[at] = i;
    }
}

static double recall(const char *name, size_t bytes)
{
    struct codec_options options = { bytes, 5 };
    float *scores = mem_array(QUERIES * BASE, sizeof(*scores));
    struct codec_model model;
    struct codes codes;
    struct err err;
    size_t hits = 0;

    assert_non_null(codec_find(name));
    assert_int_equal(codec_train(codec_find(name), &train_set, &options, &model, &err), 0);
    assert_int_equal(codec_encode(&model, &base_set, &codes, &err), 0);
    assert_int_equal(codec_score(&model, &query_set, &codes, scores, &err), 0);
    for (size_t q = 0; q < QUERIES; q++) {
        size_t want[TOP], found[TOP];

        best(exact + q * BASE, want);
        best(scores + q * BASE, found);
        for (size_t i = 0; i < TOP; i++)
            for (size_t j = 0; j < TOP; j++)
                hits += want[i] == found[j];
    }
    codes_free(&codes);
    codec_model_free(&model);
    free(scores);
    return (double)hits / (QUERIES * TOP);
}

static void each_codec_has_its_reason(void **state)
{
    static const struct {
        const char *better, *worse;
        size_t bytes;
    } rows[] = {
        { "mrl_f16", "mrl", 16 },                  /* more numbers, each exact enough */
        { "mrl_pca", "mrl", 16 },                  /* the best of all prefixes */
        { "scalar8", "mrl_f16", 16 },              /* and more of them */
        { "scalar4_pca", "scalar4", 16 },          /* components first */
        { "scalar4_pca", "mrl_pca", 16 },          /* bits where there is variance */
        { "binary_float", "binary", 8 },           /* a query need not be bits */
        { "binary_itq_float", "binary_float", 4 }, /* signs of components, rotated */
        { "binary_itq_float", "binary_itq", 8 },
        { "opq", "pq", 8 },               /* the rotation */
        { "opq", "binary_itq_float", 4 }, /* vectors, not signs */
        { "combined", "sparse", 16 },     /* signs say more than large numbers alone */
        { "rabitq", "binary_rot", 8 },    /* the factor and the float query */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double better = recall(rows[i].better, rows[i].bytes), worse = recall(rows[i].worse, rows[i].bytes);

        if (!(better > worse + 0.02))
            fail_msg("%zu bytes: %s finds %.3f, %s %.3f", rows[i].bytes, rows[i].better, better, rows[i].worse, worse);
    }
}

static void more_bytes_find_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        double few, many;

        /* Residual quantisation takes as long to train as all others. */
        if (!codec_list[i]->has(4, DIM) || !codec_list[i]->has(12, DIM) || !strcmp(codec_list[i]->name, "rq"))
            continue;
        few = recall(codec_list[i]->name, 4);
        many = recall(codec_list[i]->name, 12);
        if (!(many > few && many > 2.0 * TOP / BASE)) /* twice what chance finds */
            fail_msg("%s finds %.3f with 4 bytes and %.3f with 12", codec_list[i]->name, few, many);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_codec_has_its_reason),
        cmocka_unit_test(more_bytes_find_more),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
