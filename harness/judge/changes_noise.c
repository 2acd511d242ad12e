// SPDX-License-Identifier: MIT
#include "judge/changes_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points a window of the local noise has, and for how many the noise of the whole counts beside it. */
enum { WINDOW = 32, WHOLE_COUNTS = 24 };

enum { SOME = 5, ORDER = 10 };

enum { LONGEST = 64, MEANS_MIN = 12 }; /* points a long mean has, and how many such means a series must hold */

#define CLIP 3.0 /* standard deviations beyond the median of five */

static void swap(double *a, double *b)
{
    double t = *a;

    *a = *b;
    *b = t;
}

/* The k-th smallest (Hoare's selection); reorders. */
static double select_kth(double *v, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        double pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;

        for (;; i++, j--) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&v[i], &v[j]);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[k];
}

/* The standard deviation of the normal distribution of which v, n absolute values, have the quantiles: the larger of
 * what the median and the nine tenths say, since a bimodal series may have a median of nothing. */
static double scale_of(double *v, size_t n)
{
    double narrow = select_kth(v, n, n / 2) / 0.6745;
    double wide = select_kth(v, n, n * 9 / 10) / 1.6449;

    return fmax(narrow, wide);
}

double noise_white(const double *y, size_t n)
{
    double *d, sigma;

    if (n < 2)
        return 0;
    d = mem_array(n - 1, sizeof(*d));
    for (size_t i = 1; i < n; i++)
        d[i - 1] = fabs(y[i] - y[i - 1]) / M_SQRT2;
    sigma = scale_of(d, n - 1);
    free(d);
    return sigma;
}

static double median5(const double *v)
{
    double s[5];

    memcpy(s, v, sizeof(s));
    for (int i = 1; i < 5; i++)
        for (int j = i; j > 0 && s[j] < s[j - 1]; j--)
            swap(&s[j], &s[j - 1]);
    return s[2];
}

void noise_clip(double *y, size_t n, const double *sigma)
{
    double *clipped;

    if (n < 5)
        return;
    clipped = mem_array(n, sizeof(*clipped));
    for (size_t i = 0; i < n; i++) { /* at the ends the five last: two new points are a spike still, three a level */
        double m = median5(y + (i < 2 ? 0 : i + 2 < n ? i - 2 : n - 5));

        clipped[i] = fmin(fmax(y[i], m - CLIP * sigma[i]), m + CLIP * sigma[i]);
    }
    memcpy(y, clipped, n * sizeof(*y));
    free(clipped);
}

void noise_local(const double *y, size_t n, double *sigma)
{
    double whole = noise_white(y, n), *room = mem_array(n, sizeof(*room)), *at = mem_array(n / WINDOW + 1, sizeof(*at));
    size_t n_at = n / WINDOW;

    for (size_t w = 0; w < n_at; w++) {
        size_t from = w * WINDOW, to = w + 1 == n_at ? n : from + WINDOW;
        double local;

        from = from > WINDOW / 2 ? from - WINDOW / 2 : 1;
        to = to + WINDOW / 2 < n ? to + WINDOW / 2 : n;
        for (size_t i = from; i < to; i++)
            room[i - from] = fabs(y[i] - y[i - 1]) / M_SQRT2;
        local = scale_of(room, to - from);
        at[w] = sqrt((local * local * (double)(to - from) + whole * whole * WHOLE_COUNTS) /
                     ((double)(to - from) + WHOLE_COUNTS));
    }
    for (size_t i = 0; i < n; i++) { /* straight lines between the middles of the windows */
        double x = n_at < 2 ? 0 : ((double)i - WINDOW / 2.0) / WINDOW;
        size_t w = x <= 0 ? 0 : (size_t)x;

        if (n_at < 2)
            sigma[i] = whole;
        else if (w + 1 >= n_at)
            sigma[i] = at[n_at - 1];
        else
            sigma[i] = at[w] + (x <= 0 ? 0 : x - (double)w) * (at[w + 1] - at[w]);
    }
    free(room);
    free(at);
}

/* The variance of the mean of b neighbours, times b. Second differences of such means know neither a level nor a slope,
 * and few of them see a step. */
static double long_variance(const double *sums, size_t n, size_t b, double *room)
{
    size_t n_d = 0, stride = n > 8192 ? n / 4096 : 1;
    double s;

    for (size_t i = 0; i + 3 * b <= n; i += stride)
        room[n_d++] = fabs(sums[i + 3 * b] - 3 * sums[i + 2 * b] + 3 * sums[i + b] - sums[i]) / sqrt(6 * (double)b);
    s = select_kth(room, n_d, n_d / 2) / 0.6745;
    return s * s;
}

