// SPDX-License-Identifier: MIT
#include "report/site_view.h"

#include "report/figure.h"

#include <math.h>
#include <string.h>

enum { LABEL_MOST = 38 }; /* letters along the y axis: a few more would leave the picture */
enum { LOG_FROM = 20 }; /* from this ratio of the largest to the smallest on a line of the small ones would be flat */

/* Per cent: what an axis of changes shows at least, and what it stretches to at most, so that one improvement of a
 * hundred per cent does not squeeze the steps that count. */
#define CHANGE_LEAST 6.0
#define CHANGE_MOST  20.0

bool site_view_drawable(double value)
{
    return fabs(value) <= 1e100;
}

static void widen(struct site_view *v, double value)
{
    if (!site_view_drawable(value))
        return;
    v->low = fmin(v->low, value); /* fmin() leaves a NAN out */
    v->high = fmax(v->high, value);
}

/* Values and targets must be seen; intervals only as far as they do not squeeze the lines flat: with few blocks they
 * can be huge. */
static void value_range(struct site_view *v, const struct panel *p)
{
    double room, low, high;

    v->low = v->high = NAN;
    for (size_t i = 0; i < p->n_series; i++) {
        widen(v, p->series[i]->at_least);
        widen(v, p->series[i]->at_most);
        for (size_t j = 0; j < p->series[i]->n_points; j++)
            widen(v, p->series[i]->points[j].value);
    }
    low = v->low;
    high = v->high;
    room = fmax(0.5 * (high - low), 0.1 * fmax(fabs(low), fabs(high)));
    for (size_t i = 0; i < p->n_series; i++)
        for (size_t j = 0; j < p->series[i]->n_points; j++) {
            const struct point *q = &p->series[i]->points[j];

            widen(v, site_view_drawable(q->low) ? fmax(q->low, low > 0 ? fmax(low - room, low / 2) : low - room) : NAN);
            widen(v, site_view_drawable(q->high) ? fmin(q->high, high + room) : NAN);
        }
}

static void pad_range(struct site_view *v)
{
    double span = v->high - v->low;

    if (isnan(v->low)) {
        v->low = 0;
        v->high = 1;
    } else if (v->log) {
        double factor = pow(v->high / v->low, 0.16);

        v->low /= factor;
        v->high *= factor;
    } else {
        /* noise of a thousandth should not look like a cliff: the axis spans at least 4 % of the value */
        double pad = fmax(0.15 * span, 0.02 * fmax(fabs(v->low), fabs(v->high)));

        pad = pad > 0 ? pad : 1;
        v->low -= v->low >= 0 ? fmin(pad, v->low) : pad; /* nothing that is measured is below zero */
        v->high += pad;
    }
}

/* In per cent around 0. All that is in reach is in the frame, and never less than a step of 5 % needs to be seen. */
static void change_range(struct site_view *v, const struct panel *p)
{
    double low = -CHANGE_LEAST, high = CHANGE_LEAST;

    for (size_t i = 0; i < p->n_series; i++)
        for (size_t j = 0; j < p->series[i]->n_points; j++) {
            double value = p->series[i]->points[j].value;

            low = fmin(low, fmax(value, -CHANGE_MOST)); /* both leave a NAN out */
            high = fmax(high, fmin(value, CHANGE_MOST));
        }
    v->low = low - 0.06 * (high - low);
    v->high = high + 0.06 * (high - low);
}

/* A name that would leave the picture is cut, its unit is not. */
static void add_unit(struct text *label, const char *unit)
{
    size_t unit_length = figure_columns(unit), most = unit_length + 8 < LABEL_MOST ? LABEL_MOST - unit_length : 8;

    if (figure_columns(label->data) > most) {
        while (figure_columns(label->data) >= most)
            label->data[--label->len] = '\0';
        text_add(label, "…");
    }
    if (*unit)
        text_addf(label, " (%s)", unit);
}

void site_view_choose(struct site_view *v, const struct panel *p)
{
    const struct series *s = p->series[0];
    bool time = strcmp(s->metric, metric_time_ns.name) == 0;
    struct text unit = { 0 };

    if (p->changes) {
        v->scale = 1;
        text_add(&v->label, "change of the speedup (%)");
        change_range(v, p);
        return;
    }
    value_range(v, p);
    v->log = v->low > 0 && v->high / v->low > LOG_FROM;
    text_add(&v->label, "");
    figure_clean(&v->label, time ? "time" : s->metric);
    v->scale = 1;
    text_add(&unit, "");
    if (strcmp(s->unit, "ns") == 0) {
        text_add(&unit, figure_time_unit(v->log ? sqrt(v->low * v->high) : v->high, &v->scale));
    } else {
        double most = v->log ? v->high / 3 : v->high; /* a log scale has labels of six digits rather than of fractions */
        const char *word = most >= 1e9 ? "billion" : most >= 1e6 ? "million" : most >= 1e5 ? "thousand" : "";

        v->scale = most >= 1e9 ? 1e9 : most >= 1e6 ? 1e6 : most >= 1e5 ? 1e3 : 1;
        text_addf(&unit, "%s%s", word, *word && *s->unit ? " " : "");
        figure_clean(&unit, strcmp(s->unit, "x") == 0 ? "×" : s->unit);
    }
    if (v->log)
        text_add(&unit, unit.len ? ", log scale" : "log scale");
    add_unit(&v->label, unit.data);
    text_free(&unit);
    v->low /= v->scale;
    v->high /= v->scale;
    pad_range(v);
}

double site_view_height(const struct site_view *v, double value)
{
    return v->log ? log(value / v->low) / log(v->high / v->low) : (value - v->low) / (v->high - v->low);
}
