// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/train/eval.h"
#include "codecs/train/save.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A WordNet of N synsets: "w<i> k<i/4>", defined by words of its own and of its four; the first of each four is broader
 * than the rest. */
enum { N = 400 };

struct small {
    struct wordnet wordnet;
    struct wordnet_synset synsets[N];
    char lemma[N][32], definition[N][96], example[N][64];
    const char *strings[N][2];
    uint32_t broader[N];
};

static struct small *small_wordnet(void)
{
    struct small *s = mem_array(1, sizeof(*s));

    for (uint32_t i = 0; i < N; i++) {
        snprintf(s->lemma[i], sizeof(s->lemma[i]), "word%u kind%u", i, i / 4);
        snprintf(s->definition[i], sizeof(s->definition[i]), "one of kind%u that is like side%u and not side%u", i / 4,
                 i % 40, i % 7);
        snprintf(s->example[i], sizeof(s->example[i]), "they saw word%u beside the side%u", i, i % 40);
        s->strings[i][0] = s->lemma[i];
        s->strings[i][1] = s->example[i];
        s->broader[i] = i / 4 * 4;
        s->synsets[i] = (struct wordnet_synset){ .pos = 'n',
                                                 .offset = 100 * i,
                                                 .definition = s->definition[i],
                                                 .lemmas = s->strings[i],
                                                 .examples = s->strings[i] + 1,
                                                 .hypernyms = &s->broader[i],
                                                 .n_lemmas = 1,
                                                 .n_examples = 1,
                                                 .n_hypernyms = i % 4 > 0,
                                                 .related = &s->broader[i],
                                                 .n_related = i % 4 == 1 };
    }
    s->wordnet = (struct wordnet){ .synsets = s->synsets, .n = N };
    return s;
}

static void no_pair_of_training_touches_what_is_held_out(void **state)
{
    struct small *s = small_wordnet();
    struct texts texts;
    size_t n_train, n_held_out, kinds[PAIR_KINDS] = { 0 }, held_out = 0;
    struct pair *train, *rest;

    (void)state;
    texts_make(&s->wordnet, &texts);
    train = texts_pairs(&texts, &s->wordnet, false, &n_train);
    rest = texts_pairs(&texts, &s->wordnet, true, &n_held_out);
    for (size_t i = 0; i < N; i++)
        held_out += texts.held_out[i];
    assert_in_range(held_out, N / 40, N / 10);
    for (size_t i = 0; i < n_train; i++) {
        assert_false(texts.held_out[train[i].synset_x] || texts.held_out[train[i].synset_y]);
        kinds[train[i].kind]++;
    }
    for (size_t i = 0; i < n_held_out; i++)
        assert_true(texts.held_out[rest[i].synset_x]);
    assert_int_equal(kinds[PAIR_LEMMAS], N - held_out);
    assert_int_equal(kinds[PAIR_EXAMPLE], N - held_out);
    assert_int_equal(kinds[PAIR_HALVES], N - held_out);
    assert_int_equal(kinds[PAIR_USAGE], N - held_out);
    assert_in_range(kinds[PAIR_HYPERNYM], N / 2, N * 3 / 4);
    assert_in_range(kinds[PAIR_RELATED], N / 6, N / 4);
    for (size_t i = 0; i < N; i++) { /* "word<i>" occurs in its own synset only */
        size_t w = texts.words[texts.lemmas[i].begin];

        assert_int_equal(texts.count[w], texts.held_out[i] ? 0 : 2);
    }
    free(train);
    free(rest);
    texts_free(&texts);
    free(s);
}

struct bench {
    struct small *small;
    struct texts texts;
    struct net_vocabulary vocabulary;
    struct net_features features;
    struct net net;
    struct mrl *mrl;
    struct team *team;
};

enum { PAIRS = 24 };

