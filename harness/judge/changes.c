// SPDX-License-Identifier: MIT
#include "judge/changes.h"
#include "judge/changes_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INDEPENDENT    1.1 /* factors up to here leave nothing to gain from the other explanations */
#define SEGMENT_COSTS  3.0 /* times log n, in the deviance: what a segment more must gain */
#define NO_WALK        16.0 /* below it lie 9 of 10 walks about a line, by Dickey & Fuller's statistic (Fuller, 1976) */
#define SUSPECT_SIGMAS 4.0
#define SLOPE_SIGMAS   4.0 /* a slope that the newest points are held against */

enum { PASSES = 8 };

struct series {
    double *raw, *y, *sigma; /* as given, without the season and spikes, and a point's noise */
    size_t *index, n;
    size_t period;
};

static double variance(const double *y, size_t n)
{
    double mean = 0, v = 0;

    for (size_t i = 0; i < n; i++)
        mean += y[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        v += (y[i] - mean) * (y[i] - mean) / (double)n;
    return v;
}

static void clean(struct series *s)
{
    double total;

    noise_local(s->y, s->n, s->sigma);
    noise_clip(s->y, s->n, s->sigma);
    s->period = season_remove(s->y, s->n);
    if (s->period) {
        noise_local(s->y, s->n, s->sigma);
        noise_clip(s->y, s->n, s->sigma);
    }
    total = variance(s->y, s->n);
    for (size_t i = 0; i < s->n; i++) /* an exact metric has no noise: some is needed to divide by */
        s->sigma[i] = fmax(s->sigma[i], total > 0 ? sqrt(total) * 1e-5 : 1);
}

static void series_open(struct series *s, const double *values, size_t n)
{
    double middle = 0;

    *s = (struct series){ .raw = mem_array(n, sizeof(double)),
                          .y = mem_array(n, sizeof(double)),
                          .sigma = mem_array(n, sizeof(double)),
                          .index = mem_array(n, sizeof(size_t)) };
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) {
            s->index[s->n] = i;
            s->raw[s->n++] = values[i];
        }
    memcpy(s->y, s->raw, s->n * sizeof(*s->y));
    if (s->n == 0)
        return;
    stats_sort(s->y, s->n);
    middle = stats_median(s->y, s->n); /* so that no digits are lost in sums of squares */
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = s->raw[i] - middle;
    clean(s);
}

static void series_close(struct series *s)
{
    free(s->raw);
    free(s->y);
    free(s->sigma);
    free(s->index);
}

struct fit {
    struct segments segments;
    double factor, score;
    bool walks; /* what the segments leave */
};

/* From a guess of the noise's factor to one that its own segments confirm. */
static struct fit settle(const struct split *split, const struct series *s, double factor)
{
    struct fit fit = { .factor = factor };

    for (int pass = 1;; pass++) {
        struct remains next;

        split_find(split, fit.factor, &fit.segments);
        next = noise_remains(s->y, s->sigma, &fit.segments);
        fit.score = next.deviance + SEGMENT_COSTS * log((double)s->n) * (double)fit.segments.n;
        fit.walks = next.returns < NO_WALK;
        if (pass == PASSES || fabs(next.factor / fit.factor - 1) < 0.05)
            return fit;
        free(fit.segments.start);
        fit.factor = next.factor;
    }
}

static void keep_better(struct fit *best, struct fit other)
{
    bool better = other.walks == best->walks ? other.score < best->score : best->walks;

    free(better ? best->segments.start : other.segments.start);
    if (better)
        *best = other;
}

/* Steps look like dependence and dependence like steps: of the explanations that confirm themselves, from a guess, from
 * noise alone and from independence, the likeliest; one that leaves a walk explains nothing while another does not. */
static struct fit best_fit(const struct split *split, const struct series *s)
{
    size_t zero = 0;
    struct segments one = { &zero, 1, s->n };
    struct fit fit = settle(split, s, noise_dependence(s->y, s->n, s->sigma));

    keep_better(&fit, settle(split, s, noise_remains(s->y, s->sigma, &one).factor));
    if (fit.factor > INDEPENDENT)
        keep_better(&fit, settle(split, s, 1));
    return fit;
}

/* A host's new epoch is the likelier place of a step that fits there about as well (2 log 20 in chi-squared). */
static bool snap(const struct split *split, double factor, const struct series *s, const int *epochs,
                 struct segments *segments, size_t i)
{
    size_t from = segments->start[i - 1], to = segments_end(segments, i), at = segments->start[i];
    double gain = split_gain(split, factor, from, at, to);

    for (size_t d = 0; epochs && d <= 2 * STEP_MIN_POINTS; d++) { /* 0, -1, +1, -2, ... */
        size_t t = d % 2 ? at - (d + 1) / 2 : at + d / 2;

        if (t < from + STEP_MIN_POINTS || t + STEP_MIN_POINTS > to || epochs[s->index[t]] == epochs[s->index[t - 1]])
            continue;
        if (split_gain(split, factor, from, t, to) < gain - 6)
            continue;
        segments->start[i] = t;
        return true;
    }
    return false;
}

