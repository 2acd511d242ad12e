// SPDX-License-Identifier: MIT
/* test_settings.c -- named numbers of a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/settings.h"

#include <string.h>

struct numbers {
    size_t steps;
    double rate;
    uint64_t seed;
};

static int parse(struct numbers *n, char **argv, struct err *err)
{
    const struct setting table[] = {
        { .name = "--steps", .count = &n->steps, .least = 2 },
        { .name = "--rate", .value = &n->rate },
        { .name = "--seed", .seed = &n->seed },
    };

    return settings_parse(argv, table, ARRAY_LEN(table), err);
}

static void each_kind_goes_where_it_belongs(void **state)
{
    char *argv[] = { "--rate", "0.25", "--seed", "9223372036854775807", "--steps", "2", "--rate", "0.5", NULL };
    struct numbers n = { 7, 7, 7 };
    struct err err;

    (void)state;
    assert_int_equal(parse(&n, argv, &err), 0);
    assert_int_equal(n.steps, 2);
    assert_true(n.rate == 0.5);
    assert_true(n.seed == INT64_MAX);
    assert_int_equal(parse(&n, (char *[]){ NULL }, &err), 0);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        char *argv[3];
        const char *says[2];
    } rows[] = {
        { { "--stesp", "3" }, { "no option '--stesp'" } },
        { { "--steps" }, { "'--steps' needs a value" } },
        { { "--steps", "1" }, { "--steps: ", "2" } },
        { { "--steps", "1048577" }, { "--steps: ", "1048576" } },
        { { "--steps", "many" }, { "--steps: ", "many" } },
        { { "--rate", "-1" }, { "--rate: ", "0" } },
        { { "--rate", "nan" }, { "--rate: " } },
        { { "--seed", "-1" }, { "--seed: ", "0" } },
        { { "--seed", "9223372036854775808" }, { "--seed: " } },
        { { "", "3" }, { "no option ''" } },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *argv[3];
        struct numbers n = { 7, 7, 7 };
        struct err err = { 0 };

        memcpy(argv, rows[i].argv, sizeof(argv));
        assert_int_equal(parse(&n, argv, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        for (size_t j = 0; j < ARRAY_LEN(rows[i].says) && rows[i].says[j]; j++)
            assert_non_null(strstr(err.msg, rows[i].says[j]));
        assert_true(n.steps == 7 && n.rate == 7 && n.seed == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_goes_where_it_belongs),
        cmocka_unit_test(what_is_wrong_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
