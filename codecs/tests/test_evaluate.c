// SPDX-License-Identifier: MIT
/* The evaluation, by codecs whose losses are known without it: one that loses nothing, one that keeps nothing. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/evaluate.h"
#include "codecs/peer_faiss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DIM = 16, TRAIN = 400, BASE = 400, QUERIES = 40 };

static struct corpus corpus;
static struct evaluate_frame frame;

static int set_up(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(corpus_synthetic(TRAIN, BASE, QUERIES, DIM, 1, 3, &corpus, &err), 0);
    assert_int_equal(evaluate_frame(&corpus, &frame, &err), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    evaluate_frame_free(&frame);
    corpus_free(&corpus);
    return 0;
}

/* Codes that are the floats, times what `model` points to. */
static int scaled_encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    size_t stride = x->dim * sizeof(float);

    (void)err;
    *codes = (struct codes){ mem_array(x->n, stride), x->n, x->n * stride, stride };
    for (size_t i = 0; i < x->n * x->dim; i++)
        ((float *)codes->data)[i] = x->data[i] * *(const float *)model;
    return 0;
}

static int scaled_decode(const void *model, const struct codes *codes, struct vectors *out, struct err *err)
{
    (void)model;
    if (vectors_new(out, codes->n, codes->stride / sizeof(float), err) < 0)
        return -1;
    memcpy(out->data, codes->data, codes->n_bytes);
    return 0;
}

static int scaled_score(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                        struct err *err)
{
    size_t dim = queries->dim;

    (void)model, (void)err;
    blas_sgemm(false, true, queries->n, codes->n, dim, 1, queries->data, dim, (float *)codes->data, dim, 0, scores,
               codes->n);
    return 0;
}

static struct evaluation scaled(float by)
{
    struct evaluate_coder coder = { &by, scaled_encode, scaled_decode, scaled_score, 12345 };
    struct evaluation e = { 0 };
    struct err err;

    assert_int_equal(evaluate_coder(&coder, &frame, &e, &err), 0);
    return e;
}

static void what_loses_nothing_finds_all(void **state)
{
    struct evaluation e = scaled(1);

    (void)state;
    assert_true(e.recall_1 == 1 && e.recall_10 == 1 && e.recall_100 == 1 && e.rescored_10 == 1);
    assert_true(e.mse == 0 && e.signs == 1);
    assert_true(fabs(e.cosine - 1) < 1e-6);
    assert_true(e.bytes == 4 * DIM && e.ratio == 1 && e.side_bytes == 12345);
    assert_true(e.candidates == (double)CORPUS_NEIGHBOURS / BASE);
    evaluation_free(&e);
}

/* The wrong sign ranks all backwards: signs agree nowhere, the far is taken for the near. Rescoring cannot help. */
static void what_ranks_backwards_finds_nothing(void **state)
{
    struct evaluation e = scaled(-1);

    (void)state;
    assert_true(e.recall_1 == 0 && e.recall_10 == 0 && e.recall_100 == 0 && e.rescored_10 == 0);
    assert_true(e.signs == 0 && fabs(e.cosine + 1) < 1e-6);
    assert_true(e.mse > 3); /* twice as far as from the mean, which is near zero here: four times the energy */
    evaluation_free(&e);
}

/* Equal scores: the lower index, so that codes that say nothing find what stands first, and rescoring chooses from it. */
static void what_says_nothing_finds_by_chance(void **state)
{
    struct evaluation e = scaled(0);

    (void)state;
    assert_true(e.recall_100 < 0.35 && e.recall_100 > 0.15); /* a quarter of base */
    assert_true(e.rescored_10 > e.recall_10);
    assert_true(fabs(e.mse - 1) < 0.1);
    evaluation_free(&e);
}

static struct evaluation of(const char *name, size_t bytes)
{
    struct codec_options options = { bytes, 1 };
    struct codec_model model;
    struct evaluation e;
    struct err err;

