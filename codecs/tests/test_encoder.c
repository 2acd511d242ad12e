// SPDX-License-Identifier: MIT
#include "codecs/blas.h"
#include "codecs/codec.h"
#include "codecs/encoder.h"
#include "codecs/encoder_words.h"
#include "base/fast_exp.h"
#include "codecs/hash.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void words_are_runs_of_letters_and_digits_made_small(void **state)
{
    static const char *const want[] = { "a", "4x4", "it", "s", "caf", "b52" };
    const char *text = "  A 4x4: IT's\tcaf\xc3\xa9--B52";
    char word[WORD_LETTERS_MAX + 1];
    size_t n = 0;

    (void)state;
    while (encoder_word_next(&text, word) > 0) {
        assert_true(n < ARRAY_LEN(want));
        assert_string_equal(word, want[n++]);
    }
    assert_int_equal(n, ARRAY_LEN(want));
}

static void long_words_are_cut_not_split(void **state)
{
    char text[3 * WORD_LETTERS_MAX + 8], word[WORD_LETTERS_MAX + 1];
    const char *at = text;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text + sizeof(text) - 3, " y", 3);
    assert_int_equal(encoder_word_next(&at, word), WORD_LETTERS_MAX);
    assert_int_equal(strlen(word), WORD_LETTERS_MAX);
    assert_int_equal(encoder_word_next(&at, word), 1);
    assert_string_equal(word, "y");
}

static void grams_are_those_of_the_marked_word(void **state)
{
    uint32_t cat[WORD_GRAMS_MAX], cats[WORD_GRAMS_MAX], none[WORD_GRAMS_MAX];
    char longest[WORD_LETTERS_MAX + 1];
    size_t n = encoder_word_grams("cat", 3, 1 << 30, cat), same = 0;

    (void)state;
    assert_int_equal(n, 5); /* <ca cat at> <cat cat>; "<cat>" is the word itself */
    assert_int_equal(encoder_word_grams("cats", 4, 1 << 30, cats), 4 + 3 + 2);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < 9; j++)
            same += cat[i] == cats[j];
    assert_int_equal(same, 3); /* <ca cat <cat */
    assert_int_equal(encoder_word_grams("be", 2, 1 << 30, none), 0);
    assert_int_equal(encoder_word_grams("cat", 3, 0, none), 0);
    memset(longest, 'z', sizeof(longest));
    n = encoder_word_grams(longest, WORD_LETTERS_MAX, 7, none);
    assert_true(n <= WORD_GRAMS_MAX);
    for (size_t i = 0; i < n; i++)
        assert_true(none[i] < 7);
}

static void fast_exp_has_six_digits(void **state)
{
    (void)state;
    for (int i = -8700; i <= 8700; i++) {
        double x = i / 100.0;
        double want = exp((double)(float)x), got = fast_exp((float)x);

        if (fabs(got - want) > 3e-7 * want)
            fail_msg("exp(%g): %g, want %g", x, got, want);
    }
    assert_true(fast_exp(-1e30f) == fast_exp(-87.0f));
    assert_true(fast_exp(1e30f) == fast_exp(87.0f));
}

/* Weights of a model with the words "a" and "b", two buckets, width 2, hidden 1. `version` and so on can be wrong. */
struct tiny {
    uint32_t version, words, buckets, width, hidden, dim, letters;
    const char *vocabulary;
};

static const struct tiny sound = { ENCODER_VERSION, 2, 2, 2, 1, ENCODER_DIM, 4, "a\0b\0" };

static struct blob tiny_weights(const struct tiny *t)
{
    struct blob b = { 0 };
    float one[ENCODER_DIM + 4], weights[3] = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(one); i++)
        one[i] = 1;
    blob_bytes(&b, "pawl encoder", 13);
    blob_u32(&b, t->version);
    blob_u32(&b, t->words);
    blob_u32(&b, t->buckets);
    blob_u32(&b, t->width);
    blob_u32(&b, t->hidden);
    blob_u32(&b, t->dim);
    blob_u32(&b, t->letters);
    blob_bytes(&b, t->vocabulary, 4);
    blob_f16s(&b, one, 4);
    blob_bytes(&b, "\x79\x9a\xa7\x88", 4); /* (1, -1), (2, 1), (-1, 2), (0, 0) */
    blob_f16s(&b, one, 1);
    blob_bytes(&b, "\1\2", 2);
    blob_f32s(&b, one, 1);
    blob_f16s(&b, one, ENCODER_DIM);
    for (size_t i = 0; i < ENCODER_DIM; i++)
        blob_bytes(&b, i % 2 ? "\1\0\1" : "\0\1\2", 3);
    for (size_t i = 0; i < ENCODER_DIM; i++)
        blob_f32s(&b, weights, 1);
    blob_u64(&b, hash_bytes(b.data, b.len, 0));
    return b;
}

