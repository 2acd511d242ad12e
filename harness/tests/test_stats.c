// SPDX-License-Identifier: MIT
/* test_stats.c -- ranks against exact values and published tables, properties, and coverage by simulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "base/stats.h"

#include <math.h>
#include <string.h>

/* The interval of rank k misses the median with probability m / 2^n, m = 2 sum_{i<k} C(n, i): whole numbers, worked out
 * apart from the code. A rank is right where m(k) / 2^n <= alpha < m(k + 1) / 2^n, as the comments show. */
static void median_rank_is_the_exact_binomial_one(void **state)
{
    static const struct { size_t n; double alpha; size_t rank; } rows[] = {
        { 1, 0.05, 0 },
        { 5, 0.05, 0 },     /* 2 / 32 = 0.0625 */
        { 5, 0.0625, 1 },   /* the very limit */
        { 6, 0.05, 1 },     /* 2 / 64 = 0.031, 14 / 64 */
        { 6, 0.03125, 1 },  /* the very limit */
        { 6, 0.03124, 0 },
        { 7, 0.05, 1 },     /* 2 / 128, 16 / 128 = 0.125 */
        { 8, 0.0125, 1 },   /* 2 / 256 = 0.0078, 18 / 256 */
        { 8, 0.007, 0 },
        { 9, 0.05, 2 },     /* 20 / 512 = 0.039, 92 / 512 */
        { 10, 0.05, 2 },    /* 22 / 1024 = 0.021, 112 / 1024 = 0.109 */
        { 12, 0.05, 3 },    /* 158 / 4096 = 0.039, 598 / 4096 = 0.146 */
        { 15, 0.05, 4 },    /* 1152 / 32768 = 0.035, 3882 / 32768 = 0.118 */
        { 20, 0.05, 6 },    /* 43400 / 1048576 = 0.041, 120920 / 1048576 = 0.115 */
        { 20, 0.01, 4 },    /* 2702 / 1048576 = 0.0026, 12392 / 1048576 = 0.0118 */
        { 25, 0.05, 8 },    /* 1452412 / 2^25 = 0.043, 3615562 / 2^25 = 0.108 */
        { 30, 0.01, 8 },    /* 5608024 / 2^30 = 0.0052, 17313874 / 2^30 = 0.0161 */
        { 50, 0.05, 18 },   /* 36973581924402 / 2^50 = 0.0328, 73080639691952 / 2^50 = 0.0649 */
        { 100, 0.05, 40 },  /* 0.0352, 0.0569 */
        { 1000, 0.05, 469 }, /* 0.0463, 0.0537 */
        { 1100, 0.05, 518 }, /* 0.0498, 0.0554: where 2^-n is no double */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (stats_median_rank(rows[i].n, rows[i].alpha) != rows[i].rank)
            fail_msg("n = %zu, alpha = %g: rank %zu, not %zu", rows[i].n, rows[i].alpha,
                     stats_median_rank(rows[i].n, rows[i].alpha), rows[i].rank);
}

/* One more than the critical value of U in the two-sided tables of Mann & Whitney (Ann. Math. Stat. 18(1), 1947) and
 * its successors (Milton, JASA 59, 1964); 0 where the tables have a dash. The last rows, beyond the tables, count the
 * ways in whole numbers. */
static void shift_rank_is_the_tables_critical_value(void **state)
{
    static const struct { size_t n_x, n_y; double alpha; size_t rank; } rows[] = {
        { 1, 1, 0.05, 0 },    { 3, 3, 0.05, 0 },    { 4, 4, 0.05, 1 },    { 3, 5, 0.05, 1 },   { 5, 5, 0.05, 3 },
        { 4, 8, 0.05, 5 },    { 6, 6, 0.05, 6 },    { 7, 7, 0.05, 9 },    { 8, 8, 0.05, 14 },  { 9, 9, 0.05, 18 },
        { 10, 10, 0.05, 24 }, { 5, 10, 0.05, 9 },   { 15, 15, 0.05, 65 }, { 20, 20, 0.05, 128 },
        { 5, 5, 0.01, 1 },    { 8, 8, 0.01, 8 },    { 10, 10, 0.01, 17 }, { 20, 20, 0.01, 106 },
        { 128, 128, 0.05, 7032 }, /* coefficients beyond 2^53: rounding must not have moved the rank */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t got = stats_shift_rank(rows[i].n_x, rows[i].n_y, rows[i].alpha);

        if (got != rows[i].rank || stats_shift_rank(rows[i].n_y, rows[i].n_x, rows[i].alpha) != got)
            fail_msg("%zu and %zu, alpha = %g: rank %zu, not %zu", rows[i].n_x, rows[i].n_y, rows[i].alpha, got,
                     rows[i].rank);
    }
}

/* Complete separation of 5 and 5: 2 / C(10, 5); of 8 and 8: 2 / C(16, 8). The third, by hand: U = 1 of 3 and 3, of which
 * there are 1 + 1 ways of 20. */
static void shift_p_is_the_exact_tail(void **state)
{
    static const double low[] = { 1, 2, 3, 4, 5, 6, 7, 8 }, high[] = { 11, 12, 13, 14, 15, 16, 17, 18 };
    static const double three[] = { 1, 2, 4 }, mixed[] = { 3, 5, 6 };

    (void)state;
    assert_true(fabs(stats_shift_p(low, 5, high, 5) - 2.0 / 252) < 1e-12);
    assert_true(fabs(stats_shift_p(high, 8, low, 8) - 2.0 / 12870) < 1e-12);
    assert_true(fabs(stats_shift_p(three, 3, mixed, 3) - 4.0 / 20) < 1e-12);
    assert_true(stats_shift_p(low, 8, low, 8) == 1);
}

/* Clopper & Pearson at 95 %: 0 of 10 and 10 of 10 in closed form, 1 - 0.025^(1/10); the others by exact binomial sums in
 * rational arithmetic. */
static void rate_interval_is_clopper_and_pearsons(void **state)
{
    static const struct { size_t k, n; double low, high; } rows[] = {
        { 0, 10, 0, 0.30850 }, { 10, 10, 0.69150, 1 }, { 5, 10, 0.18709, 0.81291 }, { 1, 100, 0.00025, 0.05446 },
        { 2, 20, 0.01235, 0.31698 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct interval r = stats_rate_interval(rows[i].k, rows[i].n, 0.05);

        if (fabs(r.low - rows[i].low) > 6e-6 || fabs(r.high - rows[i].high) > 6e-6)
            fail_msg("%zu of %zu: [%.5f, %.5f]", rows[i].k, rows[i].n, r.low, r.high);
    }
}

static void too_few_values_give_an_infinite_interval(void **state)
{
    static const double five[] = { 1, 2, 3, 4, 5 };
    struct interval r = stats_median_interval(five, 5, 0.05);

    (void)state;
    assert_true(r.value == 3 && isinf(r.low) && r.low < 0 && isinf(r.high) && r.high > 0);
    r = stats_shift(five, 3, five, 3, 0.05);
    assert_true(r.value == 0 && isinf(r.low) && r.low < 0 && isinf(r.high) && r.high > 0);
}

static void known_samples_give_known_answers(void **state)
{
    static const double ten[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 100 };
    static const double x[] = { 1, 2, 3, 4, 5 }, y[] = { 11, 12, 13, 14, 15 };
    struct interval r;

    (void)state;
    assert_true(stats_median(ten, 10) == 5.5 && stats_median(ten, 9) == 5 && stats_median(ten, 1) == 1);
    r = stats_median_interval(ten, 10, 0.05); /* rank 2: second from either end */
    assert_true(r.value == 5.5 && r.low == 2 && r.high == 9);
    assert_true(fabs(stats_spread(ten, 9) - (7 - 3) / 5.0) < 1e-12);
    assert_true(fabs(stats_spread(ten, 10) - (7.75 - 3.25) / 5.5) < 1e-12); /* type 7, between the ranks */
    assert_true(stats_spread(ten, 1) == 0);
    r = stats_shift(x, 5, y, 5, 0.05); /* differences 6 (1 of them), 7 (2), 8 (3), ..., 14 (1); rank 3 */
    assert_true(r.value == 10 && r.low == 7 && r.high == 13);
}

static void sorting_orders_what_is_unordered(void **state)
{
    double v[] = { 3, -1, 0, 3, 1e300, -1e300 };

    (void)state;
    stats_sort(v, ARRAY_LEN(v));
    for (size_t i = 1; i < ARRAY_LEN(v); i++)
        assert_true(v[i - 1] <= v[i]);
    stats_sort(v, 0);
}

/* Properties: what must become of the interval when the samples change. */

enum { N = 9 };

struct pair {
    double x[N], y[N];
};

static struct pair draw(struct rng *rng, double scale, double shift)
{
    struct pair p;

    for (size_t i = 0; i < N; i++) {
        p.x[i] = scale * rng_normal(rng) + shift;
        p.y[i] = scale * (rng_normal(rng) + 1) + shift;
    }
    return p;
}

static void assert_interval(struct interval got, double value, double low, double high)
{
    if (fabs(got.value - value) > 1e-9 || fabs(got.low - low) > 1e-9 || fabs(got.high - high) > 1e-9)
        fail_msg("[%g, %g, %g] instead of [%g, %g, %g]", got.low, got.value, got.high, low, value, high);
}

static void scaling_the_samples_scales_the_interval(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rng a = rng_seed(seed), b = rng_seed(seed);
        struct pair p = draw(&a, 1, 0), q = draw(&b, 4, 0); /* a power of two: no rounding */
        struct interval r = stats_shift(p.x, N, p.y, N, 0.05);

        assert_interval(stats_shift(q.x, N, q.y, N, 0.05), 4 * r.value, 4 * r.low, 4 * r.high);
        stats_sort(p.x, N);
        stats_sort(q.x, N);
        r = stats_median_interval(p.x, N, 0.05);
        assert_interval(stats_median_interval(q.x, N, 0.05), 4 * r.value, 4 * r.low, 4 * r.high);
        q = draw(&b, 1, 100);
        stats_sort(q.x, N);
        r.value = stats_spread(q.x, N);
        for (size_t i = 0; i < N; i++)
            q.x[i] *= 4;
        assert_true(stats_spread(q.x, N) == r.value); /* relative: no unit */
    }
}

static void moving_both_samples_moves_no_shift(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rng a = rng_seed(seed), b = rng_seed(seed);
        struct pair p = draw(&a, 1, 0), q = draw(&b, 1, 1000);
        struct interval r = stats_shift(p.x, N, p.y, N, 0.05);

        assert_interval(stats_shift(q.x, N, q.y, N, 0.05), r.value, r.low, r.high);
        r = stats_shift(p.x, N, q.y, N, 0.05); /* moving one moves it by as much */
        assert_interval(stats_shift(p.x, N, p.y, N, 0.05), r.value - 1000, r.low - 1000, r.high - 1000);
        stats_sort(p.x, N);
        stats_sort(q.x, N);
        r = stats_median_interval(p.x, N, 0.05);
        assert_interval(stats_median_interval(q.x, N, 0.05), r.value + 1000, r.low + 1000, r.high + 1000);
    }
}

