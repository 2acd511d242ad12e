// SPDX-License-Identifier: MIT
/* changes_people.h -- the kinds of series that people annotate: levels, seasons, yearly figures, prices, smooth curves;
 * with bends beside steps, and five annotators who see what is large beside the whole picture and do not agree. */
#pragma once

#include "tests/changes_fixture.h"

static double uniform(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_uniform(rng);
}

struct event {
    size_t at;
    double size; /* in the units of the series; for annotate() beside its range */
};

/* From `at` on, steeper by so much a point. */
static void add_bend(struct made *m, size_t at, double slope)
{
    for (size_t i = at; i < m->n; i++)
        m->y[i] += slope * (double)(i - at);
}

/* Five people: each marks an event if it looks large, a little beside it. */
static void annotate(struct made *m, const struct event *events, size_t n, struct rng *rng)
{
    for (size_t k = 0; k < ANNOTATORS; k++) {
        double keen = uniform(rng, 0.05, 0.3);

        for (size_t e = 0; e < n; e++) {
            long at = (long)events[e].at + (long)rng_below(rng, 5) - 2;

            if (events[e].size < keen * uniform(rng, 0.6, 1.4) || at < 1 || at >= (long)m->n)
                continue;
            add_truth(&m->by[k], (size_t)at);
        }
        if (rng_below(rng, 4) == 0) /* and what only one of them sees */
            add_truth(&m->by[k], m->n / 10 + rng_below(rng, m->n * 4 / 5));
    }
}

static double range_of(const struct made *m)
{
    double low = m->y[0], high = m->y[0];

    for (size_t i = 0; i < m->n; i++) {
        low = fmin(low, m->y[i]);
        high = fmax(high, m->y[i]);
    }
    return high > low ? high - low : 1;
}

static size_t places(size_t n, size_t apart, size_t most, struct event *events, struct rng *rng)
{
    size_t k = rng_below(rng, 8) ? 1 + rng_below(rng, most) : 0, done = 0;

    for (int tries = 0; tries < 200 && done < k; tries++) {
        size_t at = apart + rng_below(rng, n > 2 * apart ? n - 2 * apart : 1);
        bool ok = true;

        for (size_t i = 0; i < done; i++)
            ok = ok && (at > events[i].at ? at - events[i].at : events[i].at - at) >= apart;
        if (ok)
            events[done++] = (struct event){ at, 0 };
    }
    return done;
}

static double sign(struct rng *rng)
{
    return rng_below(rng, 2) ? 1 : -1;
}

/* A step or, in so many of 10, a bend of about the same reach. Sizes uniform in [low, high]. */
static void add_event(struct made *m, struct event *e, unsigned bends, double low, double high, struct rng *rng)
{
    e->size = uniform(rng, low, high);
    if (rng_below(rng, 10) < bends)
        add_bend(m, e->at, 4 * e->size / (double)m->n * sign(rng));
    else
        add_step(m, e->at, e->size * sign(rng));
}

static size_t make_levels(struct made *m, struct event *ev, struct rng *rng)
{
    size_t n_ev;

    make_noise(m, 60 + rng_below(rng, 500), rng_below(rng, 2) ? draw_normal : draw_heavy, uniform(rng, 0, 0.4), rng);
    n_ev = places(m->n, m->n / 12, 4, ev, rng);
    for (size_t i = 0; i < n_ev; i++)
        add_event(m, &ev[i], 0, 1, 6, rng);
    for (size_t i = rng_below(rng, 5); i > 0; i--)
        m->y[rng_below(rng, m->n)] += uniform(rng, 4, 10) * sign(rng);
    return n_ev;
}

/* Months: a season that may grow with the series, on a slope. */
static size_t make_seasons(struct made *m, struct event *ev, struct rng *rng)
{
    double amplitude = uniform(rng, 1, 6), grow = uniform(rng, 0, 2), slope = uniform(rng, -8, 24);
    size_t n_ev;

    make_noise(m, 120 + rng_below(rng, 350), draw_normal, uniform(rng, 0, 0.6), rng);
    for (size_t i = 0; i < m->n; i++) {
        double t = (double)i / (double)m->n, a = 2 * M_PI * (double)i / 12;

        m->y[i] = (m->y[i] + amplitude * (sin(a) + 0.5 * cos(2 * a))) * (1 + grow * t) + slope * t;
    }
    n_ev = places(m->n, m->n / 10, 3, ev, rng);
    for (size_t i = 0; i < n_ev; i++)
        add_event(m, &ev[i], 5, 3, 14, rng);
    return n_ev;
}

