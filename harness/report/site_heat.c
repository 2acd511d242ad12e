// SPDX-License-Identifier: MIT
#include "report/site_heat.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/news.h"
#include "report/site_page.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const classes[] = { "h0", "h4", "h1", "h2", "h3", "h5" }; /* by enum heat */
static const char *const words[] = { "", "better than accepted", "holds", "unsure", "worse than accepted", "misses its target" };

static const struct point *newest(const struct series *s)
{
    return &s->points[s->n_points - 1];
}

static enum heat beyond(double low, double high, double limit)
{
    return low >= limit ? HEAT_GOOD : high < limit ? HEAT_MISSED : HEAT_UNSURE;
}

enum heat site_heat_target(const struct series *s, const struct point *p)
{
    enum heat least = isnan(s->at_least) ? HEAT_NONE : beyond(p->low, p->high, s->at_least);
    enum heat most = isnan(s->at_most) ? HEAT_NONE : beyond(-p->high, -p->low, -s->at_most);

    return isnan(p->value) ? HEAT_NONE : least > most ? least : most;
}

enum heat site_heat_accepted(const struct series *s, const struct point *p, double margin)
{
    bool higher = s->better == METRIC_HIGHER_IS_BETTER;
    double worst = (higher ? p->low : s->accepted * s->accepted / p->high) / s->accepted - 1;
    double best = (higher ? p->high : s->accepted * s->accepted / p->low) / s->accepted - 1;

    if (isnan(s->accepted) || !(s->accepted > 0) || isnan(p->value) || !(p->low > 0))
        return HEAT_NONE;
    return best < -margin ? HEAT_WORSE : worst > margin ? HEAT_BETTER : worst >= -margin ? HEAT_GOOD : HEAT_UNSURE;
}

static enum heat worse_of(enum heat a, enum heat b)
{
    return a > b ? a : b;
}

struct standing site_heat_stands(const struct series *s, const struct point *p, double margin)
{
    return (struct standing){ s, p, worse_of(site_heat_target(s, p), site_heat_accepted(s, p, margin)) };
}

double site_heat_limit(const struct standing *st)
{
    const struct series *s = st->series;

    return st->heat != HEAT_MISSED ? s->accepted : st->point->high < s->at_least ? s->at_least : s->at_most;
}

int site_heat_worst_first(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    int d = (int)y->heat - (int)x->heat;

    d = d ? d : strcmp(x->series->case_id, y->series->case_id);
    return d ? d : strcmp(x->series->metric, y->series->metric);
}

/* Is there news of it, and is it bad? 0: none; 1, -1: suspected; 2, -2: confirmed. */
static int news_of(const struct site_model *model, const struct series *s)
{
    const struct stepped *stepped = site_model_steps(model, s);
    int news = 0;

    for (size_t i = 0; stepped && i < stepped->n_steps; i++)
        if (news_is_fresh(stepped, &stepped->steps[i], NULL))
            news = (news_harm(s, &stepped->steps[i]) > 0 ? -1 : 1) * (stepped->steps[i].state == STEP_CONFIRMED ? 2 : 1);
    return news;
}

static const struct site_scenario *scenario_of(const struct site_model *model, const struct series *s)
{
    for (size_t i = 0; i < model->n_scenarios; i++)
        if (strcmp(model->scenarios[i].name, s->scenario) == 0)
            return &model->scenarios[i];
    BUG("scenario '%s' is not in the model", s->scenario);
}

void site_heat_link(const struct site_model *model, const struct series *s, struct text *html)
{
    const struct site_scenario *scenario = scenario_of(model, s);

    template_escape(html, scenario->file);
    text_add(html, ".html");
    for (size_t i = 0; i < scenario->n_panels; i++)
        for (size_t k = 0; k < scenario->panels[i].n_series && !scenario->panels[i].changes; k++)
            if (scenario->panels[i].series[k] == s) {
                text_addf(html, "#p%zu", i + 1);
                return;
            }
}

/* A row of the map. */
struct row {
    const struct site_scenario *scenario;
    const char *host;
    const struct run_result *run; /* its last one; NULL: none has finished */
    bool failed;                  /* by a verdict of that run */
    enum heat worst;
    int news; /* -2: bad ones */
    size_t missed, worse, unsure;
};

/* How the scenario's i-th series stands; false where it has no square in this row. */
static bool stands(const struct site_model *model, const struct row *row, size_t i, struct standing *st)
{
    const struct series *s = row->scenario->series[i];

    if (strcmp(s->host_class, row->host) != 0 || s->role != ROLE_OURS)
        return false;
    *st = site_heat_stands(s, newest(s), model->site->margin);
    return true;
}

static void look(const struct site_model *model, struct row *row)
{
    row->failed = row->run && site_worst(row->run, row->scenario) > OUTCOME_INCONCLUSIVE;
    for (size_t i = 0; i < row->scenario->n_series; i++) {
        struct standing st;
        int news;

        if (!stands(model, row, i, &st))
            continue;
        news = news_of(model, st.series);
        row->worst = worse_of(row->worst, st.heat);
        row->missed += st.heat == HEAT_MISSED;
        row->worse += st.heat == HEAT_WORSE;
        row->unsure += st.heat == HEAT_UNSURE;
        row->news = news < row->news ? news : row->news;
    }
}

