// SPDX-License-Identifier: MIT
/* test_changes_rules.c -- single series: spikes, newest points, missing nights, epochs, exact metrics, odd input. */
#include "base/rng.h"
#include "judge/changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct made {
    double y[1000];
    size_t n;
};

/* n points around 100 with a noise of 1. */
static void quiet_nights(struct made *m, size_t n, uint64_t seed)
{
    struct rng rng = rng_seed(seed);

    m->n = n;
    for (size_t i = 0; i < n; i++)
        m->y[i] = 100 + rng_normal(&rng);
}

static void lift(struct made *m, size_t from, size_t to, double by)
{
    for (size_t i = from; i < to; i++)
        m->y[i] += by;
}

static size_t find(const struct made *m, const int *epochs, struct step **steps)
{
    return changes_find(m->y, epochs, m->n, steps);
}

static void one_or_two_nights_are_a_spike_and_many_a_step(void **state)
{
    static const struct { size_t nights, steps; } rows[] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 8, 2 }, { 20, 2 } };
    static struct made m;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct step *steps;

        quiet_nights(&m, 120, 1);
        lift(&m, 60, 60 + rows[i].nights, 20);
        assert_int_equal(find(&m, NULL, &steps), rows[i].steps);
        if (rows[i].steps) {
            assert_int_equal(steps[0].index, 60);
            assert_int_equal(steps[1].index, 60 + rows[i].nights);
            assert_int_equal(steps[0].n_after, rows[i].nights);
        }
        free(steps);
    }
}

/* Three to five busy points of a long series are somebody else's doing; of a short one they may be what people look for. */
static void a_busy_moment_of_a_long_series_is_no_level(void **state)
{
    static const struct { size_t points, from, busy, steps; } rows[] = {
        { 300, 150, 3, 0 }, { 300, 150, 5, 0 }, { 300, 150, 8, 2 }, { 120, 60, 4, 2 }, { 300, 297, 3, 1 },
    };
    static struct made m;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct step *steps;

        quiet_nights(&m, rows[i].points, 1);
        lift(&m, rows[i].from, rows[i].from + rows[i].busy, 20);
        assert_int_equal(find(&m, NULL, &steps), rows[i].steps);
        free(steps);
    }
}

static void newest_points_are_suspected_and_the_third_confirms(void **state)
{
    static struct made m;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        for (size_t nights = 0; nights <= 5; nights++) {
            struct step *steps;
            size_t n;

            quiet_nights(&m, 60 + nights, 100 + seed);
            lift(&m, 60, m.n, -8);
            n = find(&m, NULL, &steps);
            assert_int_equal(n, nights > 0);
            if (n) {
                assert_int_equal(steps[0].state, nights < 3 ? STEP_SUSPECTED : STEP_CONFIRMED);
                assert_int_equal(steps[0].index, 60);
                assert_int_equal(steps[0].n_after, nights);
                assert_true(steps[0].effect < 0);
            }
            free(steps);
        }
}

/* Every night of 200 quiet series asked once: suspicion is rare, too. */
static void quiet_nights_are_rarely_suspected(void **state)
{
    static struct made m;
    size_t suspected = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct step *steps;
        size_t n;

        quiet_nights(&m, 80, 300 + seed);
        n = find(&m, NULL, &steps);
        suspected += n > 0;
        free(steps);
    }
    assert_in_range(suspected, 0, 3);
}

static void a_straight_line_is_not_suspected(void **state)
{
    double y[40];

    (void)state;
    for (size_t n = 1; n <= 40; n++) {
        struct step *steps;

        for (size_t i = 0; i < n; i++)
            y[i] = 3 * (double)i;
        assert_int_equal(changes_find(y, NULL, n, &steps), 0);
        free(steps);
    }
}

