// SPDX-License-Identifier: MIT
#include "report/site_plot.h"

#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_trend_gp[];

static const char *const themes[] = { "light", "dark" };

enum {
    TICS_MAX = 5,      /* labels of 11 characters side by side in PLOT_WIDTH */
    BAND_MIN = 3,      /* fewer runs than this make no band: whiskers */
    MARKS_MAX = 60,    /* more runs than this: lines without points */
    COMMIT_SHOWN = 8,  /* characters of a commit under the axis */
};

/* A label of a target line, as a part of the plot's height. */
#define LABEL_HEIGHT 0.1

static void set_number(struct text *script, const char *name, size_t i, double value)
{
    text_addf(script, i ? "%s%zu = " : "%s = ", name, i);
    gnuplot_number(script, value);
    text_add(script, "\n");
}

static void set_string(struct text *script, const char *name, size_t i, const char *value)
{
    text_addf(script, i ? "%s%zu = " : "%s = ", name, i);
    gnuplot_string(script, value);
    text_add(script, "\n");
}

/* Labels for evenly spaced runs, the last among them: a short commit over a date. */
static void tics(struct text *script, const struct panel *p)
{
    size_t gaps = p->n_axis > 1 ? p->n_axis - 1 : 1, step = (gaps + TICS_MAX - 2) / (TICS_MAX - 1);
    size_t n = (p->n_axis + step - 1) / step;

    set_number(script, "n_tics", 0, (double)n);
    for (size_t i = 0; i < n; i++) {
        size_t x = p->n_axis - 1 - (n - 1 - i) * step;
        char commit[COMMIT_SHOWN + 1], date[11];

        text_copy(commit, sizeof(commit), p->axis[x]->commit);
        text_copy(date, sizeof(date), p->axis[x]->started);
        set_number(script, "tic_x", i + 1, (double)(x + 1));
        set_string(script, "tic_top", i + 1, commit);
        set_string(script, "tic_bottom", i + 1, date);
    }
}

/* A run that lacks the case breaks the line (an empty line of data): a line drawn across would be an invention. */
static void line_data(struct text *script, const struct panel *p, size_t i, const struct site_view *v)
{
    size_t cursor = 0;

    text_addf(script, "$line%zu << END\n", i + 1);
    for (size_t x = 0; x < p->n_axis; x++) {
        const struct point *q = site_model_point(p->series[i], p->axis[x], &cursor);

        if (!q || !site_view_drawable(q->value) || (v->log && q->value <= 0)) {
            text_add(script, "\n");
            continue;
        }
        text_addf(script, "%zu ", x + 1);
        gnuplot_number(script, q->value / v->scale);
        text_add(script, "\n");
    }
    text_add(script, "END\n");
}

/* Intervals, cut at the frame; in a log view what reaches below zero is cut there too. */
static size_t band_data(struct text *script, const struct panel *p, size_t i, const struct site_view *v)
{
    size_t cursor = 0, n = 0;

    text_addf(script, "$band%zu << END\n", i + 1);
    for (size_t x = 0; x < p->n_axis; x++) {
        const struct point *q = site_model_point(p->series[i], p->axis[x], &cursor);

        if (!q || !site_view_drawable(q->value) || !site_view_drawable(q->low) || !site_view_drawable(q->high) ||
            q->low == q->high || q->high / v->scale < v->low || q->low / v->scale > v->high) {
            text_add(script, "\n");
            continue;
        }
        text_addf(script, "%zu ", x + 1);
        gnuplot_number(script, q->value / v->scale);
        text_add(script, " ");
        gnuplot_number(script, fmin(fmax(q->low / v->scale, v->low), v->high));
        text_add(script, " ");
        gnuplot_number(script, fmax(fmin(q->high / v->scale, v->high), v->low));
        text_add(script, "\n");
        n++;
    }
    text_add(script, "END\n");
    return n;
}

