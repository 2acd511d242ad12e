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

static void news_row(const struct news *news, struct text *out)
{
    const struct stepped *stepped = news->items->stepped;
    const struct series *s = stepped->series;
    const struct step *step = news->items->step;
    char a[FIGURE_TEXT], b[FIGURE_TEXT], commit[13], id[STEP_ID];
    size_t nights = news_nights(stepped, step);

    step_id(s->case_id, s->metric, s->host_class, s->points[step->index].run, id);
    text_copy(commit, sizeof(commit), s->points[step->index].commit);
    text_addf(out, news->harm > 0 ? "| **worse%s** | " : "| better%s | ", step->state == STEP_SUSPECTED ? "?" : "");
    if (isnan(step->effect))
        text_add(out, "-");
    else
        text_addf(out, "%+.1f %%", 100 * step->effect);
    text_add(out, " | ");
    markdown_text(out, s->case_id);
    text_addf(out, "%s | ", figure_role(s->role));
    markdown_text(out, s->metric);
    text_add(out, " ");
    markdown_text(out, figure_with_unit(a, step->before, s->unit));
    text_add(out, " to ");
    markdown_text(out, figure_with_unit(b, step->after, s->unit));
    if (news->n_items > 1)
        text_addf(out, ", and %zu more", news->n_items - 1);
    text_addf(out, " | %.10s | ", s->points[step->index].started);
    markdown_text(out, *commit ? commit : "-");
    if (step->state == STEP_SUSPECTED)
        text_addf(out, " | suspected, %zu night%s%s |\n", nights, nights == 1 ? "" : "s", step->epoch ? "; the host changed, too" : "");
    else
        text_addf(out, " | `%s`%s |\n", id, step->epoch ? "; the host changed, too" : "");
}

static void news(const struct news_list *list, struct text *out)
{
    if (list->n == 0) {
        text_add(out, "No change of any level.\n\n");
        return;
    }
    text_add(out, "| changed | by | case | level | since | commit | id, for `pawl changes --ack` |\n"
                  "| --- | ---: | --- | --- | --- | --- | --- |\n");
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
    text_addf(out, " | %s %s | %s |\n", figure_number(value, p->value), figure_interval(interval, p->low, p->high),
              figure_number(number, site_heat_limit(st)));
}

static void standings(const struct night_report *r, struct text *out)
{
    struct standing *all = mem_array(r->n_stepped, sizeof(*all));
    size_t counts[HEAT_MISSED + 1] = { 0 }, n = 0, bad;

    for (size_t i = 0; i < r->n_stepped; i++) {
        all[n] = stands(r, r->stepped[i].series);
        counts[all[n].heat]++;
        n += all[n].heat != HEAT_NONE;
    }
    bad = counts[HEAT_MISSED] + counts[HEAT_WORSE];
    if (n)
        text_addf(out, "%zu figures have a target or an accepted value: %zu miss their target, %zu are worse than accepted, "
                       "%zu unsure.\n\n",
                  n, counts[HEAT_MISSED], counts[HEAT_WORSE], counts[HEAT_UNSURE]);
    if (bad) {
        qsort(all, n, sizeof(*all), site_heat_worst_first);
        text_add(out, "| | case | metric | tonight [low, high] | limit |\n| --- | --- | --- | ---: | ---: |\n");
        for (size_t i = 0; i < bad && i < ROWS_MAX; i++)
            standing_row(&all[i], out);
        text_addf(out, bad > ROWS_MAX ? "\n%zu more: `pawl dashboard`\n\n" : "\n", bad - ROWS_MAX);
    }
    free(all);
}

static const char *exit_word(int status)
{
    return status == 0   ? "measured"
           : status == 1 ? "**wrong, crashed or timed out**"
           : status == 3 ? "not fully measured"
                         : "**failed**";
}

void night_markdown(const struct night_report *r, struct text *out)
{
    struct news_list list;
    size_t bad = 0;

    for (size_t i = 0; i < r->n_lines; i++)
        bad += r->lines[i].exit != 0;
    text_addf(out, "## Night of %s\n\n", r->night);
    text_addf(out, "%zu of %zu part%s measured%s on ", r->n_lines - bad, r->n_parts, r->n_parts == 1 ? "" : "s",
              r->n_lines < r->n_parts ? " (cut short: `pawl nightly` goes on)" : "");
    markdown_text(out, r->host_class);
    text_add(out, ", commit ");
    markdown_text(out, *r->commit ? r->commit : "unknown");
    text_add(out, ".\n\n");
    if (*r->missing)
        text_addf(out, "**Missing before it: %s.**\n\n", r->missing);
    standings(r, out);
    news_collect(&list, r->stepped, r->n_stepped, news_is_fresh, NULL);
    news(&list, out);
    news_free(&list);
    text_add(out, "| part | run | |\n| --- | ---: | --- |\n");
    for (size_t i = 0; i < r->n_lines; i++) {
        text_add(out, "| ");
        markdown_text(out, r->lines[i].part);
        if (r->lines[i].run)
            text_addf(out, " | %lld | %s |\n", r->lines[i].run, exit_word(r->lines[i].exit));
        else
            text_addf(out, " | - | %s |\n", exit_word(r->lines[i].exit));
    }
}
