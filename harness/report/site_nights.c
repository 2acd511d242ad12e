// SPDX-License-Identifier: MIT
#include "report/site_nights.h"

#include "base/day.h"
#include "base/mem.h"
#include "report/figure.h"
#include "report/night.h"
#include "report/site_heat.h"
#include "report/site_page.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOVES_MAX = 15, BEFORE = 10 }; /* rows of what moved most; points that a figure is held against */

struct nights {
    struct night_run {
        int64_t run, day;
        const struct point *point;
        const char *host_class;
        size_t series; /* that it has figures of */
    } * runs; /* by run */
    size_t n, capacity;
    int64_t first, last; /* days */
    signed char *news;   /* of each day from first on: -1 something got worse, 1 better, 0 neither; 2: no run */
};

/* Where a run is in the list, or belongs. */
static size_t find(const struct nights *n, int64_t run)
{
    size_t low = 0, high = n->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (n->runs[mid].run < run)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void add_run(struct nights *n, const struct series *s, const struct point *p)
{
    int64_t day = day_parse(p->started);
    size_t at = find(n, p->run);

    if (day < 0)
        return;
    if (at == n->n || n->runs[at].run != p->run) {
        n->runs = mem_grow(n->runs, &n->capacity, n->n + 1, sizeof(*n->runs));
        memmove(&n->runs[at + 1], &n->runs[at], (n->n - at) * sizeof(*n->runs));
        n->n++;
        n->runs[at] = (struct night_run){ p->run, day, p, s->host_class, 0 };
    }
    n->runs[at].series++;
}

static void find_nights(const struct site_model *model, struct nights *n)
{
    const struct history *h = model->site->history;

    *n = (struct nights){ .first = INT64_MAX, .last = -1 };
    for (size_t i = 0; i < h->n_series; i++)
        for (size_t k = 0; k < h->series[i].n_points; k++)
            add_run(n, &h->series[i], &h->series[i].points[k]);
    for (size_t i = 0; i < n->n; i++) {
        n->first = n->runs[i].day < n->first ? n->runs[i].day : n->first;
        n->last = n->runs[i].day > n->last ? n->runs[i].day : n->last;
    }
    if (n->n == 0)
        return;
    n->news = mem_array((size_t)(n->last - n->first + 1), 1);
    memset(n->news, 2, (size_t)(n->last - n->first + 1));
    for (size_t i = 0; i < n->n; i++)
        n->news[n->runs[i].day - n->first] = 0;
    for (size_t i = 0; model->site->steps && i < h->n_series; i++)
        for (size_t k = 0; k < model->site->steps[i].n_steps; k++) {
            const struct step *step = &model->site->steps[i].steps[k];
            int64_t day = day_parse(h->series[i].points[step->index].started);

            if (day >= 0 && step->state == STEP_CONFIRMED && !step->acked && n->news[day - n->first] >= 0)
                n->news[day - n->first] = night_harm(&h->series[i], step) > 0 ? -1 : 1;
        }
}

static void free_nights(struct nights *n)
{
    free(n->runs);
    free(n->news);
}

static void run_rows(const struct nights *n, int64_t day, struct text *html)
{
    text_add(html, "<div class=\"scroll stacked\" role=\"region\" aria-label=\"Runs\" tabindex=\"0\"><table>\n<thead><tr>"
                   "<th scope=\"col\" class=\"num\">Run</th><th scope=\"col\">Began</th><th scope=\"col\">Host class</th>"
                   "<th scope=\"col\">Commit</th><th scope=\"col\" class=\"num\">Series</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n->n; i++) {
        if (n->runs[i].day != day)
            continue;
        text_addf(html, "<tr><th scope=\"row\" class=\"num\">%lld</th><td data-label=\"Began\">",
                  (long long)n->runs[i].run);
        site_time(html, n->runs[i].point->started);
        text_add(html, "</td><td data-label=\"Host class\">");
        template_escape(html, n->runs[i].host_class);
        text_add(html, "</td><td data-label=\"Commit\">");
        site_commit(html, n->runs[i].point->commit, false);
        text_addf(html, "</td><td data-label=\"Series\" class=\"num\">%zu</td></tr>\n", n->runs[i].series);
    }
    text_add(html, "</tbody></table></div>\n");
}

static void step_rows(const struct site_model *model, int64_t day, struct text *html)
{
    const struct history *h = model->site->history;
    size_t n = 0;

    text_add(html, "<h2>Changes that began</h2>\n");
    for (size_t i = 0; model->site->steps && i < h->n_series; i++)
        for (size_t k = 0; k < model->site->steps[i].n_steps; k++) {
            const struct step *step = &model->site->steps[i].steps[k];
            const struct series *s = &h->series[i];
            bool bad = night_harm(s, step) > 0;

            if (day_parse(s->points[step->index].started) != day)
                continue;
            text_addf(html, "%s<li><span class=\"badge %s\">%s%s</span> <a href=\"", n++ ? "" : "<ul>\n",
                      step->acked || step->state == STEP_SUSPECTED ? "mute" : bad ? "bad" : "good",
                      bad ? "WORSE" : "BETTER", step->state == STEP_SUSPECTED ? "?" : "");
            site_heat_link(model, s, html);
            text_add(html, "\">");
            template_escape(html, s->case_id);
            text_add(html, "</a> ");
            template_escape(html, s->metric);
            if (isfinite(step->effect))
                text_addf(html, " %+.1f %%", 100 * step->effect);
            if (step->epoch)
                text_add(html, "; the host changed, too");
            if (step->acked) {
                text_add(html, "; acknowledged: ");
                template_escape(html, step->acked);
            }
            text_add(html, "</li>\n");
        }
    text_add(html, n ? "</ul>\n" : "<p>None.</p>\n");
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
        text_addf(html, "</td><td data-label=\"Before\" class=\"num\">%s</td><td data-label=\"That night\" class=\"num\">%s</td>"
                        "<td data-label=\"Change\" class=\"num\">%+.1f %% %s</td></tr>\n",
                  figure_number(a, moves[i].before), figure_number(b, moves[i].point->value),
                  100 * (moves[i].point->value / moves[i].before - 1), moves[i].change > 0 ? "worse" : "better");
    }
    text_add(html, "</tbody></table></div>\n");
}

