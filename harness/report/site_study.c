// SPDX-License-Identifier: MIT
#include "report/site_study.h"

#include "base/mem.h"
#include "declare/registry.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_plot.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_spread_gp[], dashboard_waterfall_gp[], dashboard_plot_html[];

enum { BARS_MAX = 10, ROW_HEIGHT = 34, FALL_HEIGHT = 280, LETTER = 8, NAME_MOST = 20 };

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

static double time_of(const struct case_result *c)
{
    const struct estimate *e = case_estimate(c, metric_time_ns.name);

    return e && e->value > 0 && isfinite(e->value) ? e->value : NAN;
}

static bool belongs(const struct cell *cell, const struct case_result *c)
{
    return c->status == CASE_OK && c->role != ROLE_ROOF && strcmp(c->scenario, cell->scenario->name) == 0 &&
           strcmp(c->params, cell->params) == 0 && !isnan(time_of(c));
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

/* --- the waterfall ---------------------------------------------------------------------------------------------- */

struct fall {
    size_t n, n_steps; /* bars: nothing on, one for each letter, all of these on; beside these steps the others */
    struct bar {
        double low, high;
        bool whole; /* stands on the ground */
        char name[24], text[24];
    } bars[BARS_MAX];
};

/* The time of the variant with exactly these letters on; NAN where there is none. */
static double time_with(const struct cell *cell, const char *on)
{
    for (size_t i = 0; i < cell->n; i++) {
        const char *name = strcmp(cell->cases[i]->variant, "none") == 0 ? "" : cell->cases[i]->variant;

        if (strlen(name) == strlen(on) && strspn(name, on) == strlen(name) && strspn(on, name) == strlen(on))
            return time_of(cell->cases[i]);
    }
    return NAN;
}

static void set_bar(struct bar *bar, double low, double high, const char *name, const char *sign, double factor)
{
    *bar = (struct bar){ .low = low, .high = high };
    text_copy(bar->name, sizeof(bar->name), name);
    snprintf(bar->text, sizeof(bar->text), "%s%.2f×", sign, factor);
}

static void set_whole(struct bar *bar, double high, const char *name)
{
    set_bar(bar, 1, high, name, "", high);
    bar->whole = true;
}

/* The reference, and variants that are no set of the letters. */
static void add_others(const struct cell *cell, const char *letters, double none, struct fall *fall)
{
    for (size_t i = 0; i < cell->n && fall->n < BARS_MAX; i++) {
        const char *name = cell->cases[i]->variant;
        bool reference = strcmp(name, cell->cases[i]->reference) == 0;

        if (strcmp(name, "none") != 0 && strcmp(name, letters) != 0 && (reference || name[strspn(name, letters)]))
            set_whole(&fall->bars[fall->n++], none / time_of(cell->cases[i]), name);
    }
}

static bool find_fall(const struct cell *cell, struct fall *fall)
{
    double none = time_with(cell, ""), at = none;
    char on[BARS_MAX] = "";

    *fall = (struct fall){ 0 };
    if (isnan(none))
        return false;
    set_whole(&fall->bars[fall->n++], 1, "none");
    for (;;) { /* the letter that helps most comes next */
        char best = 0, with[BARS_MAX + 1], name[4];
        double best_time = INFINITY;
        size_t n = strlen(on);

        for (char c = 'a'; c <= 'z' && strlen(on) + 2 < sizeof(on); c++) {
            double t;

            memcpy(with, on, n);
            with[n] = c;
            with[n + 1] = '\0';
            t = strchr(on, c) ? NAN : time_with(cell, with);
            if (t < best_time) {
                best_time = t;
                best = c;
            }
        }
        if (!best || fall->n + 2 > BARS_MAX)
            break;
        snprintf(name, sizeof(name), "+%c", best);
        set_bar(&fall->bars[fall->n++], none / at, none / best_time, name, "", at / best_time);
        on[n] = best;
        at = best_time;
    }
    if (fall->n < 3)
        return false;
    set_whole(&fall->bars[fall->n++], none / at, on);
    fall->n_steps = fall->n;
    add_others(cell, on, none, fall);
    return true;
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

static void spread_data(struct text *script, const struct cell *cell, size_t i, double scale, double *low, double *high)
{
    const struct estimate *e = case_estimate(cell->cases[i], metric_time_ns.name);
    double *v = mem_array(e->n_blocks + 1, sizeof(*v));
    size_t n = 0;

    for (size_t k = 0; k < e->n_blocks; k++)
        if (e->blocks[k] > 0 && isfinite(e->blocks[k]))
            v[n++] = e->blocks[k] / scale;
    if (n == 0)
        v[n++] = e->value / scale;
    text_addf(script, "$blocks%zu << END\n", i + 1);
    for (size_t k = 0; k < n; k++)
        text_addf(script, "%.3f %.9g\n", (double)(i + 1) + 0.3 * ((double)(k % 5) / 4 - 0.5), v[k]);
    stats_sort(v, n);
    text_addf(script, "END\n$box%zu << END\n%.9g %.9g %.9g %.9g %.9g\nEND\n", i + 1, v[0], at_share(v, n, 0.25),
              at_share(v, n, 0.5), at_share(v, n, 0.75), v[n - 1]);
    *low = fmin(*low, v[0]);
    *high = fmax(*high, v[n - 1]);
    free(v);
}

static int spread_height(const struct cell *cell)
{
    return 70 + ROW_HEIGHT * (int)cell->n;
}

static void draw_spread(const struct cell *cell, struct site_plots *plots)
{
    double low = INFINITY, high = 0, scale = 1, fastest = INFINITY;
    struct text *script, label = { 0 };
    size_t longest = 0;
    char stem[CASE_ID_MAX + 48];

    stem_of(cell, "spread", stem, sizeof(stem));
    script = site_plots_add(plots, stem);
    for (size_t i = 0; i < cell->n; i++)
        fastest = fmin(fastest, time_of(cell->cases[i]));
    text_addf(&label, "time of a block (%s), log scale", figure_time_unit(fastest, &scale));
    for (size_t i = 0; i < cell->n; i++) {
        spread_data(script, cell, i, scale, &low, &high);
        put_string(script, "name", i + 1, cell->cases[i]->variant);
        put_number(script, "style", i + 1, (double)site_model_variant(cell->scenario, cell->cases[i]->variant));
        longest = strlen(cell->cases[i]->variant) > longest ? strlen(cell->cases[i]->variant) : longest;
    }
    put_number(script, "left", 0, (double)(20 + LETTER * (longest < NAME_MOST ? longest : NAME_MOST)) / PLOT_WIDTH);
    put_number(script, "width", 0, PLOT_WIDTH);
    put_number(script, "height", 0, spread_height(cell));
    put_number(script, "y_low", 0, low / pow(high / low, 0.05) / 1.02);
    put_number(script, "y_high", 0, high * pow(high / low, 0.05) * 1.02);
    put_number(script, "n_variants", 0, (double)cell->n);
    put_string(script, "label", 0, label.data);
    text_add(script, dashboard_spread_gp);
    text_free(&label);
}

static void draw_fall(const struct cell *cell, const struct fall *fall, struct site_plots *plots)
{
    double low = 1, high = 1;
    char stem[CASE_ID_MAX + 48];
    struct text *script;

    stem_of(cell, "waterfall", stem, sizeof(stem));
    script = site_plots_add(plots, stem);
    for (size_t i = 0; i < fall->n; i++) {
        const struct bar *b = &fall->bars[i];

        low = fmin(low, fmin(b->low, b->high));
        high = fmax(high, fmax(b->low, b->high));
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
    put_number(script, "width", 0, PLOT_WIDTH);
    put_number(script, "height", 0, FALL_HEIGHT);
    put_number(script, "y_low", 0, low);
    put_number(script, "y_high", 0, high * pow(high / low, 0.12));
    put_number(script, "n_bars", 0, (double)fall->n);
    put_number(script, "n_steps", 0, (double)fall->n_steps);
    text_add(script, dashboard_waterfall_gp);
}

static void draw(const struct cell *cell, void *plots)
{
    struct fall fall;

    if (has_spread(cell))
        draw_spread(cell, plots);
    if (find_fall(cell, &fall))
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
    struct text light = { 0 }, dark = { 0 }, caption = { 0 };
    char stem[CASE_ID_MAX + 48], width[12], height[12];

    stem_of(cell, kind, stem, sizeof(stem));
    text_addf(&light, "plots/%s-light.svg", stem);
    text_addf(&dark, "plots/%s-dark.svg", stem);
    snprintf(width, sizeof(width), "%d", PLOT_WIDTH);
    snprintf(height, sizeof(height), "%d", high);
    if (*cell->params) {
        figure_params(&caption, cell->params);
        text_add(&caption, ": ");
    }
    text_add(&caption, what);
    text_add(wanted->html, wanted->any ? "" : "<h3>The last run</h3>\n<div class=\"plots\">\n");
    wanted->any = true;
    template_fill(wanted->html, dashboard_plot_html,
                  (struct field[]){ { "light", light.data },
                                    { "dark", dark.data },
                                    { "alt", alt },
                                    { "width", width },
                                    { "height", height },
                                    { "caption", caption.data },
                                    { "id", stem },
                                    { "hover", "" } },
                  8);
    text_free(&light);
    text_free(&dark);
    text_free(&caption);
}

static void show(const struct cell *cell, void *arg)
{
    struct wanted *wanted = arg;
    struct text alt = { 0 };
    struct fall fall;

    if (strcmp(cell->host, wanted->host) != 0)
        return;
    text_add(&alt, "");
    for (size_t i = 0; i < cell->n; i++) {
        char number[FIGURE_TEXT];

        text_addf(&alt, "%s%s %s", i ? ", " : "median times: ", cell->cases[i]->variant, text_ns(number, time_of(cell->cases[i])));
    }
    if (has_spread(cell))
        picture(cell, "spread", spread_height(cell), alt.data, "every block; the box holds the middle half", wanted);
    alt.len = 0;
    if (find_fall(cell, &fall)) {
        for (size_t i = 1; i < fall.n; i++)
            text_addf(&alt, "%s%s %s", i > 1 ? ", " : "", fall.bars[i].name, fall.bars[i].text);
        picture(cell, "waterfall", FALL_HEIGHT, alt.data, "what each switch adds, the one that helps most first", wanted);
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
