// SPDX-License-Identifier: MIT
#include "report/steps.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/grid.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cell(struct grid *grid, const char *s, const char *colour)
{
    struct text t = { 0 };

    text_add(&t, "");
    figure_clean(&t, s);
    grid_cell(grid, t.data, colour);
    text_free(&t);
}

/* A level with the digits that tell it from the other one: 100.02 and 100.05. */
static void level_cell(struct grid *grid, double value, double other)
{
    double apart = fabs(value - other), size = fmax(fabs(value), fabs(other));
    int digits = apart > 0 ? 2 + (int)ceil(log10(size / apart)) : 3;
    char buf[FIGURE_TEXT];

    digits = digits < 3 ? 3 : digits > 15 ? 15 : digits;
    snprintf(buf, sizeof(buf), "%.*g", digits, value);
    grid_cell(grid, buf, NULL);
}

static void step_cells(struct grid *grid, const struct step *s, bool narrow)
{
    char buf[FIGURE_TEXT];

    level_cell(grid, s->before, s->after);
    level_cell(grid, s->after, s->before);
    if (isnan(s->effect))
        snprintf(buf, sizeof(buf), "-");
    else
        snprintf(buf, sizeof(buf), "%+.*f%%", fabs(s->effect) < 0.001 ? 4 : 1, 100 * s->effect);
    grid_cell(grid, buf, "\033[1m");
    snprintf(buf, sizeof(buf), s->p < 1e-12 ? "<1e-12" : "%.2g", s->p);
    if (!narrow)
        grid_cell(grid, buf, NULL);
}

static void state_cell(struct grid *grid, const struct step *s, bool narrow)
{
    struct text t = { 0 };

    if (s->state == STEP_SUSPECTED && narrow)
        text_add(&t, "suspected");
    else if (s->state == STEP_SUSPECTED)
        text_addf(&t, "suspected since %zu point%s", s->n_after, s->n_after == 1 ? "" : "s");
    else if (s->epoch)
        text_add(&t, narrow ? "host" : "the host changed, too");
    if (s->acked) {
        text_add(&t, s->epoch ? "; acknowledged: " : "acknowledged: ");
        figure_clean(&t, s->acked);
    }
    if (t.data)
        grid_tail(grid, t.data, "\033[2m");
    text_free(&t);
}

static void header(struct grid *grid, const char *const *names, size_t n)
{
    grid_row(grid, false);
    for (size_t i = 0; i < n; i++)
        grid_cell(grid, names[i], "\033[1m");
}

static void history_cells(struct grid *grid, const struct series *series, const struct step *step, bool narrow)
{
    const struct point *p = &series->points[step->index];
    char date[11], id[STEP_ID], commit[13];

    snprintf(date, sizeof(date), "%.10s", p->started);
    text_copy(commit, narrow ? 9 : sizeof(commit), p->commit);
    step_id(series->case_id, series->metric, series->host_class, p->run, id);
    cell(grid, id, NULL);
    if (!narrow)
        cell(grid, series->case_id, NULL);
    cell(grid, series->metric, NULL);
    if (!narrow)
        cell(grid, series->host_class, "\033[2m");
    cell(grid, date, NULL);
    cell(grid, *commit ? commit : "-", NULL);
}

static bool same_case(const struct series *a, const struct series *b)
{
    return strcmp(a->case_id, b->case_id) == 0 && strcmp(a->host_class, b->host_class) == 0;
}

static int compare_cases(const void *a, const void *b)
{
    const struct series *x = ((const struct stepped *)a)->series, *y = ((const struct stepped *)b)->series;
    int d = strverscmp(x->case_id, y->case_id); /* n=512 before n=1024 */

    d = d ? d : strcmp(x->host_class, y->host_class);
    return d ? d : strcmp(x->metric, y->metric);
}

struct stepped *steps_by_case(const struct stepped *stepped, size_t n)
{
    struct stepped *sorted = mem_array(n + 1, sizeof(*sorted));

    memcpy(sorted, stepped, n * sizeof(*sorted));
    if (n)
        qsort(sorted, n, sizeof(*sorted), compare_cases);
    return sorted;
}

