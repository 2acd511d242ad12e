// SPDX-License-Identifier: MIT
#include "report/site_night.h"

#include "base/day.h"
#include "base/mem.h"
#include "report/figure.h"
#include "report/site_heat.h"
#include "report/site_news.h"
#include "report/site_page.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of each table; points that a figure is held against. */
enum { VERDICTS_MAX = 40, STANDINGS_MAX = 25, MOVES_MAX = 15, BEFORE = 10 };

struct night_page {
    const struct site_model *model;
    const struct night_run *runs; /* of that day */
    size_t n_runs;
    char date[DAY_TEXT];
};

/* What was judged in a run; NULL: nobody looked. */
static const struct judgement *judged_in(const struct site_model *model, int64_t run)
{
    const struct site *site = model->site;
    size_t low = 0, high = site->n_judged;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (site->judged[mid].run < run)
            low = mid + 1;
        else
            high = mid;
    }
    return low < site->n_judged && site->judged[low].run == run ? &site->judged[low] : NULL;
}

/* "2 REGRESSED 38 PASS", worst first. */
static void count_badges(const struct judgement *j, struct text *html)
{
    bool any = false;

    for (int o = OUTCOME_WRONG_RESULT; o >= 0; o--)
        if (j->counts[o]) {
            text_addf(html, any ? " %zu " : "%zu ", j->counts[o]);
            site_outcome_badge(html, (enum outcome)o);
            any = true;
        }
    if (!any)
        text_add(html, j->judged ? "none" : "not judged");
}

static void run_rows(const struct night_page *page, struct text *html)
{
    text_add(html, "<h2>Runs</h2>\n<div class=\"scroll stacked\" role=\"region\" aria-label=\"Runs\" tabindex=\"0\"><table>\n<thead><tr>"
                   "<th scope=\"col\" class=\"num\">Run</th><th scope=\"col\">Verdicts</th><th scope=\"col\">Command</th>"
                   "<th scope=\"col\">Began</th><th scope=\"col\">Host class</th><th scope=\"col\">Commit</th>"
                   "<th scope=\"col\" class=\"num\">Series</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->n_runs; i++) {
        const struct night_run *run = &page->runs[i];
        const struct judgement *j = judged_in(page->model, run->run);

        text_addf(html, "<tr><th scope=\"row\" class=\"num\">%lld</th><td data-label=\"Verdicts\" class=\"wrap\">",
                  (long long)run->run);
        if (j)
            count_badges(j, html);
        text_add(html, "</td><td data-label=\"Command\" class=\"reason\">");
        template_escape(html, j ? j->command : "");
        text_add(html, "</td><td data-label=\"Began\">");
        site_time(html, run->point->started);
        text_add(html, "</td><td data-label=\"Host class\">");
        template_escape(html, run->host_class);
        text_add(html, "</td><td data-label=\"Commit\">");
        site_commit(html, run->point->commit, false);
        text_addf(html, "</td><td data-label=\"Series\" class=\"num\">%zu</td></tr>\n", run->series);
    }
    text_add(html, "</tbody></table></div>\n");
}

static int worst_verdict_first(const void *a, const void *b)
{
    const struct verdict *x = *(const struct verdict *const *)a, *y = *(const struct verdict *const *)b;
    int d = (int)y->outcome - (int)x->outcome;

    d = d ? d : strcmp(x->case_id, y->case_id);
    return d ? d : strcmp(x->metric, y->metric);
}

/* Of all runs of the night what did not pass. */
static void verdict_rows(const struct night_page *page, struct text *html)
{
    const struct verdict **bad = NULL;
    size_t n = 0, capacity = 0, judged = 0;

    text_add(html, "<h2>Verdicts</h2>\n");
    for (size_t i = 0; i < page->n_runs; i++) {
        const struct judgement *j = judged_in(page->model, page->runs[i].run);

        judged += j && j->judged;
        for (size_t k = 0; j && k < j->n_bad; k++) {
            bad = mem_grow(bad, &capacity, n + 1, sizeof(*bad));
            bad[n++] = &j->bad[k];
        }
    }
    if (n == 0) {
        text_add(html, judged ? "<p>All passed.</p>\n"
                              : "<p>No gate judged this night; nothing crashed and no result was wrong.</p>\n");
        return;
    }
    qsort(bad, n, sizeof(*bad), worst_verdict_first);
    site_verdict_head(html, "");
    for (size_t i = 0; i < n && i < VERDICTS_MAX; i++)
        site_verdict_row(html, bad[i], "", bad[i]->case_id);
    text_add(html, "</tbody></table></div>\n");
    if (n > VERDICTS_MAX)
        text_addf(html, "<p>%zu more.</p>\n", n - VERDICTS_MAX);
    free(bad);
}