/* Years: few points, a slope and a walk. */
static size_t make_yearly(struct made *m, struct event *ev, struct rng *rng)
{
    double walk = 0, slope = uniform(rng, -0.3, 1);
    size_t n_ev;

    make_noise(m, 15 + rng_below(rng, 90), draw_normal, 0, rng);
    for (size_t i = 0; i < m->n; i++) {
        walk += 0.4 * rng_normal(rng);
        m->y[i] = 0.3 * m->y[i] + walk + slope * (double)i;
    }
    n_ev = places(m->n, 4 + m->n / 12, 3, ev, rng);
    for (size_t i = 0; i < n_ev; i++)
        add_event(m, &ev[i], 6, 0.08 * (double)m->n + 2, 0.4 * (double)m->n + 4, rng);
    return n_ev;
}

/* A walk with jumps, and changes of where it drifts. */
static size_t make_prices(struct made *m, struct event *ev, struct rng *rng)
{
    double walk = 0;
    size_t n_ev;

    make_noise(m, 200 + rng_below(rng, 600), draw_normal, 0, rng);
    for (size_t i = 0; i < m->n; i++)
        m->y[i] = walk += draw_heavy(rng);
    n_ev = places(m->n, m->n / 12, 4, ev, rng);
    for (size_t i = 0; i < n_ev; i++)
        add_event(m, &ev[i], 5, 8, 45, rng);
    return n_ev;
}

/* Hardly any noise, bends that are round. */
static size_t make_smooth(struct made *m, struct event *ev, struct rng *rng)
{
    double slope = uniform(rng, -30, 30), noise = uniform(rng, 0, 0.1), slow = uniform(rng, 0.5, 0.9), last;
    size_t n_ev;

    make_noise(m, 100 + rng_below(rng, 500), draw_normal, 0, rng);
    for (size_t i = 0; i < m->n; i++)
        m->y[i] = noise * m->y[i] + slope * (double)i / (double)m->n;
    n_ev = places(m->n, m->n / 8, 3, ev, rng);
    for (size_t i = 0; i < n_ev; i++)
        add_event(m, &ev[i], 10, 3, 30, rng);
    last = m->y[0];
    for (size_t i = 0; i < m->n; i++) {
        last = slow * last + (1 - slow) * m->y[i];
        m->y[i] = last + 8 * sin(3 * (double)i / (double)m->n);
    }
    return n_ev;
}

/* Skewed swings that become smaller, which people see and which is no change of level. */
static size_t make_bursts(struct made *m, struct event *ev, struct rng *rng)
{
    size_t n_ev;

    make_noise(m, 100 + rng_below(rng, 800), draw_skewed, uniform(rng, 0.3, 0.8), rng);
    n_ev = places(m->n, m->n / 8, 2, ev, rng);
    for (size_t e = 0; e < n_ev; e++) {
        double f = uniform(rng, 0.1, 0.5);

        for (size_t i = ev[e].at; i < m->n; i++)
            m->y[i] *= f;
        ev[e].size = 0.3 * range_of(m);
    }
    return n_ev;
}

/* `share` of them there are among what people annotate. */
static const struct kind {
    const char *name;
    double share;
    size_t (*make)(struct made *m, struct event *events, struct rng *rng);
} kinds[] = {
    { "levels", 0.25, make_levels }, { "seasons", 0.2, make_seasons }, { "yearly", 0.25, make_yearly },
    { "prices", 0.15, make_prices }, { "smooth", 0.1, make_smooth },   { "bursts", 0.05, make_bursts },
};

static void make_people(struct made *m, const struct kind *kind, struct rng *rng)
{
    struct event events[8];
    size_t n = kind->make(m, events, rng);

    for (size_t i = 0; i < n; i++)
        events[i].size /= range_of(m);
    annotate(m, events, n, rng);
}
