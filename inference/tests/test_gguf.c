// SPDX-License-Identifier: MIT
#include "gguf_fixture.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void refused(struct gguf_file *f, const char *why)
{
    struct bytes b = file_finish(f);
    struct err err = { 0 };
    struct gguf *g = gguf_parse(b.data, b.n, "x.gguf", &err);

    if (g)
        fail_msg("not refused: %s", why);
    if (!strstr(err.msg, why) || err.code != ERR_CONFIG)
        fail_msg("'%s' instead of '%s'", err.msg, why);
    free(b.data);
}

static void header_is_checked(void **state)
{
    static const struct { const char *bytes; size_t n; const char *why; } rows[] = {
        { "", 0, "no GGUF file" },
        { "GGU", 3, "no GGUF file" },
        { "GGML\3\0\0\0", 8, "no GGUF file" },
        { "GGUF\3\0", 6, "ends inside the header" },
        { "GGUF\1\0\0\0", 8, "version 1" },
        { "GGUF\4\0\0\0", 8, "version 4" },
        { "GGUF\0\0\0\3", 8, "big-endian" },
        { "GGUF\3\0\0\0\1\0\0\0\0\0\0\0", 16, "only 0 bytes are left" },
        { "GGUF\3\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16, "more than the 65536" },
        { "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f", 24, "more than the 4096" },
        { "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 24, "only 0 bytes are left" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };

        assert_null(gguf_parse(rows[i].bytes, rows[i].n, "x.gguf", &err));
        if (!strstr(err.msg, rows[i].why))
            fail_msg("'%s' instead of '%s'", err.msg, rows[i].why);
    }
}

static void keys_and_values_are_checked(void **state)
{
    static const uint64_t huge = UINT64_MAX, many = 1 << 20;
    struct gguf_file f = { 0 };
    char name[GGUF_KEY_MAX + 2];

    (void)state;
    file_u32(&f, "", 1);
    refused(&f, "an empty key");
    file_u32(&f, "a.b", 1);
    file_f32(&f, "a.b", 1);
    refused(&f, "key 'a.b' stands there twice");
    memset(name, 'k', sizeof(name));
    name[sizeof(name) - 1] = 0;
    file_u32(&f, name, 1);
    refused(&f, "a string of 257 bytes");
    file_key(&f, "a\nb", 13, "", 1);
    refused(&f, "key 'a?b': there is no value type 13");
    file_key(&f, "s", 8, &huge, sizeof(huge));
    refused(&f, "a string of 18446744073709551615 bytes");
    file_key(&f, "s", 4, "", 1);
    refused(&f, "ends inside key 's'");
    file_key(&f, "b", 7, "\2", 1);
    refused(&f, "a boolean of 2");
    file_array(&f, "n", 9, 1, "", 1);
    refused(&f, "an array of arrays");
    file_array(&f, "n", 12, many, "", 1);
    refused(&f, "a count of 1048576, but only 1 bytes are left");
    file_array(&f, "n", 8, huge, "", 1);
    refused(&f, "more than the 16777216 that are allowed");
}

static void tensors_are_checked(void **state)
{
    static const uint64_t one[] = { 4 }, none[] = { 0 }, odd[] = { 33 }, large[] = { 1ull << 33, 1ull << 33 },
                          wide[] = { 1, 1ull << 40, 1ull << 40 }, five[] = { 1, 1, 1, 1, 1 };
    static const float four[4];
    static const struct {
        const char *name;
        uint32_t n_dims;
        const uint64_t *dims;
        uint32_t type;
        uint64_t offset;
        const char *why;
    } rows[] = {
        { "", 1, one, 0, 0, "name is empty" },
        { "0123456789012345678901234567890123456789012345678901234567890123", 1, one, 0, 0, "a string of 64 bytes" },
        { "t", 5, five, 0, 0, "5 dimensions" },
        { "t", 1, none, 0, 0, "dimension 0 is 0" },
        { "t", 1, one, 2, 0, "of type 2, which is none of" },
        { "t", 1, one, UINT32_MAX, 0, "which is none of" },
        { "t", 1, odd, GGUF_Q8_0, 0, "no whole blocks of 32" },
        { "t", 1, odd, GGUF_TQ2_0, 0, "no whole blocks of 256" },
        { "t", 2, large, 0, 0, "its size overflows" },
        { "t", 3, wide, 0, 0, "its size overflows" },
        { "t", 1, one, 0, 32, "begins at 32" },
        { "t", 1, one, 0, UINT64_MAX, "begins at 18446744073709551615" },
        { "t", 1, odd, 0, 0, "behind the end of the file" },
    };
    struct gguf_file f = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        file_info(&f, rows[i].name, rows[i].n_dims, rows[i].dims, rows[i].type, rows[i].offset);
        bytes_add(&f.tensors, four, sizeof(four));
        refused(&f, rows[i].why);
    }
    file_tensor(&f, "t", 4, 1, GGUF_F32, four, sizeof(four));
    file_tensor(&f, "t", 4, 1, GGUF_F32, four, sizeof(four));
    refused(&f, "tensor 't' stands there twice");
    file_tensor(&f, "a", 4, 1, GGUF_F32, four, sizeof(four));
    file_info(&f, "b", 1, one, GGUF_F32, 0);
    refused(&f, "'b' begins at 0, where the one before it ends at 32"); /* they would overlap */
}

static void alignment_is_a_power_of_two(void **state)
{
    struct gguf_file f = { 0 };

    (void)state;
    file_u32(&f, "general.alignment", 0);
    refused(&f, "is 0, not within");
    file_u32(&f, "general.alignment", 48);
    refused(&f, "48 is no power of two");
    file_u32(&f, "general.alignment", 1u << 31);
    refused(&f, "not within");
    file_string(&f, "general.alignment", "32");
    refused(&f, "no whole number");
}

/* Every file that ends too early, whatever it ends in, is refused; none is read beyond its end (the sanitizers see). */
static void every_truncation_is_refused(void **state)
{
    static const char *const words[] = { "a", "bc", "" };
    static const float data[40];
    struct gguf_file f = { 0 };
    struct bytes b;

    (void)state;
    file_strings(&f, "words", words, 3);
    file_f32(&f, "x", 1);
    file_tensor(&f, "t", 4, 10, GGUF_F32, data, sizeof(data));
    b = file_finish(&f);
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        struct err err = { 0 };

        memcpy(copy, b.data, n);
        assert_null(gguf_parse(copy, n, "x.gguf", &err));
        free(copy);
    }
    free(b.data);
}

