// SPDX-License-Identifier: MIT
/* The transform codecs: sizes as written, the same bytes every time, variants that agree, hostile bytes, odd data. */
#include "transform_fixture.h"

#include "base/mem.h"
#include "codecs/transform_group.h"
#include "declare/isa.h"

#include <stdlib.h>
#include <string.h>

static const struct codec *const both[] = { &codec_transform, &codec_transform_fixed };

static struct codes encoded(const struct codec_model *model, const struct vectors *x)
{
    struct codes codes;
    struct err err;

    if (codec_encode(model, x, &codes, &err) < 0)
        fail_msg("%s", err.msg);
    return codes;
}

static void size_as_written_is_what_was_asked_for_or_just_below(void **state)
{
    static const size_t sizes[] = { 5, 9, 16 };
    struct vectors x = made(TRAIN, DIM, 1), base = made(1500, DIM, 2);

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(both); c++)
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            struct codec_model m = trained(both[c], &x, sizes[s]);
            struct codes codes = encoded(&m, &base);
            double bytes = (double)codes.n_bytes / (double)codes.n;

            if (bytes > (double)sizes[s] || bytes < .9 * (double)sizes[s])
                fail_msg("%s wrote %g bytes for %zu", both[c]->name, bytes, sizes[s]);
            assert_int_equal(codes.stride, c ? sizes[s] : 0);
            codes_free(&codes);
            codec_model_free(&m);
        }
    vectors_free(&x);
    vectors_free(&base);
}

static double squared_error(const struct vectors *a, const struct vectors *b)
{
    double sum = 0;

    for (size_t i = 0; i < a->n * a->dim; i++)
        sum += pow((double)a->data[i] - (double)b->data[i], 2);
    return sum / (double)a->n;
}

static void more_bytes_are_nearer_and_lengths_are_kept(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), base = made(300, DIM, 2), out;
    struct err err;

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(both); c++) {
        double last = 1;

        for (size_t bytes = 6; bytes <= 24; bytes *= 2) {
            struct codec_model m = trained(both[c], &x, bytes);
            struct codes codes = encoded(&m, &base);

            assert_int_equal(codec_decode(&m, &codes, &out, &err), 0);
            assert_true(squared_error(&base, &out) < .75 * last);
            last = squared_error(&base, &out);
            for (size_t i = 0; i < out.n; i++) {
                double length = 0;

                for (size_t j = 0; j < DIM; j++)
                    length += (double)out.data[i * DIM + j] * (double)out.data[i * DIM + j];
                assert_true(fabs(length - 1) < .01);
            }
            vectors_free(&out);
            codes_free(&codes);
            codec_model_free(&m);
        }
    }
    vectors_free(&x);
    vectors_free(&base);
}

static void few_vectors_take_no_more_than_was_asked_for_either(void **state)
{
    static const size_t ns[] = { 1, 3, 16, 17, 64, 65, 200 };
    struct vectors x = made(TRAIN, DIM, 1), base = made(200, DIM, 2);
    struct codec_model m = trained(&codec_transform, &x, 12);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ns); i++) {
        struct vectors few = { base.data, ns[i], DIM };
        struct codes codes = encoded(&m, &few);

        if (codes.n_bytes > 12 * ns[i])
            fail_msg("%zu vectors took %zu bytes", ns[i], codes.n_bytes);
        codes_free(&codes);
    }
    codec_model_free(&m);
    vectors_free(&x);
    vectors_free(&base);
}

/* Vectors about a large mean: an error along it would move the scores of all queries. */
static void what_is_along_the_mean_is_kept_best(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), base = made(300, DIM, 2), out;
    struct err err;

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(both); c++) {
        struct codec_model m = trained(both[c], &x, BYTES);
        const struct projection *p = &((struct transform *)m.model)->projection;
        struct codes codes = encoded(&m, &base);
        double along = 0, spread = 0;

        assert_int_equal(codec_decode(&m, &codes, &out, &err), 0);
        for (size_t i = 0; i < base.n; i++) {
            double was = 0, is = 0;

            for (size_t j = 0; j < DIM; j++) {
                was += (double)p->basis[j] * (double)base.data[i * DIM + j];
                is += (double)p->basis[j] * (double)out.data[i * DIM + j];
            }
            along += (was - is) * (was - is);
            spread += (was - (double)p->offset[0]) * (was - (double)p->offset[0]);
        }
        assert_true(along < .05 * spread);
        assert_true(squared_error(&base, &out) * (double)base.n > 2 * along);
        vectors_free(&out);
        codes_free(&codes);
        codec_model_free(&m);
    }
    vectors_free(&x);
    vectors_free(&base);
}

