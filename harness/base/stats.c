// SPDX-License-Identifier: MIT
#include "base/stats.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void stats_sort(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_value);
}

/* P(Bin(n, p) <= k). */
static double binomial_tail(size_t k, size_t n, double p)
{
    double sum = 0;

    for (size_t i = 0; i <= k; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) +
                   (double)i * log(p) + (double)(n - i) * log1p(-p));
    return sum;
}

/* The p at which P(Bin(n, p) <= k) falls to `level`: the tail falls as p grows, so halving finds it. */
static double rate_at(size_t k, size_t n, double level)
{
    double low = 0, high = 1;

    for (int i = 0; i < 60; i++) {
        double p = 0.5 * (low + high);

        *(binomial_tail(k, n, p) > level ? &low : &high) = p;
    }
    return 0.5 * (low + high);
}

struct interval stats_rate_interval(size_t k, size_t n, double alpha)
{
    if (n == 0 || k > n)
        BUG("a rate of %zu in %zu", k, n);
    return (struct interval){ (double)k / (double)n, k ? rate_at(k - 1, n, 1 - alpha / 2) : 0,
                              k < n ? rate_at(k, n, alpha / 2) : 1 };
}

/* P(T > t): with x = sqrt(n) tan(u) the density becomes cos(u)^(n - 1), over a finite interval. */
static double student_tail(double t, double n)
{
    enum { STEPS = 512 };
    double from = atan(t / sqrt(n)), width = (M_PI / 2 - from) / STEPS, sum = pow(cos(from), n - 1);

    for (int i = 1; i < STEPS; i++)
        sum += (i % 2 ? 4 : 2) * pow(cos(from + i * width), n - 1);
    sum += n > 1 ? 0 : 1; /* cos(pi/2)^(n - 1) */
    return sum * width / 3 * exp(lgamma((n + 1) / 2) - lgamma(n / 2)) / sqrt(M_PI);
}

double stats_student(double p, size_t degrees)
{
    double low = 0, high = 1;

    if (!(p > 0) || p >= 0.5 || degrees == 0)
        BUG("the t of p = %g at %zu degrees of freedom", p, degrees);
    while (student_tail(high, (double)degrees) > p)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        double t = 0.5 * (low + high);

        *(student_tail(t, (double)degrees) > p ? &low : &high) = t;
    }
    return 0.5 * (low + high);
}