static int worst_row_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int d = y->failed - x->failed;

    d = d ? d : (int)y->worst - (int)x->worst;
    d = d ? d : x->news - y->news;
    d = d ? d : (y->missed > x->missed) - (y->missed < x->missed);
    d = d ? d : (y->worse > x->worse) - (y->worse < x->worse);
    d = d ? d : strcmp(x->scenario->name, y->scenario->name);
    return d ? d : strcmp(x->host, y->host);
}

/* One square: its colour, a mark where there is news, its name and figures under the pointer. A thousand of them have to
 * stay small. */
static void square(const struct site_model *model, const struct series *s, enum heat heat, int news, struct text *html)
{
    static const char *const marks[] = { "▼", "▽", "", "△", "▲" }; /* by news */
    char number[FIGURE_TEXT];

    text_addf(html, "<a class=%s href=", classes[heat]);
    site_heat_link(model, s, html);
    text_add(html, " title=\"");
    template_escape(html, s->variant);
    text_add(html, *s->params ? " " : "");
    template_escape(html, s->params);
    text_add(html, " ");
    template_escape(html, s->metric);
    text_addf(html, " %s%s%s%s\">%s</a>", figure_number(number, newest(s)->value), heat == HEAT_NONE ? "" : ": ",
              words[heat], !news ? "" : news % 2 ? ", a change is suspected" : ", changed", marks[news + 2]);
}

/* Series that nothing is held against are drawn up to a number: hundreds of grey squares would hide the others. */
static void squares(const struct site_model *model, const struct row *row, struct text *html)
{
    enum { PLAIN_MAX = 60 };
    size_t plain = 0;

    for (size_t i = 0; i < row->scenario->n_series; i++) {
        struct standing st;
        int news;

        if (!stands(model, row, i, &st))
            continue;
        news = news_of(model, st.series);
        if (st.heat == HEAT_NONE && news == 0 && ++plain > PLAIN_MAX)
            continue;
        square(model, st.series, st.heat, news, html);
    }
    if (plain > PLAIN_MAX)
        text_addf(html, " <small>and %zu with nothing to hold them against</small>", plain - PLAIN_MAX);
}

static void map_row(const struct site_model *model, const struct row *row, struct text *html)
{
    text_add(html, "<tr><th scope=\"row\"><a href=\"");
    template_escape(html, row->scenario->file);
    text_add(html, ".html#");
    template_escape(html, row->host);
    text_add(html, "\">");
    template_escape(html, row->scenario->name);
    text_add(html, "</a>");
    if (model->n_hosts > 1) {
        text_add(html, "<br><small>");
        template_escape(html, row->host);
        text_add(html, "</small>");
    }
    text_add(html, "</th><td class=\"map wrap\">");
    squares(model, row, html);
    text_add(html, "</td><td class=\"wrap\">");
    if (row->run && site_worst(row->run, row->scenario) >= 0)
        site_badge(html, row->run, row->scenario);
    if (row->missed)
        text_addf(html, " <span class=\"badge bad\">%zu MISSED</span>", row->missed);
    if (row->worse)
        text_addf(html, " <span class=\"badge bad\">%zu WORSE</span>", row->worse);
    if (row->unsure)
        text_addf(html, " <span class=\"badge warn\">%zu UNSURE</span>", row->unsure);
    text_addf(html, " <small>%.10s</small></td></tr>\n", row->run ? row->run->info.started : "no run");
}

static struct row *find_rows(const struct site_model *model, size_t *n)
{
    struct row *rows = mem_array(model->n_scenarios * model->n_hosts + 1, sizeof(*rows));

    *n = 0;
    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->n_hosts; j++) {
            struct row row = { .scenario = &model->scenarios[i], .host = model->hosts[j] };
            bool any = (row.run = site_model_run_of(model, row.host, row.scenario)) != NULL;

            for (size_t k = 0; k < row.scenario->n_series && !any; k++)
                any = strcmp(row.scenario->series[k]->host_class, row.host) == 0;
            if (!any)
                continue;
            look(model, &row);
            rows[(*n)++] = row;
        }
    if (*n)
        qsort(rows, *n, sizeof(*rows), worst_row_first);
    return rows;
}

void site_heat_map(const struct site_model *model, struct text *html)
{
    size_t n;
    struct row *rows = find_rows(model, &n);

    for (size_t i = 0; i < n; i++)
        map_row(model, &rows[i], html);
    free(rows);
}

static void count_badge(size_t n, const char *class, const char *words_of, struct text *html)
{
    if (n)
        text_addf(html, "<a class=\"badge %s\" href=\"#map\">%zu %s</a> ", class, n, words_of);
}

void site_heat_counts(const struct site_model *model, struct text *html)
{
    size_t n, failed = 0, missed = 0, worse = 0, unsure = 0;
    struct row *rows = find_rows(model, &n);

    for (size_t i = 0; i < n; i++) {
        failed += rows[i].failed;
        missed += rows[i].missed;
        worse += rows[i].worse;
        unsure += rows[i].unsure;
    }
    count_badge(failed, "bad", failed == 1 ? "SCENARIO FAILED" : "SCENARIOS FAILED", html);
    count_badge(missed, "bad", missed == 1 ? "MISSES ITS TARGET" : "MISS THEIR TARGETS", html);
    count_badge(worse, "bad", "WORSE THAN ACCEPTED", html);
    count_badge(unsure, "warn", "UNSURE", html);
    if (n && !failed && !missed && !worse && !unsure)
        text_add(html, "<a class=\"badge good\" href=\"#map\">TARGETS HOLD</a> ");
    free(rows);
}