/* What ranks training vectors best is sought among quarters; few of them, or lengths of their own, say nothing. */
static void scores_lengthen_by_what_training_vectors_say(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), few = { x.data, 100, DIM };

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(both); c++) {
        struct codec_model m = trained(both[c], &x, BYTES), n = trained(both[c], &few, BYTES), o;
        float part = ((struct transform *)m.model)->part;

        assert_true(part >= 0 && part <= 1 && floorf(4 * part) == 4 * part);
        assert_true(((struct transform *)n.model)->part == .5f);
        for (size_t j = 0; j < DIM; j++)
            few.data[j] *= 2;
        o = trained(both[c], &few, BYTES);
        assert_true(((struct transform *)o.model)->length == 0);
        for (size_t j = 0; j < DIM; j++)
            few.data[j] /= 2;
        codec_model_free(&m);
        codec_model_free(&n);
        codec_model_free(&o);
    }
    vectors_free(&x);
}

/* The whole way to the common length, that is: scores may go a part of it. */
static void score_is_the_inner_product_with_what_is_decoded(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), base = made(131, DIM, 2), queries = made(5, DIM, 3), out;
    float scores[5 * 131];
    struct err err;

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(both); c++) {
        struct codec_model m = trained(both[c], &x, BYTES);
        struct codes codes = encoded(&m, &base);

        ((struct transform *)m.model)->part = 1;
        assert_int_equal(codec_decode(&m, &codes, &out, &err), 0);
        assert_int_equal(codec_score(&m, &queries, &codes, scores, &err), 0);
        for (size_t q = 0; q < queries.n; q++)
            for (size_t i = 0; i < base.n; i++) {
                double want = 0;

                for (size_t j = 0; j < DIM; j++)
                    want += (double)queries.data[q * DIM + j] * (double)out.data[i * DIM + j];
                assert_true(fabs((double)scores[q * base.n + i] - want) < 2e-3);
            }
        vectors_free(&out);
        codes_free(&codes);
        codec_model_free(&m);
    }
    vectors_free(&x);
    vectors_free(&base);
    vectors_free(&queries);
}

static void same_seed_same_model_and_a_saved_one_writes_the_same(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), base = made(200, DIM, 2);
    struct err err;

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(both); c++) {
        struct codec_model a = trained(both[c], &x, BYTES), b = trained(both[c], &x, BYTES);
        struct codes one = encoded(&a, &base), two;
        struct blob saved = { 0 }, again = { 0 };
        struct blob_reader in;

        both[c]->save(a.model, &saved);
        both[c]->save(b.model, &again);
        assert_int_equal(saved.len, again.len);
        assert_memory_equal(saved.data, again.data, saved.len);
        codec_model_free(&b);
        b = (struct codec_model){ .codec = both[c], .dim = DIM, .options = a.options };
        in = (struct blob_reader){ .data = saved.data, .len = saved.len };
        assert_int_equal(both[c]->load(&in, &b.model, &err), 0);
        two = encoded(&b, &base);
        assert_int_equal(one.n_bytes, two.n_bytes);
        assert_memory_equal(one.data, two.data, one.n_bytes);
        for (size_t len = 0; len < saved.len; len += len < 64 ? 1 : 97) {
            void *model = NULL;

            in = (struct blob_reader){ .data = saved.data, .len = len };
            assert_int_equal(both[c]->load(&in, &model, &err), -1);
            assert_int_equal(err.code, ERR_CONFIG);
        }
        blob_free(&saved);
        blob_free(&again);
        codes_free(&one);
        codes_free(&two);
        codec_model_free(&a);
        codec_model_free(&b);
    }
    vectors_free(&x);
    vectors_free(&base);
}