/* Where a line leaves the frame: a triangle at its edge, so that no run is lost from sight. */
static void beyond_data(struct text *script, const struct panel *p, size_t i, const struct site_view *v)
{
    enum { UP = 9, DOWN = 11 }; /* gnuplot's filled triangles */
    size_t cursor = 0;

    text_addf(script, "$beyond%zu << END\n", i + 1);
    for (size_t x = 0; x < p->n_axis; x++) {
        const struct point *q = site_model_point(p->series[i], p->axis[x], &cursor);

        if (!q || !site_view_drawable(q->value) || (q->value / v->scale >= v->low && q->value / v->scale <= v->high))
            continue;
        text_addf(script, "%zu ", x + 1);
        gnuplot_number(script, q->value / v->scale > v->high ? v->high : v->low);
        text_addf(script, " %d\n", q->value / v->scale > v->high ? UP : DOWN);
    }
    text_add(script, "\nEND\n");
}

/* "openblas (peer)" */
static void line_name(struct text *name, const struct site_scenario *s, const struct series *series)
{
    const struct site_variant *variant = &s->variants[site_model_variant(s, series->variant)];

    text_addf(name, "%s%s%s", series->variant, variant->reference ? " (reference)" : "",
              figure_role(variant->role));
}

/* gnuplot sets the legend in columns of the longest name's width, above the plot; 7.4 by 20 pixels a character and 45
 * for the sample, measured in its output, rather too much than too little: the plot itself keeps its size. */
int site_plot_height(const struct site_scenario *s, const struct panel *panel)
{
    size_t longest = 1, columns;

    if (panel->changes)
        panel--; /* it stands beside those speedups: their frames are to end on one line */
    for (size_t i = 0; i < panel->n_series; i++) {
        struct text name = { 0 };

        line_name(&name, s, panel->series[i]);
        longest = name.len > longest ? name.len : longest;
        text_free(&name);
    }
    columns = (size_t)((PLOT_WIDTH - 90) / (7.4 * (double)longest + 45));
    columns = columns ? columns : 1;
    return PLOT_HEIGHT + 20 * (int)((panel->n_series + columns - 1) / columns);
}

static void lines(struct text *script, const struct site_scenario *s, const struct panel *p, const struct site_view *v)
{
    set_number(script, "n_lines", 0, (double)p->n_series);
    for (size_t i = 0; i < p->n_series; i++) {
        size_t n_band;
        struct text name = { 0 };

        line_name(&name, s, p->series[i]);
        set_string(script, "name", i + 1, name.data);
        set_number(script, "style", i + 1, (double)site_model_variant(s, p->series[i]->variant));
        text_free(&name);
        line_data(script, p, i, v);
        n_band = band_data(script, p, i, v);
        beyond_data(script, p, i, v);
        set_number(script, "band", i + 1, n_band == 0 ? 0 : p->n_axis < BAND_MIN ? 2 : 1);
    }
}

/* Would a label on that side of a limit stand on another target's line? */
static bool crowded(const struct panel *p, const struct site_view *v, double limit, bool below)
{
    for (size_t i = 0; i < 2 * p->n_series; i++) {
        double other = i % 2 ? p->series[i / 2]->at_least : p->series[i / 2]->at_most, gap;

        if (!site_view_drawable(other) || (v->log && other <= 0))
            continue;
        gap = site_view_height(v, limit / v->scale) - site_view_height(v, other / v->scale);
        gap = below ? gap : -gap;
        if (gap > 0 && gap < LABEL_HEIGHT)
            return true;
    }
    return false;
}

