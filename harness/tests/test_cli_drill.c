// SPDX-License-Identifier: MIT
/* test_cli_drill.c -- drills through the whole gate: what they find adds up, and none of it is lost or counted twice. */
#include "cli_fixture.h"

static int64_t runs_at(const json_t *document, double effect)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(document, "drill"), i, item)
        if (json_real_value(json_object_get(item, "effect")) == effect)
            return json_integer_value(json_object_get(item, "runs"));
    return 0;
}

static void drills_of_one_build_add_up_and_are_shown_again(void **state)
{
    static const char *const args[] = {
        "drill --json --budget 1 --runs 2 --slower 0,50 --quick tests/faulty/same",
        "drill --json --budget 1 --runs 1 --slower 0 --quick tests/faulty/same", "drill --json --show",
    };
    static const struct { int none, half; } want[] = { { 2, 2 }, { 3, 2 }, { 3, 2 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(args); i++) {
        struct result r = pawl(args[i]);
        json_t *json = document(&r);

        assert_int_equal(r.exit, 0);
        assert_int_equal(runs_at(json, 0), want[i].none);
        assert_int_equal(runs_at(json, 0.5), want[i].half);
        assert_string_equal(text_of(json, "cases"), "tests/faulty/same --quick");
        json_decref(json);
        done(&r);
    }
}

static void another_margin_and_the_other_gate_are_drills_of_their_own(void **state)
{
    struct result r;

    (void)state;
    for (int i = 0; i < 3; i++) {
        static const char *const more[] = { "", " --margin 1", " --pairs" };
        struct text args = { 0 };
        json_t *json;

        text_addf(&args, "drill --json --budget 1 --runs 1 --slower 0 --quick tests/faulty/same%s", more[i]);
        r = pawl(args.data);
        json = document(&r);
        assert_int_equal(r.exit, 0);
        assert_int_equal(runs_at(json, 0), 1);
        json_decref(json);
        text_free(&args);
        done(&r);
    }
    r = pawl("drill --show");
    assert_has(r.out, "against the figures of a baseline, as 'gate', margin 3 %");
    assert_has(r.out, "of a baseline, as 'gate', margin 1 %");
    assert_has(r.out, "'--against baseline', margin 3 %");
    done(&r);
}

static void drill_says_what_it_cannot_do(void **state)
{
    static const struct { const char *args; int exit; const char *says; } rows[] = {
        { "drill --slower 0,,3", 2, "--slower" },
        { "drill --slower 3,5,3", 2, "3 stands there twice" },
        { "drill --slower 0,much", 2, "'much' is not a number" },
        { "drill --show", 2, "make one with" },
        { "drill --runs 1 --slower 0 --quick tests/faulty/friend", 2, "nothing here is judged" },
        { "drill --runs 1 --slower 0 --quick tests/faulty/crash_in_run", 2, "crashed" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct result r;

        if (i == 3) { /* a history without a drill */
            r = pawl("run --quick --budget 1 tests/faulty/same");
            assert_int_equal(r.exit, 0);
            done(&r);
        }
        r = pawl(rows[i].args);
        assert_int_equal(r.exit, rows[i].exit);
        assert_has(r.err, rows[i].says);
        done(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(drills_of_one_build_add_up_and_are_shown_again),
        TEST(another_margin_and_the_other_gate_are_drills_of_their_own),
        TEST(drill_says_what_it_cannot_do),
    };

    return cmocka_run_group_tests_name("cli_drill", tests, NULL, NULL);
}