static void bench_new(struct bench *b, int threads)
{
    struct net_shape shape = { .width = 16, .hidden = 24, .dim = 1024 };
    struct err err = { 0 };

    b->small = small_wordnet();
    texts_make(&b->small->wordnet, &b->texts);
    net_vocabulary(&b->texts, 200, 50, &b->vocabulary);
    net_features(&b->texts, &b->vocabulary, &b->features);
    shape.rows = b->vocabulary.n_known + 50;
    b->team = team_new(threads, NULL, NULL, &err);
    b->mrl = mrl_new(PAIRS, 0.2f, 3, &err);
    if (!b->team || !b->mrl || net_new(&b->net, shape, 2 * PAIRS, &err) < 0)
        fail_msg("%s", err.msg);
    net_init(&b->net, &b->texts, &b->features, 7);
    for (size_t i = 0; i < b->net.value.n; i++) /* biases too */
        b->net.value.all[i] += 0.01f * (float)(i % 13);
}

static void bench_free(struct bench *b)
{
    net_free(&b->net);
    mrl_free(b->mrl);
    team_free(b->team);
    net_features_free(&b->features);
    net_vocabulary_free(&b->vocabulary);
    texts_free(&b->texts);
    free(b->small);
}

/* x: the lemmas of every second synset, y: the definitions; two synsets stand for two pairs each. */
static double bench_loss(struct bench *b, bool backward)
{
    uint32_t words[2 * PAIRS * 16], first[2 * PAIRS + 1] = { 0 }, keys[PAIRS];
    struct word_lists lists = { .words = words, .first = first, .n = 2 * PAIRS };
    double loss;

    for (size_t i = 0; i < 2 * PAIRS; i++) {
        size_t s = 2 * (i % PAIRS < 2 ? 0 : i % PAIRS);
        struct span span = i < PAIRS ? b->texts.lemmas[s] : b->texts.definition[s];

        keys[i % PAIRS] = (uint32_t)s;
        memcpy(words + first[i], b->texts.words + span.begin, (span.end - span.begin) * sizeof(*words));
        first[i + 1] = first[i] + span.end - span.begin;
    }
    net_forward(&b->net, b->team, &b->features, &lists);
    loss = mrl_loss(b->mrl, b->team, b->net.z, b->net.z + PAIRS * 1024, (struct mrl_keys){ keys, keys }, PAIRS,
                    b->net.dz, b->net.dz + PAIRS * 1024, NULL);
    if (backward)
        net_backward(&b->net, b->team, &b->features, &lists);
    return loss;
}

static void the_gradient_is_the_slope_of_the_loss(void **state)
{
    struct bench b;
    struct rng rng = rng_seed(3);
    size_t at[6];
    float *start;
    struct err err;

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    bench_new(&b, 2);
    start = mem_array(b.net.value.n, sizeof(*start));
    memcpy(start, b.net.value.all, b.net.value.n * sizeof(*start));
    bench_loss(&b, true);
    at[0] = 0;
    at[1] = (size_t)(b.net.value.w1 - b.net.value.all);
    at[2] = (size_t)(b.net.value.b1 - b.net.value.all);
    at[3] = (size_t)(b.net.value.w2 - b.net.value.all);
    at[4] = (size_t)(b.net.value.b2 - b.net.value.all);
    at[5] = b.net.value.n;
    for (size_t part = 0; part < 5; part++) /* each alone, so that none hides behind a larger one */
        for (size_t trial = 0; trial < 3; trial++) {
            size_t n = at[part + 1] - at[part];
            float *direction = mem_array(n, sizeof(*direction));
            double slope = 0, length = 0, high, low, step, got;

            for (size_t i = 0; i < n; i++) {
                float g = b.net.gradient.all[at[part] + i];

                direction[i] = trial ? g * (float)rng_normal(&rng) : g;
                slope += (double)g * direction[i];
                length += (double)direction[i] * direction[i];
            }
            step = 2e-3 / sqrt(length) * (part ? 4 : 1);
            for (size_t i = 0; i < n; i++)
                b.net.value.all[at[part] + i] = start[at[part] + i] + (float)(step * direction[i]);
            high = bench_loss(&b, false);
            for (size_t i = 0; i < n; i++)
                b.net.value.all[at[part] + i] = start[at[part] + i] - (float)(step * direction[i]);
            low = bench_loss(&b, false);
            memcpy(b.net.value.all, start, b.net.value.n * sizeof(*start));
            got = (high - low) / (2 * step);
            if (fabs(got - slope) > 0.02 * sqrt(length) * (trial ? 1 : 0.5) + 0.01 * fabs(slope))
                fail_msg("part %zu: slope %g, gradient says %g", part, got, slope);
            free(direction);
        }
    free(start);
    bench_free(&b);
}

