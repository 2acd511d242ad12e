// SPDX-License-Identifier: MIT
#include "report/site_page.h"

#include "declare/registry.h"
#include "report/figure.h"
#include "report/site_classes.h"
#include "report/site_drill.h"
#include "report/site_heat.h"
#include "report/site_news.h"
#include "report/site_nights.h"
#include "report/site_plot.h"
#include "report/site_rate.h"
#include "report/site_study.h"
#include "report/site_roofline.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dashboard_page_html[], dashboard_index_html[], dashboard_scenario_html[], dashboard_host_html[];

void site_page_frame(const struct site_model *model, const char *title, const char *nav, const struct text *main,
                     struct text *out)
{
    struct text generated = { 0 };

    site_time(&generated, model->site->generated);
    template_fill(out, dashboard_page_html,
                  (struct field[]){ { "title", title },
                                    { "nav", nav },
                                    { "main", main->data },
                                    { "generated", generated.data },
                                    { "version", model->site->version } },
                  5);
    text_free(&generated);
}

static void host_rows(const struct site_model *model, struct text *out)
{
    for (size_t i = 0; i < model->n_hosts; i++) {
        const struct run_result *run = site_model_run(model, model->hosts[i]);

        text_add(out, "<tr><th scope=\"row\">");
        template_escape(out, model->hosts[i]);
        text_add(out, "</th>");
        if (!run) {
            text_add(out, "<td colspan=\"5\">no finished run</td></tr>\n");
            continue;
        }
        text_add(out, "<td data-label=\"Last run\">");
        site_badge(out, run, NULL);
        text_add(out, "</td><td data-label=\"Verdicts\" class=\"wrap\">");
        figure_counts(out, run); /* our own words only */
        text_add(out, "</td><td data-label=\"When\">");
        site_time(out, run->info.started);
        text_add(out, "</td><td data-label=\"Commit\">");
        site_commit(out, run->info.commit, run->info.dirty);
        text_add(out, "</td><td data-label=\"CPU\" class=\"wrap\">");
        template_escape(out, host_fact(&run->info.host, "cpu"));
        text_add(out, "</td></tr>\n");
    }
}

void site_page_index(const struct site_model *model, struct text *out)
{
    struct text main = { 0 }, hosts = { 0 }, lead = { 0 }, map = { 0 }, news = { 0 }, nights = { 0 }, counts = { 0 };
    struct news_list fresh;

    news_collect(&fresh, model->site->steps, model->site->steps ? model->site->history->n_series : 0, news_is_fresh, NULL);
    text_add(&hosts, "");
    text_add(&counts, "");
    text_add(&map, "");
    text_add(&nights, "");
    text_addf(&lead, "%zu scenario%s on %zu host class%s.", model->n_scenarios, model->n_scenarios == 1 ? "" : "s",
              model->n_hosts, model->n_hosts == 1 ? "" : "es");
    if (model->n_scenarios == 0)
        text_add(&lead, " No run has finished yet: `pawl run` makes the first one.");
    site_nights_line(model, &nights);
    site_heat_counts(model, &counts);
    site_news_counts(&fresh, &counts);
    site_heat_map(model, &map);
    site_news_fresh(model, &fresh, &news);
    host_rows(model, &hosts);
    template_fill(&main, dashboard_index_html,
                  (struct field[]){ { "lead", lead.data },
                                    { "nights", nights.data },
                                    { "counts", counts.data },
                                    { "map", map.data },
                                    { "news", news.data },
                                    { "hosts", hosts.data } },
                  6);
    site_drill_sections(model->site, &main);
    site_page_frame(model, "Performance", "<a href=\"nights.html\">Nights</a> <a href=\"changes.xml\">Feed</a>", &main, out);
    news_free(&fresh);
    text_free(&main);
    text_free(&hosts);
    text_free(&lead);
    text_free(&map);
    text_free(&news);
    text_free(&nights);
    text_free(&counts);
}

/* The last time the history has of a scenario on a host class, "" where none. */
static const char *last_seen(const struct site_scenario *s, const char *host)
{
    const char *last = "";

    for (size_t i = 0; i < s->n_panels; i++) {
        const struct panel *p = &s->panels[i];
        const char *started = p->axis[p->n_axis - 1]->started;

        if (strcmp(p->series[0]->host_class, host) == 0 && strcmp(started, last) > 0)
            last = started;
    }
    return last;
}

static void plot(const struct site_model *model, const struct site_scenario *s, size_t i, struct text *out)
{
    struct text stem = { 0 }, alt = { 0 }, caption = { 0 }, hover = { 0 };
    char id[24];

    snprintf(id, sizeof(id), "p%zu", i + 1);
    site_plot_stem(&stem, s, i);
    site_plot_alt(&alt, &s->panels[i]);
    site_plot_caption(&caption, model, &s->panels[i]);
    site_plot_hover(&hover, &s->panels[i]);
    site_plot_figure(out, &(struct site_plot_figure){ id, stem.data, alt.data, caption.data, hover.data,
                                                      site_plot_height(s, &s->panels[i]) });
    text_free(&stem);
    text_free(&alt);
    text_free(&caption);
    text_free(&hover);
}

/* Does panel i open a new cell of the matrix on this host class? */
static bool opens_cell(const struct site_scenario *s, size_t i, const char *host)
{
    const struct series *first = s->panels[i].series[0];

    return strcmp(first->host_class, host) == 0 &&
           (i == 0 || strcmp(s->panels[i - 1].series[0]->host_class, host) != 0 ||
            strcmp(s->panels[i - 1].series[0]->params, first->params) != 0);
}

