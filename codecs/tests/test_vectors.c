// SPDX-License-Identifier: MIT
#include "base/rng.h"
#include "base/half.h"
#include "codecs/hash.h"
#include "codecs/vectors.h"

#include "folder_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define ONE  "\0\0\x80\x3f"
#define TWO  "\0\0\0\x40"
#define NAN_ "\0\0\xc0\x7f"
#define NPY1(len) "\x93NUMPY\1\0" len "\0"

/* A literal with its NULs. */
#define BYTES(s) s, sizeof(s) - 1

static int read_bytes(const char *name, const void *data, size_t len, size_t dim, struct vectors *v, struct err *err)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
    return vectors_read(path, dim, v, err);
}

static void every_format_gives_its_vectors(void **state)
{
    static const struct { const char *name, *data; size_t len, dim; } rows[] = {
        { "a.fvecs", BYTES("\2\0\0\0" ONE TWO "\2\0\0\0" TWO ONE), 0 },
        { "b.fvecs", BYTES("\2\0\0\0" ONE TWO "\2\0\0\0" TWO ONE), 2 },
        { "c.raw", BYTES(ONE TWO TWO ONE), 2 },
        { "d.f32", BYTES(ONE TWO TWO ONE), 2 },
        { "e.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }" ONE TWO TWO ONE), 0 },
        { "f.npy", BYTES(NPY1("\x3b") "{'shape': (2,2), 'descr': '<f2', 'fortran_order': False }  \0\x3c\0\x40\0\x40\0\x3c"), 0 },
        { "g.npy", BYTES("\x93NUMPY\2\0\x3b\0\0\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }" ONE TWO TWO ONE), 2 },
    };
    static const float want[] = { 1, 2, 2, 1 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vectors v;
        struct err err = { 0 };

        if (read_bytes(rows[i].name, rows[i].data, rows[i].len, rows[i].dim, &v, &err) < 0)
            fail_msg("%s", err.msg);
        assert_int_equal(v.n, 2);
        assert_int_equal(v.dim, 2);
        assert_memory_equal(v.data, want, sizeof(want));
        vectors_free(&v);
    }
}

static void one_npy_dimension_is_one_vector(void **state)
{
    struct vectors v;
    struct err err = { 0 };

    (void)state;
    if (read_bytes("a.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': True,  'shape': (2,), }  " ONE TWO), 0,
                   &v, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(v.n, 1);
    assert_int_equal(v.dim, 2);
    vectors_free(&v);
}

static void a_bad_file_is_refused_with_its_name_and_the_place(void **state)
{
    static const struct { const char *name, *data; size_t len, dim; const char *says; } rows[] = {
        { "empty.fvecs", BYTES(""), 0, "no vectors" },
        { "two.fvecs", BYTES("\2\0"), 0, "byte 0" },
        { "negative.fvecs", BYTES("\xff\xff\xff\xff" ONE), 0, "-1 dimensions (byte 0" },
        { "zero.fvecs", BYTES("\0\0\0\0"), 0, "0 dimensions (byte 0" },
        { "huge.fvecs", BYTES("\0\0\0\x7f" ONE), 0, "2130706432 dimensions (byte 0" },
        { "short.fvecs", BYTES("\2\0\0\0" ONE TWO "\2\0\0\0" ONE), 0, "leave 8 behind vector 1" },
        { "ragged.fvecs", BYTES("\1\0\0\0" ONE "\2\0\0\0" TWO), 0, "vector 1 (byte 8) has 2 dimensions" },
        { "nan.fvecs", BYTES("\2\0\0\0" ONE NAN_), 0, "vector 0, dimension 1 is NaN" },
        { "inf.raw", BYTES(ONE "\0\0\x80\xff"), 1, "vector 1, dimension 0 is infinite" },
        { "other.fvecs", BYTES("\2\0\0\0" ONE TWO), 3, "have 2 dimensions, not 3" },
        { "floats.raw", BYTES(ONE), 0, "--dim" },
        { "floats.f32", BYTES(ONE ONE), 70000, "70000 dimensions" },
        { "short.raw", BYTES(ONE TWO ONE), 2, "leave 4 behind vector 1" },
        { "empty.raw", BYTES(""), 2, "no vectors" },
        { "text.npy", BYTES("this is text"), 0, "byte 0" },
        { "short.npy", BYTES("\x93NUM"), 0, "byte 0" },
        { "version.npy", BYTES("\x93NUMPY\4\0\1\0 "), 0, "byte 0" },
        { "header.npy", BYTES(NPY1("\x3b") "{'descr'"), 0, "byte 8" },
        { "long.npy", BYTES("\x93NUMPY\2\0\xff\xff\xff\xff" "{"), 0, "byte 8" },
        { "keys.npy", BYTES(NPY1("\x10") "{'descr': '<f4'}"), 0, "byte 10" },
        { "double.npy", BYTES(NPY1("\x3b") "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }" ONE TWO), 0, "'<f8'" },
        { "fortran.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': True,  'shape': (1, 2), }" ONE TWO), 0, "Fortran" },
        { "three.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,2),}" ONE TWO), 0, "3 or more" },
        { "none.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': False, 'shape': (), }    " ONE TWO), 0, "has no" },
        { "claims.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': False, 'shape': (9, 2), }" ONE TWO), 0, "tells of 9" },
        { "shape.npy", BYTES(NPY1("\x3b") "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2),}" ONE TWO), 0, "byte 10" },
        { "wide.npy", BYTES(NPY1("\x3f") "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 9999999)}" ONE TWO), 0, "9999999" },
        { "nan.npy", BYTES(NPY1("\x3b") "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2), }\0\x3c\0\x7e"), 0, "is NaN" },
        { "vectors.txt", BYTES("1 2"), 0, ".fvecs, .npy" },
        { "vectors", BYTES("1 2"), 0, ".fvecs, .npy" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vectors v;
        struct err err = { 0 };

        assert_int_equal(read_bytes(rows[i].name, rows[i].data, rows[i].len, rows[i].dim, &v, &err), -1);
        if (!strstr(err.msg, rows[i].says) || !strstr(err.msg, rows[i].name) || err.code != ERR_CONFIG)
            fail_msg("%s: '%s' does not say '%s'", rows[i].name, err.msg, rows[i].says);
        assert_null(v.data);
    }
}

