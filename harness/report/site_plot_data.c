// SPDX-License-Identifier: MIT
#include "report/site_plot_data.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

enum { PLACES = 400, RECENT = 200 }; /* a line goes through at most so many, RECENT of them the newest runs */

/* The places of the axis that a line is drawn through: all of the newest RECENT, and of older ones, where there are more
 * than PLACES in all, one of each few: that of the median figure, a real run with its interval. Points beyond the
 * picture's pixels would only be larger files. */
struct places {
    struct place {
        size_t x;
        const struct point *point; /* NULL: that run lacks the case, or has no figure that can be drawn */
        bool breaks;               /* the host changed since the place before */
    } * at;
    size_t n;
};

/* Nine digits are more than a picture shows; all seventeen cost a large site a good part of its time. */
static void coordinate(struct text *script, double value)
{
    text_addf(script, "%.9g", value);
}

static bool drawable(const struct point *q, const struct site_view *v)
{
    return q && site_view_drawable(q->value) && !(v->log && q->value <= 0);
}

static int by_value(const void *a, const void *b)
{
    double x = ((const struct place *)a)->point->value, y = ((const struct place *)b)->point->value;

    return (x > y) - (x < y);
}

static struct places find_places(const struct panel *p, size_t i, const struct site_view *v)
{
    size_t old = p->n_axis > PLACES ? p->n_axis - RECENT : 0, few = (old + PLACES - RECENT - 1) / (PLACES - RECENT);
    struct places places = { .at = mem_array(p->n_axis, sizeof(*places.at)) };
    struct place *room = mem_array(few + 1, sizeof(*room));
    size_t cursor = 0, n = 0;

    for (size_t x = 0; x < p->n_axis; x++) {
        const struct point *q = site_model_point(p->series[i], p->axis[x], &cursor);
        bool last = x >= old || x + 1 == old || (x + 1) % few == 0 || p->epochs[x + 1] != p->epochs[x];

        if (drawable(q, v))
            room[n++] = (struct place){ x, q, false };
        if (!last)
            continue;
        if (n)
            qsort(room, n, sizeof(*room), by_value);
        places.at[places.n] = n ? room[n / 2] : (struct place){ x, NULL, false };
        places.at[places.n].breaks = places.n && p->epochs[places.at[places.n - 1].x] != p->epochs[x];
        places.n++;
        n = 0;
    }
    free(room);
    return places;
}

/* A line ends at a rule, and a run that lacks the case breaks it (an empty line of data): drawn across it would be an
 * invention. */
static void line_data(struct text *script, const struct places *places, size_t i, const struct site_view *v)
{
    text_addf(script, "$line%zu << END\n", i + 1);
    for (size_t k = 0; k < places->n; k++) {
        const struct place *at = &places->at[k];

        if (at->breaks || !at->point)
            text_add(script, "\n");
        if (!at->point)
            continue;
        text_addf(script, "%zu ", at->x + 1);
        coordinate(script, at->point->value / v->scale);
        text_add(script, "\n");
    }
    text_add(script, "END\n");
}

/* Intervals, cut at the frame; in a log view what reaches below zero is cut there too. */
static size_t band_data(struct text *script, const struct places *places, size_t i, const struct site_view *v)
{
    size_t n = 0;

    text_addf(script, "$band%zu << END\n", i + 1);
    for (size_t k = 0; k < places->n; k++) {
        const struct point *q = places->at[k].point;

        if (places->at[k].breaks)
            text_add(script, "\n");
        if (!q || !site_view_drawable(q->low) || !site_view_drawable(q->high) || q->low == q->high ||
            q->high / v->scale < v->low || q->low / v->scale > v->high) {
            text_add(script, "\n");
            continue;
        }
        text_addf(script, "%zu ", places->at[k].x + 1);
        coordinate(script, q->value / v->scale);
        text_add(script, " ");
        coordinate(script, fmin(fmax(q->low / v->scale, v->low), v->high));
        text_add(script, " ");
        coordinate(script, fmax(fmin(q->high / v->scale, v->high), v->low));
        text_add(script, "\n");
        n++;
    }
    text_add(script, "END\n");
    return n;
}

/* A figure without a neighbour to draw a line or a band to, as the first one behind a rule: a mark with a whisker, or
 * nothing might be seen of it. */
static void lone_data(struct text *script, const struct places *places, size_t i, const struct site_view *v)
{
    text_addf(script, "$lone%zu << END\n", i + 1);
    for (size_t k = 0; k < places->n && places->n >= SITE_PLOT_BAND_MIN; k++) {
        const struct place *at = &places->at[k];
        const struct point *q = at->point;
        double ends[3];

        if (!q || (k > 0 && at[-1].point && !at->breaks) || (k + 1 < places->n && at[1].point && !at[1].breaks))
            continue;
        ends[0] = q->value / v->scale;
        ends[1] = site_view_drawable(q->low) ? fmax(q->low / v->scale, v->low) : ends[0];
        ends[2] = site_view_drawable(q->high) ? fmin(q->high / v->scale, v->high) : ends[0];
        text_addf(script, "%zu", at->x + 1);
        for (size_t e = 0; e < ARRAY_LEN(ends); e++) {
            text_add(script, " ");
            coordinate(script, ends[e]);
        }
        text_add(script, "\n");
    }
    text_add(script, "\nEND\n");
}

/* Where a line leaves the frame: a triangle at its edge, so that no run is lost from sight. */
static void beyond_data(struct text *script, const struct places *places, size_t i, const struct site_view *v)
{
    enum { UP = 9, DOWN = 11 }; /* gnuplot's filled triangles */

    text_addf(script, "$beyond%zu << END\n", i + 1);
    for (size_t k = 0; k < places->n; k++) {
        const struct point *q = places->at[k].point;

        if (!q || (q->value / v->scale >= v->low && q->value / v->scale <= v->high))
            continue;
        text_addf(script, "%zu ", places->at[k].x + 1);
        coordinate(script, q->value / v->scale > v->high ? v->high : v->low);
        text_addf(script, " %d\n", q->value / v->scale > v->high ? UP : DOWN);
    }
    text_add(script, "\nEND\n");
}

size_t site_plot_data(struct text *script, const struct panel *panel, size_t i, const struct site_view *view)
{
    struct places places = find_places(panel, i, view);
    size_t n_band;

    line_data(script, &places, i, view);
    n_band = band_data(script, &places, i, view);
    lone_data(script, &places, i, view);
    beyond_data(script, &places, i, view);
    free(places.at);
    return n_band;
}
