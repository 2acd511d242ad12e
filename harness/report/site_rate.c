// SPDX-License-Identifier: MIT
#include "report/site_rate.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_rate_gp[];

enum { HEIGHT = 320 }; /* pixels, without the legend */

struct spot {
    double ratio, recall;
    size_t variant;
};

struct rate {
    const struct site_scenario *scenario;
    const char *host;
    struct spot *spots; /* by variant, then by ratio; owned */
    size_t n, capacity;
};

static double newest(const struct series *s)
{
    return s->n_points > 0 ? s->points[s->n_points - 1].value : NAN;
}

/* Of the same case. */
static double ratio_of(const struct history *h, const struct series *s)
{
    for (size_t i = 0; i < h->n_series; i++)
        if (strcmp(h->series[i].metric, "ratio") == 0 && strcmp(h->series[i].case_id, s->case_id) == 0 &&
            strcmp(h->series[i].host_class, s->host_class) == 0)
            return newest(&h->series[i]);
    return NAN;
}

static int compare_spots(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;

    if (x->variant != y->variant)
        return x->variant < y->variant ? -1 : 1;
    return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

/* Of spots alone no line can be drawn: they go. */
static void keep_lines(struct rate *r)
{
    size_t kept = 0;

    for (size_t i = 0, end; i < r->n; i = end) {
        for (end = i + 1; end < r->n && r->spots[end].variant == r->spots[i].variant;)
            end++;
        if (r->spots[end - 1].ratio > r->spots[i].ratio) {
            memmove(r->spots + kept, r->spots + i, (end - i) * sizeof(*r->spots));
            kept += end - i;
        }
    }
    r->n = kept;
}

/* {0}.spots to be freed; n is 0 where there is nothing to draw. */
static struct rate find(const struct site_model *model, const struct site_scenario *s, const char *host)
{
    const struct history *h = model->site->history;
    struct rate r = { .scenario = s, .host = host };

    for (size_t i = 0; i < h->n_series; i++) {
        const struct series *x = &h->series[i];
        struct spot spot = { .recall = newest(x) };

        if (x->kind != METRIC_EXACT || strcmp(x->metric, "recall@10") != 0 || strcmp(x->scenario, s->name) != 0 ||
            strcmp(x->host_class, host) != 0)
            continue;
        spot.ratio = ratio_of(h, x);
        spot.variant = site_model_variant(s, x->variant);
        if (s->variants[spot.variant].reference || !isfinite(spot.recall) || !(spot.ratio > 0 && spot.ratio < 1e9))
            continue;
        r.spots = mem_grow(r.spots, &r.capacity, r.n + 1, sizeof(*r.spots));
        r.spots[r.n++] = spot;
    }
    if (r.n > 0)
        qsort(r.spots, r.n, sizeof(*r.spots), compare_spots);
    keep_lines(&r);
    return r;
}

typedef void rate_fn(const struct rate *r, size_t number, void *to);

/* Calls `each` for all there are, in the order of the pages; returns how many. */
static size_t for_all(const struct site_model *model, rate_fn *each, void *to)
{
    size_t n = 0;

    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->n_hosts; j++) {
            struct rate r = find(model, &model->scenarios[i], model->hosts[j]);

            if (r.n > 0) {
                n++;
                if (each)
                    each(&r, n, to);
            }
            free(r.spots);
        }
    return n;
}

size_t site_rate_count(const struct site_model *model)
{
    return for_all(model, NULL, NULL);
}

static void set_string(struct text *script, const char *name, const char *value)
{
    text_addf(script, "%s = ", name);
    gnuplot_string(script, value);
    text_add(script, "\n");
}

static bool opens_line(const struct rate *r, size_t spot)
{
    return spot == 0 || r->spots[spot].variant != r->spots[spot - 1].variant;
}

