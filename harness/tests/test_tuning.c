// SPDX-License-Identifier: MIT
/* The search for better tunables, and the file that keeps them: no clock, the times are made up. */
#include "judge/tuning.h"

#include "base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef double speed_fn(const int64_t v[TUNABLES_MAX]);

/* Runs a whole search over a made-up host; returns how many choices it measured beside the default. */
static int search(struct tuning_search *s, speed_fn *speed)
{
    int64_t choices[VARIANTS_MAX][TUNABLES_MAX];
    int n, measured = 0, steps = 0;

    while ((n = tuning_next(s, choices)) > 0) {
        static const int64_t zeros[TUNABLES_MAX];
        double speedups[VARIANTS_MAX];

        assert_true(n <= VARIANTS_MAX && steps++ < 2 * TUNABLES_MAX);
        assert_memory_equal(choices[0], zeros, sizeof(zeros));
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++)
                assert_memory_not_equal(choices[i], choices[j], sizeof(choices[i]));
            speedups[i] = i == 0 ? 1 : speed(choices[i]);
        }
        measured += n - 1;
        tuning_learn(s, choices, speedups, n);
    }
    return measured;
}

static double nothing_better(const int64_t v[TUNABLES_MAX])
{
    return v[0] == 2 ? 1 : 0.9; /* as good is not better */
}

static double separable(const int64_t v[TUNABLES_MAX])
{
    return (v[0] == 4 ? 1.2 : 1) * (v[1] == 20 ? 1.1 : v[1] == 30 ? NAN : 1) * (v[2] ? 0.5 : 1);
}

/* The best first value is another one once the second is right. */
static double entangled(const int64_t v[TUNABLES_MAX])
{
    if (v[1] == 20)
        return v[0] == 2 ? 2 : 1.5;
    return v[0] == 8 ? 1.2 : 1;
}

static const struct tuning_search three = {
    .n = 3, .candidates = { { 2, 4, 8 }, { 10, 20, 30 }, { 5 } }, .n_candidates = { 3, 3, 1 },
};

static void search_finds_the_best_and_stops(void **state)
{
    static const struct { speed_fn *speed; int64_t best[3]; int measured; } rows[] = {
        { nothing_better, { 0, 0, 0 }, 3 + 3 + 1 },
        { separable, { 4, 20, 0 }, (3 + 4 + 2) + (3 + 3 + 2) }, /* the best so far runs along; and a second sweep */
        { entangled, { 2, 20, 0 }, (3 + 4 + 2) + (3 + 3 + 2) },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tuning_search s = three;

        assert_int_equal(search(&s, rows[i].speed), rows[i].measured);
        assert_memory_equal(s.best, rows[i].best, sizeof(rows[i].best));
    }
}

static double nan_always(const int64_t v[TUNABLES_MAX])
{
    (void)v;
    return NAN;
}

static void search_survives_having_nothing_to_choose(void **state)
{
    struct tuning_search none = { .n = 2 }, failing = three;

    (void)state;
    assert_int_equal(search(&none, separable), 0);
    assert_int_equal(search(&failing, nan_always), 7);
    assert_int_equal(failing.best[0], 0);
}

static struct tuned_case a_case(const char *id, int64_t kc)
{
    struct tuned_case c = { .names = { "kc", "mc" }, .values = { kc, 84 }, .n = 2, .speedup = { 1.05, 1.02, 1.08 },
                            .commit = "abc", .date = "2026-11-21T02:05:53Z" };

    text_copy(c.id, sizeof(c.id), id);
    return c;
}

