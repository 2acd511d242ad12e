// SPDX-License-Identifier: MIT
#include "report/site_nights.h"

#include "base/day.h"
#include "base/mem.h"
#include "report/news.h"
#include "report/site_night.h"
#include "report/site_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nights {
    struct night_run *runs; /* in the order of point_order() */
    size_t n;
    struct night_run *new; /* of the series that is looked at: those that are not in `runs` yet, in that order, too */
    size_t n_new, capacity_new;
    int64_t first, last; /* days */
    signed char *news;   /* of each day from first on: -1 something got worse, 1 better, 0 neither; 2: no run */
};

/* Points of a series are in the order of the list: `at` only moves on. */
static void add_run(struct nights *n, const struct series *s, const struct point *p, size_t *at)
{
    int64_t day;

    while (*at < n->n && point_order(n->runs[*at].point, p) < 0)
        ++*at;
    if (*at < n->n && n->runs[*at].run == p->run) {
        n->runs[*at].series++;
        return;
    }
    day = day_parse(p->started);
    if (day < 0)
        return;
    n->new = mem_grow(n->new, &n->capacity_new, n->n_new + 1, sizeof(*n->new));
    n->new[n->n_new++] = (struct night_run){ p->run, day, p, s->host_class, 1 };
}

/* The new ones into the list. */
static void merge_runs(struct nights *n)
{
    struct night_run *both;
    size_t old = 0, new = 0;

    if (n->n_new == 0)
        return;
    both = mem_array(n->n + n->n_new, sizeof(*both));
    for (size_t i = 0; i < n->n + n->n_new; i++)
        both[i] = new == n->n_new || (old < n->n && point_order(n->runs[old].point, n->new[new].point) < 0)
                      ? n->runs[old++]
                      : n->new[new++];
    free(n->runs);
    n->runs = both;
    n->n += n->n_new;
    n->n_new = 0;
}

static void find_nights(const struct site_model *model, struct nights *n)
{
    const struct history *h = model->site->history;

    *n = (struct nights){ .first = INT64_MAX, .last = -1 };
    for (size_t i = 0; i < h->n_series; i++) {
        for (size_t k = 0, at = 0; k < h->series[i].n_points; k++)
            add_run(n, &h->series[i], &h->series[i].points[k], &at);
        merge_runs(n);
    }
    if (n->n == 0)
        return;
    n->first = n->runs[0].day;
    n->last = n->runs[n->n - 1].day;
    n->news = mem_array((size_t)(n->last - n->first + 1), 1);
    memset(n->news, 2, (size_t)(n->last - n->first + 1));
    for (size_t i = 0; i < n->n; i++)
        n->news[n->runs[i].day - n->first] = 0;
    for (size_t i = 0; model->site->steps && i < h->n_series; i++)
        for (size_t k = 0; k < model->site->steps[i].n_steps; k++) {
            const struct step *step = &model->site->steps[i].steps[k];
            int64_t day = day_parse(h->series[i].points[step->index].started);

            if (day >= 0 && step->state == STEP_CONFIRMED && !step->acked && n->news[day - n->first] >= 0)
                n->news[day - n->first] = news_harm(&h->series[i], step) > 0 ? -1 : 1;
        }
}

static void free_nights(struct nights *n)
{
    free(n->runs);
    free(n->new);
    free(n->news);
}

/* A month: seven columns from Monday on; what lies outside of the nights there are is empty. */
static void month(const struct nights *n, int64_t first, int64_t end, struct text *html)
{
    char date[DAY_TEXT];

    day_format(first, date);
    text_addf(html, "<div><h2>%.7s</h2><div class=\"calendar\">", date);
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

static void line(const struct site_model *model, const struct nights *n, struct text *html)
{
    size_t nights = 0, missing = 0;
    int64_t today = day_parse(model->site->generated);
    char first[DAY_TEXT], last[DAY_TEXT], gone[DAY_TEXT] = "";

    for (int64_t day = n->first; day <= n->last; day++) {
        nights += n->news[day - n->first] != 2;
        missing += n->news[day - n->first] == 2;
        if (n->news[day - n->first] == 2)
            day_format(day, gone);
    }
    if (nights) {
        day_format(n->first, first);
        day_format(n->last, last);
        text_addf(html, "%zu <a href=\"nights.html\">night%s</a> since <time>%s</time>, the last one <a href=\"night-%s.html\"><time>%s</time></a>",
                  nights, nights == 1 ? "" : "s", first, last, last);
        if (missing)
            text_addf(html, "; %zu missing, last <time>%s</time>", missing, gone);
        if (today - n->last > 1)
            text_addf(html, "; <b>none in the %lld days since</b>", (long long)(today - n->last));
        text_add(html, ".");
    }
}

static int write_calendar(const struct site_model *model, const struct nights *n, const struct folder *folder,
                          struct err *err)
{
    struct text main = { 0 }, page = { 0 };
    int ret;

    text_add(&main, "<h1>Nights</h1>\n<p class=\"lead\">");
    line(model, n, &main);
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
    for (size_t at = 0, end; ret == 0 && at < n.n; at = end) {
        for (end = at + 1; end < n.n && n.runs[end].day == n.runs[at].day;)
            end++;
        ret = site_night_write(model, n.runs + at, end - at, n.runs[at].day, cursors, folder, err);
    }
    free_nights(&n);
    free(cursors);
    return ret;
}

void site_nights_line(const struct site_model *model, struct text *html)
{
    struct nights n;

    find_nights(model, &n);
    line(model, &n, html);
    free_nights(&n);
}
