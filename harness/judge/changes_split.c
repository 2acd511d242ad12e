// SPDX-License-Identifier: MIT
#include "judge/changes_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Penalties, times log n: of a boundary (3 would be that of a change of level and place: Zhang & Siegmund, "A modified
 * Bayes information criterion", Biometrics 63, 2007) and of a slope. */
#define JUMP 3.2
#define LINE 3.0

/* Up to EXACT_MAX points every place is a candidate, above it so many of the best places and
 * one in n / GRID, for bends: no step of a mean shows those. WORTH: chi-squared, below which a place is none. */
enum { EXACT_MAX = 200, CANDIDATES = 140, CANDIDATES_MAX = 2400, GRID = 60, WORTH = 6 };

/* Sums over the first i points, each weighted by 1 / scale^2; t counts from the middle, so that little cancels. */
struct sums {
    double w, y, yy, t, tt, ty;
};

struct cost {
    const struct sums *sums;
    double jump, line; /* the penalties of a boundary and of a slope */
};

struct split {
    struct sums *sums;
    const double *y, *sigma;
    size_t n, n_at, *at; /* the candidates: where a boundary may be, 0 first and n last */
    double *best;        /* room for partition(), as many as candidates */
    size_t *from;
};

/* The weighted sum of squares about the best level, or the best line where that pays for its penalty: in units of the
 * noise. Points [from, to). */
static double segment_cost(const struct cost *c, size_t from, size_t to)
{
    const struct sums *a = &c->sums[from], *b = &c->sums[to];
    double w = 1 / (b->w - a->w), y = b->y - a->y, rss = b->yy - a->yy - y * y * w, t, tt, ty;

    rss = rss > 0 ? rss : 0;
    if (rss <= c->line || to - from < LINE_MIN)
        return rss;
    t = b->t - a->t;
    tt = b->tt - a->tt - t * t * w;
    ty = b->ty - a->ty - t * y * w;
    ty = ty * ty;
    if (ty <= c->line * tt)
        return rss;
    rss -= ty / tt;
    return (rss > 0 ? rss : 0) + c->line;
}

static struct sums *make_sums(const double *y, size_t n, const double *scale)
{
    struct sums *s = mem_array(n + 1, sizeof(*s));

    for (size_t i = 0; i < n; i++) {
        double w = 1 / (scale[i] * scale[i]), t = (double)i - (double)n / 2;

        s[i + 1].w = s[i].w + w;
        s[i + 1].y = s[i].y + w * y[i];
        s[i + 1].yy = s[i].yy + w * y[i] * y[i];
        s[i + 1].t = s[i].t + w * t;
        s[i + 1].tt = s[i].tt + w * t * t;
        s[i + 1].ty = s[i].ty + w * t * y[i];
    }
    return s;
}

struct candidate {
    size_t at;
    double stat;
};

static int stronger_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->stat > y->stat ? -1 : x->stat < y->stat ? 1 : x->at < y->at ? -1 : x->at > y->at;
}

/* Notes where the means of `width` points on both sides differ most, at most one place in half a width. */
static void screen(const struct sums *sums, size_t n, size_t width, double *stat, double *best)
{
    size_t kept = 0;

    for (size_t t = width; t + width <= n; t++) {
        const struct sums *a = &sums[t - width], *b = &sums[t], *c = &sums[t + width];
        double left = b->w - a->w, right = c->w - b->w, d = (c->y - b->y) / right - (b->y - a->y) / left;

        stat[t] = d * d * left * right / (left + right);
        if (stat[t] < WORTH || (kept && t - kept <= width / 2 && stat[t] <= stat[kept]))
            continue;
        if (kept && t - kept > width / 2)
            best[kept] = fmax(best[kept], stat[kept]);
        kept = t;
    }
    if (kept)
        best[kept] = fmax(best[kept], stat[kept]);
}

/* Sets best[] of the places that are to be candidates, and of no others. */
static void choose(size_t n, double *best)
{
    struct candidate *c = mem_array(n + 1, sizeof(*c));
    size_t most = CANDIDATES + n / 40, n_c = 0, grid = n / GRID;

    most = most < CANDIDATES_MAX ? most : CANDIDATES_MAX;
    for (size_t t = 0; t <= n; t++)
        if (best[t] > 0)
            c[n_c++] = (struct candidate){ t, best[t] };
    qsort(c, n_c, sizeof(*c), stronger_first);
    memset(best, 0, (n + 1) * sizeof(*best));
    for (size_t i = 0; i < n_c && i < most; i++)
        best[c[i].at] = 1;
    for (size_t t = grid; t < n; t += grid)
        best[t] = 1;
    free(c);
}

/* Positions worth a boundary, ascending, 0 first and n last. */
static size_t *find_candidates(const struct sums *sums, size_t n, size_t *n_at)
{
    double *stat = mem_array(n + 1, sizeof(*stat)), *best = mem_array(n + 1, sizeof(*best));
    size_t *at = mem_array(n + 2, sizeof(*at)), k = 1;

    if (n > EXACT_MAX) {
        for (size_t width = STEP_MIN_POINTS; width <= n / 2; width = width * 3 / 2 + 1)
            screen(sums, n, width, stat, best);
        choose(n, best);
    }
    for (size_t t = STEP_MIN_POINTS; t + STEP_MIN_POINTS <= n; t++)
        if (n <= EXACT_MAX || best[t] > 0)
            at[k++] = t;
    at[k++] = n;
    *n_at = k;
    free(stat);
    free(best);
    return at;
}