static void what_stands_there_is_read(void **state)
{
    static const char *const words[] = { "a", "bc" };
    static const int32_t ints[] = { -5, 7 };
    static const float floats[] = { 1.5f, -2 }, data[] = { 1, 2, 3, 4, 5, 6 };
    const struct gguf_string *strings;
    struct gguf_file f = { .alignment = 64, .version = 2 };
    struct gguf_string s = { 0 };
    struct gguf_array array;
    struct err err = { 0 };
    uint64_t u = 0;
    double d = 0;
    bool yes = false;
    size_t n = 0;
    struct bytes b;
    struct gguf *g;

    (void)state;
    file_u32(&f, "general.alignment", 64);
    file_key(&f, "u8", 0, "\xc8", 1);
    file_key(&f, "i8", 1, "\xff", 1);
    file_f32(&f, "f", 0.5f);
    file_bool(&f, "b", 1);
    file_string(&f, "s", "text");
    file_strings(&f, "words", words, 2);
    file_array(&f, "ints", 5, 2, ints, sizeof(ints));
    file_array(&f, "floats", 6, 2, floats, sizeof(floats));
    file_tensor(&f, "one", 3, 1, GGUF_F32, data, 12);
    file_tensor(&f, "two", 3, 2, GGUF_F32, data, 24);
    b = file_finish(&f);
    g = gguf_parse(b.data, b.n, "x.gguf", &err);
    if (!g)
        fail_msg("%s", err.msg);
    assert_int_equal(gguf_uint(g, "u8", 0, 255, &u, &err), 0);
    assert_int_equal(u, 200);
    assert_int_equal(gguf_uint(g, "u8", 0, 100, &u, &err), -1);
    assert_int_equal(gguf_uint(g, "i8", 0, UINT64_MAX, &u, &err), -1);
    assert_non_null(strstr(err.msg, "key 'i8' is -1"));
    assert_int_equal(gguf_float(g, "f", &d, &err), 0);
    assert_true(d == 0.5);
    assert_int_equal(gguf_bool(g, "b", &yes, &err), 0);
    assert_true(yes);
    assert_int_equal(gguf_string(g, "s", &s, &err), 0);
    assert_memory_equal(s.data, "text", 4);
    assert_int_equal(gguf_strings(g, "words", &strings, &n, &err), 0);
    assert_int_equal(strings[1].len, 2);
    assert_int_equal(gguf_numbers(g, "ints", true, &array, &err), 0);
    assert_int_equal(gguf_array_int(&array, 0), -5);
    assert_int_equal(gguf_numbers(g, "floats", false, &array, &err), 0);
    assert_true(gguf_array_float(&array, 1) == -2);
    assert_int_equal(gguf_numbers(g, "floats", true, &array, &err), -1);
    assert_false(gguf_has(g, "nothing"));
    assert_int_equal(gguf_string(g, "nothing", &s, &err), -1);
    assert_null(gguf_tensor(g, "three"));
    assert_int_equal(gguf_n_tensors(g), 2);
    assert_memory_equal(gguf_tensor(g, "two")->data, data, sizeof(data));
    assert_int_equal((const uint8_t *)gguf_tensor(g, "two")->data - (const uint8_t *)gguf_tensor(g, "one")->data, 64);
    gguf_close(g);
    free(b.data);
}

