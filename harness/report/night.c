// SPDX-License-Identifier: MIT
#include "report/night.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/markdown.h"
#include "report/news.h"
#include "report/site_heat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 20 };

/* A history may know other classes of hosts, whose nights are not told here. */
static bool is_fresh_here(const struct stepped *stepped, const struct step *step, const void *host_class)
{
    return strcmp(stepped->series->host_class, host_class) == 0 && news_is_fresh(stepped, step, NULL);
}

/* A figure and its unit, a date: blanks and hyphens in a table of GitHub's are where lines break. */
static void add_unbroken(struct text *out, const char *s)
{
    struct text t = { 0 };

    text_add(&t, "");
    for (; *s; s++)
        text_addf(&t, *s == ' ' ? "\u00a0" : *s == '-' ? "\u2011" : "%c", *s);
    markdown_text(out, t.data);
    text_free(&t);
}

static void news_row(const struct news *news, struct text *out)
{
    const struct stepped *stepped = news->items->stepped;
    const struct series *s = stepped->series;
    const struct step *step = news->items->step;
    char a[FIGURE_TEXT], b[FIGURE_TEXT], commit[9], date[11], id[STEP_ID];
    size_t nights = news_nights(stepped, step);

    step_id(s->case_id, s->metric, s->host_class, s->points[step->index].run, id);
    text_copy(commit, sizeof(commit), s->points[step->index].commit);
    text_copy(date, sizeof(date), s->points[step->index].started);
    text_addf(out, news->harm > 0 ? "| **worse%s** " : "| better%s ", step->state == STEP_SUSPECTED ? "?" : "");
    if (isfinite(step->effect))
        text_addf(out, "%+.1f\u00a0%%", 100 * step->effect);
    text_add(out, " | ");
    markdown_text(out, s->case_id);
    text_addf(out, "%s | ", figure_role(s->role));
    markdown_text(out, s->metric);
    text_add(out, " ");
    add_unbroken(out, figure_with_unit(a, step->before, s->unit));
    text_add(out, " to ");
    add_unbroken(out, figure_with_unit(b, step->after, s->unit));
    if (news->n_items > 1)
        text_addf(out, ", and %zu\u00a0more", news->n_items - 1);
    text_add(out, " | ");
    add_unbroken(out, date);
    text_add(out, " ");
    markdown_text(out, *commit ? commit : "-");
    if (step->state == STEP_SUSPECTED)
        text_addf(out, " | suspected, %zu\u00a0night%s", nights, nights == 1 ? "" : "s");
    else
        text_addf(out, " | `%s`", id);
    text_add(out, step->epoch ? "; the host changed, too |\n" : " |\n");
}