double noise_dependence(const double *y, size_t n, const double *sigma)
{
    double *sums = mem_array(n + 1, sizeof(*sums)), *room = mem_array(n, sizeof(*room)), most = 1;

    for (size_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + (sigma[i] > 0 ? y[i] / sigma[i] : 0);
    for (size_t b = 1; b * MEANS_MIN <= n && b <= LONGEST; b *= 2)
        most = fmax(most, long_variance(sums, n, b, room));
    free(sums);
    free(room);
    return most;
}

/* What is left of y about the line of each segment: a slope costs little here, and hides no step. */
static void residuals(const double *y, size_t from, size_t to, const double *sigma, double *r)
{
    double m = (double)(to - from), mid = (m - 1) / 2, mean = 0, ty = 0, tt = m * (m * m - 1) / 12, slope;

    for (size_t i = from; i < to; i++)
        mean += y[i] / m;
    for (size_t i = from; i < to; i++)
        ty += ((double)(i - from) - mid) * (y[i] - mean);
    slope = to - from >= LINE_MIN ? ty / tt : 0;
    for (size_t i = from; i < to; i++)
        r[i] = (y[i] - mean - slope * ((double)(i - from) - mid)) / sigma[i];
}

/* The largest variance ratio of sums over 2, 4, 8, ... of the residuals, of variance v. */
static double largest_ratio(const double *r, size_t n, double v)
{
    double *sums = mem_array(n + 1, sizeof(*sums)), most = 1;

    for (size_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + r[i];
    for (size_t b = 2; b * MEANS_MIN <= n && b <= LONGEST; b *= 2) {
        double vb = 0;

        for (size_t i = 0; i + b <= n; i++)
            vb += (sums[i + b] - sums[i]) * (sums[i + b] - sums[i]);
        most = fmax(most, vb / ((double)(n - b + 1) * (double)b * v));
    }
    free(sums);
    return most;
}

/* c[k] = the sum of r[i] r[i - k], k up to ORDER. */
static void correlate(const double *r, size_t n, double *c)
{
    for (size_t k = 0; k <= ORDER; k++) {
        c[k] = 0;
        for (size_t i = k; i < n; i++)
            c[k] += r[i] * r[i - k];
    }
}

/* n times the log of the share of the variance that an autoregression leaves, and the price of its order: of the order
 * that makes it least (Levinson's and Durbin's recursion; BIC). */
static double autoregression(const double *c, size_t n)
{
    double phi[ORDER + 1] = { 0 }, was[ORDER + 1], left = 1, best = 0;

    for (size_t p = 1; p <= ORDER && 4 * p <= n && left > 1e-9; p++) {
        double k = c[p] / c[0];

        for (size_t j = 1; j < p; j++)
            k -= phi[j] * c[p - j] / c[0];
        k /= left;
        memcpy(was, phi, sizeof(was));
        for (size_t j = 1; j < p; j++)
            phi[j] = was[j] - k * was[p - j];
        phi[p] = k;
        left *= 1 - k * k;
        best = fmin(best, (double)n * log(fmax(left, 1e-9)) + log((double)n) * (double)p);
    }
    return best;
}

struct remains noise_remains(const double *y, const double *sigma, const struct segments *s)
{
    size_t n = s->n_points;
    double *r = mem_array(n, sizeof(*r)), c[ORDER + 1], v, c1, c2, rho, factor, rest;
    struct remains remains;

    for (size_t i = 0; i < s->n; i++)
        residuals(y, s->start[i], segments_end(s, i), sigma, r);
    correlate(r, n, c);
    c[0] = c[0] > 0 ? c[0] : 1e-30;
    remains.deviance = (double)n * log(c[0] / (double)n) + autoregression(c, n);
    remains.returns = (double)n * (1 - c[1] / c[0]);
    c1 = fmax(c[1] / c[0], 0);
    c2 = c1 > 0 ? fmax(c[2] / c[0], 0) : 0; /* points in turns have a second lag, too */
    v = c[0] / (double)n;
    /* A white part hides the AR(1) from the first lag, less from the second. Fitted means take rho down (Kendall,
     * "Note on bias in the estimation of autocorrelation", Biometrika 41, 1954), one for each segment.
     * Of few points rho is anything: it is drawn towards 0, as if SOME points had shown none. */
    rho = fmax(c1, 0.9 * sqrt(c2));
    rho += (1 + 3 * rho) * (double)s->n / (double)n;
    rho *= (double)n / (double)(n + SOME);
    rho = fmin(rho, 1 - 1.0 / (double)n);
    factor = fmax((1 + rho) / (1 - rho), largest_ratio(r, n, v));
    rest = (double)(n > 2 * s->n ? n - s->n : n / 2);
    remains.factor = factor * v * (double)n / rest;
    free(r);
    return remains;
}
