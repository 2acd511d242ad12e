// SPDX-License-Identifier: MIT
/* test_text.c -- the rules of globs, suggestions, numbers and the growing buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"

#include <string.h>
#include <time.h>

static void glob_selects_what_the_table_says(void **state)
{
    static const struct { const char *glob, *id; bool want; } rows[] = {
        { "kernels/gemm", "kernels/gemm", true },
        { "kernels/gemm", "kernels/gemm/avx2/n=64", true }, /* all below */
        { "kernels", "kernels/gemm/avx2", true },
        { "kernels/gemm", "kernels/gemm_f32", false }, /* below means a slash */
        { "kernels/gemm", "kernels/gem", false },
        { "gemm", "kernels/gemm", false }, /* anchored at the start */
        { "*", "kernels/gemm", true },
        { "*", "", true },
        { "", "", true },
        { "", "kernels", false },
        { "*gemm*", "kernels/gemm_f32/avx2", true }, /* slashes too */
        { "*/avx2", "kernels/gemm/avx2/n=64", true },
        { "*/avx2", "kernels/gemm/avx512/n=64", false },
        { "*n=64", "kernels/gemm/n=64", true },
        { "*n=6", "kernels/gemm/n=64", false },
        { "*n=64", "kernels/gemm/n=64/threads=1", true },
        { "kernels/*/avx2/*threads=1", "kernels/gemm/avx2/n=64/threads=1", true },
        { "kernels/*/avx2/*threads=1", "kernels/gemm/avx2/n=64/threads=16", false },
        { "kernels/gemm_f??", "kernels/gemm_f32", true },
        { "kernels/gemm_f??", "kernels/gemm_f3", false },
        { "kernels/gemm_f??", "kernels/gemm_f323", false },
        { "**", "x", true },
        { "a*b*c", "a1b2b3c", true },
        { "a*b*c", "a1c2b", false },
        { "{a,b}", "a", true },
        { "{a,b}", "b", true },
        { "{a,b}", "c", false },
        { "x{a,b}y", "xby", true },
        { "x{a,b}y", "xaby", false },
        { "x{,a}y", "xy", true },
        { "x{,a}y", "xay", true },
        { "{a,b}{c,d}", "bc", true },
        { "{a,b}{c,d}", "ab", false },
        { "{a,b{c,d}}e", "bde", true },
        { "{a,b{c,d}}e", "ae", true },
        { "{a,b{c,d}}e", "be", false },
        { "*/{avx2,avx512}/n={64,128}", "kernels/gemm/avx512/n=64", true },
        { "*/{avx2,avx512}/n={64,128}", "kernels/gemm/naive/n=64", false },
        { "{kernels,codecs}", "codecs/pq", true },
        { "{gemm*,pq}/x", "gemm_f32/x", true },
        { "{one}", "one", true },
        { "a{b", "a{b", true }, /* an unbalanced brace stands for itself */
        { "a{b", "ab", false },
        { "a}b", "a}b", true },
        { "a,b", "a,b", true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_glob(rows[i].glob, rows[i].id) != rows[i].want)
            fail_msg("'%s' should%s select '%s'", rows[i].glob, rows[i].want ? "" : " not", rows[i].id);
}

/* A glob that tried every split of 40 stars would outlive us; the limit is a thousand times what is needed. */
static void glob_with_many_stars_is_not_exponential(void **state)
{
    struct text glob = { 0 }, id = { 0 };
    clock_t start = clock();

    (void)state;
    for (int i = 0; i < 40; i++)
        text_add(&glob, "*a");
    text_add(&glob, "*b");
    for (int i = 0; i < 400; i++)
        text_add(&id, "a");
    assert_false(text_glob(glob.data, id.data));
    text_add(&id, "b");
    assert_true(text_glob(glob.data, id.data));
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
    text_free(&glob);
    text_free(&id);
}

static void suggestion_is_the_nearest_slip(void **state)
{
    static const char *const words[] = { "speedup", "time_ns", "gflops", "recall@10", "bytes", "gate",
                                         "parallel_efficiency" };
    static const struct { const char *word, *want; } rows[] = {
        { "spedup", "speedup" },    /* one left out */
        { "speeddup", "speedup" },  /* one too many */
        { "speedpu", "speedup" },   /* two swapped */
        { "spoodup", "speedup" },   /* two wrong of seven */
        { "time_n", "time_ns" },    { "gflop", "gflops" }, { "recall@1", "recall@10" },
        { "gaet", "gate" },         /* a swap is one slip, not two: four letters allow one */
        { "gzzz", NULL },           { "throughput", NULL }, { "", NULL }, { "xyz", NULL },
        { "speedup", "speedup" },
        { "parallel_efficiency_of", "parallel_efficiency" },
        { "parallel_efficiency_of_x", NULL }, /* five too many: no slip, however long the word */
    };
    char big[1000];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = text_suggest(rows[i].word, words, ARRAY_LEN(words));

        if (rows[i].want ? !got || strcmp(got, rows[i].want) != 0 : got != NULL)
            fail_msg("'%s' suggests '%s'", rows[i].word, got ? got : "nothing");
    }
    assert_null(text_suggest("speedup", words, 0));
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    assert_null(text_suggest(big, words, ARRAY_LEN(words)));
}