/* The step at `at` between [from, at) and [at, to). The interval is that of two medians of normal noise, whose variance
 * is pi / 2 times that of a mean. */
static struct step describe(const struct series *s, double factor, size_t from, size_t at, size_t to)
{
    double sigma2 = 0, half, left = (double)(at - from), right = (double)(to - at);
    struct step step = { .index = s->index[at],
                         .before = segments_level(s->raw, from, at),
                         .after = segments_level(s->raw, at, to),
                         .n_after = to - at };

    for (size_t i = from; i < to; i++)
        sigma2 += s->sigma[i] * s->sigma[i] / (left + right);
    half = 1.96 * sqrt(M_PI / 2 * factor * sigma2 * (1 / left + 1 / right));
    step.shift.value = step.after - step.before;
    step.shift.low = step.shift.value - half;
    step.shift.high = step.shift.value + half;
    step.sigmas = fabs(step.shift.value) / sqrt(sigma2);
    step.effect = step.before * step.after > 0 ? step.after / step.before - 1 : NAN;
    return step;
}

/* What the points [from, to) let expect of the later ones: their median or, where they have a slope beyond doubt, their
 * line. */
struct course {
    double level, slope, middle;
};

static struct course course_of(const struct series *s, double factor, size_t from, size_t to)
{
    double m = (double)(to - from), mean = 0, ty = 0, tt = m * (m * m - 1) / 12, sigma = s->sigma[to - 1];
    struct course c = { segments_level(s->raw, from, to), 0, (double)from + (m - 1) / 2 };

    for (size_t i = from; i < to; i++)
        mean += s->y[i] / m;
    for (size_t i = from; i < to; i++)
        ty += ((double)i - c.middle) * (s->y[i] - mean);
    if (ty * ty > SLOPE_SIGMAS * SLOPE_SIGMAS * factor * sigma * sigma * tt)
        c.slope = ty / tt;
    return c;
}

static double off_course(const struct series *s, const struct course *c, size_t i)
{
    return s->raw[i] - c->level - c->slope * ((double)i - c->middle);
}

/* Are the newest one or two points off, and the same way? Every night asks this once: no correction for places. */
static bool suspect(const struct series *s, double factor, size_t from, struct step *step)
{
    size_t n = s->n;
    /* Of an AR(1) of rho the factor is (1 + rho) / (1 - rho)^2 where sigma is from differences, and one point's
     * variance 1 / (1 - rho): the root of the factor is that and a little more. */
    double noise = sqrt(sqrt(factor)), way, newest, off[2];
    struct course course;

    if (n < from + 2 * STEP_MIN_POINTS)
        return false;
    course = course_of(s, factor, from, n - 2);
    newest = off_course(s, &course, n - 1);
    way = newest > 0 ? 1 : -1;
    for (size_t i = 0; i < 2; i++)
        off[i] = way * off_course(s, &course, n - 1 - i) / (s->sigma[n - 1 - i] * noise);
    for (size_t i = from; i + 2 < n; i++) /* further than what came and went before, too */
        if (way * off_course(s, &course, i) >= way * newest)
            return false;
    if (off[0] < SUSPECT_SIGMAS)
        return false;
    *step = describe(s, factor, from, off[1] >= SUSPECT_SIGMAS / 2 ? n - 2 : n - 1, n);
    step->state = STEP_SUSPECTED;
    step->p = erfc(off[0] / M_SQRT2);
    return true;
}

size_t changes_find(const double *values, const int *epochs, size_t n, struct step **steps)
{
    struct series s;
    struct split *split;
    struct fit fit;
    size_t n_steps = 0, last;

    *steps = NULL;
    series_open(&s, values, n);
    if (s.n >= 2 * STEP_MIN_POINTS) {
        struct segments *g = &fit.segments;

        split = split_open(s.y, s.n, s.sigma);
        fit = best_fit(split, &s);
        modes_prune(s.raw, g);
        proof_prune(split, fit.factor, s.raw, g);
        *steps = mem_array(g->n, sizeof(**steps)); /* one for what is suspected */
        for (size_t i = 1; i < g->n; i++) {
            bool epoch = snap(split, fit.factor, &s, epochs, g, i);
            struct step *step = &(*steps)[n_steps++];

            *step = describe(&s, fit.factor, g->start[i - 1], g->start[i], segments_end(g, i));
            step->p = proof_boundary(split, fit.factor, s.raw, g, i);
            step->epoch = epoch;
        }
        last = g->start[g->n - 1];
        if (s.period == 0 && suspect(&s, fit.factor, last, &(*steps)[n_steps]))
            n_steps++;
        free(g->start);
        split_close(split);
    }
    series_close(&s);
    return n_steps;
}