static void a_vector_is_what_the_header_says(void **state)
{
    static const char *const texts[] = { "a", "B!", "" };
    struct blob b = tiny_weights(&sound);
    struct encoder *encoder;
    struct vectors x;
    struct err err;
    double p[2] = { 1, -1 }, h, z[2], length;

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    assert_int_equal(encoder_load(b.data, b.len, &encoder, &err), 0);
    assert_int_equal(encoder_encode(encoder, texts, 3, &x, &err), 0);
    h = p[0] + 2 * p[1] + 1; /* a's root mean square is 1 already */
    h = h / (1 + exp(-1.702 * h));
    z[0] = p[1] + 2 * h;
    z[1] = p[0] + h;
    length = sqrt(512 * (z[0] * z[0] + z[1] * z[1]));
    assert_float_equal(x.data[0], z[0] / length, 1e-6);
    assert_float_equal(x.data[1023], z[1] / length, 1e-6);
    assert_true(fabsf(x.data[ENCODER_DIM] - x.data[0]) > 1e-3f); /* b is not a */
    for (size_t j = 0; j < ENCODER_DIM; j++)
        assert_true(x.data[2 * ENCODER_DIM + j] == 0); /* no word, no vector */
    vectors_free(&x);
    encoder_free(encoder);
    blob_free(&b);
}

static void refuse(const struct blob *b, size_t len, const char *what)
{
    struct encoder *encoder;
    struct err err = { 0 };

    if (encoder_load(b->data, len, &encoder, &err) == 0)
        fail_msg("%s was taken", what);
    assert_int_equal(err.code, ERR_CONFIG);
}

static void damaged_weights_are_refused(void **state)
{
    struct blob b = tiny_weights(&sound);

    (void)state;
    for (size_t len = 0; len < b.len; len++)
        refuse(&b, len, "a cut file");
    for (size_t at = 0; at < b.len; at += 7) {
        b.data[at] ^= 0x10;
        refuse(&b, b.len, "a changed byte");
        b.data[at] ^= 0x10;
    }
    blob_free(&b);
}

static void weights_that_lie_are_refused(void **state)
{
    static const struct {
        const char *what;
        struct tiny tiny;
    } rows[] = {
        { "another version", { ENCODER_VERSION + 1, 2, 2, 2, 1, ENCODER_DIM, 4, "a\0b\0" } },
        { "too many words", { ENCODER_VERSION, 3, 2, 2, 1, ENCODER_DIM, 4, "a\0b\0" } },
        { "too few words", { ENCODER_VERSION, 1, 2, 2, 1, ENCODER_DIM, 4, "a\0b\0" } },
        { "a word twice", { ENCODER_VERSION, 2, 2, 2, 1, ENCODER_DIM, 4, "a\0a\0" } },
        { "an empty word", { ENCODER_VERSION, 2, 2, 2, 1, ENCODER_DIM, 4, "\0ab\0" } },
        { "a word without an end", { ENCODER_VERSION, 2, 2, 2, 1, ENCODER_DIM, 4, "a\0bc" } },
        { "huge tables", { ENCODER_VERSION, 2, 1 << 30, 2, 1, ENCODER_DIM, 4, "a\0b\0" } },
        { "an odd width", { ENCODER_VERSION, 2, 2, 3, 1, ENCODER_DIM, 4, "a\0b\0" } },
        { "no width", { ENCODER_VERSION, 2, 2, 0, 1, ENCODER_DIM, 4, "a\0b\0" } },
        { "a hidden layer that is not there", { ENCODER_VERSION, 2, 2, 2, 4096, ENCODER_DIM, 4, "a\0b\0" } },
        { "another dimension", { ENCODER_VERSION, 2, 2, 2, 1, ENCODER_DIM / 2, 4, "a\0b\0" } },
        { "a vocabulary longer than the file", { ENCODER_VERSION, 2, 2, 2, 1, ENCODER_DIM, 1u << 31, "a\0b\0" } },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct blob b = tiny_weights(&rows[i].tiny);

        refuse(&b, b.len, rows[i].what);
        blob_free(&b);
    }
}