static void a_shock_that_fades_is_no_level(void **state)
{
    static struct made m;
    struct step *steps;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        quiet_nights(&m, 300, 700 + seed);
        for (size_t i = 0; i < 12; i++)
            m.y[150 + i] += 30 * pow(0.7, (double)i);
        for (size_t k = find(&m, NULL, &steps); k > 0; k--)
            assert_int_equal(steps[k - 1].state, STEP_SUSPECTED);
        free(steps);
    }
}

static void a_step_tells_levels_effect_and_interval(void **state)
{
    static struct made m;
    size_t covered = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct step *steps;

        quiet_nights(&m, 100, 1000 + seed);
        lift(&m, 40, 100, 10);
        assert_in_range(find(&m, NULL, &steps), 1, 2); /* a last night may be under suspicion */
        assert_in_range(steps[0].index, 39, 41);
        assert_float_equal(steps[0].before, 100, 1);
        assert_float_equal(steps[0].after, 110, 1);
        assert_float_equal(steps[0].effect, 0.1, 0.015);
        assert_float_equal(steps[0].sigmas, 10, 4);
        assert_true(steps[0].p < 1e-6);
        covered += steps[0].shift.low <= 10 && steps[0].shift.high >= 10;
        free(steps);
    }
    assert_in_range(covered, 90, 100);
}

static void missing_nights_are_left_out_and_indices_stay(void **state)
{
    static struct made m;
    struct step *steps;

    (void)state;
    quiet_nights(&m, 100, 3);
    lift(&m, 50, 100, 8);
    for (size_t i = 0; i < 100; i += 7)
        m.y[i] = i % 2 ? NAN : INFINITY;
    m.y[50] = NAN;
    assert_int_equal(find(&m, NULL, &steps), 1);
    assert_int_equal(steps[0].index, 51);
    free(steps);
}

static void an_epoch_of_the_host_marks_its_step_only(void **state)
{
    static struct made m;
    int epochs[120];
    struct step *steps;

    (void)state;
    quiet_nights(&m, 120, 4);
    lift(&m, 40, 80, 8);
    for (size_t i = 0; i < 120; i++)
        epochs[i] = i < 20 ? 7 : i < 80 ? 8 : 9; /* one epoch changes nothing */
    assert_int_equal(find(&m, epochs, &steps), 2);
    assert_int_equal(steps[0].index, 40);
    assert_false(steps[0].epoch);
    assert_int_equal(steps[1].index, 80);
    assert_true(steps[1].epoch);
    free(steps);
}

static void exact_metrics_step_without_noise(void **state)
{
    static struct made m = { .n = 90 };
    struct step *steps;

    (void)state;
    for (size_t i = 0; i < 90; i++)
        m.y[i] = i < 30 ? 12.5 : i < 60 ? 12.51 : 12;
    assert_int_equal(find(&m, NULL, &steps), 2);
    assert_int_equal(steps[0].index, 30);
    assert_int_equal(steps[1].index, 60);
    assert_true(steps[0].before == 12.5 && steps[0].after == 12.51);
    free(steps);
}

static void odd_series_have_no_steps(void **state)
{
    static const double huge[] = { 1e300, -1e300, 1e300, -1e300, 1e300, -1e300, 1e300, -1e300, 1e300, -1e300 };
    static const double denormal[] = { 0, 5e-324, 0, 5e-324, 0, 0, 5e-324, 0, 5e-324, 0, 0, 0 };
    static double same[500], none[50];
    struct step *steps;

    (void)state;
    for (size_t i = 0; i < 500; i++)
        same[i] = 0.1;
    for (size_t i = 0; i < 50; i++)
        none[i] = NAN;
    assert_int_equal(changes_find(same, NULL, 500, &steps), 0);
    free(steps);
    assert_int_equal(changes_find(none, NULL, 50, &steps), 0);
    free(steps);
    for (size_t n = 0; n <= 10; n++) {
        assert_int_equal(changes_find(same, NULL, n, &steps), 0);
        free(steps);
        changes_find(huge, NULL, n, &steps); /* whatever it says: no overflow */
        free(steps);
        changes_find(denormal, NULL, n + 2, &steps);
        free(steps);
    }
}

