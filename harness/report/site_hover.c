// SPDX-License-Identifier: MIT
#include "report/site_plot.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIPS_MAX = 100, NAMED_MAX = 6, COMMIT_SHOWN = 10 };

/* The last run of the strip: when, which commit, and each line's figure. */
static void words(struct text *html, const struct panel *p, size_t x, size_t first, size_t *cursors)
{
    char date[17], commit[COMMIT_SHOWN + 1], number[FIGURE_TEXT];

    text_copy(date, sizeof(date), p->axis[x]->started);
    if (strlen(date) == 16)
        date[10] = ' ';
    text_copy(commit, sizeof(commit), p->axis[x]->commit);
    if (first < x)
        text_addf(html, "%zu runs to ", x - first + 1);
    template_escape(html, date);
    text_add(html, " ");
    template_escape(html, *commit ? commit : "unknown commit");
    for (size_t i = 0; i < p->n_series && i < NAMED_MAX; i++) {
        const struct point *q = site_model_point(p->series[i], p->axis[x], &cursors[i]);

        if (!q)
            continue;
        text_add(html, "&#10;");
        template_escape(html, p->series[i]->variant);
        text_add(html, " ");
        template_escape(html, figure_with_unit(number, q->value, p->series[i]->unit));
    }
}

void site_plot_hover(struct text *html, const struct panel *panel)
{
    size_t strips = panel->n_axis < STRIPS_MAX ? panel->n_axis : STRIPS_MAX;
    size_t *cursors = mem_array(panel->n_series, sizeof(*cursors));

    text_add(html, "<div class=\"hover\">");
    for (size_t i = 0; i < strips; i++) {
        size_t first = i * panel->n_axis / strips, end = (i + 1) * panel->n_axis / strips;

        text_add(html, "<i title=\"");
        words(html, panel, end - 1, first, cursors);
        text_add(html, "\"></i>");
    }
    text_add(html, "</div>\n");
    free(cursors);
}