static void swapping_the_samples_negates_the_shift(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rng rng = rng_seed(seed);
        struct pair p = draw(&rng, 1, 0);
        struct interval r = stats_shift(p.x, N, p.y, N - 2, 0.05);

        assert_interval(stats_shift(p.y, N - 2, p.x, N, 0.05), -r.value, -r.high, -r.low);
    }
}

static void an_interval_holds_its_estimate_and_narrows_with_alpha(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rng rng = rng_seed(seed);
        struct pair p = draw(&rng, 1, 0);
        struct interval wide = stats_shift(p.x, N, p.y, N, 0.01), narrow = stats_shift(p.x, N, p.y, N, 0.2);

        assert_true(wide.low <= narrow.low && narrow.low <= narrow.value);
        assert_true(narrow.value <= narrow.high && narrow.high <= wide.high);
    }
}

/* Coverage: how often the interval holds the truth, on data that a textbook would not choose. */

static double draw_normal(struct rng *rng)
{
    return rng_normal(rng);
}

static double draw_cauchy(struct rng *rng) /* no mean, no variance */
{
    return tan(3.14159265358979323846 * (rng_uniform(rng) - 0.5));
}

static double draw_bimodal(struct rng *rng) /* a core that is either at its boost clock or not; median 0 by symmetry */
{
    return rng_normal(rng) * 0.2 + (rng_below(rng, 2) ? 1 : -1);
}

