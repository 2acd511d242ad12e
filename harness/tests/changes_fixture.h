// SPDX-License-Identifier: MIT
/* changes_fixture.h -- series of which the truth is known, and how well a method finds it. Seeded: always the same. */
#pragma once

#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MAX = 1000, TRUTH_MAX = 24, ANNOTATORS = 5, MARGIN = 5 };

struct truth {
    size_t at[TRUTH_MAX], n;
};

struct made {
    double y[SERIES_MAX];
    size_t n;
    struct truth all, by[ANNOTATORS]; /* what was done, and what each of some people would mark */
};

/* --- noise ---------------------------------------------------------------------------------------------------- */

static double draw_normal(struct rng *rng)
{
    return rng_normal(rng);
}

/* Student's t with 3 degrees of freedom, of variance 1. */
static double draw_heavy(struct rng *rng)
{
    double a = rng_normal(rng), b = rng_normal(rng), c = rng_normal(rng);

    return rng_normal(rng) / sqrt(a * a + b * b + c * c);
}

static double draw_laplace(struct rng *rng)
{
    double u = rng_uniform(rng) - 0.5;

    return (u < 0 ? 1 : -1) * log(1 - 2 * fabs(u)) / M_SQRT2;
}

/* Skewed, as times are: 0.5 sigma of a log-normal, of variance 1. */
static double draw_skewed(struct rng *rng)
{
    return (exp(0.5 * rng_normal(rng)) - exp(0.125)) / 0.604;
}

/* Four nights in one mode, one in another, 2.5 sigma apart. */
static double draw_bimodal(struct rng *rng)
{
    return (rng_below(rng, 5) == 0 ? 1.9 : -0.47) + 0.25 * rng_normal(rng);
}

static double draw_even(struct rng *rng)
{
    return (rng_below(rng, 2) ? 0.95 : -0.95) + 0.3 * rng_normal(rng);
}

/* One in twenty stands out by up to 15 sigma. */
static double draw_spiky(struct rng *rng)
{
    double e = rng_normal(rng);

    return rng_below(rng, 20) == 0 ? e + 15 * rng_uniform(rng) : e;
}

static void make_noise(struct made *m, size_t n, double (*draw)(struct rng *), double rho, struct rng *rng)
{
    double e = draw(rng);

    memset(m, 0, sizeof(*m));
    m->n = n;
    for (size_t i = 0; i < n; i++) {
        m->y[i] = e;
        e = rho * e + sqrt(1 - rho * rho) * draw(rng);
    }
}

/* --- truths --------------------------------------------------------------------------------------------------- */

static void add_truth(struct truth *t, size_t at)
{
    size_t i = t->n;

    if (t->n == TRUTH_MAX)
        return;
    for (size_t j = 0; j < t->n; j++)
        if (t->at[j] == at)
            return;
    for (; i > 0 && t->at[i - 1] > at; i--)
        t->at[i] = t->at[i - 1];
    t->at[i] = at;
    t->n++;
}

static void add_step(struct made *m, size_t at, double height)
{
    for (size_t i = at; i < m->n; i++)
        m->y[i] += height;
    add_truth(&m->all, at);
}

/* `k` steps at least `apart` from each other and from the ends, up or down by low to high. */
static void add_steps(struct made *m, size_t k, size_t apart, double low, double high, struct rng *rng)
{
    for (size_t done = 0, tries = 0; done < k && tries < 1000; tries++) {
        size_t at = apart + rng_below(rng, m->n > 2 * apart ? m->n - 2 * apart : 1);
        double height = (low + (high - low) * rng_uniform(rng)) * (rng_below(rng, 2) ? 1 : -1);
        bool free = true;

        for (size_t i = 0; i < m->all.n; i++)
            free = free && (at > m->all.at[i] ? at - m->all.at[i] : m->all.at[i] - at) >= apart;
        if (!free)
            continue;
        add_step(m, at, height);
        done++;
    }
}

/* --- measures: van den Burg & Williams, "An evaluation of change point detection algorithms", 2020, section 4 --------- */

struct score {
    double precision, recall, f1, cover;
};

/* How many of t (with the start of the series) are met by one of x, each of x used once. */
static size_t hits(const struct truth *t, const size_t *x, size_t n_x)
{
    bool *used = calloc(n_x + 1, sizeof(*used));
    size_t n = 1; /* the start */

    for (size_t i = 0; i < t->n; i++) {
        size_t best = n_x, near = MARGIN + 1;

        for (size_t j = 0; j < n_x; j++) {
            size_t d = x[j] > t->at[i] ? x[j] - t->at[i] : t->at[i] - x[j];

            if (!used[j] && d < near) {
                near = d;
                best = j;
            }
        }
        if (best < n_x) {
            used[best] = true;
            n++;
        }
    }
    free(used);
    return n;
}

static double covering(const struct truth *t, const size_t *x, size_t n_x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i <= t->n; i++) {
        size_t a = i ? t->at[i - 1] : 0, b = i < t->n ? t->at[i] : n;
        double best = 0;

        for (size_t j = 0; j <= n_x; j++) {
            size_t c = j ? x[j - 1] : 0, d = j < n_x ? x[j] : n;
            size_t low = a > c ? a : c, high = b < d ? b : d;

            if (high > low) {
                double both = (double)(high - low), either = (double)((b > d ? b : d) - (a < c ? a : c));

                best = both / either > best ? both / either : best;
            }
        }
        sum += best * (double)(b - a);
    }
    return sum / (double)n;
}

/* Against several people: precision counts what any of them marked, recall and covering are means over them. */
static struct score score_people(const struct made *m, const size_t *x, size_t n_x)
{
    struct score s = { 0 };
    struct truth any = { 0 };

    for (size_t k = 0; k < ANNOTATORS; k++) {
        s.recall += (double)hits(&m->by[k], x, n_x) / (double)(m->by[k].n + 1) / ANNOTATORS;
        s.cover += covering(&m->by[k], x, n_x, m->n) / ANNOTATORS;
        for (size_t i = 0; i < m->by[k].n; i++)
            add_truth(&any, m->by[k].at[i]);
    }
    s.precision = (double)hits(&any, x, n_x) / (double)(n_x + 1);
    s.f1 = 2 * s.precision * s.recall / (s.precision + s.recall);
    return s;
}