static double quantile(const double *sorted, size_t n, double p)
{
    double h = (double)(n - 1) * p;
    size_t i = (size_t)h;

    return i + 1 < n ? sorted[i] + (h - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

double stats_median(const double *sorted, size_t n)
{
    if (n == 0)
        BUG("the median of nothing");
    return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

double stats_spread(const double *sorted, size_t n)
{
    return (quantile(sorted, n, 0.75) - quantile(sorted, n, 0.25)) / stats_median(sorted, n);
}

size_t stats_median_rank(size_t n, double alpha)
{
    long double term = exp2l(-(long double)n), tail = 0; /* P(Bin(n, 1/2) = i), and the sum of those below k */
    size_t k = 0;

    if (n > 16000) /* a double's exponent ends at n = 1074, a long double's at 16445: a term of 0 would accept any k */
        BUG("the median rank of %zu values", n);
    while (k < (n + 1) / 2 && 2 * (tail + term) <= alpha) {
        tail += term;
        term *= (long double)(n - k) / (long double)(k + 1);
        k++;
    }
    return k;
}

/* From the rank in sorted values to the interval. */
static struct interval at_rank(const double *sorted, size_t n, size_t k)
{
    struct interval r = { stats_median(sorted, n), -INFINITY, INFINITY };

    if (k > 0) {
        r.low = sorted[k - 1];
        r.high = sorted[n - k];
    }
    return r;
}

struct interval stats_median_interval(const double *sorted, size_t n, double alpha)
{
    return at_rank(sorted, n, stats_median_rank(n, alpha));
}

/* The number of ways to reach U = u under no shift is the coefficient of q^u in the Gaussian binomial
 * prod_i (1 - q^(n_y + i)) / (1 - q^i), i = 1..n_x. The small coefficients, the only ones the tail needs, are exact.
 * `ways` is owned by the caller; *all is their sum. */
static double *count_ways(size_t n_x, size_t n_y, double *all)
{
    size_t top = n_x * n_y;
    double *ways;

    if (n_x > n_y) { /* the count is symmetric, its work is not */
        size_t x = n_x;

        n_x = n_y;
        n_y = x;
    }
    ways = mem_array(top + 1, sizeof(*ways));
    ways[0] = 1;
    *all = 1;
    for (size_t i = 1; i <= n_x; i++) {
        for (size_t u = top + 1; u-- > n_y + i;)
            ways[u] -= ways[u - n_y - i];
        for (size_t u = i; u <= top; u++)
            ways[u] += ways[u - i];
        *all *= (double)(n_y + i) / (double)i;
    }
    return ways;
}

static size_t exact_rank(size_t n_x, size_t n_y, double alpha)
{
    size_t top = n_x * n_y, k = 0;
    double all, *ways = count_ways(n_x, n_y, &all), tail = 0;

    while (k < (top + 1) / 2 && 2 * (tail + ways[k]) <= alpha * all)
        tail += ways[k++];
    free(ways);
    return k;
}

static bool is_large(size_t n_x, size_t n_y)
{
    if (n_x < 1 || n_y < 1 || n_x > STATS_SHIFT_MAX || n_y > STATS_SHIFT_MAX)
        BUG("%zu and %zu samples: outside 1..%d", n_x, n_y, STATS_SHIFT_MAX);
    return n_x * n_y > STATS_SHIFT_EXACT;
}

/* P(U <= u) under no shift, the statistic taken as normal: mean n_x n_y / 2, variance n_x n_y (n_x + n_y + 1) / 12. */
static double normal_tail(double u, size_t n_x, size_t n_y)
{
    double nm = (double)n_x * (double)n_y, deviation = sqrt(nm * (double)(n_x + n_y + 1) / 12);

    return 0.5 * erfc((0.5 * nm - u - 0.5) / (deviation * M_SQRT2));
}

/* The largest k with 2 P(U <= k - 1) <= alpha, by halving. */
static size_t normal_rank(size_t n_x, size_t n_y, double alpha)
{
    size_t low = 0, high = (n_x * n_y + 1) / 2;

    while (low < high) {
        size_t k = (low + high + 1) / 2;

        if (2 * normal_tail((double)k - 1, n_x, n_y) <= alpha)
            low = k;
        else
            high = k - 1;
    }
    return low;
}

size_t stats_shift_rank(size_t n_x, size_t n_y, double alpha)
{
    if (is_large(n_x, n_y))
        return normal_rank(n_x, n_y, alpha);
    return exact_rank(n_x, n_y, alpha);
}

double stats_shift_p(const double *x, size_t n_x, const double *y, size_t n_y)
{
    double all, *ways, u = 0, p = 0;

    for (size_t i = 0; i < n_x; i++)
        for (size_t j = 0; j < n_y; j++)
            u += y[j] > x[i] ? 1 : y[j] == x[i] ? 0.5 : 0;
    if (u > 0.5 * (double)(n_x * n_y))
        u = (double)(n_x * n_y) - u;
    if (is_large(n_x, n_y))
        return fmin(1, 2 * normal_tail(u, n_x, n_y));
    ways = count_ways(n_x, n_y, &all);
    for (size_t k = 0; (double)k <= u; k++)
        p += ways[k];
    free(ways);
    p *= 2 / all;
    return p < 1 ? p : 1;
}

struct interval stats_shift(const double *x, size_t n_x, const double *y, size_t n_y, double alpha)
{
    size_t n = n_x * n_y, k = stats_shift_rank(n_x, n_y, alpha);
    double *d = mem_array(n, sizeof(*d));
    struct interval r;

    for (size_t i = 0; i < n_x; i++)
        for (size_t j = 0; j < n_y; j++)
            d[i * n_y + j] = y[j] - x[i];
    stats_sort(d, n);
    r = at_rank(d, n, k);
    free(d);
    return r;
}
