// SPDX-License-Identifier: MIT
#include "report/site_roofline.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/gnuplot.h"
#include "report/site_plot.h"
#include "report/site_roofline_draw.h"
#include "report/site_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static const char intensity[] = "intensity", bandwidth[] = "gbps";
static const char *const metrics[] = { "gflops", "gops" };

/* Two roofs nearer than this are one: instructions that differ only in their encoding reach the same. */
#define SAME_ROOF 1.1

bool site_roofline_owns(const char *metric)
{
    return strcmp(metric, intensity) == 0;
}

/* The value of an axis in "level=1/threads=2"; `none` where there is no such axis. */
static long axis_value(const char *params, const char *axis, long none)
{
    size_t n = strlen(axis);

    for (const char *p = params; p; p = strchr(p, '/'), p = p ? p + 1 : NULL)
        if (strncmp(p, axis, n) == 0 && p[n] == '=')
            return strtol(p + n + 1, NULL, 10);
    return none;
}

static bool is_ceiling(const struct site_scenario *s)
{
    return s->n_variants > 0 && s->variants[0].reference && s->variants[0].role == ROLE_ROOF;
}

/* The newest value; NAN where it cannot stand on a logarithmic axis. */
static double newest(const struct series *s)
{
    double value = s->points[s->n_points - 1].value;

    return site_view_drawable(value) && value > 0 ? value : NAN;
}

static const struct series *intensity_of(const struct site_model *model, const struct series *s)
{
    const struct history *h = model->site->history;

    for (size_t i = 0; i < h->n_series; i++)
        if (site_roofline_owns(h->series[i].metric) && h->series[i].n_points > 0 &&
            strcmp(h->series[i].case_id, s->case_id) == 0 && strcmp(h->series[i].host_class, s->host_class) == 0 &&
            isfinite(newest(&h->series[i])))
            return &h->series[i];
    return NULL;
}

static bool panel_is(const struct panel *p, const char *host, const char *metric, long threads)
{
    const struct series *s = p->series[0];

    /* NOLINTNEXTLINE: every series has a class */
    return !p->changes && strcmp(s->host_class, host) == 0 && strcmp(s->metric, metric) == 0 &&
           axis_value(s->params, "threads", 1) == threads;
}

static void add_roof(struct roof *roofs, size_t *n, double value, const char *name, long level)
{
    size_t at = *n;

    if (isnan(value))
        return;
    if (*n < ROOFLINE_ROOFS)
        (*n)++;
    while (at > 0 && roofs[at - 1].value < value) { /* highest first; beyond the room the lowest goes */
        if (at < ROOFLINE_ROOFS)
            roofs[at] = roofs[at - 1];
        at--;
    }
    if (at < ROOFLINE_ROOFS) {
        roofs[at] = (struct roof){ .value = value, .level = level };
        text_copy(roofs[at].name, sizeof(roofs[at].name), name);
    }
}

static void add_slope(struct roofline *r, const struct panel *p)
{
    static const char *const caches[] = { "L1", "L2", "L3", "DRAM" };
    long level = axis_value(p->series[0]->params, "level", 0);
    double best = NAN;

    if (level < 1 || level > (long)ARRAY_LEN(caches))
        return;
    for (size_t i = 0; i < p->n_series; i++)
        best = fmax(best, newest(p->series[i]));
    add_roof(r->slopes, &r->n_slopes, best, caches[level - 1], level);
}

static void drop_same(struct roof *roofs, size_t *n)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++)
        if (kept == 0 || roofs[kept - 1].value > roofs[i].value * SAME_ROOF)
            roofs[kept++] = roofs[i];
    *n = kept;
}

static void find_roofs(const struct site_model *model, struct roofline *r)
{
    for (size_t i = 0; i < model->n_scenarios; i++) {
        const struct site_scenario *s = &model->scenarios[i];

        for (size_t j = 0; j < s->n_panels && is_ceiling(s); j++) {
            const struct panel *p = &s->panels[j];

            if (panel_is(p, r->host, bandwidth, r->threads))
                add_slope(r, p);
            if (!panel_is(p, r->host, r->metric, r->threads))
                continue;
            for (size_t k = 0; k < p->n_series; k++)
                add_roof(r->levels, &r->n_levels, newest(p->series[k]), p->series[k]->variant, 0);
        }
    }
    drop_same(r->levels, &r->n_levels);
}

static size_t add_name(struct roofline *r, const char *name, const char *note, size_t style)
{
    struct roofline_name *n;
    size_t i = 0;

    while (i < r->n_names && r->names[i].style != style)
        i++;
    if (i < r->n_names)
        return i;
    r->names = mem_grow(r->names, &r->names_capacity, r->n_names + 1, sizeof(*r->names));
    n = &r->names[r->n_names++];
    n->style = style;
    snprintf(n->text, sizeof(n->text), "%s%s", name, note);
    return i;
}

static void add_mark(const struct site_model *model, struct roofline *r, const struct series *s, const char *name,
                     const char *note, size_t style)
{
    const struct series *x = intensity_of(model, s);
    struct mark *m;

    if (!x || isnan(newest(s)))
        return;
    r->unit = s->unit;
    r->intensity_unit = x->unit;
    r->marks = mem_grow(r->marks, &r->marks_capacity, r->n_marks + 1, sizeof(*r->marks));
    m = &r->marks[r->n_marks++];
    *m = (struct mark){ newest(x), newest(s), add_name(r, name, note, style) };
}

static void mark_variants(const struct site_model *model, struct roofline *r, const struct panel *p)
{
    for (size_t i = 0; i < p->n_series; i++) {
        size_t style = site_model_variant(r->scenario, p->series[i]->variant);
        const struct site_variant *v = &r->scenario->variants[style];

        if (v->role != ROLE_ROOF)
            add_mark(model, r, p->series[i], v->name, v->reference ? " (reference)" : figure_role(v->role), style);
    }
}