static const struct { const char *name; double (*draw)(struct rng *rng); } shapes[] = {
    { "normal", draw_normal }, { "Cauchy", draw_cauchy }, { "bimodal", draw_bimodal },
};

enum { RUNS = 4000 };

/* A true miss rate of alpha is exceeded by 4 sigma of the simulation once in 30,000; the seeds are fixed. */
static void assert_covers(const char *what, const char *shape, size_t n, int missed, double alpha)
{
    if (missed > RUNS * alpha + 4 * sqrt(RUNS * alpha * (1 - alpha)))
        fail_msg("%s, %s, n = %zu: missed %d of %d, alpha %g", what, shape, n, missed, RUNS, alpha);
}

static void median_interval_covers_what_it_promises(void **state)
{
    static const struct { size_t n; double alpha; } rows[] = { { 6, 0.05 }, { 9, 0.05 }, { 15, 0.01 }, { 25, 0.2 } };
    double v[25];

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct rng rng = rng_seed(rng_mix(s, i));
            int missed = 0;

            for (int run = 0; run < RUNS; run++) {
                struct interval r;

                for (size_t j = 0; j < rows[i].n; j++)
                    v[j] = shapes[s].draw(&rng);
                stats_sort(v, rows[i].n);
                r = stats_median_interval(v, rows[i].n, rows[i].alpha);
                missed += r.low > 0 || r.high < 0;
            }
            assert_covers("median", shapes[s].name, rows[i].n, missed, rows[i].alpha);
        }
}