/* How many lines there are, and the length of the longest name. */
static size_t count_lines(const struct rate *r, size_t *longest)
{
    size_t n = 0;

    *longest = 1;
    for (size_t i = 0; i < r->n; i++) {
        struct text name = { 0 };

        site_plot_name(&name, &r->scenario->variants[r->spots[i].variant]);
        *longest = figure_columns(name.data) > *longest ? figure_columns(name.data) : *longest;
        n += opens_line(r, i);
        text_free(&name);
    }
    return n;
}

static int height_of(const struct rate *r)
{
    size_t longest, n = count_lines(r, &longest);

    return HEIGHT + site_plot_legend_height(n, longest);
}

/* $line<i>, name<i>, style<i> for each variant that has one. */
static void lines(const struct rate *r, struct text *script)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        struct text name = { 0 };
        char key[16];

        if (opens_line(r, i)) {
            site_plot_name(&name, &r->scenario->variants[r->spots[i].variant]);
            snprintf(key, sizeof(key), "name%zu", ++n);
            set_string(script, key, name.data);
            text_addf(script, "style%zu = %zu\n$line%zu << END\n", n, r->spots[i].variant, n);
            text_free(&name);
        }
        text_addf(script, "%.17g %.17g\n", r->spots[i].ratio, r->spots[i].recall);
        if (i + 1 == r->n || r->spots[i + 1].variant != r->spots[i].variant)
            text_add(script, "END\n");
    }
    text_addf(script, "n_names = %zu\n", n);
}

static void draw(const struct rate *r, size_t number, void *plots)
{
    struct text *script;
    char stem[32];
    double low = INFINITY, high = 0;
    size_t longest;

    for (size_t i = 0; i < r->n; i++) {
        low = fmin(low, r->spots[i].ratio);
        high = fmax(high, r->spots[i].ratio);
    }
    snprintf(stem, sizeof(stem), "rate-%zu", number);
    script = site_plots_add(plots, stem);
    text_addf(script, "width = %d\nheight = %d\nx_low = %.17g\nx_high = %.17g\n", PLOT_WIDTH, height_of(r), low / 1.1,
              high * 1.1);
    count_lines(r, &longest);
    site_plot_legend(script, longest);
    lines(r, script);
    text_add(script, dashboard_rate_gp);
}

void site_rate_scripts(const struct site_model *model, struct site_plots *plots)
{
    for_all(model, draw, plots);
}

struct wanted {
    const struct site_scenario *scenario;
    const char *host;
    struct text *html;
};

/* "transform .715 at 205x": each one's at its highest ratio. */
static void words(const struct rate *r, struct text *alt)
{
    char recall[FIGURE_TEXT], ratio[FIGURE_TEXT];

    text_add(alt, "recall@10 over the compression ratio; at the highest: ");
    for (size_t i = 0, n = 0; i < r->n; i++)
        if (i + 1 == r->n || r->spots[i + 1].variant != r->spots[i].variant)
            text_addf(alt, "%s%s %s at %sx", n++ ? ", " : "", r->scenario->variants[r->spots[i].variant].name,
                      figure_number(recall, r->spots[i].recall), figure_number(ratio, r->spots[i].ratio));
}

static void picture(const struct rate *r, size_t number, void *to)
{
    const struct wanted *wanted = to;
    struct text alt = { 0 };
    char stem[32];

    if (r->scenario != wanted->scenario || strcmp(r->host, wanted->host) != 0)
        return;
    snprintf(stem, sizeof(stem), "rate-%zu", number);
    words(r, &alt);
    text_add(wanted->html, "<h3>Rate and loss</h3>\n<div class=\"plots\">\n");
    site_plot_figure(wanted->html,
                     &(struct site_plot_figure){ stem, stem, alt.data,
                                                 "every size: the higher and the more to the right, the better; newest figures",
                                                 "", height_of(r) });
    text_add(wanted->html, "</div>\n");
    text_free(&alt);
}

void site_rate_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                       struct text *html)
{
    for_all(model, picture, &(struct wanted){ s, host, html });
}
