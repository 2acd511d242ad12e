// SPDX-License-Identifier: MIT
#include "report/site_classes.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/site_page.h"
#include "report/template.h"

#include <stdlib.h>
#include <string.h>

static bool is_comparable(const struct series *s)
{
    if (s->n_points == 0 || s->role == ROLE_ROOF)
        return false;
    return s->kind == METRIC_EXACT || (strcmp(s->metric, metric_speedup.name) == 0 && strcmp(s->variant, s->reference) != 0);
}

static bool same_row(const struct series *a, const struct series *b)
{
    return strcmp(a->params, b->params) == 0 && strcmp(a->metric, b->metric) == 0 && strcmp(a->variant, b->variant) == 0;
}

static const struct series *find(const struct site_scenario *s, const struct series *like, const char *host)
{
    for (size_t i = 0; i < s->n_series; i++)
        if (strcmp(s->series[i]->host_class, host) == 0 && same_row(s->series[i], like))
            return s->series[i];
    return NULL;
}

static void cell(const struct series *series, const char *host, struct text *out)
{
    char number[FIGURE_TEXT], interval[FIGURE_TEXT];

    text_add(out, "<td class=\"num\" data-label=\"");
    template_escape(out, host);
    text_add(out, "\">");
    if (series) {
        const struct point *p = &series->points[series->n_points - 1];

        text_add(out, figure_number(number, p->value));
        if (series->kind == METRIC_TIMED)
            text_addf(out, " <span class=\"range\">%s</span>", figure_interval(interval, p->low, p->high));
    } else {
        text_add(out, "-");
    }
    text_add(out, "</td>");
}

/* Of the scenario's host classes, those that ever met it. */
static size_t find_hosts(const struct site_model *model, const struct site_scenario *s, const char **hosts)
{
    size_t n = 0;

    for (size_t h = 0; h < model->n_hosts; h++)
        for (size_t i = 0; i < s->n_series; i++)
            if (is_comparable(s->series[i]) && strcmp(s->series[i]->host_class, model->hosts[h]) == 0) {
                hosts[n++] = model->hosts[h];
                break;
            }
    return n;
}

static void row(const struct site_scenario *s, const struct series *like, const char *const *hosts, size_t n_hosts,
                struct text *out)
{
    struct text params = { 0 };

    figure_params(&params, like->params);
    text_add(out, "<tr><th scope=\"row\">");
    template_escape(out, params.data);
    text_add(out, "</th><td data-label=\"Variant\">");
    template_escape(out, like->variant);
    text_add(out, "</td><td data-label=\"Metric\">");
    template_escape(out, like->metric);
    text_add(out, "</td>");
    for (size_t h = 0; h < n_hosts; h++)
        cell(find(s, like, hosts[h]), hosts[h], out);
    text_add(out, "</tr>\n");
    text_free(&params);
}

static void head(const char *const *hosts, size_t n_hosts, struct text *out)
{
    text_add(out, "<div class=\"scroll stacked\" role=\"region\" aria-label=\"Host classes\" tabindex=\"0\"><table><thead><tr>"
                  "<th scope=\"col\">Parameters</th><th scope=\"col\">Variant</th><th scope=\"col\">Metric</th>");
    for (size_t h = 0; h < n_hosts; h++) {
        text_add(out, "<th scope=\"col\" class=\"num\"><a href=\"#");
        template_escape(out, hosts[h]);
        text_add(out, "\">");
        template_escape(out, hosts[h]);
        text_add(out, "</a></th>");
    }
    text_add(out, "</tr></thead><tbody>\n");
}

void site_classes(const struct site_model *model, const struct site_scenario *s, struct text *out)
{
    const char **hosts = mem_array(model->n_hosts + 1, sizeof(*hosts));
    size_t n_hosts = find_hosts(model, s, hosts), n = 0;
    struct text table = { 0 };

    head(hosts, n_hosts, &table);
    for (size_t i = 0; i < s->n_series && n_hosts > 1; i++) {
        bool first = is_comparable(s->series[i]);

        for (size_t k = 0; k < i && first; k++)
            first = !same_row(s->series[k], s->series[i]);
        if (first)
            row(s, s->series[i], hosts, n_hosts, &table);
        n += first;
    }
    text_add(&table, "</tbody></table></div>\n");
    if (n_hosts > 1) {
        text_add(out, "<h2 id=\"classes\">Host classes side by side</h2>\n<p>The newest figures of each class; speedups are "
                      "paired on every host.</p>\n");
        site_fold(out, "All figures", n, table.data);
    }
    text_free(&table);
    free(hosts);
}