static void whole_numbers_are_parsed_whole(void **state)
{
    static const struct { const char *s; int ret; int64_t want; } rows[] = {
        { "0", 0, 0 },    { "-5", 0, -5 }, { "100", 0, 100 }, { "101", -1, 0 }, { "-6", -1, 0 },
        { "", -1, 0 },    { "x", -1, 0 },  { "5x", -1, 0 },   { "5 ", -1, 0 },  { "1.5", -1, 0 },
        { "0x10", -1, 0 }, { "99999999999999999999", -1, 0 }, { "-99999999999999999999", -1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        int64_t v = 77;

        if (text_int64(rows[i].s, -5, 100, &v, &err) != rows[i].ret)
            fail_msg("'%s' is %s", rows[i].s, rows[i].ret ? "accepted" : "refused");
        assert_true(v == (rows[i].ret < 0 ? 77 : rows[i].want)); /* untouched where refused */
        assert_int_equal(err.code, rows[i].ret < 0 ? ERR_USAGE : ERR_NONE);
    }
}

static void whole_numbers_reach_their_limits(void **state)
{
    struct err err = { 0 };
    int64_t v;

    (void)state;
    assert_int_equal(text_int64("9223372036854775807", INT64_MIN, INT64_MAX, &v, &err), 0);
    assert_true(v == INT64_MAX);
    assert_int_equal(text_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &v, &err), 0);
    assert_true(v == INT64_MIN);
    assert_int_equal(text_int64("9223372036854775808", INT64_MIN, INT64_MAX, &v, &err), -1);
}

static void real_numbers_are_parsed_whole(void **state)
{
    static const struct { const char *s; int ret; double want; } rows[] = {
        { "0.5", 0, 0.5 }, { "1e-3", 0, 1e-3 }, { "-1", 0, -1 }, { "10", 0, 10 },   { "10.1", -1, 0 },
        { "-1.5", -1, 0 }, { "", -1, 0 },       { "x", -1, 0 },  { "0.5x", -1, 0 }, { "0.5 ", -1, 0 },
        { "nan", -1, 0 },  { "inf", -1, 0 },    { "1e999", -1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        double v = 77;

        if (text_double(rows[i].s, -1, 10, &v, &err) != rows[i].ret)
            fail_msg("'%s' is %s", rows[i].s, rows[i].ret ? "accepted" : "refused");
        assert_true(v == (rows[i].ret < 0 ? 77 : rows[i].want));
    }
}

static void text_grows_without_end(void **state)
{
    struct text t = { 0 };

    (void)state;
    for (int i = 0; i < 1000; i++)
        text_addf(&t, "%d,", i % 10);
    text_add(&t, "");
    assert_int_equal(t.len, 2000);
    assert_int_equal(strlen(t.data), 2000);
    assert_memory_equal(t.data, "0,1,2,3,4,5,6,7,8,9,0,", 22);
    text_free(&t);
    assert_null(t.data);
    text_free(&t);
}

static void copy_is_cut_and_terminated(void **state)
{
    char four[4] = "zzz";

    (void)state;
    text_copy(four, sizeof(four), "abcdef");
    assert_string_equal(four, "abc");
    text_copy(four, sizeof(four), "");
    assert_string_equal(four, "");
}

static void times_have_the_unit_that_fits(void **state)
{
    static const struct { double ns; const char *want; } rows[] = {
        { 0, "0.00 ns" },     { 0.5, "0.50 ns" },    { 1, "1.00 ns" },      { 12.34, "12.3 ns" }, { 123.4, "123 ns" },
        { 1000, "1.00 us" },  { 1234567, "1.23 ms" }, { 2.5e9, "2.50 s" }, { 3600e9, "3600 s" }, { -1500, "-1.50 us" },
    };
    char buf[TEXT_SHORT];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(text_ns(buf, rows[i].ns), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glob_selects_what_the_table_says),
        cmocka_unit_test(glob_with_many_stars_is_not_exponential),
        cmocka_unit_test(suggestion_is_the_nearest_slip),
        cmocka_unit_test(whole_numbers_are_parsed_whole),
        cmocka_unit_test(whole_numbers_reach_their_limits),
        cmocka_unit_test(real_numbers_are_parsed_whole),
        cmocka_unit_test(text_grows_without_end),
        cmocka_unit_test(copy_is_cut_and_terminated),
        cmocka_unit_test(times_have_the_unit_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
