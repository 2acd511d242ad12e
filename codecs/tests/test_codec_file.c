// SPDX-License-Identifier: MIT
#include "codecs/blas.h"
#include "codecs/codec_file.h"
#include "codecs/hash.h"

#include "codec_fixture.h"
#include "folder_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static float data[] = { 1, 2, 3, -1, -2, 5, 0, 0, -9 };
static const struct vectors x = { data, 3, 3 };
static const struct codec_options options = { .bytes = 4, .seed = 77 };

static struct codec_model trained(void)
{
    struct codec_model m;
    struct err err;

    assert_int_equal(codec_train(&toy, &x, &options, &m, &err), 0);
    return m;
}

static char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static uint8_t *read_all(const char *path, size_t *len)
{
    static uint8_t bytes[4096];
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    *len = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    return bytes;
}

static void a_codec_and_its_codes_come_back_from_files(void **state)
{
    struct codec_model m = trained(), back;
    struct codes codes, codes_back = { 0 };
    struct vectors out;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(codec_encode(&m, &x, &codes, &err), 0);
    assert_int_equal(codec_save(&m, path_of("a.codec"), &err), 0);
    assert_int_equal(codes_save(&m, &codes, path_of("a.codes"), &err), 0);
    if (codec_load(path_of("a.codec"), &back, &err) < 0 || codes_load(path_of("a.codes"), &back, &codes_back, &err) < 0)
        fail_msg("%s", err.msg);
    assert_ptr_equal(back.codec, &toy);
    assert_int_equal(back.dim, 3);
    assert_int_equal(back.options.bytes, 4);
    assert_int_equal(back.options.seed, 77);
    assert_int_equal(codec_side_bytes(&back), 16);
    assert_int_equal(codes_back.n, 3);
    assert_int_equal(codes_back.stride, 3);
    assert_memory_equal(codes.data, codes_back.data, codes.n_bytes);
    assert_int_equal(codec_decode(&back, &codes_back, &out, &err), 0);
    assert_true(out.data[2] == 1 && out.data[8] == -1);
    vectors_free(&out);
    codes_free(&codes);
    codes_free(&codes_back);
    codec_model_free(&m);
    codec_model_free(&back);
}

/* Without a scorer of its own it is the product with what is decoded. */
static void scores_are_products_with_the_decoded(void **state)
{
    struct codec_model m = trained();
    struct codes codes;
    struct err err = { 0 };
    float query[] = { 1, 10, 100 }, scores[3];

    (void)state;
    if (blas_load(&err) < 0)
        skip();
    assert_int_equal(codec_encode(&m, &x, &codes, &err), 0);
    assert_int_equal(codec_score(&m, &(struct vectors){ query, 1, 3 }, &codes, scores, &err), 0);
    assert_true(scores[0] == 111 && scores[1] == 89 && scores[2] == -111);
    codes_free(&codes);
    codec_model_free(&m);
}

static void what_is_not_finite_or_not_of_its_size_is_refused_by_name(void **state)
{
    float bad[] = { 1, NAN, 2, 1, INFINITY, 0 };
    struct vectors nan = { bad, 1, 3 }, wide = { bad, 3, 2 };
    struct codec_model m = trained(), none;
    struct codes codes;
    struct err err;

    (void)state;
    assert_int_equal(codec_encode(&m, &nan, &codes, &err), -1);
    assert_non_null(strstr(err.msg, "toy: vector 0, dimension 1 is NaN"));
    assert_null(codes.data);
    assert_int_equal(codec_encode(&m, &wide, &codes, &err), -1);
    assert_non_null(strstr(err.msg, "2 dimensions for a model of toy that was trained on 3"));
    assert_int_equal(codec_train(&toy, &nan, &options, &none, &err), -1);
    assert_non_null(strstr(err.msg, "is NaN"));
    assert_int_equal(codec_train(&toy, &(struct vectors){ bad, 0, 3 }, &options, &none, &err), -1);
    assert_int_equal(codec_train(&toy, &x, &(struct codec_options){ .bytes = 2 }, &none, &err), -1);
    assert_non_null(strstr(err.msg, "3 dimensions in 2 bytes"));
    assert_null(none.codec);
    codec_model_free(&none);
    codec_model_free(&m);
}

static void every_damaged_byte_and_every_cut_is_noticed(void **state)
{
    struct codec_model m = trained(), back;
    struct codes codes, codes_back = { 0 };
    struct err err;
    size_t len;
    uint8_t *bytes;

    (void)state;
    assert_int_equal(codec_encode(&m, &x, &codes, &err), 0);
    for (int which = 0; which < 2; which++) {
        assert_int_equal(which ? codes_save(&m, &codes, path_of("b"), &err) : codec_save(&m, path_of("b"), &err), 0);
        bytes = read_all(path_of("b"), &len);
        for (size_t i = 0; i < 2 * len; i++) {
            bytes[i / 2] ^= 1;
            assert_int_equal(which ? codes_parse(bytes, i % 2 ? len : i / 2, &m, &codes_back, &err)
                                   : codec_parse(bytes, i % 2 ? len : i / 2, &back, &err), -1);
            assert_int_equal(err.code, ERR_CONFIG);
            assert_non_null(strstr(err.msg, "byte "));
            bytes[i / 2] ^= 1;
        }
        assert_int_equal(which ? codes_parse(bytes, len, &m, &codes_back, &err) : codec_parse(bytes, len, &back, &err), 0);
    }
    codes_free(&codes);
    codes_free(&codes_back);
    codec_model_free(&back);
    codec_model_free(&m);
}