static void standing_row(const struct site_model *model, const struct standing *st, struct text *html)
{
    const struct series *s = st->series;
    bool missed = st->heat == HEAT_MISSED;
    bool time = strcmp(s->unit, "ns") == 0; /* an interval has no unit of its own */
    char value[FIGURE_TEXT], interval[FIGURE_TEXT], number[FIGURE_TEXT];

    text_addf(html, "<tr><td><span class=\"badge bad\">%s</span></td><th scope=\"row\"><a href=\"",
              missed ? "MISSED TARGET" : "WORSE");
    site_heat_link(model, s, html);
    text_add(html, "\">");
    template_escape(html, s->case_id);
    text_add(html, "</a></th><td data-label=\"Metric\">");
    template_escape(html, s->metric);
    text_add(html, "</td><td data-label=\"That night\" class=\"num\">");
    template_escape(html, figure_with_unit(value, st->point->value, s->unit));
    if (!time)
        text_addf(html, " <span class=\"range\">%s</span>", figure_interval(interval, st->point->low, st->point->high));
    text_add(html, "</td><td data-label=\"Limit\" class=\"num\">");
    template_escape(html, figure_with_unit(number, site_heat_limit(st), s->unit));
    text_add(html, "</td></tr>\n");
}

/* How the night's figures stand beside the targets and what was accepted: both as they are today. */
static void standing_rows(const struct night_page *page, struct standing *all, size_t n, struct text *html)
{
    size_t counts[HEAT_MISSED + 1] = { 0 }, bad;

    for (size_t i = 0; i < n; i++)
        counts[all[i].heat]++;
    bad = counts[HEAT_MISSED] + counts[HEAT_WORSE];
    text_add(html, "<h2>Against targets and baselines</h2>\n");
    if (n == 0) {
        text_add(html, "<p>There are none for what was measured.</p>\n");
        return;
    }
    text_addf(html, "<p class=\"facts\">Of %zu figures with a target or an accepted value, as these are today, %zu miss "
                    "their target, %zu are worse than accepted, %zu unsure, %zu hold, %zu are better.</p>\n",
              n, counts[HEAT_MISSED], counts[HEAT_WORSE], counts[HEAT_UNSURE], counts[HEAT_GOOD], counts[HEAT_BETTER]);
    if (bad == 0)
        return;
    qsort(all, n, sizeof(*all), site_heat_worst_first);
    text_add(html, "<div class=\"scroll stacked\" role=\"region\" aria-label=\"Standings\" tabindex=\"0\"><table>\n<thead><tr>"
                   "<th scope=\"col\">Stands</th><th scope=\"col\">Case</th><th scope=\"col\">Metric</th>"
                   "<th scope=\"col\" class=\"num\">That night [low, high]</th><th scope=\"col\" class=\"num\">Limit</th>"
                   "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < bad && i < STANDINGS_MAX; i++)
        standing_row(page->model, &all[i], html);
    text_add(html, "</tbody></table></div>\n");
    if (bad > STANDINGS_MAX)
        text_addf(html, "<p>%zu more.</p>\n", bad - STANDINGS_MAX);
}

static bool began_on(const struct stepped *stepped, const struct step *step, const void *date)
{
    return strncmp(stepped->series->points[step->index].started, date, 10) == 0;
}

static void step_rows(const struct site_model *model, const char *date, struct text *html)
{
    struct news_list list;

    news_collect(&list, model->site->steps, model->site->steps ? model->site->history->n_series : 0, began_on, date);
    text_add(html, list.n ? "<h2>Changes that began</h2>\n" : "<h2>Changes that began</h2>\n<p>None.</p>\n");
    site_news(model, &list, html);
    news_free(&list);
}

struct move {
    const struct series *series;
    const struct point *point;
    double before, change; /* the log of the ratio, above 0: worse */
};

static int largest_first(const void *a, const void *b)
{
    double x = fabs(((const struct move *)a)->change), y = fabs(((const struct move *)b)->change);

    return x > y ? -1 : x < y ? 1 : strcmp(((const struct move *)a)->series->case_id, ((const struct move *)b)->series->case_id);
}

/* The last point of the day against the median of those before it. */
static bool measure_move(const struct series *s, size_t at, struct move *move)
{
    double v[BEFORE];
    size_t n = 0;

    for (size_t i = at > BEFORE ? at - BEFORE : 0; i < at; i++)
        if (s->points[i].value > 0)
            v[n++] = s->points[i].value;
    if (n < 3 || !(s->points[at].value > 0))
        return false;
    stats_sort(v, n);
    *move = (struct move){ s, &s->points[at], stats_median(v, n), 0 };
    move->change = log(move->point->value / move->before) * (s->better == METRIC_HIGHER_IS_BETTER ? -1 : 1);
    return fabs(move->change) > 1e-9;
}

static void move_rows(const struct site_model *model, const struct move *moves, size_t n, struct text *html)
{
    text_addf(html, "<h2>What moved most</h2>\n<p class=\"facts\">Each figure against the median of the %d before it; one "
                    "night alone is no change.</p>\n",
              BEFORE);
    if (n == 0) {
        text_add(html, "<p>Nothing to compare with yet.</p>\n");
        return;
    }
    text_add(html, "<div class=\"scroll stacked\" role=\"region\" aria-label=\"Moves\" tabindex=\"0\"><table>\n<thead><tr>"
                   "<th scope=\"col\">Case</th><th scope=\"col\">Metric</th><th scope=\"col\" class=\"num\">Before</th>"
                   "<th scope=\"col\" class=\"num\">That night</th><th scope=\"col\" class=\"num\">Change</th></tr></thead>\n"
                   "<tbody>\n");
    for (size_t i = 0; i < n && i < MOVES_MAX; i++) {
        char a[FIGURE_TEXT], b[FIGURE_TEXT];

        text_add(html, "<tr><th scope=\"row\"><a href=\"");
        site_heat_link(model, moves[i].series, html);
        text_add(html, "\">");
        template_escape(html, moves[i].series->case_id);
        text_add(html, "</a></th><td data-label=\"Metric\">");
        template_escape(html, moves[i].series->metric);
        text_add(html, "</td><td data-label=\"Before\" class=\"num\">");
        template_escape(html, figure_with_unit(a, moves[i].before, moves[i].series->unit));
        text_add(html, "</td><td data-label=\"That night\" class=\"num\">");
        template_escape(html, figure_with_unit(b, moves[i].point->value, moves[i].series->unit));
        text_addf(html, "</td><td data-label=\"Change\" class=\"num\">%+.1f %% %s</td></tr>\n",
                  100 * (moves[i].point->value / moves[i].before - 1), moves[i].change > 0 ? "worse" : "better");
    }
    text_add(html, "</tbody></table></div>\n");
}

/* Has the night of this date begun when a run starts? What has no date is of no night. */
static bool is_until(const char *started, const char *date)
{
    return *started < '1' || *started > '9' || strncmp(started, date, 10) <= 0;
}

static void write_main(const struct night_page *page, size_t *cursors, struct text *html)
{
    const struct history *h = page->model->site->history;
    struct move *moves = mem_array(h->n_series, sizeof(*moves));
    struct standing *standings = mem_array(h->n_series, sizeof(*standings));
    size_t n_moves = 0, n_standings = 0;

    for (size_t i = 0; i < h->n_series; i++) {
        const struct series *s = &h->series[i];
        size_t from = cursors[i];

        while (cursors[i] < s->n_points && is_until(s->points[cursors[i]].started, page->date))
            cursors[i]++;
        if (cursors[i] == from || s->role != ROLE_OURS)
            continue;
        n_moves += measure_move(s, cursors[i] - 1, &moves[n_moves]);
        standings[n_standings] = site_heat_stands(s, &s->points[cursors[i] - 1], page->model->site->margin);
        n_standings += standings[n_standings].heat != HEAT_NONE;
    }
    if (n_moves)
        qsort(moves, n_moves, sizeof(*moves), largest_first);
    verdict_rows(page, html);
    standing_rows(page, standings, n_standings, html);
    step_rows(page->model, page->date, html);
    move_rows(page->model, moves, n_moves, html);
    run_rows(page, html);
    free(moves);
    free(standings);
}

int site_night_write(const struct site_model *model, const struct night_run *runs, size_t n_runs, int64_t day,
                     size_t *cursors, const struct folder *folder, struct err *err)
{
    struct night_page night = { .model = model, .runs = runs, .n_runs = n_runs };
    struct text main = { 0 }, page = { 0 };
    char name[64], title[64];
    int ret;

    day_format(day, night.date);
    snprintf(title, sizeof(title), "Night of %s", night.date);
    snprintf(name, sizeof(name), "night-%s.html", night.date);
    text_addf(&main, "<h1>%s</h1>\n", title);
    write_main(&night, cursors, &main);
    site_page_frame(model, title, "<a href=\"index.html\">All scenarios</a> <a href=\"nights.html\">All nights</a>", &main,
                    &page);
    ret = folder_write(folder, name, page.data, page.len, err);
    text_free(&main);
    text_free(&page);
    return ret;
}
