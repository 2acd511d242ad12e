// SPDX-License-Identifier: MIT
#include "judge/changes.h"
#include "judge/changes_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT = 100, STAIRS = 3 }; /* points: of a longer stretch the mean is normal enough; segments of a shock */
enum { MOMENT = 5, MOMENTS = 50 }; /* a busy moment has at most so many points, and is at most so small a part of a series */

/* The noise's factor is an estimate, and of dependent points a poor one: as if one point in so many told of it. The
 * gain's distribution has the heavier tail of an unknown variance (the likelihood ratio, n log(1 + t^2 / n)). */
#define WORTH_ONE 2.0

/* P(Bin(n, q) >= k). */
static double binomial_tail(size_t n, size_t k, double q)
{
    double p = 0;

    for (size_t j = k; j <= n; j++)
        p += exp(lgamma((double)n + 1) - lgamma((double)j + 1) - lgamma((double)(n - j) + 1) + (double)j * log(q) +
                 (double)(n - j) * log1p(-q));
    return p;
}

struct line {
    double level, slope, middle;
};

static struct line fit(const double *y, size_t from, size_t to)
{
    double m = (double)(to - from), ty = 0;
    struct line l = { 0, 0, (double)from + (m - 1) / 2 };

    for (size_t i = from; i < to; i++)
        l.level += y[i] / m;
    for (size_t i = from; i < to; i++)
        ty += ((double)i - l.middle) * (y[i] - l.level);
    if (to - from >= LINE_MIN)
        l.slope = ty / (m * (m * m - 1) / 12);
    return l;
}

static double above(const struct line *l, const double *y, size_t i)
{
    return y[i] - l->level - l->slope * ((double)i - l->middle);
}

static bool is_far(double v, double half)
{
    return half > 0 ? v > half : v < half;
}

/* The chance that of the short stretch [from, to) so many points lie beyond the half way from line `l`, where of the
 * points [low, high) outside of it only a share does. 0 where none of those ever does; 1 where the stretch is a spike
 * with a neighbour. */
static double run_chance(const double *y, const struct line *l, size_t from, size_t to, size_t low, size_t high)
{
    size_t n = to - from, k = 0, others = 0, far = 0;
    double v[SHORT], half, q;

    for (size_t i = from; i < to; i++)
        v[i - from] = above(l, y, i);
    stats_sort(v, n);
    half = stats_median(v, n) / 2;
    for (size_t i = 0; i < n; i++)
        k += is_far(v[i], half);
    if (k < STEP_MIN_POINTS)
        return 1;
    for (size_t i = low; i < high; i++)
        if (i < from || i >= to) {
            others++;
            far += is_far(above(l, y, i), half);
        }
    q = others ? (double)far / (double)others : 0;
    /* Where half of the others lie beyond it, the line is not that of their noise: nothing can be said this way. */
    return q > 0 && q < 0.5 ? binomial_tail(n, k, q) : 0;
}

double proof_boundary(const struct split *split, double factor, const double *raw, const struct segments *s, size_t i)
{
    size_t from = s->start[i - 1], at = s->start[i], to = segments_end(s, i), left = at - from, right = to - at;
    size_t few = left < right ? left : right;
    double gain = split_gain(split, factor, from, at, to), n = (double)s->n_points, freedom, p, chance = 0;

    freedom = n / WORTH_ONE;
    p = n * erfc(sqrt(freedom * log1p(fmax(gain, 0) / freedom) / 2));
    if (few <= SHORT && right <= left) {
        struct line l = fit(raw, from, at);

        chance = run_chance(raw, &l, at, to, from, at);
    } else if (few <= SHORT) {
        struct line l = fit(raw, at, to);

        chance = run_chance(raw, &l, from, at, at, to);
    }
    return fmin(fmax(p, chance * n / (double)few), 1);
}

/* Of v, n values about the level before and after: is each one a share of the one before it, rather than as large as
 * the others? */
static bool fades(const double *v, size_t n)
{
    double mean = 0, flat = 0, cross = 0, square = 0, share, fading = 0;

    for (size_t i = 0; i < n; i++)
        mean += v[i] / (double)n;
    for (size_t i = 1; i < n; i++) {
        cross += v[i] * v[i - 1];
        square += v[i - 1] * v[i - 1];
    }
    share = square > 0 ? cross / square : 1;
    for (size_t i = 1; i < n; i++) {
        flat += (v[i] - mean) * (v[i] - mean);
        fading += (v[i] - share * v[i - 1]) * (v[i] - share * v[i - 1]);
    }
    return fabs(v[0]) > fabs(v[n - 1]) && share < 0.95 && fading < 0.5 * flat;
}

