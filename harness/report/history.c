// SPDX-License-Identifier: MIT
#include "report/history.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/grid.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void sparkline(const struct series *s, struct text *out)
{
    static const char *const sparks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    size_t n = s->n_points < HISTORY_SPARKS ? s->n_points : HISTORY_SPARKS;
    double v[HISTORY_SPARKS], low = INFINITY, high = -INFINITY, span;

    for (size_t i = 0; i < n; i++) {
        size_t from = n == s->n_points ? i : i * (s->n_points - 1) / (n - 1);
        size_t to = n == s->n_points ? i + 1 : (i + 1) * (s->n_points - 1) / (n - 1);

        v[i] = i + 1 == n ? s->points[s->n_points - 1].value : median_of(s, from, to);
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
    char number[FIGURE_TEXT];
    struct text t = { 0 };

    if (strcmp(s->unit, "ns") == 0 && isfinite(value))
        text_add(&t, text_ns(number, value));
    else {
        text_add(&t, figure_number(number, value));
        if (*s->unit) {
            text_add(&t, strcmp(s->unit, "x") == 0 ? "" : " ");
            figure_clean(&t, strcmp(s->unit, "x") == 0 ? "×" : s->unit);
        }
    }
    grid_cell(grid, t.data, "\033[1m");
    text_free(&t);
}

/* "-4.2% since 2026-11-02 (3f9a01c2)" of the last change that nobody explained. */
static void change_cell(struct grid *grid, const struct stepped *stepped)
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
    text_addf(&t, " %s %.10s", last->state == STEP_SUSPECTED ? "suspected since" : "since",
              s->points[last->index].started);
    if (last->epoch)
        text_add(&t, ", the host changed, too");
    grid_tail(grid, t.data, last->state == STEP_SUSPECTED ? "\033[2m" : better ? "\033[32m" : "\033[31m");
    text_free(&t);
}

void history_table(const struct stepped *stepped, size_t n, const struct table_style *style, struct text *out)
{
    static const char *const names[] = { "case", "metric", "host class", "runs", "course", "newest" };
    bool hosts = false;
    struct grid grid = { 0 };

    for (size_t i = 1; i < n; i++)
        hosts |= strcmp(stepped[i].series->host_class, stepped[0].series->host_class) != 0;
    grid.align = hosts ? "lllrlrl" : "llrlrl";
    grid_row(&grid, false);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (i != 2 || hosts)
            grid_cell(&grid, names[i], "\033[1m");
    for (size_t i = 0; i < n; i++) {
        const struct series *s = stepped[i].series;
        struct text sparks = { 0 };
        char runs[24];

        snprintf(runs, sizeof(runs), "%zu", s->n_points);
        sparkline(s, &sparks);
        grid_row(&grid, false);
        clean_cell(&grid, s->case_id, NULL);
        clean_cell(&grid, s->metric, NULL);
        if (hosts)
            clean_cell(&grid, s->host_class, "\033[2m");
        grid_cell(&grid, runs, NULL);
        grid_cell(&grid, sparks.data, "\033[36m");
        value_cell(&grid, s, s->points[s->n_points - 1].value);
        change_cell(&grid, &stepped[i]);
        text_free(&sparks);
    }
    if (n)
        grid_print(&grid, style->colour, out);
    grid_free(&grid);
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