static void file_comes_back_as_it_was_kept(void **state)
{
    char path[] = "/tmp/pawl-tuning-XXXXXX";
    struct tuning t = { .host_class = "some-host" }, back;
    struct tuned_case b = a_case("kernels/b", 256), a = a_case("kernels/a", 320), again = a_case("kernels/b", 384);
    struct err err = { 0 };

    (void)state;
    close(mkstemp(path));
    tuning_keep(&t, &b);
    tuning_keep(&t, &a);
    tuning_keep(&t, &again);
    assert_int_equal(tuning_write(path, &t, &err), 0);
    assert_int_equal(tuning_read(path, "some-host", &back, &err), 1);
    assert_int_equal(back.n, 2);
    assert_string_equal(back.cases[0].id, "kernels/a");
    assert_string_equal(back.cases[1].id, "kernels/b");
    assert_int_equal(back.cases[1].n, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(back.cases[1].values[i], strcmp(back.cases[1].names[i], "kc") == 0 ? 384 : 84);
    assert_true(fabs(back.cases[1].speedup.low - 1.02) < 1e-4);
    assert_true(tuning_drop(&back, "kernels/a"));
    assert_false(tuning_drop(&back, "kernels/a"));
    assert_string_equal(back.cases[0].id, "kernels/b");
    tuning_free(&back);
    assert_int_equal(tuning_read(path, "another-host", &back, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "it is of host class 'some-host'"));
    unlink(path);
    assert_int_equal(tuning_read(path, "some-host", &back, &err), 0);
    assert_int_equal(back.n, 0);
    assert_int_equal(tuning_write("/nowhere/x", &t, &err), -1);
    tuning_free(&t);
}

static void file_is_refused_with_what_is_wrong(void **state)
{
#define REST "\"speedup\": { \"value\": 1, \"low\": 1, \"high\": 1 }, \"commit\": \"\", \"date\": \"\""
#define FILE_OF(c) "{ \"schema\": 1, \"host_class\": \"h\", \"cases\": { \"a/b\": { " c " } } }"
    static const struct { const char *text, *want; } rows[] = {
        { "{", "line 1: " },
        { "{}", "not a tuning of schema 1" },
        { "{ \"schema\": 2, \"host_class\": \"h\", \"cases\": {} }", "not a tuning of schema 1" },
        { FILE_OF("\"values\": { \"kc\": 1 }"), "case 'a/b' lacks one of" },
        { FILE_OF("\"values\": {}, " REST), "needs 1 to 4 values" },
        { FILE_OF("\"values\": { \"a\": 1, \"b\": 1, \"c\": 1, \"d\": 1, \"e\": 1 }, " REST), "needs 1 to 4 values" },
        { FILE_OF("\"values\": { \"kc\": 0 }, " REST), "'kc' is no positive whole number" },
        { FILE_OF("\"values\": { \"kc\": 1.5 }, " REST), "'kc' is no positive whole number" },
    };
    char path[] = "/tmp/pawl-tuning-XXXXXX";

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tuning t;
        struct err err = { 0 };
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        fputs(rows[i].text, f);
        fclose(f);
        assert_int_equal(tuning_read(path, "h", &t, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, rows[i].want) || !strstr(err.msg, path))
            fail_msg("got '%s', want '%s'", err.msg, rows[i].want);
    }
    unlink(path);
}

static const struct variant variants[] = { { .name = "plain" }, { .name = "one" }, { .name = "two" } };
static const struct tunable tunables[] = { { "mc", NULL }, { "kc", NULL } };
static const struct scenario scenario = { .name = "tests/tuned", .variants = variants, .n_variants = 3,
                                          .tunables = tunables, .n_tunables = 2 };

static void only_what_is_wanted_and_kept_is_tuned(void **state)
{
    struct planned planned[3] = { { .wanted = true }, { .wanted = true }, { .wanted = false } };
    struct comparison c = { .params = { .scenario = &scenario }, .variants = planned };
    struct tuned_case one = a_case("tests/tuned/one", 256), two = a_case("tests/tuned/two", 320);
    struct tuning t = { .n = 0 };
    struct text words = { 0 };
    struct err err = { 0 };

    (void)state;
    tuning_keep(&t, &one);
    tuning_keep(&t, &two);
    assert_int_equal(tuning_apply(&t, &c, &words, &err), 0);
    assert_string_equal(words.data, "tests/tuned/one kc=256 mc=84");
    assert_int_equal(planned[1].tuned[0], 84);
    assert_int_equal(planned[1].tuned[1], 256);
    assert_int_equal(planned[0].tuned[1] + planned[2].tuned[1], 0);
    text_copy(t.cases[0].names[1], NAME_MAX_LEN, "nc");
    assert_int_equal(tuning_apply(&t, &c, &words, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "case 'tests/tuned/one' has no tunable 'nc'"));
    text_free(&words);
    tuning_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_finds_the_best_and_stops),
        cmocka_unit_test(search_survives_having_nothing_to_choose),
        cmocka_unit_test(file_comes_back_as_it_was_kept),
        cmocka_unit_test(file_is_refused_with_what_is_wrong),
        cmocka_unit_test(only_what_is_wanted_and_kept_is_tuned),
    };

    return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}
