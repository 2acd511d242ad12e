// SPDX-License-Identifier: MIT
/* What every codec must have, by one table: codec_list. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BASE = 40, MANY = 512 };

/* Unit vectors of n(0, j^-decay), all from one seed. */
static struct vectors gaussian(size_t n, size_t dim, double decay, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct vectors v;
    struct err err;

    assert_int_equal(vectors_new(&v, n, dim, &err), 0);
    for (size_t i = 0; i < n * dim; i++)
        v.data[i] = (float)(rng_normal(&rng) * pow((double)(i % dim + 1), -decay / 2));
    vectors_normalise(&v);
    return v;
}

static struct codec_model train(const struct codec *codec, const struct vectors *x, size_t bytes)
{
    struct codec_options options = { bytes, 7 };
    struct codec_model model;
    struct err err;

    if (codec_train(codec, x, &options, &model, &err) < 0)
        fail_msg("%s, %zu bytes, %zu dimensions: %s", codec->name, bytes, x->dim, err.msg);
    return model;
}

static struct codes encode(const struct codec_model *model, const struct vectors *x)
{
    struct codes codes;
    struct err err;

    if (codec_encode(model, x, &codes, &err) < 0)
        fail_msg("%s", err.msg);
    return codes;
}

static void assert_finite(const char *name, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            fail_msg("%s: %g at %zu", name, (double)x[i], i);
}

/* Encodes, decodes and scores; nothing but finite numbers may come out. */
static void use(const struct codec_model *model, const struct vectors *x)
{
    const char *name = model->codec->name;
    struct codes codes = encode(model, x);
    float *scores = mem_array(x->n * x->n, sizeof(*scores));
    struct vectors out;
    struct err err;

    assert_int_equal(codec_decode(model, &codes, &out, &err), 0);
    assert_finite(name, out.data, out.n * out.dim);
    assert_int_equal(codec_score(model, x, &codes, scores, &err), 0);
    assert_finite(name, scores, x->n * x->n);
    vectors_free(&out);
    codes_free(&codes);
    free(scores);
}

static void every_codec_is_listed_once(void **state)
{
    (void)state;
    assert_true(codec_list_n > 0);
    for (size_t i = 0; i < codec_list_n; i++) {
        assert_ptr_equal(codec_find(codec_list[i]->name), codec_list[i]);
        assert_true(strspn(codec_list[i]->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
                    strlen(codec_list[i]->name));
        assert_true(strlen(codec_list[i]->summary) > 0 && strlen(codec_list[i]->source) > 0);
    }
}

/* What is written in groups has a length by the group: whole ones. */
static void codes_are_no_longer_than_wanted(void **state)
{
    static const struct {
        size_t dim, bytes;
    } rows[] = { { 1, 4 }, { 2, 3 }, { 33, 5 }, { 24, 8 } };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct vectors x = gaussian(BASE, rows[r].dim, 1, r), many = gaussian(MANY, rows[r].dim, 1, r + 9);

        for (size_t i = 0; i < codec_list_n; i++) {
            struct codec_model model;
            struct codes codes;

            if (!codec_list[i]->has(rows[r].bytes, rows[r].dim))
                continue;
            model = train(codec_list[i], &x, rows[r].bytes);
            codes = encode(&model, &many);
            assert_int_equal(codes.n, many.n);
            if (codes.n_bytes > many.n * rows[r].bytes || (codes.stride && codes.n_bytes != many.n * codes.stride))
                fail_msg("%s: %zu bytes a code, %zu in all, for %zu wanted and %zu dimensions", codec_list[i]->name,
                         codes.stride, codes.n_bytes, rows[r].bytes, rows[r].dim);
            codes_free(&codes);
            codec_model_free(&model);
        }
        vectors_free(&x);
        vectors_free(&many);
    }
}

static void the_same_seed_gives_the_same_model_and_codes(void **state)
{
    struct vectors x = gaussian(BASE, 32, 1, 1);

    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        struct blob a = { 0 }, b = { 0 };
        struct codec_model one, two;
        struct codes p, q;

        if (!codec_list[i]->has(6, 32))
            continue;
        one = train(codec_list[i], &x, 6);
        two = train(codec_list[i], &x, 6);
        codec_list[i]->save(one.model, &a);
        codec_list[i]->save(two.model, &b);
        assert_int_equal(a.len, b.len);
        if (memcmp(a.data, b.data, a.len))
            fail_msg("%s", codec_list[i]->name);
        p = encode(&one, &x);
        q = encode(&two, &x);
        assert_int_equal(p.n_bytes, q.n_bytes);
        assert_memory_equal(p.data, q.data, p.n_bytes);
        codes_free(&p);
        codes_free(&q);
        blob_free(&a);
        blob_free(&b);
        codec_model_free(&one);
        codec_model_free(&two);
    }
    vectors_free(&x);
}

