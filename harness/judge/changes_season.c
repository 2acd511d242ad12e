// SPDX-License-Identifier: MIT
#include "judge/changes_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* A long season hides in the noise of single points, and shows in means of COARSE of them, or of 4 times, 16 times so
 * many. */
enum { PERIOD_MAX = 400, CYCLES_MIN = 4, NEAR = 3, POINTS_MIN = 24, COARSE = 8 };

/* The correlation of the differences d with themselves, `lag` later. */
static double correlation(const double *d, size_t n, size_t lag)
{
    double s[4] = { 0 };
    size_t i = lag;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            s[k] += d[i + k] * d[i + k - lag];
    for (; i < n; i++)
        s[0] += d[i] * d[i - lag];
    return s[0] + s[1] + s[2] + s[3];
}

/* Differences, cut to where nine tenths lie: a step or a spike has no say. */
static double *cut_differences(const double *y, size_t n)
{
    double *d = mem_array(n, sizeof(*d)), mean = 0, sigma = noise_white(y, n) * 3;

    for (size_t i = 1; i < n; i++)
        mean += d[i - 1] = fmin(fmax(y[i] - y[i - 1], -sigma), sigma);
    mean /= (double)(n - 1);
    for (size_t i = 0; i + 1 < n; i++)
        d[i] -= mean;
    return d;
}

/* The shortest lag that repeats about as well as the best. A smooth series repeats at short lags, too: the correlation
 * must have been down at 0 in between. */
static size_t find_period(const double *y, size_t n)
{
    size_t most = n / CYCLES_MIN < PERIOD_MAX ? n / CYCLES_MIN : PERIOD_MAX, period = 0;
    double *d = cut_differences(y, n), *r = mem_array(most + 2, sizeof(*r));
    double all = correlation(d, n - 1, 0), best = 0;
    bool down = false;

    for (size_t lag = 1; lag <= most + 1; lag++)
        r[lag] = all > 0 ? correlation(d, n - 1, lag) / all * (double)n / (double)(n - lag) : 0;
    for (size_t lag = 2; lag <= most; lag++) {
        down = down || r[lag - 1] < 0.1;
        if (down && r[lag] >= r[lag - 1] && r[lag] >= r[lag + 1] && r[lag] > best * 1.1) {
            best = r[lag];
            period = lag;
        }
    }
    free(d);
    free(r);
    return best > fmax(0.5, 5.5 / sqrt((double)n)) ? period : 0;
}

/* The period in means of `width` points, and then the lag near it at which the sums of so many are most alike. */
static size_t find_long_period(const double *y, size_t n, size_t width)
{
    size_t m = n / width, period, best = 0;
    double *means = mem_array(m, sizeof(*means)), *sums = mem_array(n + 1, sizeof(*sums)), least = INFINITY;

    for (size_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + y[i];
    for (size_t i = 0; i < m; i++)
        means[i] = sums[(i + 1) * width] - sums[i * width];
    period = find_period(means, m) * width;
    for (size_t lag = period - width; period && lag <= period + width && lag + width < n; lag++) {
        size_t pairs = n + 1 - width - lag;
        double unlike = 0;

        for (size_t i = 0; i < pairs; i++) {
            double d = sums[i + lag + width] - sums[i + lag] - sums[i + width] + sums[i];

            unlike += d * d / (double)pairs;
        }
        if (unlike < least) {
            least = unlike;
            best = lag;
        }
    }
    free(means);
    free(sums);
    return best;
}

/* What is left of y without its mean over one period around each point. */
static void detrend(const double *y, size_t n, size_t period, double *rest)
{
    double sum = 0;
    size_t from = 0, to = 0;

    for (size_t i = 0; i < n; i++) {
        size_t start = i < period / 2 ? 0 : i - period / 2;

        start = start + period > n ? n - period : start;
        for (; to < start + period; to++)
            sum += y[to];
        for (; from < start; from++)
            sum -= y[from];
        rest[i] = y[i] - sum / (double)period;
    }
}

/* The median of the same phase in the NEAR cycles on either side, since a season may grow with its series, and of the
 * points that are up to half of `width` beside it. */
static double phase_median(const double *rest, size_t n, size_t period, size_t width, size_t i)
{
    double v[(2 * NEAR + 1) * (COARSE + 1)];
    size_t n_v = 0, first = i % period, at = i / period, cycles = (n - first + period - 1) / period, from, to;
    size_t stride = width > COARSE ? width / COARSE : 1;

    from = at < NEAR ? 0 : at - NEAR;
    from = from + 2 * NEAR + 1 > cycles ? (cycles > 2 * NEAR + 1 ? cycles - 2 * NEAR - 1 : 0) : from;
    to = from + 2 * NEAR + 1 < cycles ? from + 2 * NEAR + 1 : cycles;
    for (size_t c = from; c < to; c++) {
        size_t middle = first + c * period, low = middle < width / 2 ? 0 : middle - width / 2;

        for (size_t t = low; t <= middle + width / 2 && t < n; t += stride)
            v[n_v++] = rest[t];
    }
    stats_sort(v, n_v);
    return stats_median(v, n_v);
}

size_t season_remove(double *y, size_t n)
{
    size_t period = n >= POINTS_MIN ? find_period(y, n) : 0, width = 1;
    double *rest, *season;

    for (size_t w = COARSE; period == 0 && n / w >= POINTS_MIN; w *= 4) {
        period = find_long_period(y, n, w);
        width = w;
    }
    if (period == 0)
        return 0;
    rest = mem_array(n, sizeof(*rest));
    season = mem_array(n, sizeof(*season));
    detrend(y, n, period, rest);
    for (size_t i = 0; i < n; i++)
        season[i] = phase_median(rest, n, period, width, i);
    detrend(season, n, period, rest); /* it must not carry a level */
    for (size_t i = 0; i < n; i++)
        y[i] -= rest[i];
    free(rest);
    free(season);
    return period;
}