static void what_is_not_there_or_no_file_is_refused(void **state)
{
    struct vectors v;
    struct err err = { 0 };
    char path[128];

    (void)state;
    assert_int_equal(vectors_read("/nowhere/at/all.fvecs", 0, &v, &err), -1);
    assert_non_null(strstr(err.msg, "'/nowhere/at/all.fvecs': No such file"));
    snprintf(path, sizeof(path), "%s/folder.fvecs", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(vectors_read(path, 0, &v, &err), -1);
    assert_non_null(strstr(err.msg, "folder.fvecs"));
}

static void what_is_written_is_read(void **state)
{
    struct vectors v, back;
    struct err err;
    char path[128];

    (void)state;
    snprintf(path, sizeof(path), "%s/round.fvecs", folder);
    assert_int_equal(vectors_new(&v, 3, 5, &err), 0);
    for (size_t i = 0; i < 15; i++)
        v.data[i] = (float)i / 7;
    assert_int_equal(vectors_write_fvecs(path, &v, &err), 0);
    assert_int_equal(vectors_read(path, 5, &back, &err), 0);
    assert_int_equal(back.n, 3);
    assert_memory_equal(v.data, back.data, 15 * sizeof(float));
    vectors_free(&back);
    assert_int_equal(vectors_write_fvecs("/nowhere/at/all.fvecs", &v, &err), -1);
    assert_non_null(strstr(err.msg, "/nowhere/at/all.fvecs"));
    vectors_free(&v);
}

static void sizes_beyond_all_memory_are_refused(void **state)
{
    struct vectors v;
    struct err err;

    (void)state;
    assert_int_equal(vectors_new(&v, SIZE_MAX / 2, VECTORS_DIM_MAX, &err), -1);
    assert_int_equal(err.code, ERR_HOST);
    assert_int_equal(vectors_new(&v, 1, 0, &err), -1);
    assert_int_equal(vectors_new(&v, 1, VECTORS_DIM_MAX + 1, &err), -1);
    assert_int_equal(vectors_new(&v, 1, VECTORS_DIM_MAX, &err), 0);
    vectors_free(&v);
}

/* The length of {1e30, 1e30} overflows a float, that of {1e-30, 1e-30} vanishes in one. */
static void normalised_vectors_have_length_one_but_zeros(void **state)
{
    float data[] = { 3, 4, 0, 0, 1e30f, 1e30f, 1e-30f, -1e-30f };
    static const float want[] = { 0.6f, 0.8f, 0, 0, 0.70710678f, 0.70710678f, 0.70710678f, -0.70710678f };
    struct vectors v = { data, 4, 2 };

    (void)state;
    assert_int_equal(vectors_normalise(&v), 1);
    assert_memory_equal(data, want, sizeof(want));
}

static void halves_are_those_of_the_compiler(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        if (isnan(half_to((uint16_t)h)))
            assert_true((h & 0x7fff) > 0x7c00 && isnan(half_to(half_from(half_to((uint16_t)h)))));
        else
            assert_int_equal(half_from(half_to((uint16_t)h)), h);
    }
#ifdef __FLT16_MAX__
    struct rng rng = rng_seed(1);

    for (int i = 0; i < 200000; i++) {
        uint32_t u = (uint32_t)rng_next(&rng), exponent = 0x30000000 + (uint32_t)rng_below(&rng, 0x18000000);
        float x;
        _Float16 h;
        uint16_t bits;

        u = i % 3 == 0 ? u : i % 3 == 1 ? (exponent | (u & 0x80000000)) : (exponent & ~0x1fffu) | 0x1000; /* ties */
        memcpy(&x, &u, sizeof(x));
        h = (_Float16)x;
        memcpy(&bits, &h, sizeof(bits));
        if (isnan(x))
            continue;
        assert_int_equal(half_from(x), bits);
        assert_true((float)h == half_to(bits));
    }
#endif
}

/* Published values of XXH64. */
static void hashes_are_xxh64(void **state)
{
    (void)state;
    assert_true(hash_bytes("", 0, 0) == UINT64_C(0xef46db3751d8e999));
    assert_true(hash_bytes("abc", 3, 0) == UINT64_C(0x44bc2cf5ad770999));
    assert_true(hash_bytes("Nobody inspects the spammish repetition", 39, 0) == UINT64_C(0xfbcea83c8a378bf1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_gives_its_vectors),
        cmocka_unit_test(one_npy_dimension_is_one_vector),
        cmocka_unit_test(a_bad_file_is_refused_with_its_name_and_the_place),
        cmocka_unit_test(what_is_not_there_or_no_file_is_refused),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(sizes_beyond_all_memory_are_refused),
        cmocka_unit_test(normalised_vectors_have_length_one_but_zeros),
        cmocka_unit_test(halves_are_those_of_the_compiler),
        cmocka_unit_test(hashes_are_xxh64),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