/* With a checksum that fits, as a program that means harm would write it. Places: see codec_file.c. */
static void hostile_values_are_refused(void **state)
{
    static const struct { int codes; size_t at; uint8_t value; const char *says; } rows[] = {
        { 0, 8, 2, "version 2" },   { 0, 12, 'f', "no codec 'foy'" }, { 0, 44, 9, "cannot write 9 dimensions" },
        { 0, 44, 2, "a model of 3 dimensions" },
        { 0, 46, 9, "dimensions" }, { 0, 64, 99, "length of 99" },    { 0, 71, 1, "bytes are left" },
        { 0, 72, 99, "99 dim" },    { 0, 72, 2, "a model of 2 dimensions" },   { 0, 72, 4, "cut short" },
        { 1, 64, 0, "another model" }, { 1, 72, 4, "4 codes" },       { 1, 79, 1, "codes" },
        { 1, 80, 4, "stride 4" },   { 1, 80, 0, NULL },               { 1, 88, 1, "length of 1" },
    };
    struct codec_model m = trained(), back;
    struct codes codes, codes_back = { 0 };
    struct err err;

    (void)state;
    assert_int_equal(codec_encode(&m, &x, &codes, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len;
        uint8_t *bytes;
        uint64_t sum;
        int ret;

        assert_int_equal(rows[i].codes ? codes_save(&m, &codes, path_of("c"), &err) : codec_save(&m, path_of("c"), &err), 0);
        bytes = read_all(path_of("c"), &len);
        bytes[rows[i].at] = rows[i].value == bytes[rows[i].at] ? (uint8_t)~rows[i].value : rows[i].value;
        sum = hash_bytes(bytes, len - 8, 0);
        memcpy(bytes + len - 8, &sum, 8);
        ret = rows[i].codes ? codes_parse(bytes, len, &m, &codes_back, &err) : codec_parse(bytes, len, &back, &err);
        assert_int_equal(ret, rows[i].says ? -1 : 0);
        if (rows[i].says && !strstr(err.msg, rows[i].says))
            fail_msg("'%s' does not say '%s'", err.msg, rows[i].says);
        if (ret == 0) { /* of a length of their own: the codec itself has to refuse them */
            struct vectors out;

            assert_int_equal(codec_decode(&m, &codes_back, &out, &err), -1);
            codes_free(&codes_back);
        }
    }
    codes_free(&codes);
    codec_model_free(&m);
}

static void files_that_cannot_be_are_named(void **state)
{
    struct codec_model m = trained(), none;
    struct codes codes;
    struct err err;

    (void)state;
    assert_int_equal(codec_load("/nowhere/x.codec", &none, &err), -1);
    assert_non_null(strstr(err.msg, "'/nowhere/x.codec': No such file"));
    assert_int_equal(codes_load("/nowhere/x.codes", &m, &codes, &err), -1);
    assert_int_equal(codec_save(&m, "/nowhere/x.codec", &err), -1);
    assert_non_null(strstr(err.msg, "/nowhere/x.codec"));
    codec_model_free(&m);
}

static void a_reader_gives_zeros_once_it_has_failed(void **state)
{
    static const uint8_t bytes[] = { 1, 0, 0, 0, 0, 0x3c, 9 };
    struct blob_reader r = { .data = bytes, .len = sizeof(bytes) };
    float f[2] = { 7, 7 };
    uint8_t b = 7;

    (void)state;
    assert_int_equal(blob_get_u32(&r), 1);
    assert_int_equal(blob_get_f16s(&r, f, 1), 0);
    assert_true(f[0] == 1);
    assert_int_equal(blob_get_f32s(&r, f, 2), -1);
    assert_true(f[0] == 0 && f[1] == 0);
    assert_true(r.failed);
    assert_int_equal(blob_get_bytes(&r, &b, 1), -1);
    assert_int_equal(b, 0);
    assert_int_equal(blob_get_u64(&r), 0);
    r = (struct blob_reader){ 0 };
    assert_int_equal(blob_get_bytes(&r, &b, 0), 0);
    assert_int_equal(blob_get_f16s(&r, f, 2), -1);
    assert_true(f[0] == 0 && f[1] == 0);
}

static void codecs_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(codec_find("toy"), &toy);
    assert_null(codec_find("to"));
    assert_null(codec_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_codec_and_its_codes_come_back_from_files),
        cmocka_unit_test(scores_are_products_with_the_decoded),
        cmocka_unit_test(what_is_not_finite_or_not_of_its_size_is_refused_by_name),
        cmocka_unit_test(every_damaged_byte_and_every_cut_is_noticed),
        cmocka_unit_test(hostile_values_are_refused),
        cmocka_unit_test(files_that_cannot_be_are_named),
        cmocka_unit_test(a_reader_gives_zeros_once_it_has_failed),
        cmocka_unit_test(codecs_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