/* What was encoded comes back, in every type: to its precision, ternary values exactly. */
static void rows_come_back(void **state)
{
    static const struct { enum gguf_type type; float tolerance; } rows[] = {
        { GGUF_F32, 0 }, { GGUF_F16, 1e-3f }, { GGUF_BF16, 1e-2f }, { GGUF_Q8_0, 1e-2f },
        { GGUF_TQ1_0, 0 }, { GGUF_TQ2_0, 0 }, { GGUF_I2_S, 0 },
    };
    enum { COLS = 512, ROWS = 3 };
    float x[ROWS * COLS], out[COLS];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rng rng = rng_seed(i);
        struct bytes b;
        size_t bytes = 0;

        for (size_t k = 0; k < ROWS * COLS; k++)
            x[k] = gguf_type_ternary(rows[i].type) ? ((float)rng_below(&rng, 3) - 1) * 0.25f
                                                   : (float)rng_uniform(&rng) * 2 - 1;
        b = encode(rows[i].type, x, ROWS * COLS, 0.25f);
        assert_true(gguf_type_bytes(rows[i].type, ROWS, COLS, &bytes));
        assert_int_equal(b.n, bytes);
        for (size_t r = 0; r < ROWS; r++) {
            gguf_row(rows[i].type, b.data, ROWS, COLS, r, out);
            for (size_t k = 0; k < COLS; k++)
                if (!(fabsf(out[k] - x[r * COLS + k]) <= rows[i].tolerance))
                    fail_msg("%s: %g instead of %g at (%zu, %zu)", gguf_type_name(rows[i].type), (double)out[k],
                             (double)x[r * COLS + k], r, k);
        }
        free(b.data);
    }
}

static void files_that_are_none_are_named(void **state)
{
    static const struct { const char *path, *why; } rows[] = {
        { "/nowhere/x.gguf", "cannot read '/nowhere/x.gguf': No such file" },
        { "/tmp", "no regular file" },
        { "/dev/null", "no regular file" },
    };
    char path[] = "/tmp/pawl-gguf-XXXXXX";
    struct err err = { 0 };
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_null(gguf_open(path, &err));
    assert_non_null(strstr(err.msg, "it is empty"));
    assert_int_equal(write(fd, "x", 1), 1);
    assert_null(gguf_open(path, &err));
    assert_non_null(strstr(err.msg, "no GGUF file"));
    close(fd);
    unlink(path);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(gguf_open(rows[i].path, &err));
        if (!strstr(err.msg, rows[i].why))
            fail_msg("'%s' instead of '%s'", err.msg, rows[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_checked),
        cmocka_unit_test(keys_and_values_are_checked),
        cmocka_unit_test(tensors_are_checked),
        cmocka_unit_test(alignment_is_a_power_of_two),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(what_stands_there_is_read),
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(files_that_are_none_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
