// SPDX-License-Identifier: MIT
#include "report/history.h"

#include "base/day.h"
#include "base/mem.h"
#include "report/figure.h"
#include "report/grid.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_SPARKS = 8 };
#define LEAST_SPAN 0.02 /* of the value: noise of a thousandth is no mountain range */

static double median_of(const struct series *s, size_t from, size_t to)
{
    double *v = mem_array(to - from, sizeof(*v)), m = NAN;
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        if (isfinite(s->points[i].value))
            v[n++] = s->points[i].value;
    if (n) {
        stats_sort(v, n);
        m = stats_median(v, n);
    }
    free(v);
    return m;
}

/* The days that a series spans, where it is one of nights: most runs have a day of their own, and most days a run. */
static size_t span_of_nights(const struct series *s, int64_t *first)
{
    size_t days = 0;
    int64_t last = -1;

    for (size_t i = 0; i < s->n_points; i++) {
        int64_t day = day_parse(s->points[i].started);

        if (day < 0 || (i > 0 && day < last))
            return 0;
        if (i == 0)
            *first = day;
        days += day != last;
        last = day;
    }
    if (days < 3 || 2 * days < s->n_points || 2 * days < (size_t)(last - *first + 1))
        return 0;
    return (size_t)(last - *first + 1);
}

/* Which of n characters a point belongs to: by its night where they are nights, so that missing ones are seen. The newest
 * one always has the last character for itself. */
static size_t place_of(const struct series *s, size_t i, size_t n, size_t span, int64_t first)
{
    size_t at = span ? (size_t)(day_parse(s->points[i].started) - first) : i, of = span ? span : s->n_points;

    return i + 1 == s->n_points || n < 2 ? n - 1 : at + 1 >= of ? n - 2 : at * (n - 1) / (of - 1);
}

static void sparkline(const struct series *s, size_t most, struct text *out)
{
    static const char *const sparks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    int64_t first = 0;
    size_t nights = span_of_nights(s, &first), of = nights ? nights : s->n_points, n = of < most ? of : most, from = 0;
    double v[HISTORY_SPARKS], low = INFINITY, high = -INFINITY, span;

    for (size_t i = 0; i < n; i++) {
        size_t to = from;

        while (to < s->n_points && place_of(s, to, n, nights, first) <= i)
            to++;
        v[i] = to > from ? median_of(s, from, to) : NAN;
        from = to;
        if (isfinite(v[i])) {
            low = fmin(low, v[i]);
            high = fmax(high, v[i]);
        }
    }
    span = fmax(high - low, LEAST_SPAN * fabs(high));
    for (size_t i = 0; i < n; i++) {
        double at = span > 0 ? (v[i] - low + (span - (high - low)) / 2) / span : 0.5;

        text_add(out, isfinite(v[i]) ? sparks[(int)fmin(7, 8 * at)] : " ");
    }
}

static void clean_cell(struct grid *grid, const char *s, const char *colour)
{
    struct text t = { 0 };

    text_add(&t, "");
    figure_clean(&t, s);
    grid_cell(grid, t.data, colour);
    text_free(&t);
}

static void value_cell(struct grid *grid, const struct series *s, double value)
{
    char text[FIGURE_TEXT];

    clean_cell(grid, figure_with_unit(text, value, s->unit), "\033[1m");
}

/* "-4.2% since 2026-11-02 (3f9a01c2)" of the last change that nobody explained. */
static void change_cell(struct grid *grid, const struct stepped *stepped, bool tight)
{
    const struct series *s = stepped->series;
    const struct step *last = NULL;
    struct text t = { 0 };
    bool better;

    for (size_t i = 0; i < stepped->n_steps; i++)
        if (!stepped->steps[i].acked)
            last = &stepped->steps[i];
    if (!last)
        return;
    better = (last->after > last->before) == (s->better == METRIC_HIGHER_IS_BETTER);
    if (isnan(last->effect))
        text_addf(&t, "%+g", last->after - last->before);
    else
        text_addf(&t, "%+.*f%%", fabs(last->effect) < 0.001 ? 3 : 1, 100 * last->effect);
    if (last->state == STEP_SUSPECTED)
        text_add(&t, tight ? "?" : " suspected");
    text_addf(&t, " since %.10s", s->points[last->index].started);
    if (last->epoch)
        text_add(&t, tight ? ", host" : ", the host changed, too");
    grid_tail(grid, t.data, last->state == STEP_SUSPECTED ? "\033[2m" : better ? "\033[32m" : "\033[31m");
    text_free(&t);
}

/* How a row is laid out. */
struct layout {
    bool hosts;  /* there are several */
    bool narrow; /* the case and its host are a heading over its metrics */
    bool tight;  /* in few words */
    size_t sparks;
};