static void print_news(const struct news_list *list, struct text *out)
{
    if (list->n == 0) {
        text_add(out, "No change of any level.\n\n");
        return;
    }
    text_add(out, "| changed | case | level | since | id (`--ack`) |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < list->n && i < ROWS_MAX; i++)
        news_row(&list->news[i], out);
    if (list->n > ROWS_MAX)
        text_addf(out, "\n%zu more: `pawl changes`\n", list->n - ROWS_MAX);
    text_add(out, "\n");
}

static bool is_of_night(const struct night_report *r, const struct point *p)
{
    for (size_t i = 0; i < r->n_lines; i++)
        if (r->lines[i].run == p->run)
            return true;
    return false;
}

/* By its newest point; HEAT_NONE for one of another night or host, and for what nobody judges. */
static struct standing stands(const struct night_report *r, const struct series *s)
{
    const struct point *p = &s->points[s->n_points - 1];

    if (s->role != ROLE_OURS || strcmp(s->host_class, r->host_class) != 0 || !is_of_night(r, p))
        return (struct standing){ s, p, HEAT_NONE };
    return site_heat_stands(s, p, r->margin);
}

static void standing_row(const struct standing *st, struct text *out)
{
    const struct series *s = st->series;
    const struct point *p = st->point;
    char value[FIGURE_TEXT], interval[FIGURE_TEXT], number[FIGURE_TEXT];

    text_addf(out, "| %s | ", st->heat == HEAT_MISSED ? "**misses its target**" : "**worse than accepted**");
    markdown_text(out, s->case_id);
    text_add(out, " | ");
    markdown_text(out, s->metric);
    text_add(out, " | ");
    markdown_text(out, figure_with_unit(value, p->value, s->unit));
    if (p->low != p->high && strcmp(s->unit, "ns") != 0) /* an interval has no unit of its own */
        text_addf(out, " %s", figure_interval(interval, p->low, p->high));
    text_add(out, " | ");
    markdown_text(out, figure_with_unit(number, site_heat_limit(st), s->unit));
    text_add(out, " |\n");
}

/* Those of the night, the worst first. */
struct standings {
    struct standing *all;
    size_t n, counts[HEAT_MISSED + 1];
};

static struct standings find_standings(const struct night_report *r)
{
    struct standings found = { .all = mem_array(r->n_stepped, sizeof(*found.all)) };

    for (size_t i = 0; i < r->n_stepped; i++) {
        found.all[found.n] = stands(r, r->stepped[i].series);
        found.counts[found.all[found.n].heat]++;
        found.n += found.all[found.n].heat != HEAT_NONE;
    }
    if (found.n)
        qsort(found.all, found.n, sizeof(*found.all), site_heat_worst_first);
    return found;
}

static void print_standings(const struct standings *s, struct text *out)
{
    size_t bad = s->counts[HEAT_MISSED] + s->counts[HEAT_WORSE];

    if (s->n)
        text_addf(out, "Of %zu figures with a target or an accepted value, %zu miss their target, %zu are worse than accepted, "
                       "%zu unsure.\n\n",
                  s->n, s->counts[HEAT_MISSED], s->counts[HEAT_WORSE], s->counts[HEAT_UNSURE]);
    if (!bad)
        return;
    text_add(out, "| | case | metric | tonight [low, high] | limit |\n| --- | --- | --- | ---: | ---: |\n");
    for (size_t i = 0; i < bad && i < ROWS_MAX; i++)
        standing_row(&s->all[i], out);
    if (bad > ROWS_MAX)
        text_addf(out, "\n%zu more: `pawl dashboard`\n", bad - ROWS_MAX);
    text_add(out, "\n");
}

static const char *exit_word(int status)
{
    return status == 0   ? "measured"
           : status == 1 ? "**wrong, crashed or timed out**"
           : status == 3 ? "not fully measured"
                         : "**failed**";
}

static void add_count(struct text *out, size_t *said, size_t n, const char *one, const char *many)
{
    if (n)
        text_addf(out, "%s%zu %s", (*said)++ ? ", " : ": ", n, n == 1 ? one : many);
}

/* "## Night of 2026-11-29: 1 part failed, 2 figures miss their targets, 3 cases worse" */
static void headline(const struct night_report *r, size_t failed, const struct standings *s, const struct news_list *list,
                     struct text *out)
{
    size_t said = 0, worse = 0, better = 0, suspected = 0;

    for (size_t i = 0; i < list->n; i++) {
        const struct news_item *item = list->news[i].items;
        bool ours = item->stepped->series->role == ROLE_OURS;

        suspected += ours && item->step->state == STEP_SUSPECTED && list->news[i].harm > 0;
        worse += ours && item->step->state == STEP_CONFIRMED && list->news[i].harm > 0;
        better += ours && item->step->state == STEP_CONFIRMED && list->news[i].harm <= 0;
    }
    text_addf(out, "## Night of %s", r->night);
    add_count(out, &said, failed, "part failed", "parts failed");
    add_count(out, &said, s->counts[HEAT_MISSED], "figure misses its target", "figures miss their targets");
    add_count(out, &said, s->counts[HEAT_WORSE], "figure worse than accepted", "figures worse than accepted");
    add_count(out, &said, worse, "case worse", "cases worse");
    add_count(out, &said, suspected, "perhaps worse", "perhaps worse");
    add_count(out, &said, better, "case better", "cases better");
    text_add(out, said ? "\n\n" : ": nothing changed\n\n");
}

static void bad_parts(const struct night_report *r, struct text *out)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_lines; i++) {
        const struct night_line *line = &r->lines[i];

        if (line->exit == 0)
            continue;
        text_add(out, n++ ? "| " : "| part | run | |\n| --- | ---: | --- |\n| ");
        markdown_text(out, line->part);
        if (line->run)
            text_addf(out, " | %lld | %s |\n", line->run, exit_word(line->exit));
        else
            text_addf(out, " | - | %s |\n", exit_word(line->exit));
    }
    text_add(out, n ? "\n" : "");
}

static void good_parts(const struct night_report *r, struct text *out)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_lines; i++)
        if (r->lines[i].exit == 0) {
            text_add(out, n++ ? ", " : "Measured: ");
            markdown_text(out, r->lines[i].part);
            text_addf(out, " (run %lld)", r->lines[i].run);
        }
    text_add(out, n ? ".\n" : "");
}

void night_markdown(const struct night_report *r, struct text *out)
{
    struct standings s = find_standings(r);
    struct news_list list;
    char commit[13];
    size_t bad = 0, failed = 0;

    news_collect(&list, r->stepped, r->n_stepped, is_fresh_here, r->host_class);
    for (size_t i = 0; i < r->n_lines; i++) {
        bad += r->lines[i].exit != 0;
        failed += r->lines[i].exit != 0 && r->lines[i].exit != 3;
    }
    headline(r, failed, &s, &list, out);
    if (*r->missing)
        text_addf(out, "**Missing before it: %s.**\n\n", r->missing);
    text_addf(out, "%zu of %zu part%s measured%s on ", r->n_lines - bad, r->n_parts, r->n_parts == 1 ? "" : "s",
              r->n_lines < r->n_parts ? " (cut short: `pawl nightly` goes on)" : "");
    markdown_text(out, r->host_class);
    text_add(out, ", commit ");
    text_copy(commit, sizeof(commit), r->commit);
    markdown_text(out, *commit ? commit : "unknown");
    text_add(out, ".\n\n");
    bad_parts(r, out);
    print_standings(&s, out);
    print_news(&list, out);
    good_parts(r, out);
    free(s.all);
    news_free(&list);
}
