// SPDX-License-Identifier: MIT
#include "report/site_study.h"

#include "base/mem.h"
#include "declare/registry.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_fall.h"
#include "report/site_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_spread_gp[], dashboard_waterfall_gp[];

enum { ROW_HEIGHT = 34, BAR_HEIGHT = 24, FOOT = 70, LETTER = 8, NAME_MOST = 20 };

/* One cell of a scenario, as its last run on a host class measured it. */
struct cell {
    const struct site_scenario *scenario;
    const struct run_result *run;
    const char *host, *params;
    size_t number; /* of the scenario's cells over all hosts, from 1 on */
    const struct case_result *cases[VARIANTS_MAX];
    size_t n;
};

typedef void (*cell_fn)(const struct cell *cell, void *arg);

static bool belongs(const struct cell *cell, const struct case_result *c)
{
    return c->status == CASE_OK && c->role != ROLE_ROOF && strcmp(c->scenario, cell->scenario->name) == 0 &&
           strcmp(c->params, cell->params) == 0 && !isnan(site_fall_time(c));
}

/* The cells of a run, in its order: each at its first case. */
static void cells_of_run(struct cell *cell, cell_fn fn, void *arg)
{
    const struct run_result *run = cell->run;

    for (size_t i = 0; i < run->n_cases; i++) {
        bool first = strcmp(run->cases[i].scenario, cell->scenario->name) == 0;

        for (size_t k = 0; k < i; k++)
            first &= strcmp(run->cases[k].scenario, cell->scenario->name) != 0 ||
                     strcmp(run->cases[k].params, run->cases[i].params) != 0;
        if (!first)
            continue;
        cell->params = run->cases[i].params;
        cell->number++;
        cell->n = 0;
        for (size_t k = i; k < run->n_cases && cell->n < ARRAY_LEN(cell->cases); k++)
            if (belongs(cell, &run->cases[k]))
                cell->cases[cell->n++] = &run->cases[k];
        fn(cell, arg);
    }
}

static void cells_of(const struct site_model *model, const struct site_scenario *s, cell_fn fn, void *arg)
{
    struct cell cell = { .scenario = s };

    for (size_t j = 0; j < model->n_hosts && strncmp(s->name, "inference/", 10) == 0; j++) {
        cell.host = model->hosts[j];
        cell.run = site_model_run_of(model, cell.host, s);
        if (cell.run)
            cells_of_run(&cell, fn, arg);
    }
}

static bool has_spread(const struct cell *cell)
{
    size_t most = 0;

    for (size_t i = 0; i < cell->n; i++) {
        size_t n = case_estimate(cell->cases[i], metric_time_ns.name)->n_blocks;

        most = n > most ? n : most;
    }
    return cell->n >= 2 && cell->n <= SITE_STUDY_VARIANTS && most >= 3;
}

/* --- scripts ---------------------------------------------------------------------------------------------------- */

static void stem_of(const struct cell *cell, const char *kind, char *stem, size_t size)
{
    snprintf(stem, size, "%s-%s-%zu", cell->scenario->file, kind, cell->number);
}

static void put_number(struct text *script, const char *name, size_t i, double value)
{
    text_addf(script, i ? "%s%zu = " : "%s = ", name, i);
    gnuplot_number(script, value);
    text_add(script, "\n");
}

static void put_string(struct text *script, const char *name, size_t i, const char *value)
{
    text_addf(script, i ? "%s%zu = " : "%s = ", name, i);
    gnuplot_string(script, value);
    text_add(script, "\n");
}

