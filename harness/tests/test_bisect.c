// SPDX-License-Identifier: MIT
/* test_bisect.c -- the rules of the search: on every line, with every culprit and whatever cannot be tested. */
#include "base/err.h"
#include "judge/bisect.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LONGEST = 12 };

/* Searches a line of n whose commits from `culprit` on are bad; bit i of `broken`: commit i cannot be tested. Returns how
 * many tests it took. */
static size_t search(size_t n, size_t culprit, unsigned broken, size_t *first, size_t *last)
{
    enum bisect_mark marks[LONGEST] = { BISECT_GOOD };
    size_t tests = 0, next;

    marks[n - 1] = BISECT_BAD;
    while ((next = bisect_next(marks, n)) < n) {
        assert_int_equal(marks[next], BISECT_UNKNOWN); /* nothing is tested twice */
        marks[next] = broken >> next & 1 ? BISECT_SKIPPED : next >= culprit ? BISECT_BAD : BISECT_GOOD;
        tests++;
    }
    bisect_culprits(marks, n, first, last);
    return tests;
}

static void the_culprit_is_found_in_as_many_tests_as_halving_takes(void **state)
{
    (void)state;
    for (size_t n = 2; n <= LONGEST; n++)
        for (size_t culprit = 1; culprit < n; culprit++) {
            size_t first, last, tests = search(n, culprit, 0, &first, &last);

            assert_int_equal(first, culprit);
            assert_int_equal(last, culprit);
            assert_true(tests <= (size_t)ceil(log2((double)n - 1)));
        }
}

static void what_cannot_be_tested_is_passed_over_and_widens_the_answer_only_beside_the_culprit(void **state)
{
    enum { N = 8 };

    (void)state;
    for (size_t culprit = 1; culprit < N; culprit++)
        for (unsigned broken = 0; broken < 1u << N; broken += 2) { /* the good end can be tested */
            size_t first, last, want_first = culprit, want_last = culprit;

            if (broken >> (N - 1) & 1)
                continue; /* the bad end, too */
            while (want_last < N - 1 && broken >> want_last & 1)
                want_last++;
            while (want_first > 1 && broken >> (want_first - 1) & 1)
                want_first--;
            search(N, culprit, broken, &first, &last);
            assert_int_equal(first, want_first);
            assert_int_equal(last, want_last);
        }
}

static void the_whole_interval_beyond_half_the_step_decides(void **state)
{
    static const struct { double low, high, step; enum bisect_mark want; } rows[] = {
        { 1.90, 2.10, 2.0, BISECT_BAD },       { 0.98, 1.02, 2.0, BISECT_GOOD },
        { 1.42, 1.50, 2.0, BISECT_BAD },       { 1.35, 1.41, 2.0, BISECT_GOOD }, /* sqrt 2 is 1.414 */
        { 1.40, 1.43, 2.0, BISECT_UNKNOWN },   { 1.005, 1.015, 1.04, BISECT_GOOD },
        { 0.45, 0.55, 0.5, BISECT_BAD },       { 0.95, 1.05, 0.5, BISECT_GOOD }, /* a commit that made it faster */
        { 0.65, 0.75, 0.5, BISECT_UNKNOWN },   { -INFINITY, INFINITY, 2.0, BISECT_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(bisect_side(&(struct interval){ NAN, rows[i].low, rows[i].high }, rows[i].step), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_culprit_is_found_in_as_many_tests_as_halving_takes),
        cmocka_unit_test(what_cannot_be_tested_is_passed_over_and_widens_the_answer_only_beside_the_culprit),
        cmocka_unit_test(the_whole_interval_beyond_half_the_step_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
