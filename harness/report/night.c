// SPDX-License-Identifier: MIT
#include "report/night.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/markdown.h"
#include "report/site_heat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 20 };

struct news {
    const struct series *series;
    const struct step *step;
};

bool night_is_news(const struct stepped *stepped, const struct step *step)
{
    return !step->acked && (step->state == STEP_SUSPECTED || stepped->n_points - step->index <= STEP_MIN_POINTS);
}

double night_harm(const struct series *series, const struct step *step)
{
    double change = isnan(step->effect) ? (step->after > step->before ? 1 : -1) : log1p(step->effect);

    return series->better == METRIC_HIGHER_IS_BETTER ? -change : change;
}

static int worst_first(const void *a, const void *b)
{
    const struct news *x = a, *y = b;
    double dx = night_harm(x->series, x->step), dy = night_harm(y->series, y->step);
    int d = (x->step->state == STEP_SUSPECTED) - (y->step->state == STEP_SUSPECTED);

    if (d)
        return d;
    if (dx != dy)
        return dx > dy ? -1 : 1;
    d = strcmp(x->series->case_id, y->series->case_id);
    return d ? d : strcmp(x->series->metric, y->series->metric);
}

static void news_row(const struct news *news, struct text *out)
{
    const struct series *s = news->series;
    const struct step *step = news->step;
    char a[FIGURE_TEXT], b[FIGURE_TEXT], id[STEP_ID];

    step_id(s->case_id, s->metric, s->host_class, s->points[step->index].run, id);
    text_addf(out, "| %s | ", night_harm(s, step) > 0 ? "worse" : "better");
    markdown_text(out, s->case_id);
    text_add(out, " | ");
    markdown_text(out, s->metric);
    text_addf(out, " | %s | %s | ", figure_number(a, step->before), figure_number(b, step->after));
    if (isnan(step->effect))
        text_add(out, "-");
    else
        text_addf(out, "%+.1f %%", 100 * step->effect);
    text_addf(out, " | %.10s | ", s->points[step->index].started);
    markdown_text(out, *s->points[step->index].commit ? s->points[step->index].commit : "-");
    if (step->state == STEP_SUSPECTED)
        text_addf(out, " | suspected since %zu night%s |\n", step->n_after, step->n_after == 1 ? "" : "s");
    else
        text_addf(out, " | confirmed%s, `%s` |\n", step->epoch ? " (the host changed, too)" : "", id);
}

static void news(const struct night_report *r, struct text *out)
{
    struct news *all = NULL;
    size_t n = 0, capacity = 0;

    for (size_t i = 0; i < r->n_stepped; i++)
        for (size_t k = 0; k < r->stepped[i].n_steps; k++)
            if (night_is_news(&r->stepped[i], &r->stepped[i].steps[k])) {
                all = mem_grow(all, &capacity, n + 1, sizeof(*all));
                all[n++] = (struct news){ r->stepped[i].series, &r->stepped[i].steps[k] };
            }
    if (n == 0) {
        text_add(out, "No change of any level.\n\n");
        return;
    }
    qsort(all, n, sizeof(*all), worst_first);
    text_add(out, "| | case | metric | before | after | change | since | commit | |\n"
                  "| --- | --- | --- | ---: | ---: | ---: | --- | --- | --- |\n");
    for (size_t i = 0; i < n && i < ROWS_MAX; i++)
        news_row(&all[i], out);
    if (n > ROWS_MAX)
        text_addf(out, "\n%zu more: `pawl changes`\n", n - ROWS_MAX);
    text_add(out, "\n");
    free(all);
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
    news(r, out);
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