    assert_int_equal(codec_train(codec_find(name), &corpus.train, &options, &model, &err), 0);
    assert_int_equal(evaluate_model(&model, &frame, &e, &err), 0);
    assert_int_equal(e.side_bytes, codec_side_bytes(&model));
    codec_model_free(&model);
    return e;
}

static void no_codec_beats_the_bound(void **state)
{
    static const char *const names[] = { "pq", "opq", "scalar8_pca", "transform_fixed" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct evaluation e = of(names[i], 8);

        assert_string_equal(e.name, names[i]);
        assert_int_equal(e.wanted, 8);
        assert_true(e.bytes <= 8 && e.mse > 0 && e.mse < 1);
        if (!(e.bound_bytes < e.bytes))
            fail_msg("%s: %g bytes, a Gaussian needs %g", e.name, e.bytes, e.bound_bytes);
        assert_true(e.rescored_10 >= e.recall_10);
        evaluation_free(&e);
    }
}

static void the_frame_knows_the_spectrum(void **state)
{
    double variances[DIM], sum = 0;

    (void)state;
    corpus_synthetic_spectrum(DIM, 1, variances);
    for (size_t j = 0; j < DIM; j++) {
        assert_true(fabs(frame.variances[j] / variances[j] - 1) < 0.3); /* of a sample */
        sum += frame.variances[j];
    }
    assert_true(fabs(sum * BASE - frame.energy) < 1e-6 * frame.energy);
}

static void a_difference_has_the_interval_of_its_queries(void **state)
{
    enum { N = 1000 };
    struct evaluation a = { .n_queries = N, .found_10 = mem_array(N, sizeof(float)) };
    struct evaluation b = { .n_queries = N, .found_10 = mem_array(N, sizeof(float)) };
    struct interval d, again;

    (void)state;
    for (size_t q = 0; q < N; q++) {
        b.found_10[q] = (float)(q % 7) / 10;
        a.found_10[q] = b.found_10[q] + (q % 2 ? 0.1f : 0);
    }
    d = evaluate_difference(&a, &b, 5);
    assert_true(fabs(d.value - 0.05) < 1e-6);
    /* Half of the queries differ by 0.1: a standard error of 0.05 / sqrt(1000), whatever b's own spread is. */
    assert_true(fabs((d.high - d.low) / (2 * 1.96 * 0.05 / sqrt(N)) - 1) < 0.15);
    again = evaluate_difference(&a, &b, 5);
    assert_true(d.low == again.low && d.high == again.high);
    d = evaluate_difference(&a, &a, 5);
    assert_true(d.value == 0 && d.low == 0 && d.high == 0);
    evaluation_free(&a);
    evaluation_free(&b);
}

static void a_peer_is_judged_by_the_same_rules(void **state)
{
    struct evaluation e;
    struct err err;

    (void)state;
    if (peer_faiss_absent()) {
        assert_int_equal(evaluate_faiss("faiss_pq", 8, &frame, &e, &err), -1);
        assert_int_equal(err.code, ERR_HOST);
        return;
    }
    assert_int_equal(evaluate_faiss("faiss_sq8", DIM, &frame, &e, &err), 0);
    assert_true(e.peer && e.bytes == DIM && e.side_bytes == 2 * DIM * sizeof(float));
    assert_true(e.mse < 0.001 && e.signs > 0.9); /* 8 bits for every number */
    evaluation_free(&e);
    assert_int_equal(evaluate_faiss("faiss_pq", 5, &frame, &e, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_loses_nothing_finds_all),
        cmocka_unit_test(what_ranks_backwards_finds_nothing),
        cmocka_unit_test(what_says_nothing_finds_by_chance),
        cmocka_unit_test(no_codec_beats_the_bound),
        cmocka_unit_test(the_frame_knows_the_spectrum),
        cmocka_unit_test(a_difference_has_the_interval_of_its_queries),
        cmocka_unit_test(a_peer_is_judged_by_the_same_rules),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
