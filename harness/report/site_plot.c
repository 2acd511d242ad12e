// SPDX-License-Identifier: MIT
#include "report/site_plot.h"
#include "report/site_plot_data.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_trend_gp[];

enum {
    TICS_MAX = 5,     /* labels of 11 characters side by side in PLOT_WIDTH */
    MARKS_MAX = 60,   /* more runs than this: lines without points */
    COMMIT_SHOWN = 8, /* characters of a commit under the axis */
    RULE_HEIGHT = 18, /* pixels for the words over a rule: what gnuplot makes room for */
};

/* A label of a target line, as a part of the plot's height; one of a rule, as a part of its width. */
#define LABEL_HEIGHT 0.1
#define RULE_WIDTH   0.19
#define LETTER_WIDTH 0.0135
#define ASIDE        0.01 /* from the frame or a rule to a label */

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

/* gnuplot takes the label of a tic for a format. */
static void set_tic(struct text *script, const char *name, size_t i, const char *label)
{
    struct text doubled = { 0 };

    text_add(&doubled, "");
    for (; *label; label++)
        text_addf(&doubled, *label == '%' ? "%%%%" : "%c", *label);
    set_string(script, name, i, doubled.data);
    text_free(&doubled);
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
        set_tic(script, "tic_top", i + 1, commit);
        set_tic(script, "tic_bottom", i + 1, date);
    }
}

/* An upright rule where the host changed. Each is drawn; the newest ones have their words, as many as have room. */
static void rules(struct text *script, const struct panel *p)
{
    double width = (double)p->n_axis, free_to = 1;
    size_t n = 0;

    for (size_t x = p->n_axis; x-- > 0;) {
        double at = (double)x / width, from = fmin(fmax(at - RULE_WIDTH / 2, 0), 1 - RULE_WIDTH);

        if (!site_model_opens_epoch(p, x))
            continue;
        n++;
        set_number(script, "rule", n, (double)x + 0.5);
        set_number(script, "rule_text_x", n, 0.5 + (from + RULE_WIDTH / 2) * width);
        set_string(script, "rule_text", n, from + RULE_WIDTH <= free_to ? "host changed" : "");
        free_to = from + RULE_WIDTH <= free_to ? from : free_to;
    }
    set_number(script, "n_rules", 0, (double)n);
}

/* Where the level of a series changed: in its colour, an acknowledged change dotted. Suspicion is not drawn. */
static void steps(struct text *script, const struct site_model *model, const struct site_scenario *s,
                  const struct panel *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_series; i++) {
        const struct stepped *stepped = site_model_steps(model, p->series[i]);
        size_t x = 0;

        for (size_t k = 0; stepped && k < stepped->n_steps; k++) {
            const struct step *step = &stepped->steps[k];
            const struct point *at = &p->series[i]->points[step->index];

            while (x < p->n_axis && point_order(p->axis[x], at) < 0)
                x++;
            if (step->state == STEP_SUSPECTED)
                continue;
            n++;
            set_number(script, "step", n, (double)x + 0.5);
            set_number(script, "step_style", n, (double)site_model_variant(s, p->series[i]->variant));
            set_number(script, "step_dash", n, step->acked ? 3 : 1);
        }
    }
    set_number(script, "n_steps", 0, (double)n);
}

/* The panel whose height a panel has: changes stand beside their speedups, and both frames are to end on one line. */
static const struct panel *measure_of(const struct panel *panel)
{
    return panel->changes ? panel - 1 : panel;
}

/* "openblas (peer)" */
static void line_name(struct text *name, const struct site_scenario *s, const struct series *series)
{
    const struct site_variant *variant = &s->variants[site_model_variant(s, series->variant)];

    text_addf(name, "%s%s%s", series->variant, variant->reference ? " (reference)" : "", figure_role(variant->role));
}

/* gnuplot sets the legend in columns of the longest name's width, above the plot; 7.4 by 20 pixels a character and 45
 * for the sample, measured in its output, rather too much than too little: the plot itself keeps its size. */