/* One target line for all variants that share a limit: it has the variant's colour where it is one variant's alone. */
static size_t target(struct text *script, const struct site_scenario *s, const struct panel *p, size_t i, bool least,
                     size_t n, const struct site_view *v)
{
    double limit = least ? p->series[i]->at_least : p->series[i]->at_most;
    struct text label = { 0 };
    size_t shared = 0;

    if (!site_view_drawable(limit) || (v->log && limit <= 0))
        return n;
    for (size_t j = 0; j < p->n_series; j++) {
        if ((least ? p->series[j]->at_least : p->series[j]->at_most) != limit)
            continue;
        if (j < i)
            return n; /* drawn already */
        shared++;
    }
    n++;
    text_addf(&label, "%s %.6g", least ? "at least" : "at most", limit / v->scale);
    if (shared < p->n_series)
        for (size_t j = i, k = 0; j < p->n_series; j++)
            if ((least ? p->series[j]->at_least : p->series[j]->at_most) == limit)
                text_addf(&label, "%s%s", k++ ? ", " : ": ", p->series[j]->variant);
    set_number(script, "target", n, limit / v->scale);
    set_string(script, "target_text", n, label.data);
    set_number(script, "target_style", n, shared == 1 ? (double)site_model_variant(s, p->series[i]->variant) : -1);
    /* the label is on the side where no line should be, unless another target is drawn there */
    set_number(script, "target_below", n, crowded(p, v, limit, least) ? !least : least);
    text_free(&label);
    return n;
}

static void draw(struct text *script, const struct site_scenario *s, size_t panel, double margin)
{
    const struct panel *p = &s->panels[panel];
    struct site_view view = { 0 };
    size_t n_targets = 0;

    site_view_choose(&view, p);
    set_number(script, "height", 0, site_plot_height(s, p));
    set_string(script, "label", 0, view.label.data);
    set_number(script, "log", 0, view.log);
    set_number(script, "margin", 0, p->changes ? margin * 100 : 0);
    set_number(script, "y_low", 0, view.low);
    set_number(script, "y_high", 0, view.high);
    set_number(script, "n_runs", 0, (double)p->n_axis);
    set_number(script, "marks", 0, p->n_axis <= MARKS_MAX);
    tics(script, p);
    lines(script, s, p, &view);
    for (size_t i = 0; i < p->n_series; i++) {
        n_targets = target(script, s, p, i, true, n_targets, &view);
        n_targets = target(script, s, p, i, false, n_targets, &view);
    }
    set_number(script, "n_targets", 0, (double)n_targets);
    for (size_t i = 0; i < ARRAY_LEN(themes); i++) {
        struct text file = { 0 };

        site_plot_file(&file, s, panel, themes[i]);
        set_string(script, "theme", 0, themes[i]);
        set_string(script, "file", 0, file.data);
        text_add(script, dashboard_trend_gp);
        text_free(&file);
    }
    text_free(&view.label);
}

void site_plot_file(struct text *out, const struct site_scenario *s, size_t panel, const char *theme)
{
    text_addf(out, "plots/%s-%zu-%s.svg", s->file, panel + 1, theme);
}

void site_plot_script(const struct site_model *model, struct text *script)
{
    text_addf(script, "width = %d\n", PLOT_WIDTH);
    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->scenarios[i].n_panels; j++)
            draw(script, &model->scenarios[i], j, model->site->margin);
}

void site_plot_caption(struct text *out, const struct site_model *model, const struct panel *panel)
{
    const struct series *first = panel->series[0];

    if (!panel->changes)
        text_addf(out, "%s: %s is better", first->metric,
                  first->better == METRIC_HIGHER_IS_BETTER ? "higher" : "lower");
    else
        text_addf(out, "each speedup against its median of these %zu runs; dashed: the gate's margin, ±%g %%",
                  panel->n_axis, model->site->margin * 100);
}

void site_plot_alt(struct text *out, const struct panel *panel)
{
    const struct series *first = panel->series[0];

    text_addf(out, "%s over %zu run%s; last: ",
              panel->changes ? "change of the speedup against its median" : first->metric, panel->n_axis,
              panel->n_axis == 1 ? "" : "s");
    for (size_t i = 0; i < panel->n_series; i++) {
        const struct series *s = panel->series[i];
        double last = s->points[s->n_points - 1].value;
        char number[FIGURE_TEXT];

        text_addf(out, "%s%s ", i ? ", " : "", s->variant);
        if (panel->changes && isfinite(last))
            text_addf(out, "%+.1f %%", last);
        else
            text_addf(out, "%s%s%s", figure_number(number, last), *s->unit ? " " : "", s->unit);
    }
}