static void threads_do_not_change_a_bit(void **state)
{
    struct bench one, three;
    struct net_rates rates = { .table = 1e-2f, .dense = 1e-3f, .decay = 0.01f };
    struct err err;

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    bench_new(&one, 1);
    bench_new(&three, 3);
    for (size_t step = 0; step < 3; step++) {
        bench_loss(&one, true);
        net_step(&one.net, one.team, rates);
        bench_loss(&three, true);
        net_step(&three.net, three.team, rates);
    }
    assert_memory_equal(one.net.value.all, three.net.value.all, one.net.value.n * sizeof(float));
    bench_free(&one);
    bench_free(&three);
}

static void keep_last(void *arg, const struct train_progress *p)
{
    *(struct train_progress *)arg = *p;
}

/* Trains twice, writes, reads: the file holds the model, and the same seed makes the same file. */
static void a_seed_makes_one_file_that_knows_its_kinds(void **state)
{
    static const struct train_options options = { .seed = 5,
                                                  .words = 300,
                                                  .buckets = 64,
                                                  .width = 32,
                                                  .hidden = 48,
                                                  .batch = 64,
                                                  .steps = 60,
                                                  .run = 2,
                                                  .temperature = 0.1,
                                                  .rate_table = 1e-2,
                                                  .rate_dense = 2e-3,
                                                  .spread = 1,
                                                  .drop = 0.1,
                                                  .shared = 0.4 };
    struct small *small = small_wordnet();
    struct texts texts;
    struct blob files[2] = { { 0 }, { 0 } };
    struct train_progress last = { 0 };
    struct encoder *encoder;
    struct vectors x;
    struct err err;
    size_t right = 0;

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    texts_make(&small->wordnet, &texts);
    for (size_t i = 0; i < 2; i++) {
        struct trained trained;

        assert_int_equal(train_run(&options, &small->wordnet, &texts, keep_last, &last, &trained, &err), 0);
        save_weights(&trained, &texts, &files[i]);
        trained_free(&trained);
    }
    assert_int_equal(files[0].len, files[1].len);
    assert_memory_equal(files[0].data, files[1].data, files[0].len);
    assert_int_equal(last.step, options.steps);
    assert_int_equal(encoder_load(files[0].data, files[0].len, &encoder, &err), 0);
    for (size_t i = 0; i < 40; i++) {
        const char *pair[3] = { small->lemma[i], small->definition[i], small->definition[(i + 20) % 40] };
        float near = 0, far = 0;

        assert_int_equal(encoder_encode(encoder, pair, 3, &x, &err), 0);
        for (size_t j = 0; j < ENCODER_DIM; j++) {
            near += x.data[j] * x.data[ENCODER_DIM + j];
            far += x.data[j] * x.data[2 * ENCODER_DIM + j];
        }
        right += near > far;
        vectors_free(&x);
    }
    assert_in_range(right, 36, 40);
    encoder_free(encoder);
    blob_free(&files[0]);
    blob_free(&files[1]);
    texts_free(&texts);
    free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_pair_of_training_touches_what_is_held_out),
        cmocka_unit_test(the_gradient_is_the_slope_of_the_loss),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(a_seed_makes_one_file_that_knows_its_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