static struct vectors encode(const char *const *texts, size_t n)
{
    struct encoder *encoder;
    struct vectors x = { 0 };
    struct err err;

    if (encoder_builtin(&encoder, &err) < 0)
        fail_msg("%s", err.msg);
    if (encoder_encode(encoder, texts, n, &x, &err) < 0)
        fail_msg("%s", err.msg);
    encoder_free(encoder);
    return x;
}

static double cosine(const struct vectors *x, size_t i, size_t j, size_t dims)
{
    const float *a = x->data + i * x->dim, *b = x->data + j * x->dim;
    double ab = 0, aa = 0, bb = 0;

    for (size_t k = 0; k < dims; k++) {
        ab += (double)a[k] * b[k];
        aa += (double)a[k] * a[k];
        bb += (double)b[k] * b[k];
    }
    return ab / sqrt(aa * bb);
}

static void vectors_are_of_unit_length_whatever_the_batch(void **state)
{
    enum { N = 600 };
    static char text[N][32];
    const char *texts[N], *one[1];
    struct vectors all, alone;
    struct err err;

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    for (size_t i = 0; i < N; i++) {
        snprintf(text[i], sizeof(text[i]), "word%zu of a list", i);
        texts[i] = text[i];
    }
    all = encode(texts, N);
    assert_int_equal(all.n, N);
    assert_int_equal(all.dim, ENCODER_DIM);
    for (size_t i = 0; i < N; i++) {
        double length = 0;

        for (size_t k = 0; k < ENCODER_DIM; k++)
            length += (double)all.data[i * ENCODER_DIM + k] * all.data[i * ENCODER_DIM + k];
        assert_float_equal(length, 1, 1e-5);
    }
    one[0] = "WORD599 -- of a LIST.";
    alone = encode(one, 1);
    for (size_t k = 0; k < ENCODER_DIM; k++)
        assert_float_equal(alone.data[k], all.data[599 * ENCODER_DIM + k], 1e-5);
    vectors_free(&all);
    vectors_free(&alone);
}

/* Each text's partner shares its meaning, and no word with it. */
static void meaning_counts_where_no_word_is_shared(void **state)
{
    static const char *const texts[] = {
        "a large boat that carries passengers",
        "ocean liner",
        "someone who treats sick people",
        "physician",
        "frozen water falling from clouds",
        "snow and hail",
        "she sang the aria beautifully",
        "vocal music of an opera",
        "a yellow citrus fruit",
        "lemons",
        "to walk in a leisurely manner",
        "stroll",
        "the money paid for labour",
        "wages and salary",
        "an insect with colourful wings",
        "butterflies",
    };
    enum { N = ARRAY_LEN(texts) };
    struct vectors x;
    struct err err;

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    x = encode(texts, N);
    for (size_t dims = 32; dims <= ENCODER_DIM; dims *= 32) { /* a prefix of 32, and all */
        size_t right = 0;

        for (size_t i = 0; i < N; i += 2) {
            size_t best = 1;

            for (size_t j = 3; j < N; j += 2)
                if (cosine(&x, i, j, dims) > cosine(&x, i, best, dims))
                    best = j;
            right += best == i + 1;
        }
        if (right < (dims == 32 ? 5 : 7)) /* of 8; one is chance */
            fail_msg("%zu floats: %zu of %zu partners found", dims, right, N / 2);
    }
    vectors_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_runs_of_letters_and_digits_made_small),
        cmocka_unit_test(long_words_are_cut_not_split),
        cmocka_unit_test(grams_are_those_of_the_marked_word),
        cmocka_unit_test(fast_exp_has_six_digits),
        cmocka_unit_test(a_vector_is_what_the_header_says),
        cmocka_unit_test(damaged_weights_are_refused),
        cmocka_unit_test(weights_that_lie_are_refused),
        cmocka_unit_test(vectors_are_of_unit_length_whatever_the_batch),
        cmocka_unit_test(meaning_counts_where_no_word_is_shared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