static void shift_interval_covers_what_it_promises(void **state)
{
    static const struct { size_t n_x, n_y; double alpha; } rows[] = {
        { 5, 5, 0.05 }, { 6, 12, 0.05 }, { 12, 12, 0.01 }, { 15, 9, 0.2 },
    };
    double x[15], y[15];

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct rng rng = rng_seed(rng_mix(s, i + 100));
            int missed = 0;

            for (int run = 0; run < RUNS; run++) {
                struct interval r;

                for (size_t j = 0; j < rows[i].n_x; j++)
                    x[j] = shapes[s].draw(&rng);
                for (size_t j = 0; j < rows[i].n_y; j++)
                    y[j] = shapes[s].draw(&rng) + 3;
                r = stats_shift(x, rows[i].n_x, y, rows[i].n_y, rows[i].alpha);
                missed += r.low > 3 || r.high < 3;
            }
            assert_covers("shift", shapes[s].name, rows[i].n_x, missed, rows[i].alpha);
        }
}

/* The number of ways to reach each U = u: the coefficients of prod (1 - q^(m + i)) / (1 - q^i), i = 1..n, factor by
 * factor. */
static long double *ways_of(size_t n, size_t m, long double *all)
{
    size_t top = n * m;
    long double *w = calloc(top + 1, sizeof(*w));

    w[0] = *all = 1;
    for (size_t i = 1; i <= n; i++) {
        for (size_t u = top; u >= m + i; u--)
            w[u] -= w[u - m - i];
        for (size_t u = i; u <= top; u++)
            w[u] += w[u - i];
        *all *= (long double)(m + i) / (long double)i;
    }
    return w;
}

/* Where a sample is too large for the exact count, the rank may only err towards the wider interval, and not by much. */
static void shift_of_large_samples_is_conservative(void **state)
{
    static const size_t sizes[][2] = { { 33, 2000 }, { 64, 1030 }, { 200, 330 } };
    static const double alphas[] = { 0.05, 1e-3, 1e-5, 1e-7 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        long double all, *ways = ways_of(sizes[i][0], sizes[i][1], &all);

        for (size_t a = 0; a < ARRAY_LEN(alphas); a++) {
            size_t k = stats_shift_rank(sizes[i][0], sizes[i][1], alphas[a]), exact = 0;

            for (long double tail = ways[0]; 2 * tail <= alphas[a] * all; tail += ways[exact])
                exact++;
            print_message("%zu and %zu at %g: rank %zu, exact %zu\n", sizes[i][0], sizes[i][1], alphas[a], k, exact);
            assert_true(k <= exact + 1); /* one difference of tens of thousands: U is discrete */
            assert_true((double)k >= 0.9 * (double)exact);
        }
        free(ways);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_rank_is_the_exact_binomial_one),
        cmocka_unit_test(shift_rank_is_the_tables_critical_value),
        cmocka_unit_test(shift_p_is_the_exact_tail),
        cmocka_unit_test(rate_interval_is_clopper_and_pearsons),
        cmocka_unit_test(too_few_values_give_an_infinite_interval),
        cmocka_unit_test(known_samples_give_known_answers),
        cmocka_unit_test(sorting_orders_what_is_unordered),
        cmocka_unit_test(scaling_the_samples_scales_the_interval),
        cmocka_unit_test(moving_both_samples_moves_no_shift),
        cmocka_unit_test(swapping_the_samples_negates_the_shift),
        cmocka_unit_test(an_interval_holds_its_estimate_and_narrows_with_alpha),
        cmocka_unit_test(median_interval_covers_what_it_promises),
        cmocka_unit_test(shift_interval_covers_what_it_promises),
        cmocka_unit_test(shift_of_large_samples_is_conservative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