/* `cursors`: of each series the first point of that day or after it, moved on to the next day. */
static int write_night(const struct site_model *model, const struct nights *n, int64_t day, size_t *cursors,
                       const struct folder *folder, struct err *err)
{
    const struct history *h = model->site->history;
    struct move *moves = mem_array(h->n_series, sizeof(*moves));
    struct text main = { 0 }, page = { 0 };
    char date[DAY_TEXT], name[64], title[64];
    size_t n_moves = 0;
    int ret;

    for (size_t i = 0; i < h->n_series; i++) {
        const struct series *s = &h->series[i];
        size_t from = cursors[i];

        while (cursors[i] < s->n_points && day_parse(s->points[cursors[i]].started) <= day)
            cursors[i]++;
        if (cursors[i] > from && s->role == ROLE_OURS)
            n_moves += measure_move(s, cursors[i] - 1, &moves[n_moves]);
    }
    if (n_moves)
        qsort(moves, n_moves, sizeof(*moves), largest_first);
    day_format(day, date);
    snprintf(title, sizeof(title), "Night of %s", date);
    snprintf(name, sizeof(name), "night-%s.html", date);
    text_addf(&main, "<h1>%s</h1>\n", title);
    run_rows(n, day, &main);
    step_rows(model, day, &main);
    move_rows(model, moves, n_moves, &main);
    site_page_frame(model, title, "<a href=\"index.html\">All scenarios</a> <a href=\"nights.html\">All nights</a>", &main,
                    &page);
    ret = folder_write(folder, name, page.data, page.len, err);
    text_free(&main);
    text_free(&page);
    free(moves);
    return ret;
}