/* The unit and the sign of a series say nothing about where it steps. */
static void units_and_signs_do_not_matter(void **state)
{
    static const struct { double by, plus; } rows[] = { { 1e-9, 0 }, { 1e9, 5 }, { -1, 0 }, { 1, -1e6 }, { 4096, 1024 } };
    static struct made m, other;
    struct step *steps, *others;
    size_t n;

    (void)state;
    quiet_nights(&m, 400, 9);
    lift(&m, 100, 250, 3);
    lift(&m, 250, 400, -4);
    n = find(&m, NULL, &steps);
    assert_int_equal(n, 2);
    for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
        other = m;
        for (size_t i = 0; i < m.n; i++)
            other.y[i] = m.y[i] * rows[k].by + rows[k].plus;
        assert_int_equal(find(&other, NULL, &others), n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(others[i].index, steps[i].index);
        free(others);
    }
    free(steps);
}

static void the_same_series_gives_the_same_steps(void **state)
{
    static struct made m;
    struct step *first, *again;
    size_t n;

    (void)state;
    quiet_nights(&m, 700, 10);
    lift(&m, 300, 700, 2);
    n = find(&m, NULL, &first);
    assert_int_equal(n, find(&m, NULL, &again));
    assert_int_equal(n, 1);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(first[i].index, again[i].index);
        assert_true(first[i].p == again[i].p && first[i].shift.low == again[i].shift.low);
    }
    free(first);
    free(again);
}

/* Five years of nights, warmer in summer. */
static void a_step_shows_through_a_season_of_a_year(void **state)
{
    enum { N = 1825 };
    static double y[N];

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct rng rng = rng_seed(40 + seed);
        size_t at = 700 + 90 * seed;
        struct step *steps;

        for (size_t i = 0; i < N; i++)
            y[i] = rng_normal(&rng) + 4 * sin(2 * M_PI * (double)i / 365.25) + (i < at ? 0 : 3);
        assert_int_equal(changes_find(y, NULL, N, &steps), 1);
        assert_in_range(steps[0].index, at - 3, at + 3);
        free(steps);
    }
}

/* Beyond the size up to which every place is a candidate. */
static void long_series_are_searched_as_well(void **state)
{
    enum { N = 30000 };
    double *y = malloc(N * sizeof(*y));
    struct rng rng = rng_seed(11);
    struct step *steps;

    (void)state;
    for (size_t i = 0; i < N; i++)
        y[i] = rng_normal(&rng) + (i < 10007 ? 0 : i < 10047 ? 4 : i < 22222 ? 0.6 : -0.2);
    assert_int_equal(changes_find(y, NULL, N, &steps), 3);
    assert_in_range(steps[0].index, 10005, 10009);
    assert_in_range(steps[1].index, 10045, 10049);
    assert_in_range(steps[2].index, 22202, 22242);
    free(steps);
    free(y);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_or_two_nights_are_a_spike_and_many_a_step),
        cmocka_unit_test(a_busy_moment_of_a_long_series_is_no_level),
        cmocka_unit_test(newest_points_are_suspected_and_the_third_confirms),
        cmocka_unit_test(quiet_nights_are_rarely_suspected),
        cmocka_unit_test(a_straight_line_is_not_suspected),
        cmocka_unit_test(a_shock_that_fades_is_no_level),
        cmocka_unit_test(a_step_tells_levels_effect_and_interval),
        cmocka_unit_test(missing_nights_are_left_out_and_indices_stay),
        cmocka_unit_test(an_epoch_of_the_host_marks_its_step_only),
        cmocka_unit_test(exact_metrics_step_without_noise),
        cmocka_unit_test(odd_series_have_no_steps),
        cmocka_unit_test(units_and_signs_do_not_matter),
        cmocka_unit_test(the_same_series_gives_the_same_steps),
        cmocka_unit_test(a_step_shows_through_a_season_of_a_year),
        cmocka_unit_test(long_series_are_searched_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
