// SPDX-License-Identifier: MIT
#include "report/site_roofline_draw.h"

#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_plot.h"

#include <math.h>
#include <string.h>

extern const char dashboard_roofline_gp[];

/* Pixels. Labels stand outside the frame, where no mark can be: those of level roofs to its right, those of slopes, two
 * lines each, above it; the legend below the name of the x axis. */
enum {
    FRAME_LEFT = 66,
    FRAME_RIGHT = 100,
    FRAME_TOP = 44,
    FRAME_HEIGHT = 210,
    FRAME_BOTTOM = 58,
    LEGEND_ROW = 20,
    LEGEND_LEFT = 28,
    LEGEND_FOOT = 8,
    LABEL_WIDTH = 64, /* "357 GB/s" */
    LABEL_HEIGHT = 15,
};

struct view {
    double x_low, x_high, y_low, y_high;
};

/* 7.4 pixels a character, as site_plot.c has it, and 34 for the mark and a gap. */
static size_t legend_columns(const struct roofline *r)
{
    size_t longest = 1, columns;

    for (size_t i = 0; i < r->n_names; i++)
        longest = strlen(r->names[i].text) > longest ? strlen(r->names[i].text) : longest;
    columns = (size_t)((PLOT_WIDTH - LEGEND_LEFT) / (7.4 * (double)longest + 34));
    columns = r->n_names < columns ? r->n_names : columns;
    return columns ? columns : 1;
}

static int legend_rows(const struct roofline *r)
{
    size_t columns = legend_columns(r);

    return (int)((r->n_names + columns - 1) / columns);
}

int site_roofline_height(const struct roofline *r)
{
    return FRAME_TOP + FRAME_HEIGHT + FRAME_BOTTOM + LEGEND_ROW * legend_rows(r) + LEGEND_FOOT;
}

/* Every mark, every level roof and the corner under it are in the frame, and every slope leaves it through its top. */
static struct view choose_view(const struct roofline *r)
{
    struct view v = { r->marks[0].x, r->marks[0].x, r->marks[0].y, r->marks[0].y };

    for (size_t i = 0; i < r->n_marks; i++) {
        v.x_low = fmin(v.x_low, r->marks[i].x);
        v.x_high = fmax(v.x_high, r->marks[i].x);
        v.y_low = fmin(v.y_low, r->marks[i].y);
        v.y_high = fmax(v.y_high, r->marks[i].y);
    }
    if (r->n_levels > 0) {
        v.y_low = fmin(v.y_low, r->levels[r->n_levels - 1].value);
        v.y_high = fmax(v.y_high, r->levels[0].value);
    }
    v.y_low /= 1.8;
    v.y_high *= 1.8;
    if (r->n_slopes > 0) {
        v.x_low = fmin(v.x_low, v.y_high / r->slopes[0].value / 1.5);
        v.x_high = fmax(v.x_high, v.y_high / r->slopes[r->n_slopes - 1].value);
    }
    v.x_low /= 1.5;
    v.x_high *= 1.5;
    return v;
}

static double along(double value, double low, double high) /* on a logarithmic axis: 0 at its foot, 1 at its end */
{
    return log(value / low) / log(high / low);
}

void site_roofline_spread(double *at, size_t n, double gap, double low, double high)
{
    for (size_t i = 0; i < n; i++)
        at[i] = fmax(at[i], i ? at[i - 1] + gap : low);
    for (size_t i = n; i-- > 0;)
        at[i] = fmin(at[i], i + 1 < n ? at[i + 1] - gap : high);
}

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

/* Level roofs begin where the fastest slope meets them. */
static void levels(const struct roofline *r, const struct view *v, struct text *script)
{
    double at[ROOFLINE_ROOFS];
    size_t n = r->n_levels;

    for (size_t i = 0; i < n; i++) /* ascending */
        at[i] = along(r->levels[n - 1 - i].value, v->y_low, v->y_high);
    site_roofline_spread(at, n, (double)LABEL_HEIGHT / FRAME_HEIGHT, 0.02, 1);
    set_number(script, "n_levels", 0, (double)n);
    for (size_t i = 0; i < n; i++) {
        const struct roof *roof = &r->levels[i];
        struct text label = { 0 };
        char number[FIGURE_TEXT];

        text_addf(&label, "%s %s", roof->name, figure_number(number, roof->value));
        set_string(script, "level_text", i + 1, label.data);
        set_number(script, "level_at", i + 1, at[n - 1 - i]);
        set_number(script, "level", i + 1, roof->value);
        set_number(script, "level_from", i + 1,
                   r->n_slopes ? fmax(roof->value / r->slopes[0].value, v->x_low) : v->x_low);
        text_free(&label);
    }
}

