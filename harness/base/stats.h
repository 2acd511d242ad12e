// SPDX-License-Identifier: MIT
/* stats.h -- the few statistics that every number here rests on. Pure functions; nothing allocates but stats_shift.
 *
 * All intervals are distribution-free: they hold for any continuous distribution, heavy-tailed or bimodal. `alpha` is
 * the probability, both sides together, that the interval misses the truth. Where n is too small for alpha the interval
 * is (-inf, +inf): the honest answer, not an error. */
#pragma once

#include <stddef.h>

struct interval {
    double value, low, high;
};

void stats_sort(double *values, size_t n);
double stats_median(const double *sorted, size_t n); /* n > 0 */

/* Relative spread of n > 0 values: (third - first quartile) / median, quartiles by linear interpolation (Hyndman & Fan,
 * "Sample quantiles in statistical packages", Am. Stat. 50(4), 1996, type 7). */
double stats_spread(const double *sorted, size_t n);

/* The rank k such that [x_(k), x_(n+1-k)] covers the median with probability >= 1 - alpha; 0 where no such k exists.
 * P(miss) = 2 P(Bin(n, 1/2) < k) (David & Nagaraja, Order Statistics, 3rd ed., 2003, section 7.1). */
size_t stats_median_rank(size_t n, double alpha);
struct interval stats_median_interval(const double *sorted, size_t n, double alpha);

/* The interval of a rate seen k times in n > 0 (Clopper & Pearson, Biometrika 26(4), 1934): it covers the truth with
 * probability >= 1 - alpha. */
struct interval stats_rate_interval(size_t k, size_t n, double alpha);

/* The t that a Student variable of so many degrees of freedom (1 or more) exceeds with probability p, 0 < p < 0.5: good to
 * 1e-6 of itself. Its tail is the integral of the density (Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.1),
 * by Simpson's rule after x = tan(u). */
double stats_student(double p, size_t degrees);

/* The shift between two independent samples, y - x: the Hodges-Lehmann median of all differences, with the interval
 * that inverts the Mann-Whitney test (Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3rd ed., 2014,
 * section 4.3). Both sizes in 1..STATS_SHIFT_MAX. The test is exact where there are at most STATS_SHIFT_EXACT
 * differences; above, the statistic is taken as normal, with a correction for continuity: its tails are lighter than
 * that (its excess kurtosis is negative), so the interval errs on the wide side. */
enum { STATS_SHIFT_MAX = 2048, STATS_SHIFT_EXACT = 65536 };
struct interval stats_shift(const double *x, size_t n_x, const double *y, size_t n_y, double alpha);

/* The two-sided exact p of no shift: twice the smaller tail of the Mann-Whitney statistic, ties counted half; 1 at most. */
double stats_shift_p(const double *x, size_t n_x, const double *y, size_t n_y);

/* The same rank for the n_x * n_y sorted differences; 0 where the samples are too small for alpha. */
size_t stats_shift_rank(size_t n_x, size_t n_y, double alpha);