static struct codec_model reload(const struct codec_model *model)
{
    struct codec_model loaded = *model;
    struct blob b = { 0 };
    struct blob_reader in;
    struct err err;

    model->codec->save(model->model, &b);
    assert_int_equal(codec_side_bytes(model), b.len);
    in = (struct blob_reader){ b.data, b.len, 0, false };
    if (model->codec->load(&in, &loaded.model, &err) < 0)
        fail_msg("%s: %s", model->codec->name, err.msg);
    assert_int_equal(in.at, b.len);
    blob_free(&b);
    return loaded;
}

static void a_loaded_model_does_what_the_saved_one_did(void **state)
{
    struct vectors x = gaussian(BASE, 32, 1, 1), u, v;
    float *s = mem_array(BASE * BASE, sizeof(*s)), *t = mem_array(BASE * BASE, sizeof(*t));
    struct err err;

    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        struct codec_model model, loaded;
        struct codes p, q;

        if (!codec_list[i]->has(6, 32))
            continue;
        model = train(codec_list[i], &x, 6);
        loaded = reload(&model);
        p = encode(&model, &x);
        q = encode(&loaded, &x);
        assert_int_equal(p.n_bytes, q.n_bytes);
        if (memcmp(p.data, q.data, p.n_bytes))
            fail_msg("%s: other codes", codec_list[i]->name);
        assert_int_equal(codec_decode(&model, &p, &u, &err), 0);
        assert_int_equal(codec_decode(&loaded, &p, &v, &err), 0);
        assert_memory_equal(u.data, v.data, u.n * u.dim * sizeof(float));
        assert_int_equal(codec_score(&model, &x, &p, s, &err), 0);
        assert_int_equal(codec_score(&loaded, &x, &p, t, &err), 0);
        assert_memory_equal(s, t, BASE * BASE * sizeof(float));
        vectors_free(&u);
        vectors_free(&v);
        codes_free(&p);
        codes_free(&q);
        codec_model_free(&model);
        codec_model_free(&loaded);
    }
    free(s);
    free(t);
    vectors_free(&x);
}

static void hostile_codes_are_decoded_or_refused(void **state)
{
    struct vectors x = gaussian(BASE, 20, 1, 1), out;
    struct rng rng = rng_seed(3);
    struct err err;

    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        struct codec_model model;
        struct codes codes;

        if (!codec_list[i]->has(8, 20))
            continue;
        model = train(codec_list[i], &x, 8);
        codes = encode(&model, &x);
        for (int round = 0; round < 20; round++) {
            for (size_t j = 0; j < codes.n_bytes; j++)
                codes.data[j] = (uint8_t)rng_next(&rng);
            if (codec_decode(&model, &codes, &out, &err) < 0) {
                assert_int_equal(err.code, ERR_CONFIG);
                continue;
            }
            assert_finite(codec_list[i]->name, out.data, out.n * out.dim);
            vectors_free(&out);
        }
        codes.n_bytes /= 2; /* half of what n says */
        assert_int_equal(codec_decode(&model, &codes, &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        codes_free(&codes);
        codec_model_free(&model);
    }
    vectors_free(&x);
}

static void hostile_models_are_loaded_or_refused(void **state)
{
    struct vectors x = gaussian(BASE, 20, 1, 1);
    struct rng rng = rng_seed(3);
    struct err err;

    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        struct codec_model model;
        struct blob b = { 0 };

        if (!codec_list[i]->has(6, 20))
            continue;
        model = train(codec_list[i], &x, 6);
        codec_list[i]->save(model.model, &b);
        for (int round = 0; round < 60; round++) {
            size_t cut = round % 2 ? b.len : rng_below(&rng, b.len), at = rng_below(&rng, b.len < 64 ? b.len : 64);
            struct blob_reader in = { b.data, cut, 0, false };
            uint8_t was = b.data[at];
            void *loaded = NULL;

            b.data[at] = (uint8_t)(round % 2 ? rng_next(&rng) : was); /* cut short, or one byte wrong */
            if (codec_list[i]->load(&in, &loaded, &err) == 0) {
                if (cut < b.len)
                    fail_msg("%s: %zu of %zu bytes are a model", codec_list[i]->name, cut, b.len);
                codec_list[i]->free(loaded);
            } else {
                assert_int_equal(err.code, ERR_CONFIG);
            }
            b.data[at] = was;
        }
        blob_free(&b);
        codec_model_free(&model);
    }
    vectors_free(&x);
}

