// SPDX-License-Identifier: MIT
#include "report/site_plot.h"
#include "report/site_plot_data.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_view.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_trend_gp[], dashboard_plot_html[];

enum {
    TICS_MAX = 4,     /* labels of 11 characters side by side in PLOT_WIDTH */
    MARKS_MAX = 60,   /* more runs than this: lines without points */
    COMMIT_SHOWN = 8, /* characters of a commit under the axis */
    RULE_HEIGHT = 18, /* pixels for the words over a rule: what gnuplot makes room for */
};

/* A label of a target line, as a part of the plot's height; one of a rule, as a part of its width. */
#define LABEL_HEIGHT 0.12
#define RULE_WIDTH   0.24
#define LETTER_WIDTH 0.0176
#define ASIDE        0.01 /* from the frame or a rule to a label */
#define FRAME_WIDTH  0.74 /* what the frame of trend.gp surely has of PLOT_WIDTH */

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

void site_plot_name(struct text *name, const struct site_variant *v)
{
    text_addf(name, "%s%s%s", v->name, v->reference ? " (reference)" : "", figure_role(v->role));
    if (figure_columns(name->data) <= PLOT_NAME_MOST)
        return;
    while (figure_columns(name->data) >= PLOT_NAME_MOST)
        name->data[--name->len] = '\0';
    text_add(name, "…");
}

/* gnuplot sets a legend in columns as wide as it takes the longest name for: measured in its output, 7.69 pixels a
 * character of font 11 and 35.9 for the sample, as wide as capitals are. With these `wide`, names of small letters still
 * keep apart, and more of them stand side by side. */
#define KEY_LETTER 7.69
#define KEY_SAMPLE 35.9
#define KEY_ROW    18.2

static double column_width(size_t longest)
{
    return 6.4 * (double)(longest < PLOT_NAME_MOST ? longest : PLOT_NAME_MOST) + 32;
}

static size_t columns_of(size_t longest)
{
    size_t n = (size_t)(FRAME_WIDTH * PLOT_WIDTH / column_width(longest));

    return n ? n : 1;
}

int site_plot_legend_height(size_t n, size_t longest)
{
    size_t columns = columns_of(longest);

    return (int)ceil(KEY_ROW * (double)((n + columns - 1) / columns));
}

void site_plot_legend(struct text *script, size_t longest)
{
    double shown = (double)(longest < PLOT_NAME_MOST ? longest : PLOT_NAME_MOST);

    set_number(script, "key_columns", 0, (double)columns_of(longest));
    set_number(script, "key_width", 0, (column_width(longest) - KEY_LETTER * shown - KEY_SAMPLE) / KEY_LETTER);
}

static size_t longest_name(const struct site_scenario *s, const struct panel *panel)
{
    size_t longest = 1;

    for (size_t i = 0; i < panel->n_series; i++) {
        struct text name = { 0 };
        size_t length;

        site_plot_name(&name, &s->variants[site_model_variant(s, panel->series[i]->variant)]);
        length = figure_columns(name.data);
        longest = length > longest ? length : longest;
        text_free(&name);
    }
    return longest;
}

int site_plot_height(const struct site_scenario *s, const struct panel *panel)
{
    panel = measure_of(panel);
    return PLOT_HEIGHT + site_plot_legend_height(panel->n_series, longest_name(s, panel)) +
           (site_model_epochs(panel) > 1 ? RULE_HEIGHT : 0);
}

static void lines(struct text *script, const struct site_scenario *s, const struct panel *p, const struct site_view *v)
{
    site_plot_legend(script, longest_name(s, p));
    set_number(script, "n_lines", 0, (double)p->n_series);
    for (size_t i = 0; i < p->n_series; i++) {
        size_t n_band;
        size_t variant = site_model_variant(s, p->series[i]->variant);
        struct text name = { 0 };

        site_plot_name(&name, &s->variants[variant]);
        set_string(script, "name", i + 1, name.data);
        set_number(script, "style", i + 1, (double)variant);
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

void site_plot_stem(struct text *out, const struct site_scenario *s, size_t panel)
{
    text_addf(out, "%s-%zu", s->file, panel + 1);
}

void site_plot_figure(struct text *html, const struct site_plot_figure *figure)
{
    struct text light = { 0 }, dark = { 0 };
    char width[12], height[12];

    text_addf(&light, "plots/%s-light.svg", figure->stem);
    text_addf(&dark, "plots/%s-dark.svg", figure->stem);
    snprintf(width, sizeof(width), "%d", PLOT_WIDTH);
    snprintf(height, sizeof(height), "%d", figure->height);
    template_fill(html, dashboard_plot_html,
                  (struct field[]){ { "light", light.data },
                                    { "dark", dark.data },
                                    { "alt", figure->alt },
                                    { "width", width },
                                    { "height", height },
                                    { "caption", figure->caption },
                                    { "id", figure->id },
                                    { "hover", figure->hover } },
                  8);
    text_free(&light);
    text_free(&dark);
}

void site_plot_scripts(const struct site_model *model, struct site_plots *plots)
{
    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->scenarios[i].n_panels; j++) {
            struct text stem = { 0 };

            if (model->scenarios[i].panels[j].flat)
                continue;
            site_plot_stem(&stem, &model->scenarios[i], j);
            draw(site_plots_add(plots, stem.data), model, &model->scenarios[i], j);
            text_free(&stem);
        }
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