int site_plot_height(const struct site_scenario *s, const struct panel *panel)
{
    size_t longest = 1, columns;

    panel = measure_of(panel);
    for (size_t i = 0; i < panel->n_series; i++) {
        struct text name = { 0 };

        line_name(&name, s, panel->series[i]);
        longest = name.len > longest ? name.len : longest;
        text_free(&name);
    }
    columns = (size_t)((PLOT_WIDTH - 90) / (7.4 * (double)longest + 45));
    columns = columns ? columns : 1;
    return PLOT_HEIGHT + 20 * (int)((panel->n_series + columns - 1) / columns) +
           (site_model_epochs(panel) > 1 ? RULE_HEIGHT : 0);
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
        n_band = site_plot_data(script, p, i, v);
        set_number(script, "band", i + 1, n_band == 0 ? 0 : p->n_axis < SITE_PLOT_BAND_MIN ? 2 : 1);
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

/* How far from the left or right end a label stands so that no rule goes through it; at the end where there is no room.
 */
static double aside(const struct panel *p, size_t letters, bool left)
{
    double at = ASIDE, width = LETTER_WIDTH * (double)letters;

    for (size_t k = 1; k < p->n_axis; k++) {
        double rule = (double)k / (double)p->n_axis;

        if (site_model_opens_epoch(p, left ? k : p->n_axis - k) && rule > at - ASIDE && rule < at + width)
            at = rule + ASIDE;
    }
    return at + width < 1 - ASIDE ? at : ASIDE;
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
    set_number(script, "target_aside", n, aside(p, label.len, n % 2));
    set_number(script, "target_style", n, shared == 1 ? (double)site_model_variant(s, p->series[i]->variant) : -1);
    /* the label is on the side where no line should be, unless another target is drawn there */
    set_number(script, "target_below", n, crowded(p, v, limit, least) ? !least : least);
    text_free(&label);
    return n;
}

static void draw(struct text *script, const struct site_model *model, const struct site_scenario *s, size_t panel)
{
    const struct panel *p = &s->panels[panel];
    struct site_view view = { 0 };
    size_t n_targets = 0;

    site_view_choose(&view, p);
    set_number(script, "width", 0, PLOT_WIDTH);
    set_number(script, "height", 0, site_plot_height(s, p));
    set_string(script, "label", 0, view.label.data);
    set_number(script, "log", 0, view.log);
    set_number(script, "margin", 0, p->changes ? model->site->margin * 100 : 0);
    set_number(script, "y_low", 0, view.low);
    set_number(script, "y_high", 0, view.high);
    set_number(script, "n_runs", 0, (double)p->n_axis);
    set_number(script, "marks", 0, p->n_axis <= MARKS_MAX);
    tics(script, p);
    set_number(script, "rule_room", 0, site_model_epochs(measure_of(p)) > 1);
    rules(script, p);
    steps(script, model, s, p);
    lines(script, s, p, &view);
    for (size_t i = 0; i < p->n_series; i++) {
        n_targets = target(script, s, p, i, true, n_targets, &view);
        n_targets = target(script, s, p, i, false, n_targets, &view);
    }
    set_number(script, "n_targets", 0, (double)n_targets);
    text_add(script, dashboard_trend_gp);
    text_free(&view.label);
}

void site_plot_file(struct text *out, const struct site_scenario *s, size_t panel, const char *theme)
{
    text_addf(out, "plots/%s-%zu-%s.svg", s->file, panel + 1, theme);
}

void site_plot_scripts(const struct site_model *model, struct site_plots *plots)
{
    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->scenarios[i].n_panels; j++) {
            char stem[CASE_ID_MAX + 32];

            snprintf(stem, sizeof(stem), "%s-%zu", model->scenarios[i].file, j + 1);
            draw(site_plots_add(plots, stem), model, &model->scenarios[i], j);
        }
}

static bool has_steps(const struct site_model *model, const struct panel *panel)
{
    bool any = false;

    for (size_t i = 0; i < panel->n_series; i++) {
        const struct stepped *stepped = site_model_steps(model, panel->series[i]);

        for (size_t k = 0; stepped && k < stepped->n_steps; k++)
            any |= stepped->steps[k].state == STEP_CONFIRMED;
    }
    return any;
}

void site_plot_caption(struct text *out, const struct site_model *model, const struct panel *panel)
{
    const struct series *first = panel->series[0];

    bool rule = site_model_epochs(panel) > 1;
    size_t n = site_model_newest(panel);

    if (!panel->changes)
        text_addf(out, "%s: %s is better", first->metric,
                  first->better == METRIC_HIGHER_IS_BETTER ? "higher" : "lower");
    else
        text_addf(out, "each speedup against its median of %s %zu run%s%s; dashed: the gate's margin, ±%g %%",
                  rule ? "the" : "these", n, n == 1 ? "" : "s", rule ? " since the host changed" : "",
                  model->site->margin * 100);
    if (has_steps(model, panel))
        text_add(out, "; upright: the level changed (dotted: acknowledged)");
    if (rule)
        text_add(out, "; dashed upright: the host changed (kernel, microcode, boost, ...)");
}

void site_plot_alt(struct text *out, const struct panel *panel)
{
    const struct series *first = panel->series[0];

    text_addf(out, "%s over %zu run%s; ", panel->changes ? "change of the speedup against its median" : first->metric,
              panel->n_axis, panel->n_axis == 1 ? "" : "s");
    if (site_model_epochs(panel) > 1)
        text_addf(out, "the host last changed before %.10s; ",
                  panel->axis[panel->n_axis - site_model_newest(panel)]->started);
    text_add(out, "last: ");
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