static void odd_data_is_fine(void **state)
{
    static const struct {
        const char *what;
        size_t n, dim, bytes;
    } rows[] = {
        { "one dimension", 40, 1, 4 },
        { "one training vector", 1, 24, 8 },
        { "fewer vectors than centroids", 3, 24, 8 },
        { "duplicates", 40, 24, 8 },
        { "zeros", 40, 24, 8 },
        { "large", 40, 24, 8 },
        { "small", 40, 24, 8 },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct vectors x = gaussian(rows[r].n, rows[r].dim, 1, r), zero = gaussian(2, rows[r].dim, 1, r);
        float scale = !strcmp(rows[r].what, "large") ? 1e15f : !strcmp(rows[r].what, "small") ? 1e-15f : 1;

        for (size_t j = 0; j < x.n * x.dim; j++)
            x.data[j] = !strcmp(rows[r].what, "zeros")        ? 0
                        : !strcmp(rows[r].what, "duplicates") ? x.data[j % x.dim]
                                                              : x.data[j] * scale;
        memset(zero.data, 0, zero.dim * sizeof(*zero.data)); /* the second is one like no other */
        for (size_t i = 0; i < codec_list_n; i++) {
            struct codec_model model;

            if (!codec_list[i]->has(rows[r].bytes, rows[r].dim))
                continue;
            model = train(codec_list[i], &x, rows[r].bytes);
            use(&model, &x);
            use(&model, &zero);
            codec_model_free(&model);
        }
        vectors_free(&x);
        vectors_free(&zero);
    }
}

static void the_largest_dimension_is_fine(void **state)
{
    struct vectors x = gaussian(4, VECTORS_DIM_MAX, 1, 5);

    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        struct codec_model model;

        if (!codec_list[i]->has(8, VECTORS_DIM_MAX))
            continue;
        model = train(codec_list[i], &x, 8);
        use(&model, &x);
        codec_model_free(&model);
    }
    vectors_free(&x);
}

static void what_is_not_finite_is_refused(void **state)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    struct vectors x = gaussian(BASE, 16, 1, 1), y = gaussian(3, 16, 1, 2);
    float scores[3 * BASE];

    (void)state;
    for (size_t i = 0; i < codec_list_n; i++) {
        struct codec_options options = { 4, 1 };
        struct codec_model model, none;
        struct codes codes, other;
        struct err err;

        if (!codec_list[i]->has(4, 16))
            continue;
        model = train(codec_list[i], &x, 4);
        codes = encode(&model, &x);
        for (size_t b = 0; b < ARRAY_LEN(bad); b++) {
            y.data[20] = bad[b];
            assert_int_equal(codec_train(codec_list[i], &y, &options, &none, &err), -1);
            assert_int_equal(codec_encode(&model, &y, &other, &err), -1);
            assert_non_null(strstr(err.msg, isnan(bad[b]) ? "NaN" : "infinite"));
            assert_int_equal(codec_score(&model, &y, &codes, scores, &err), -1);
        }
        codes_free(&codes);
        codec_model_free(&model);
    }
    vectors_free(&x);
    vectors_free(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_is_listed_once),
        cmocka_unit_test(codes_are_no_longer_than_wanted),
        cmocka_unit_test(the_same_seed_gives_the_same_model_and_codes),
        cmocka_unit_test(a_loaded_model_does_what_the_saved_one_did),
        cmocka_unit_test(hostile_codes_are_decoded_or_refused),
        cmocka_unit_test(hostile_models_are_loaded_or_refused),
        cmocka_unit_test(odd_data_is_fine),
        cmocka_unit_test(the_largest_dimension_is_fine),
        cmocka_unit_test(what_is_not_finite_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