static void groups_cut_off_or_changed_are_refused(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), base = made(80, DIM, 2), out;
    struct codec_model m = trained(&codec_transform, &x, BYTES);
    struct codes codes = encoded(&m, &base);
    struct err err;

    (void)state;
    for (size_t len = 0; len < codes.n_bytes; len++) {
        uint8_t *copy = mem_array(len + 1, 1);
        struct codes cut = { copy, codes.n, len, 0 };

        memcpy(copy, codes.data, len);
        assert_int_equal(codec_decode(&m, &cut, &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        free(copy);
    }
    codes.data[codes.n_bytes / 2] ^= 0x10;
    assert_int_equal(codec_decode(&m, &codes, &out, &err), -1);
    codes_free(&codes);
    codec_model_free(&m);
    vectors_free(&x);
    vectors_free(&base);
}

/* The scalar decoder is the reference. */
static void every_isa_reads_the_same_numbers(void **state)
{
    struct vectors x = made(TRAIN, DIM, 1), base = made(TRANSFORM_GROUP, DIM, 2);
    static const size_t sizes[] = { BYTES, 40 }; /* 40: tables that no register holds */

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        struct codec_model m = trained(&codec_transform, &x, sizes[s]);
        struct codes codes = encoded(&m, &base);
        struct transform *t = m.model;
        struct transform_group want, have;
        struct err err;
        size_t used;

        assert_int_equal(transform_group_new(t, &want, &err), 0);
        assert_int_equal(transform_group_new(t, &have, &err), 0);
        t->isa = ISA_ANY;
        assert_int_equal(transform_group_read(t, codes.data, codes.n_bytes, base.n, &want, &used, &err), 0);
        t->isa = isa_host();
        assert_int_equal(transform_group_read(t, codes.data, codes.n_bytes, base.n, &have, &used, &err), 0);
        assert_int_equal(used, codes.n_bytes);
        assert_memory_equal(want.u, have.u, t->projection.k * TRANSFORM_GROUP * sizeof(float));
        transform_group_free(&want);
        transform_group_free(&have);
        codes_free(&codes);
        codec_model_free(&m);
    }
    vectors_free(&x);
    vectors_free(&base);
}

static void odd_data_are_encoded_all_the_same(void **state)
{
    static const struct {
        size_t n, dim, bytes;
        float scale; /* 0: zeros, -1: all the same */
    } rows[] = { { 1, 1, 4, 1 },   { 1, 8, 4, 1 },    { 5, 3, 20, 1 },    { 40, 4, 8, 0 },      { 40, 4, 8, -1 },
                 { 3, 300, 8, 1 }, { 64, 5, 6, 1e4f }, { 64, 5, 6, 1e-4f }, { 200, 2, 100, 1 } };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++)
        for (size_t c = 0; c < ARRAY_LEN(both); c++) {
            struct vectors x = made(rows[r].n, rows[r].dim, r), out;
            struct codec_model m;
            struct codes codes;
            struct err err;

            for (size_t i = 0; i < x.n * x.dim; i++)
                x.data[i] = rows[r].scale < 0 ? .5f : x.data[i] * rows[r].scale;
            m = trained(both[c], &x, rows[r].bytes);
            x.data[0] *= 1e6f; /* far from all of training */
            codes = encoded(&m, &x);
            assert_int_equal(codec_decode(&m, &codes, &out, &err), 0);
            for (size_t i = 0; i < out.n * out.dim; i++)
                assert_true(isfinite(out.data[i]));
            vectors_free(&out);
            codes_free(&codes);
            x.n = 0;
            codes = encoded(&m, &x);
            assert_int_equal(codes.n_bytes, 0);
            codes_free(&codes);
            codec_model_free(&m);
            vectors_free(&x);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_as_written_is_what_was_asked_for_or_just_below),
        cmocka_unit_test(more_bytes_are_nearer_and_lengths_are_kept),
        cmocka_unit_test(few_vectors_take_no_more_than_was_asked_for_either),
        cmocka_unit_test(what_is_along_the_mean_is_kept_best),
        cmocka_unit_test(scores_lengthen_by_what_training_vectors_say),
        cmocka_unit_test(score_is_the_inner_product_with_what_is_decoded),
        cmocka_unit_test(same_seed_same_model_and_a_saved_one_writes_the_same),
        cmocka_unit_test(groups_cut_off_or_changed_are_refused),
        cmocka_unit_test(every_isa_reads_the_same_numbers),
        cmocka_unit_test(odd_data_are_encoded_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