/* Returns how many steps there are. */
static size_t fill(struct grid *grid, const struct stepped *stepped, size_t n, bool acked, bool narrow)
{
    const struct series *last = NULL;
    size_t rows = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < stepped[i].n_steps; k++) {
            const struct series *series = stepped[i].series;
            const struct step *step = &stepped[i].steps[k];
            char index[32];

            if ((!series && step->state == STEP_SUSPECTED) || (step->acked && !acked))
                continue;
            rows++;
            if (narrow && (!last || !same_case(series, last)))
                grid_heading(grid, series->case_id, series->host_class);
            last = series;
            grid_row(grid, false);
            snprintf(index, sizeof(index), "%zu", step->index);
            if (series)
                history_cells(grid, series, step, narrow);
            else
                grid_cell(grid, index, NULL);
            step_cells(grid, step, narrow);
            state_cell(grid, step, narrow);
        }
    return rows;
}

void steps_table(const struct stepped *stepped, size_t n, bool acked, const struct table_style *style, struct text *out)
{
    static const char *const own[] = { "index", "before", "after", "effect", "p" };
    static const char *const history[] = { "id",     "case",   "metric", "host class", "since",
                                           "commit", "before", "after",  "effect",     "p" };
    bool is_history = n > 0 && stepped[0].series;
    struct grid grid = { .align = is_history ? "llllllrrrr" : "rrrrr" };
    size_t rows;

    if (is_history)
        header(&grid, history, ARRAY_LEN(history));
    else
        header(&grid, own, ARRAY_LEN(own));
    rows = fill(&grid, stepped, n, acked, false);
    if (is_history && style->width && grid_width(&grid) > style->width) {
        struct stepped *sorted = steps_by_case(stepped, n);

        grid_free(&grid);
        grid.align = "llllrrr";
        fill(&grid, sorted, n, acked, true);
        free(sorted);
    }
    if (rows)
        grid_print(&grid, style->colour, out);
    grid_free(&grid);
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) < 0)
        BUG("cannot set the JSON key '%s'", key);
}

static void set_string(json_t *object, const char *key, const char *s)
{
    struct text t = { 0 };

    text_add(&t, "");
    figure_clean(&t, s);
    set(object, key, json_string(t.data));
    text_free(&t);
}

static json_t *number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *step_object(const struct step *s, const struct series *series)
{
    json_t *o = json_object(), *shift = json_object();

    set(o, "index", json_integer((json_int_t)s->index));
    if (series) {
        char id[STEP_ID];

        step_id(series->case_id, series->metric, series->host_class, series->points[s->index].run, id);
        set_string(o, "id", id);
        set(o, "run", json_integer(series->points[s->index].run));
        set_string(o, "started", series->points[s->index].started);
        set_string(o, "commit", series->points[s->index].commit);
    }
    set(o, "before", number(s->before));
    set(o, "after", number(s->after));
    set(shift, "value", number(s->shift.value));
    set(shift, "low", number(s->shift.low));
    set(shift, "high", number(s->shift.high));
    set(o, "shift", shift);
    set(o, "effect", number(s->effect));
    set(o, "sigmas", number(s->sigmas));
    set(o, "p", number(s->p));
    set(o, "points_since", json_integer((json_int_t)s->n_after));
    set(o, "epoch", json_boolean(s->epoch));
    if (s->acked)
        set_string(o, "acknowledged", s->acked);
    else if (series)
        set(o, "acknowledged", json_null());
    return o;
}

static json_t *stepped_object(const struct stepped *stepped)
{
    const struct series *series = stepped->series;
    json_t *o = json_object(), *changes = json_array(), *suspected = json_null();

    if (series) {
        set_string(o, "case", series->case_id);
        set_string(o, "metric", series->metric);
        set_string(o, "unit", series->unit);
        set_string(o, "host_class", series->host_class);
    } else {
        set_string(o, "file", stepped->file);
        set_string(o, "column", stepped->column);
    }
    set(o, "points", json_integer((json_int_t)stepped->n_points));
    for (size_t i = 0; i < stepped->n_steps; i++) {
        json_t *step = step_object(&stepped->steps[i], series);

        if (stepped->steps[i].state == STEP_SUSPECTED)
            suspected = step;
        else if (json_array_append_new(changes, step) < 0)
            BUG("cannot append to a JSON array");
    }
    set(o, "changes", changes);
    set(o, "suspected", suspected);
    return o;
}

void steps_json(const struct stepped *stepped, size_t n, struct text *out)
{
    json_t *root = json_object(), *list = json_array();
    char *s;

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(list, stepped_object(&stepped[i])) < 0)
            BUG("cannot append to a JSON array");
    set(root, "schema", json_integer(1));
    set(root, "series", list);
    s = json_dumps(root, JSON_INDENT(2));
    if (!s)
        BUG("cannot write JSON");
    text_add(out, s);
    text_add(out, "\n");
    free(s);
    json_decref(root);
}