static void cell_name(const struct site_scenario *s, size_t i, struct text *html)
{
    const char *params = s->panels[i].series[0]->params;
    struct text name = { 0 };

    figure_params(&name, *params ? params : "all runs");
    template_escape(html, name.data);
    text_free(&name);
}

/* Where there are several cells: a line of links to them. */
static void cell_links(const struct site_scenario *s, const char *host, struct text *html)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_panels; i++)
        n += opens_cell(s, i, host);
    if (n < 2)
        return;
    text_add(html, "<nav class=\"cells\" aria-label=\"Cells of ");
    template_escape(html, host);
    text_add(html, "\">");
    for (size_t i = 0; i < s->n_panels; i++)
        if (opens_cell(s, i, host)) {
            text_addf(html, "<a href=\"#c%zu\">", i + 1);
            cell_name(s, i, html);
            text_add(html, "</a> ");
        }
    text_add(html, "</nav>\n");
}

/* The panels [from, end) of a cell: those with something to see, then the names of the others. */
static void cell_plots(const struct site_model *model, const struct site_scenario *s, size_t from, size_t end,
                       struct text *html)
{
    size_t drawn = 0, flat = 0;

    text_addf(html, "<h3 id=\"c%zu\">", from + 1);
    cell_name(s, from, html);
    text_add(html, "</h3>\n");
    for (size_t i = from; i < end; i++)
        if (!s->panels[i].flat) {
            text_add(html, drawn++ ? "" : "<div class=\"plots\">\n");
            plot(model, s, i, html);
        }
    text_add(html, drawn ? "</div>\n" : "");
    for (size_t i = from; i < end; i++)
        if (s->panels[i].flat) {
            text_addf(html, flat++ ? ", <span id=\"p%zu\">" : "<p class=\"facts\">The same in every run: <span id=\"p%zu\">", i + 1);
            template_escape(html, s->panels[i].series[0]->metric);
            text_add(html, "</span>");
        }
    text_add(html, flat ? ".</p>\n" : "");
}

/* The plots of one host class, a heading for each cell of the parameter matrix. */
static void plots(const struct site_model *model, const struct site_scenario *s, const char *host, struct text *html)
{
    size_t n = 0;

    for (size_t i = 0, end; i < s->n_panels; i = end) {
        end = i + 1;
        if (!opens_cell(s, i, host))
            continue;
        while (end < s->n_panels && !opens_cell(s, end, host) && strcmp(s->panels[end].series[0]->host_class, host) == 0)
            end++;
        if (n++ == 0)
            cell_links(s, host, html);
        cell_plots(model, s, i, end, html);
    }
    text_add(html, n ? "" : "<p>No history yet.</p>\n");
}

static void run_facts(const struct run_result *run, const struct site_scenario *s, struct text *out)
{
    const struct run_info *info = &run->info;

    site_badge(out, run, s);
    text_addf(out, " in run %lld, ", (long long)info->id);
    site_time(out, info->started);
    text_add(out, ", ");
    site_commit(out, info->commit, info->dirty);
    const char *const more[] = { host_fact(&info->host, "cpu"), info->compiler };
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (*more[i]) {
            text_add(out, ", ");
            template_escape(out, more[i]);
        }
    if (*info->command) {
        text_add(out, ", <code>pawl ");
        template_escape(out, info->command);
        text_add(out, "</code>");
    }
}

static void host_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                         struct text *out)
{
    const struct run_result *run = site_model_run_of(model, host, s);
    struct text facts = { 0 }, verdicts = { 0 }, figures = { 0 }, drawn = { 0 }, studies = { 0 };

    if (!run && !*last_seen(s, host))
        return;
    if (run) {
        run_facts(run, s, &facts);
        site_verdicts(&verdicts, model, s, run);
        site_figures(&figures, s, run);
    } else {
        text_add(&facts, "No finished run to show figures of.");
        text_add(&verdicts, "");
        text_add(&figures, "");
    }
    text_add(&studies, "");
    site_rate_section(model, s, host, &studies);
    site_study_section(model, s, host, &studies);
    site_roofline_section(model, s, host, &studies);
    plots(model, s, host, &drawn);
    template_fill(out, dashboard_host_html,
                  (struct field[]){ { "host", host },
                                    { "facts", facts.data },
                                    { "verdicts", verdicts.data },
                                    { "studies", studies.data },
                                    { "figures", figures.data },
                                    { "plots", drawn.data } },
                  6);
    text_free(&studies);
    text_free(&facts);
    text_free(&verdicts);
    text_free(&figures);
    text_free(&drawn);
}

void site_page_scenario(const struct site_model *model, const struct site_scenario *s, struct text *out)
{
    const struct registry *known = model->site->registry;
    const struct scenario *scenario = known ? registry_find(known, s->name) : NULL; /* one of another program has no words */
    struct text main = { 0 }, sections = { 0 };

    text_add(&sections, "");
    site_classes(model, s, &sections);
    for (size_t i = 0; i < model->n_hosts; i++)
        host_section(model, s, model->hosts[i], &sections);
    template_fill(&main, dashboard_scenario_html,
                  (struct field[]){ { "name", s->name },
                                    { "summary", scenario ? scenario->summary : "" },
                                    { "hosts", sections.data } },
                  3);
    site_page_frame(model, s->name, "<a href=\"index.html\">All scenarios</a> <a href=\"nights.html\">Nights</a>", &main, out);
    text_free(&main);
    text_free(&sections);
}
