// SPDX-License-Identifier: MIT
/* test_cli_tune.c -- `pawl tune`, and what `run` and `gate` make of what it keeps, over tunable.c. */
#include "cli_fixture.h"

/* The one file that tune writes, below `baselines`; NULL where there is none. To be freed. */
static char *kept(void)
{
    struct text command = { 0 };
    char *words;

    text_addf(&command, "cat %s/baselines/*.tuned.json >%s/kept 2>/dev/null", folder, folder);
    if (system(command.data) != 0) {
        text_free(&command);
        return NULL;
    }
    text_free(&command);
    words = slurp("kept");
    return words;
}

/* Puts `to` in place of `from` in that file. */
static void change_kept(const char *from, const char *to)
{
    struct text command = { 0 };

    text_addf(&command, "sed -i 's|%s|%s|' %s/baselines/*.tuned.json", from, to, folder);
    assert_int_equal(system(command.data), 0);
    text_free(&command);
}

static void better_choice_is_kept_and_used(void **state)
{
    struct result r = pawl("tune --quick tests/tunable/mine/n=1");
    char *file = kept();
    json_t *json;
    const json_t *c;

    (void)state;
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "tests/tunable/mine/n=1");
    assert_has(r.out, " pace=2 ");
    assert_has(r.out, "  kept\n");
    assert_has(r.out, "within 3 % of the best found in 0 of 1, surely not in 1");
    assert_has(r.err, ".tuned.json' is what run and gate use");
    assert_non_null(file);
    assert_has(file, "\"pace\": 2");
    assert_has(file, "\"tests/tunable/mine/n=1\"");
    free(file);
    done(&r);

    r = pawl("run --quick --json tests/tunable");
    assert_int_equal(r.exit, 0);
    assert_has(r.err, "pawl run: tuned: tests/tunable/mine/n=1 pace=2\n");
    json = document(&r);
    assert_string_equal(text_of(json_object_get(json_object_get(json, "run"), "host"), "tuned"),
                        "tests/tunable/mine/n=1 pace=2");
    for (int n = 1; n <= 2; n++) {
        c = row(json, "cases", "id", n == 1 ? "tests/tunable/mine/n=1" : "tests/tunable/mine/n=2", NULL, NULL);
        c = json_object_get(json_object_get(json_object_get(c, "metrics"), "pace"), "value");
        assert_true(json_number_value(c) == (n == 1 ? 2 : 0));
    }
    json_decref(json);
    done(&r);
}

static void choice_that_is_no_better_is_not_kept_or_kept_no_longer(void **state)
{
    struct result r = pawl("tune --quick tests/tunable/mine/n=2");
    char *file;

    (void)state;
    assert_int_equal(r.exit, 0);
    assert_has(r.out, "within 3 % of the best found in 1 of 1, surely not in 0");
    assert_null(kept());
    done(&r);

    r = pawl("tune --quick tests/tunable/mine/n=1");
    done(&r);
    change_kept("mine/n=1", "mine/n=2");
    r = pawl("tune --quick tests/tunable/mine/n=2");
    assert_has(r.out, "no longer kept\n");
    file = kept();
    assert_null(strstr(file, "tests/tunable"));
    free(file);
    done(&r);
}

static void kept_choice_that_cannot_be_is_an_error(void **state)
{
    static const struct { const char *from, *to; int exit; const char *want; } rows[] = {
        { "\"pace\": 2", "\"pase\": 2", 2, "has no tunable 'pase'" },
        { "\"pase\": 2", "\"pace\": 7", 1, "WRONG RESULT: entry 3" }, /* what is tuned is checked like anything else */
        { "\"schema\": 1", "\"schema\": 9", 2, "not a tuning of schema 1" },
    };
    struct result r = pawl("tune --quick tests/tunable/mine/n=1");

    (void)state;
    done(&r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        change_kept(rows[i].from, rows[i].to);
        r = pawl("run --quick tests/tunable/mine/n=1");
        assert_int_equal(r.exit, rows[i].exit);
        assert_has(rows[i].exit == 1 ? r.out : r.err, rows[i].want);
        done(&r);
    }
}

static void what_cannot_be_tuned_is_told_before_anything_is_measured(void **state)
{
    static const struct { const char *args, *want; } rows[] = {
        { "tune tests/tunable/plain", "nothing here has sizes to tune" },
        { "tune --baselines nowhere", "cannot write to 'nowhere'" },
        { "tune tests/tunnable", "tests/tunnable" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r = pawl(rows[i].args);

        assert_int_equal(r.exit, 2);
        assert_string_equal(r.out, "");
        assert_has(r.err, rows[i].want);
        done(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(better_choice_is_kept_and_used),
        TEST(choice_that_is_no_better_is_not_kept_or_kept_no_longer),
        TEST(kept_choice_that_cannot_be_is_an_error),
        TEST(what_cannot_be_tuned_is_told_before_anything_is_measured),
    };

    return cmocka_run_group_tests_name("cli tune", tests, NULL, NULL);
}