/* A shock that fades is no level, nor a staircase of them: how many segments from the i-th on are one? */
static size_t shock_segments(const double *raw, const struct segments *s, size_t i)
{
    size_t from = s->start[i];

    for (size_t k = STAIRS; k > 0; k--) { /* the longest: the last stair is near the level, too */
        size_t to = i + k < s->n ? s->start[i + k] : s->n_points, after = i + k < s->n ? segments_end(s, i + k) : to;
        double a = fit(raw, s->start[i - 1], from).level, c = fit(raw, to, after).level, level = (a + c) / 2;
        double v[SHORT] = { 0 };

        if (to == after || to - from > SHORT || to - from >= from - s->start[i - 1] || to - from >= after - to)
            continue;
        for (size_t t = from; t < to; t++)
            v[t - from] = raw[t] - level;
        if (fabs(a - c) < 0.5 * fabs(v[0]) && fades(v, to - from))
            return k;
    }
    return 0;
}

/* Segment i leaves a level and comes back to it: is it one of many such excursions? */
static double excursion_chance(const double *raw, const struct segments *s, size_t i)
{
    size_t from = s->start[i], to = segments_end(s, i), before = s->start[i - 1], after = segments_end(s, i + 1);
    double a = fit(raw, before, from).level, b = fit(raw, from, to).level, c = fit(raw, to, after).level;
    struct line l = { (a + c) / 2, 0, 0 };

    if (to - from > SHORT || to - from >= from - before || to - from >= after - to ||
        fabs(a - c) > 0.5 * fabs(b - l.level))
        return 0;
    return run_chance(raw, &l, from, to, 0, s->n_points) * (double)s->n_points / (double)(to - from);
}

/* Does segment i leave a level for a moment and come back to it? Of a long series that is what somebody else did to the
 * host meanwhile, and no level; in a short one it may be a part of the story. */
static bool is_moment(const double *raw, const struct segments *s, size_t i)
{
    size_t from = s->start[i], to = segments_end(s, i), before = from - s->start[i - 1], after = segments_end(s, i + 1) - to;
    double a = segments_level(raw, s->start[i - 1], from), b = segments_level(raw, from, to),
           c = segments_level(raw, to, segments_end(s, i + 1));

    return to - from <= MOMENT && (to - from) * MOMENTS <= s->n_points && before > 2 * MOMENT && after > 2 * MOMENT &&
           fabs(a - c) < 0.25 * fabs(b - (a + c) / 2);
}

static void take_out(struct segments *s, size_t i, size_t n)
{
    memmove(&s->start[i], &s->start[i + n], (s->n - i - n) * sizeof(*s->start));
    s->n -= n;
}

/* What leaves a level and comes back to it; whether there was any. */
static bool prune_excursions(const double *raw, struct segments *s)
{
    size_t n = s->n;

    for (size_t i = 1; i + 1 < s->n;) {
        size_t shock = shock_segments(raw, s, i);

        if (shock)
            take_out(s, i, shock + 1);
        else if (is_moment(raw, s, i) || excursion_chance(raw, s, i) > CHANGES_ALPHA)
            take_out(s, i, 2);
        else
            i++;
    }
    return s->n < n;
}

static void prune_weakest(const struct split *split, double factor, const double *raw, struct segments *s)
{
    double *p = mem_array(s->n, sizeof(*p)); /* of each boundary; p[0] is none's */

    for (size_t i = 1; i < s->n; i++)
        p[i] = proof_boundary(split, factor, raw, s, i);
    for (;;) {
        size_t worst = 0;

        for (size_t i = 1; i < s->n; i++)
            if (p[i] > CHANGES_ALPHA && p[i] > p[worst])
                worst = i;
        if (worst == 0)
            break;
        memmove(&p[worst], &p[worst + 1], (s->n - worst - 1) * sizeof(*p));
        take_out(s, worst, 1);
        for (size_t i = worst > 1 ? worst - 1 : 1; i <= worst && i < s->n; i++) /* only they have a new neighbour */
            p[i] = proof_boundary(split, factor, raw, s, i);
    }
    free(p);
}

/* A boundary less may make an excursion of what had another neighbour before. */
void proof_prune(const struct split *split, double factor, const double *raw, struct segments *s)
{
    prune_excursions(raw, s);
    do
        prune_weakest(split, factor, raw, s);
    while (prune_excursions(raw, s));
}