/* Optimal partitioning (Jackson et al., IEEE Signal Process. Lett. 12(2), 2005) over the candidates. */
static size_t partition(const struct split *split, const struct cost *cost, size_t *start)
{
    const size_t *at = split->at, n_at = split->n_at;
    double *best = split->best, jump = cost->jump;
    size_t *from = split->from, n = 0;

    best[0] = -jump;
    for (size_t j = 1; j < n_at; j++) {
        best[j] = INFINITY;
        for (size_t i = 0; i < j; i++) {
            double total;

            if (at[j] - at[i] < STEP_MIN_POINTS)
                break;
            total = best[i] + jump;
            if (total >= best[j])
                continue;
            total += segment_cost(cost, at[i], at[j]);
            if (total < best[j]) {
                best[j] = total;
                from[j] = i;
            }
        }
    }
    for (size_t j = n_at - 1; j > 0; j = from[j])
        start[n++] = at[from[j]];
    for (size_t i = 0; i < n / 2; i++) {
        size_t t = start[i];

        start[i] = start[n - 1 - i];
        start[n - 1 - i] = t;
    }
    return n;
}

static double gain_at(const struct cost *c, size_t from, size_t at, size_t to)
{
    return segment_cost(c, from, to) - segment_cost(c, from, at) - segment_cost(c, at, to);
}

/* Each boundary to its best place near by, between its neighbours: the candidates may lack it. */
static void refine(const struct cost *c, struct segments *s)
{
    size_t reach = s->n_points / GRID + 10;

    for (size_t i = 1; i < s->n; i++) {
        size_t from = s->start[i - 1], to = segments_end(s, i), was = s->start[i];
        size_t first = from + STEP_MIN_POINTS, last = to - STEP_MIN_POINTS;
        double best = gain_at(c, from, was, to);

        first = was > first + reach ? was - reach : first;
        last = was + reach < last ? was + reach : last;
        for (size_t t = first; t <= last; t++) {
            double gain = gain_at(c, from, t, to);

            if (gain > best) {
                best = gain;
                s->start[i] = t;
            }
        }
    }
}

struct split *split_open(const double *y, size_t n, const double *sigma)
{
    struct split *split = mem_array(1, sizeof(*split));

    split->sums = make_sums(y, n, sigma);
    split->y = y;
    split->sigma = sigma;
    split->n = n;
    split->at = find_candidates(split->sums, n, &split->n_at);
    split->best = mem_array(split->n_at, sizeof(*split->best));
    split->from = mem_array(split->n_at, sizeof(*split->from));
    return split;
}

void split_close(struct split *split)
{
    free(split->sums);
    free(split->at);
    free(split->best);
    free(split->from);
    free(split);
}

static struct cost cost_of(const struct split *split, double factor)
{
    double unit = factor * log((double)split->n);

    return (struct cost){ split->sums, JUMP * unit, LINE * unit };
}

void split_find(const struct split *split, double factor, struct segments *s)
{
    struct cost cost = cost_of(split, factor);

    s->start = mem_array(split->n_at, sizeof(*s->start));
    s->n_points = split->n;
    s->n = partition(split, &cost, s->start);
    for (int pass = 0; pass < 2; pass++)
        refine(&cost, s);
}

/* The weighted sum of squares about the best parabola. */
static double about_curve(const struct split *split, size_t from, size_t to)
{
    double mid = (double)(from + to - 1) / 2, half = (double)(to - from) / 2, a[3][4] = { 0 }, rest = 0;
    double mean = (split->sums[to].y - split->sums[from].y) / (split->sums[to].w - split->sums[from].w);

    for (size_t i = from; i < to; i++) {
        double t = ((double)i - mid) / half, z = split->y[i] - mean, w = 1 / (split->sigma[i] * split->sigma[i]);
        double row[4] = { 1, t, t * t, z };

        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 4; c++)
                a[r][c] += w * row[r] * row[c];
        rest += w * z * z;
    }
    for (int k = 0; k < 3 && a[k][k] > 0; k++) { /* elimination in the normal equations */
        rest -= a[k][3] * a[k][3] / a[k][k];
        for (int r = k + 1; r < 3; r++)
            for (int c = 3; c >= k; c--)
                a[r][c] -= a[r][k] / a[k][k] * a[k][c];
    }
    return rest > 0 ? rest : 0;
}

/* A round bend is no step: that the whole is one curve, for the price of two slopes, is an explanation, too. */
double split_gain(const struct split *split, double factor, size_t from, size_t at, size_t to)
{
    struct cost cost = cost_of(split, factor);
    double gain = gain_at(&cost, from, at, to);

    if (to - from >= LINE_MIN && gain > 0)
        gain = fmin(gain, gain + about_curve(split, from, to) + 2 * cost.line - segment_cost(&cost, from, to));
    return gain / factor;
}
