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

struct set {
    struct vectors train, base, queries;
    float *exact; /* (QUERIES, BASE) */
};

/* A mean as embeddings have: with an eighth of the energy, and with five sixths of it. */
static struct set usual, large_mean;

/* Gaussian, variance 1 / j in directions that are a random rotation's, about a mean. */
static struct vectors embeddings(size_t n, const float *turn, float mean, struct rng *rng)
{
    struct vectors v;
    struct err err;
    float x[DIM];

    assert_int_equal(vectors_new(&v, n, DIM, &err), 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < DIM; j++)
            x[j] = (float)(rng_normal(rng) / sqrt((double)j + 1));
        for (size_t j = 0; j < DIM; j++) {
            v.data[i * DIM + j] = mean;
            for (size_t l = 0; l < DIM; l++)
                v.data[i * DIM + j] += x[l] * turn[l * DIM + j];
        }
    }
    vectors_normalise(&v);
    return v;
}

static struct set make(const float *turn, float mean, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct set s = { .exact = mem_array(QUERIES * BASE, sizeof(*s.exact)) };

    s.train = embeddings(TRAIN, turn, mean, &rng);
    s.base = embeddings(BASE, turn, mean, &rng);
    s.queries = embeddings(QUERIES, turn, mean, &rng);
    blas_sgemm(false, true, QUERIES, BASE, DIM, 1, s.queries.data, DIM, s.base.data, DIM, 0, s.exact, BASE);
    return s;
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
    usual = make(turn, 0.1f, 12);
    large_mean = make(turn, 0.6f, 12);
    free(turn);
    return 0;
}

static int tear_down(void **state)
{
    struct set *sets[] = { &usual, &large_mean };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        vectors_free(&sets[i]->train);
        vectors_free(&sets[i]->base);
        vectors_free(&sets[i]->queries);
        free(sets[i]->exact);
    }
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

static double recall(const struct set *set, const char *name, size_t bytes)
{
    struct codec_options options = { bytes, 5 };
    float *scores = mem_array(QUERIES * BASE, sizeof(*scores));
    struct codec_model model;
    struct codes codes;
    struct err err;
    size_t hits = 0;

    assert_non_null(codec_find(name));
    assert_int_equal(codec_train(codec_find(name), &set->train, &options, &model, &err), 0);
    assert_int_equal(codec_encode(&model, &set->base, &codes, &err), 0);
    assert_int_equal(codec_score(&model, &set->queries, &codes, scores, &err), 0);
    for (size_t q = 0; q < QUERIES; q++) {
        size_t want[TOP], found[TOP];

        best(set->exact + q * BASE, want);
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
        double better = recall(&usual, rows[i].better, rows[i].bytes),
               worse = recall(&usual, rows[i].worse, rows[i].bytes);

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
        few = recall(&usual, codec_list[i]->name, 4);
        many = recall(&usual, codec_list[i]->name, 12);
        if (!(many > few && many > 2.0 * TOP / BASE)) /* twice what chance finds */
            fail_msg("%s finds %.3f with 4 bytes and %.3f with 12", codec_list[i]->name, few, many);
    }
}

/* The same directions and spectrum, but most of the energy is in what all vectors share: little of the code is to be
 * spent on it, and no error along it is to hide what differs. */
static void a_large_mean_costs_little(void **state)
{
    static const char *const names[] = { "binary_itq_float", "rabitq", "pq4", "rq", "transform" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t bytes = strcmp(names[i], "rq") ? 10 : 3; /* it takes its time */
        double without = recall(&usual, names[i], bytes), with = recall(&large_mean, names[i], bytes);

        if (!(with > without - 0.05))
            fail_msg("%s finds %.3f, and with a large mean %.3f", names[i], without, with);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_codec_has_its_reason),
        cmocka_unit_test(more_bytes_find_more),
        cmocka_unit_test(a_large_mean_costs_little),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