/* A slope ends at the highest level roof; what leads on from there to its label is only a thread. */
static void slopes(const struct roofline *r, const struct view *v, struct text *script)
{
    double at[ROOFLINE_ROOFS], width = PLOT_WIDTH - FRAME_LEFT - FRAME_RIGHT;

    for (size_t i = 0; i < r->n_slopes; i++) /* the fastest is the leftmost */
        at[i] = along(v->y_high / r->slopes[i].value, v->x_low, v->x_high);
    site_roofline_spread(at, r->n_slopes, LABEL_WIDTH / width, LABEL_WIDTH / width / 2, 1 + LABEL_WIDTH / width);
    set_number(script, "n_slopes", 0, (double)r->n_slopes);
    for (size_t i = 0; i < r->n_slopes; i++) {
        const struct roof *roof = &r->slopes[i];
        double from = fmax(v->x_low, v->y_low / roof->value), top = v->y_high / roof->value;
        double end = r->n_levels ? r->levels[0].value / roof->value : top;
        struct text label = { 0 };
        char number[FIGURE_TEXT];

        text_addf(&label, "%s GB/s", figure_number(number, roof->value));
        set_string(script, "slope_name", i + 1, roof->name);
        set_string(script, "slope_text", i + 1, label.data);
        set_number(script, "slope_at", i + 1, at[i]);
        set_number(script, "slope_top", i + 1, top);
        text_addf(script, "$slope%zu << END\n%.17g %.17g\n%.17g %.17g\n\n%.17g %.17g\n%.17g %.17g\nEND\n", i + 1, from,
                  from * roof->value, end, end * roof->value, end, end * roof->value, top, v->y_high);
        text_free(&label);
    }
}

static void marks(const struct roofline *r, struct text *script)
{
    size_t columns = legend_columns(r);
    double height = site_roofline_height(r);

    set_number(script, "n_names", 0, (double)r->n_names);
    for (size_t i = 0; i < r->n_names; i++) {
        set_string(script, "name", i + 1, r->names[i].text);
        set_number(script, "style", i + 1, (double)r->names[i].style);
        set_number(script, "name_x", i + 1,
                   (LEGEND_LEFT + (double)(i % columns * (PLOT_WIDTH - LEGEND_LEFT) / columns)) / PLOT_WIDTH);
        set_number(script, "name_y", i + 1,
                   (LEGEND_ROW * (legend_rows(r) - (double)(i / columns)) - LEGEND_ROW / 2.0 + LEGEND_FOOT) / height);
        text_addf(script, "$marks%zu << END\n", i + 1);
        for (size_t j = 0; j < r->n_marks; j++)
            if (r->marks[j].name == i)
                text_addf(script, "%.17g %.17g\n", r->marks[j].x, r->marks[j].y);
        text_add(script, "END\n");
    }
}

void site_roofline_draw(const struct roofline *r, struct text *script)
{
    struct view v = choose_view(r);
    double height = site_roofline_height(r);
    struct text label = { 0 };

    set_number(script, "width", 0, PLOT_WIDTH);
    set_number(script, "height", 0, height);
    set_number(script, "left", 0, (double)FRAME_LEFT / PLOT_WIDTH);
    set_number(script, "right", 0, 1 - (double)FRAME_RIGHT / PLOT_WIDTH);
    set_number(script, "top", 0, 1 - FRAME_TOP / height);
    set_number(script, "bottom", 0, 1 - (FRAME_TOP + FRAME_HEIGHT) / height);
    set_number(script, "x_low", 0, v.x_low);
    set_number(script, "x_high", 0, v.x_high);
    set_number(script, "y_low", 0, v.y_low);
    set_number(script, "y_high", 0, v.y_high);
    text_addf(&label, "arithmetic intensity (%s)", r->intensity_unit);
    set_string(script, "x_label", 0, label.data);
    set_string(script, "y_label", 0, r->unit);
    levels(r, &v, script);
    slopes(r, &v, script);
    marks(r, script);
    text_add(script, dashboard_roofline_gp);
    text_free(&label);
}