static double at_share(const double *sorted, size_t n, double share)
{
    double x = share * (double)(n - 1);
    size_t i = (size_t)x;

    return i + 1 < n ? sorted[i] + (x - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* In per cent of the median. */
static void spread_data(struct text *script, const struct cell *cell, size_t i, double *low, double *high)
{
    const struct estimate *e = case_estimate(cell->cases[i], metric_time_ns.name);
    double *v = mem_array(e->n_blocks + 1, sizeof(*v)), *sorted = mem_array(e->n_blocks + 1, sizeof(*v)), median;
    char words[FIGURE_TEXT];
    size_t n = 0;

    for (size_t k = 0; k < e->n_blocks; k++)
        if (e->blocks[k] > 0 && isfinite(e->blocks[k]))
            v[n++] = e->blocks[k];
    if (n == 0)
        v[n++] = e->value;
    memcpy(sorted, v, n * sizeof(*v));
    stats_sort(sorted, n);
    median = stats_median(sorted, n);
    put_string(script, "median", i + 1, text_ns(words, median));
    text_addf(script, "$blocks%zu << END\n", i + 1);
    for (size_t k = 0; k < n; k++)
        text_addf(script, "%.3f %.9g\n", (double)(i + 1) + 0.3 * ((double)(k % 5) / 4 - 0.5), 100 * (v[k] / median - 1));
    text_addf(script, "END\n$box%zu << END\n", i + 1);
    for (int quarter = 0; quarter <= 4; quarter++)
        text_addf(script, "%.9g ", 100 * (at_share(sorted, n, quarter / 4.0) / median - 1));
    text_add(script, "\nEND\n");
    *low = fmin(*low, 100 * (sorted[0] / median - 1));
    *high = fmax(*high, 100 * (sorted[n - 1] / median - 1));
    free(v);
    free(sorted);
}

/* A part of the width: room for the longest of the names. */
static double left_of(size_t longest)
{
    return (double)(20 + LETTER * (longest < NAME_MOST ? longest : NAME_MOST)) / PLOT_WIDTH;
}

static int spread_height(const struct cell *cell)
{
    return FOOT + ROW_HEIGHT * (int)cell->n;
}

static void draw_spread(const struct cell *cell, struct site_plots *plots)
{
    double low = -0.5, high = 0.5;
    struct text *script;
    size_t longest = 0;
    char stem[CASE_ID_MAX + 48];

    stem_of(cell, "spread", stem, sizeof(stem));
    script = site_plots_add(plots, stem);
    for (size_t i = 0; i < cell->n; i++) {
        size_t length = strlen(cell->cases[i]->variant);

        spread_data(script, cell, i, &low, &high);
        put_string(script, "name", i + 1, cell->cases[i]->variant);
        put_number(script, "style", i + 1, (double)site_model_variant(cell->scenario, cell->cases[i]->variant));
        longest = length > longest ? length : longest;
    }
    put_number(script, "left", 0, left_of(longest));
    put_number(script, "right", 0, 1 - 70.0 / PLOT_WIDTH); /* "1.25 ms" */
    put_number(script, "width", 0, PLOT_WIDTH);
    put_number(script, "height", 0, spread_height(cell));
    put_number(script, "x_low", 0, low - 0.05 * (high - low));
    put_number(script, "x_high", 0, high + 0.05 * (high - low));
    put_number(script, "n_variants", 0, (double)cell->n);
    text_add(script, dashboard_spread_gp);
}

static int fall_height(const struct site_fall *fall)
{
    return FOOT + BAR_HEIGHT * (int)fall->n;
}

static void draw_fall(const struct cell *cell, const struct site_fall *fall, struct site_plots *plots)
{
    double low = 1, high = 1;
    size_t longest = 0;
    char stem[CASE_ID_MAX + 48];
    struct text *script;

    stem_of(cell, "waterfall", stem, sizeof(stem));
    script = site_plots_add(plots, stem);
    for (size_t i = 0; i < fall->n; i++) {
        const struct site_fall_bar *b = &fall->bars[i];

        low = fmin(low, fmin(b->low, b->high));
        high = fmax(high, fmax(b->low, b->high));
        longest = strlen(b->name) > longest ? strlen(b->name) : longest;
        put_number(script, "low", i + 1, b->low);
        put_number(script, "high", i + 1, b->high);
        put_number(script, "total", i + 1, b->whole);
        put_string(script, "name", i + 1, b->name);
        put_string(script, "text", i + 1, b->text);
    }
    low /= 1.3;
    for (size_t i = 0; i < fall->n; i++)
        if (fall->bars[i].whole)
            put_number(script, "low", i + 1, low);
    put_number(script, "left", 0, left_of(longest));
    put_number(script, "width", 0, PLOT_WIDTH);
    put_number(script, "height", 0, fall_height(fall));
    put_number(script, "x_low", 0, low);
    put_number(script, "x_high", 0, high * pow(high / low, 0.2)); /* room for the words behind the longest bar */
    put_number(script, "n_bars", 0, (double)fall->n);
    put_number(script, "n_steps", 0, (double)fall->n_steps);
    text_add(script, dashboard_waterfall_gp);
}

static void draw(const struct cell *cell, void *plots)
{
    struct site_fall fall;

    if (has_spread(cell))
        draw_spread(cell, plots);
    if (site_fall_find(cell->cases, cell->n, &fall))
        draw_fall(cell, &fall, plots);
}

void site_study_scripts(const struct site_model *model, struct site_plots *plots)
{
    for (size_t i = 0; i < model->n_scenarios; i++)
        cells_of(model, &model->scenarios[i], draw, plots);
}

/* --- pages ------------------------------------------------------------------------------------------------------ */

struct wanted {
    const char *host;
    struct text *html;
    bool any;
};

static void picture(const struct cell *cell, const char *kind, int high, const char *alt, const char *what,
                    struct wanted *wanted)
{
    struct text caption = { 0 };
    char stem[CASE_ID_MAX + 48];

    stem_of(cell, kind, stem, sizeof(stem));
    if (*cell->params) {
        figure_params(&caption, cell->params);
        text_add(&caption, ": ");
    }
    text_add(&caption, what);
    text_add(wanted->html, wanted->any ? "" : "<h3>The last run</h3>\n<div class=\"plots\">\n");
    wanted->any = true;
    site_plot_figure(wanted->html, &(struct site_plot_figure){ stem, stem, alt, caption.data, "", high });
    text_free(&caption);
}

static void show(const struct cell *cell, void *arg)
{
    struct wanted *wanted = arg;
    struct text alt = { 0 };
    struct site_fall fall;

    if (strcmp(cell->host, wanted->host) != 0)
        return;
    text_add(&alt, "");
    for (size_t i = 0; i < cell->n; i++) {
        char number[FIGURE_TEXT];

        text_addf(&alt, "%s%s %s", i ? ", " : "median times: ", cell->cases[i]->variant, text_ns(number, site_fall_time(cell->cases[i])));
    }
    if (has_spread(cell))
        picture(cell, "spread", spread_height(cell), alt.data, "every block around its variant's median, which stands at the right; the box holds the middle half", wanted);
    alt.len = 0;
    if (site_fall_find(cell->cases, cell->n, &fall)) {
        for (size_t i = 1; i < fall.n; i++)
            text_addf(&alt, "%s%s %s", i > 1 ? ", " : "", fall.bars[i].name, fall.bars[i].text);
        picture(cell, "waterfall", fall_height(&fall), alt.data, "what each switch adds, the one that helps most first", wanted);
    }
    text_free(&alt);
}

void site_study_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                        struct text *html)
{
    struct wanted wanted = { host, html, false };

    cells_of(model, s, show, &wanted);
    text_add(html, wanted.any ? "</div>\n" : "");
}