static void row(struct grid *grid, const struct stepped *stepped, const struct layout *layout)
{
    const struct series *s = stepped->series;
    struct text sparks = { 0 };
    char runs[24];

    snprintf(runs, sizeof(runs), "%zu", s->n_points);
    sparkline(s, layout->sparks, &sparks);
    grid_row(grid, false);
    if (!layout->narrow)
        clean_cell(grid, s->case_id, NULL);
    clean_cell(grid, s->metric, NULL);
    if (layout->hosts && !layout->narrow)
        clean_cell(grid, s->host_class, "\033[2m");
    grid_cell(grid, runs, NULL);
    grid_cell(grid, sparks.data, "\033[36m");
    value_cell(grid, s, s->points[s->n_points - 1].value);
    change_cell(grid, stepped, layout->tight);
    text_free(&sparks);
}

static void fill(struct grid *grid, const struct stepped *stepped, size_t n, const struct layout *layout)
{
    static const char *const names[] = { "case", "metric", "host class", "runs", "course", "newest" };

    grid->align = layout->narrow ? "lrlr" : layout->hosts ? "lllrlrl" : "llrlrl";
    if (!layout->narrow) {
        grid_row(grid, false);
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (i != 2 || layout->hosts)
                grid_cell(grid, names[i], "\033[1m");
    }
    for (size_t i = 0; i < n; i++) {
        const struct series *s = stepped[i].series, *before = i ? stepped[i - 1].series : NULL;

        if (layout->narrow && (!before || strcmp(before->case_id, s->case_id) != 0 || strcmp(before->host_class, s->host_class) != 0))
            grid_heading(grid, s->case_id, layout->hosts ? s->host_class : NULL);
        row(grid, &stepped[i], layout);
    }
}

void history_table(const struct stepped *stepped, size_t n, const struct table_style *style, struct text *out)
{
    struct layout layout = { .sparks = HISTORY_SPARKS };
    struct stepped *sorted = NULL;
    struct grid grid = { 0 };

    for (size_t i = 1; i < n; i++)
        layout.hosts |= strcmp(stepped[i].series->host_class, stepped[0].series->host_class) != 0;
    fill(&grid, stepped, n, &layout);
    if (style->width && grid_width(&grid) > style->width) {
        sorted = steps_by_case(stepped, n);
        layout.narrow = true;
        grid_free(&grid);
        fill(&grid, sorted, n, &layout);
    }
    if (style->width && grid_width(&grid) > style->width) {
        size_t beyond;

        layout.tight = true;
        grid_free(&grid);
        fill(&grid, sorted, n, &layout);
        beyond = grid_width(&grid) > style->width ? grid_width(&grid) - style->width : 0;
        layout.sparks = beyond < HISTORY_SPARKS - LEAST_SPARKS ? HISTORY_SPARKS - beyond : LEAST_SPARKS;
        grid_free(&grid);
        fill(&grid, sorted, n, &layout);
    }
    if (n)
        grid_print(&grid, style->colour, out);
    grid_free(&grid);
    free(sorted);
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) < 0)
        BUG("cannot set the JSON key '%s'", key);
}

static json_t *words(const char *s)
{
    struct text t = { 0 };
    json_t *j;

    text_add(&t, "");
    figure_clean(&t, s);
    j = json_string(t.data);
    text_free(&t);
    return j;
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *series_object(const struct stepped *stepped)
{
    const struct series *s = stepped->series;
    json_t *o = json_object(), *points = json_array(), *changes = json_array();

    set(o, "case", words(s->case_id));
    set(o, "metric", words(s->metric));
    set(o, "unit", words(s->unit));
    set(o, "host_class", words(s->host_class));
    set(o, "better", json_string(s->better == METRIC_HIGHER_IS_BETTER ? "higher" : "lower"));
    for (size_t i = 0; i < s->n_points; i++) {
        const struct point *p = &s->points[i];
        json_t *point = json_object();

        set(point, "run", json_integer(p->run));
        set(point, "started", words(p->started));
        set(point, "commit", words(p->commit));
        set(point, "value", number(p->value));
        set(point, "low", number(p->low));
        set(point, "high", number(p->high));
        json_array_append_new(points, point);
    }
    set(o, "points", points);
    for (size_t i = 0; i < stepped->n_steps; i++) {
        const struct step *step = &stepped->steps[i];
        json_t *change = json_object();
        char id[STEP_ID];

        if (step->state == STEP_SUSPECTED) {
            json_decref(change);
            continue;
        }
        step_id(s->case_id, s->metric, s->host_class, s->points[step->index].run, id);
        set(change, "id", json_string(id));
        set(change, "index", json_integer((json_int_t)step->index));
        set(change, "acknowledged", step->acked ? words(step->acked) : json_null());
        json_array_append_new(changes, change);
    }
    set(o, "changes", changes);
    return o;
}

void history_json(const struct stepped *stepped, size_t n, struct text *out)
{
    json_t *root = json_object(), *list = json_array();
    char *s;

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, series_object(&stepped[i]));
    set(root, "schema", json_integer(1));
    set(root, "series", list);
    s = json_dumps(root, JSON_COMPACT);
    if (!s)
        BUG("cannot write JSON");
    text_add(out, s);
    text_add(out, "\n");
    free(s);
    json_decref(root);
}