static void mark_best(const struct site_model *model, struct roofline *r, const struct panel *p, size_t style)
{
    const struct series *best = NULL;

    for (size_t i = 0; i < p->n_series; i++)
        if (p->series[i]->role == ROLE_OURS && (!best || newest(p->series[i]) > newest(best)))
            best = p->series[i];
    if (best)
        add_mark(model, r, best, best->scenario, "", style);
}

static void find_marks(const struct site_model *model, struct roofline *r)
{
    size_t style = 0; /* colours of the kernels: the grey one is left to references */

    for (size_t i = 0; i < model->n_scenarios; i++) {
        const struct site_scenario *s = &model->scenarios[i];

        if (is_ceiling(s) || (s != r->scenario && !is_ceiling(r->scenario)))
            continue;
        style++;
        for (size_t j = 0; j < s->n_panels; j++) {
            if (!panel_is(&s->panels[j], r->host, r->metric, r->threads))
                continue;
            if (s == r->scenario)
                mark_variants(model, r, &s->panels[j]);
            else
                mark_best(model, r, &s->panels[j], style);
        }
    }
}

struct list {
    struct roofline *at;
    size_t n, capacity;
};

static void release(struct roofline *r)
{
    free(r->marks);
    free(r->names);
}

static void add_roofline(const struct site_model *model, struct list *list, const struct roofline *what)
{
    struct roofline r = *what;

    for (size_t i = 0; i < list->n; i++)
        if (list->at[i].scenario == r.scenario && list->at[i].host == r.host && list->at[i].metric == r.metric &&
            list->at[i].threads == r.threads)
            return;
    find_roofs(model, &r);
    find_marks(model, &r);
    if (r.n_marks == 0 || r.n_levels + r.n_slopes == 0) {
        release(&r);
        return;
    }
    list->at = mem_grow(list->at, &list->capacity, list->n + 1, sizeof(*list->at));
    list->at[list->n++] = r;
}

/* In the order of the pages: by scenario, host, metric, threads (panels stand in the order of their params). */
static struct list find_all(const struct site_model *model)
{
    struct list list = { 0 };

    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->n_hosts; j++)
            for (size_t k = 0; k < ARRAY_LEN(metrics); k++) {
                const struct site_scenario *s = &model->scenarios[i];

                for (size_t p = 0; p < s->n_panels; p++) {
                    struct roofline r = { .scenario = s, .host = model->hosts[j], .metric = metrics[k] };

                    r.threads = axis_value(s->panels[p].series[0]->params, "threads", 1);
                    if (panel_is(&s->panels[p], r.host, r.metric, r.threads))
                        add_roofline(model, &list, &r);
                }
            }
    return list;
}

static void free_all(struct list *list)
{
    for (size_t i = 0; i < list->n; i++)
        release(&list->at[i]);
    free(list->at);
}

size_t site_roofline_count(const struct site_model *model)
{
    struct list list = find_all(model);
    size_t n = list.n;

    free_all(&list);
    return n;
}

void site_roofline_scripts(const struct site_model *model, struct site_plots *plots)
{
    struct list list = find_all(model);

    for (size_t i = 0; i < list.n; i++) {
        char stem[32];

        snprintf(stem, sizeof(stem), "roofline-%zu", i + 1);
        site_roofline_draw(&list.at[i], site_plots_add(plots, stem));
    }
    free_all(&list);
}

static void words(const struct roofline *r, struct text *alt, struct text *caption)
{
    char number[FIGURE_TEXT];

    text_addf(alt, "%s over %s; roofs: ", r->unit, r->intensity_unit);
    for (size_t i = 0; i < r->n_levels; i++)
        text_addf(alt, "%s%s %s %s", i ? ", " : "", r->levels[i].name, figure_number(number, r->levels[i].value),
                  r->unit);
    for (size_t i = 0; i < r->n_slopes; i++)
        text_addf(alt, "%s%s %s GB/s", i || r->n_levels ? ", " : "", r->slopes[i].name,
                  figure_number(number, r->slopes[i].value));
    text_add(alt, "; at most: ");
    for (size_t i = 0; i < r->n_names; i++) {
        double most = 0;

        for (size_t j = 0; j < r->n_marks; j++)
            most = fmax(most, r->marks[j].name == i ? r->marks[j].y : 0);
        text_addf(alt, "%s%s %s", i ? ", " : "", r->names[i].text, figure_number(number, most));
    }
    text_addf(caption, "%ld thread%s: %s; newest figures", r->threads, r->threads == 1 ? "" : "s",
              is_ceiling(r->scenario) ? "the best of ours in every cell" : "every cell");
}

static void picture(const struct roofline *r, size_t n, struct text *html)
{
    struct text alt = { 0 }, caption = { 0 };
    char stem[32];

    snprintf(stem, sizeof(stem), "roofline-%zu", n);
    words(r, &alt, &caption);
    site_plot_figure(html, &(struct site_plot_figure){ stem, stem, alt.data, caption.data, "", site_roofline_height(r) });
    text_free(&alt);
    text_free(&caption);
}

void site_roofline_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                           struct text *html)
{
    struct list list = find_all(model);
    size_t shown = 0;

    for (size_t i = 0; i < list.n; i++)
        if (list.at[i].scenario == s && strcmp(list.at[i].host, host) == 0) {
            text_add(html, shown++ ? "" : "<h3>Roofline</h3>\n<div class=\"plots\">\n");
            picture(&list.at[i], i + 1, html);
        }
    text_add(html, shown ? "</div>\n" : "");
    free_all(&list);
}