/* A month: seven columns from Monday on; what lies outside of the nights there are is empty. */
static void month(const struct nights *n, int64_t first, int64_t end, struct text *html)
{
    char date[DAY_TEXT];

    day_format(first, date);
    text_addf(html, "<div><h3>%.7s</h3><div class=\"calendar\">", date);
    for (int i = 0; i < day_of_week(first); i++)
        text_add(html, "<i></i>");
    for (int64_t day = first; day < end; day++) {
        int news = day < n->first || day > n->last ? 3 : n->news[day - n->first];

        day_format(day, date);
        if (news == 3)
            text_addf(html, "<i>%d</i>", atoi(date + 8));
        else if (news == 2)
            text_addf(html, "<i class=\"gone\" title=\"%s: no run\">%d</i>", date, atoi(date + 8));
        else
            text_addf(html, "<a class=\"%s\" href=\"night-%s.html\" title=\"%s%s\">%d</a>",
                      news < 0 ? "bad" : news > 0 ? "good" : "mute", date, date,
                      news < 0 ? ": something got worse" : news > 0 ? ": something got better" : "", atoi(date + 8));
    }
    text_add(html, "</div></div>\n");
}

static int64_t month_of(int64_t day)
{
    char date[DAY_TEXT];

    day_format(day, date);
    return day - atoi(date + 8) + 1;
}

static int write_calendar(const struct site_model *model, const struct nights *n, const struct folder *folder,
                          struct err *err)
{
    struct text main = { 0 }, page = { 0 };
    int ret;

    text_add(&main, "<h1>Nights</h1>\n<p class=\"lead\">");
    site_nights_line(model, &main);
    text_add(&main, " Red: something got worse that night; green: better; dashed: no run.</p>\n<div class=\"months\">\n");
    for (int64_t first = month_of(n->last), end = first + 31; n->n && end > n->first; end = first, first = month_of(first - 1))
        month(n, first, month_of(end) > first ? month_of(end) : end, &main);
    text_add(&main, "</div>\n");
    site_page_frame(model, "Nights", "<a href=\"index.html\">All scenarios</a>", &main, &page);
    ret = folder_write(folder, "nights.html", page.data, page.len, err);
    text_free(&main);
    text_free(&page);
    return ret;
}

int site_nights_write(const struct site_model *model, const struct folder *folder, struct err *err)
{
    size_t *cursors = mem_array(model->site->history->n_series, sizeof(*cursors));
    struct nights n;
    int ret;

    find_nights(model, &n);
    ret = write_calendar(model, &n, folder, err);
    for (int64_t day = n.first; ret == 0 && day <= n.last; day++)
        if (n.news[day - n.first] != 2)
            ret = write_night(model, &n, day, cursors, folder, err);
    free_nights(&n);
    free(cursors);
    return ret;
}

void site_nights_line(const struct site_model *model, struct text *html)
{
    struct nights n;
    size_t nights = 0, missing = 0;
    char first[DAY_TEXT], last[DAY_TEXT], gone[DAY_TEXT] = "";

    find_nights(model, &n);
    for (int64_t day = n.first; day <= n.last; day++) {
        nights += n.news[day - n.first] != 2;
        missing += n.news[day - n.first] == 2;
        if (n.news[day - n.first] == 2)
            day_format(day, gone);
    }
    if (nights) {
        day_format(n.first, first);
        day_format(n.last, last);
        text_addf(html, "%zu <a href=\"nights.html\">night%s</a> since %s, the last one <a href=\"night-%s.html\">%s</a>",
                  nights, nights == 1 ? "" : "s", first, last, last);
        if (missing)
            text_addf(html, "; %zu missing, last %s", missing, gone);
        text_add(html, ".");
    }
    free_nights(&n);
}
