// SPDX-License-Identifier: MIT
#include "report/site_page.h"

#include "report/figure.h"
#include "report/site_classes.h"
#include "report/site_drill.h"
#include "report/site_heat.h"
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

extern const char dashboard_page_html[], dashboard_index_html[], dashboard_scenario_html[], dashboard_host_html[],
    dashboard_plot_html[];

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

static size_t count_cases(const struct run_result *run, const struct site_scenario *s)
{
    size_t n = 0;

    for (size_t i = 0; run && i < run->n_cases; i++)
        n += strcmp(run->cases[i].scenario, s->name) == 0;
    return n;
}

/* One scenario on one host class; nothing where the two never met. */
static void scenario_row(const struct site_model *model, const struct site_scenario *s, const char *host,
                         struct text *out)
{
    const struct run_result *run = site_model_run_of(model, host, s);
    const char *seen = last_seen(s, host);

    if (!run && !*seen)
        return;
    text_add(out, "<tr><th scope=\"row\"><a href=\"");
    template_escape(out, s->file);
    text_add(out, ".html#");
    template_escape(out, host);
    text_add(out, "\">");
    template_escape(out, s->name);
    text_add(out, "</a></th><td data-label=\"Host class\">");
    template_escape(out, host);
    text_add(out, "</td><td data-label=\"Worst verdict\">");
    if (run)
        site_badge(out, run, s);
    else
        text_add(out, "no finished run");
    text_addf(out, "</td><td data-label=\"Cases\" class=\"num\">%zu</td><td data-label=\"Last run\">",
              count_cases(run, s));
    site_time(out, run ? run->info.started : seen);
    text_add(out, "</td></tr>\n");
}

void site_page_index(const struct site_model *model, struct text *out)
{
    struct text main = { 0 }, hosts = { 0 }, rows = { 0 }, lead = { 0 }, map = { 0 }, news = { 0 }, nights = { 0 };

    text_add(&hosts, "");
    text_add(&rows, "");
    text_addf(&lead, "%zu scenario%s on %zu host class%s.", model->n_scenarios, model->n_scenarios == 1 ? "" : "s",
              model->n_hosts, model->n_hosts == 1 ? "" : "es");
    if (model->n_scenarios == 0)
        text_add(&lead, " No run has finished yet: `pawl run` makes the first one.");
    text_add(&map, "");
    site_nights_line(model, &nights);
    site_heat_map(model, &map);
    text_add(&nights, "");
    site_heat_news(model, &news);
    host_rows(model, &hosts);
    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->n_hosts; j++)
            scenario_row(model, &model->scenarios[i], model->hosts[j], &rows);
    template_fill(&main, dashboard_index_html,
                  (struct field[]){ { "lead", lead.data },
                                    { "nights", nights.data },
                                    { "map", map.data },
                                    { "news", news.data },
                                    { "hosts", hosts.data },
                                    { "scenarios", rows.data } },
                  6);
    site_drill_sections(model->site, &main);
    site_page_frame(model, "Performance", "<a href=\"nights.html\">Nights</a> <a href=\"changes.xml\">Feed</a>", &main, out);
    text_free(&main);
    text_free(&hosts);
    text_free(&rows);
    text_free(&lead);
    text_free(&map);
    text_free(&news);
    text_free(&nights);
}

static void plot(const struct site_model *model, const struct site_scenario *s, size_t i, struct text *out)
{
    struct text light = { 0 }, dark = { 0 }, alt = { 0 }, caption = { 0 }, hover = { 0 };
    char width[12], height[12], id[24];

    snprintf(id, sizeof(id), "p%zu", i + 1);
    site_plot_hover(&hover, &s->panels[i]);
    site_plot_file(&light, s, i, "light");
    site_plot_file(&dark, s, i, "dark");
    site_plot_alt(&alt, &s->panels[i]);
    site_plot_caption(&caption, model, &s->panels[i]);
    snprintf(width, sizeof(width), "%d", PLOT_WIDTH);
    snprintf(height, sizeof(height), "%d", site_plot_height(s, &s->panels[i]));
    template_fill(out, dashboard_plot_html,
                  (struct field[]){ { "light", light.data },
                                    { "dark", dark.data },
                                    { "alt", alt.data },
                                    { "width", width },
                                    { "height", height },
                                    { "caption", caption.data },
                                    { "id", id },
                                    { "hover", hover.data } },
                  8);
    text_free(&hover);
    text_free(&light);
    text_free(&dark);
    text_free(&alt);
    text_free(&caption);
}

/* The plots of one host class, a heading for each cell of the parameter matrix. */
static void plots(const struct site_model *model, const struct site_scenario *s, const char *host, struct text *out)
{
    const char *params = NULL;

    for (size_t i = 0; i < s->n_panels; i++) {
        const struct series *first = s->panels[i].series[0];

        if (strcmp(first->host_class, host) != 0)
            continue;
        if (!params || strcmp(params, first->params) != 0) {
            struct text heading = { 0 };

            figure_params(&heading, *first->params ? first->params : "all runs");
            text_addf(out, "%s<h3>", params ? "</div>\n" : "");
            template_escape(out, heading.data);
            text_add(out, "</h3>\n<div class=\"plots\">\n");
            text_free(&heading);
        }
        params = first->params;
        plot(model, s, i, out);
    }
    text_add(out, params ? "</div>\n" : "<p>No history yet.</p>\n");
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
    struct text facts = { 0 }, verdicts = { 0 }, figures = { 0 }, drawn = { 0 };

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
    site_rate_section(model, s, host, &drawn);
    site_study_section(model, s, host, &drawn);
    site_roofline_section(model, s, host, &drawn);
    plots(model, s, host, &drawn);
    template_fill(out, dashboard_host_html,
                  (struct field[]){ { "host", host },
                                    { "facts", facts.data },
                                    { "verdicts", verdicts.data },
                                    { "figures", figures.data },
                                    { "plots", drawn.data } },
                  5);
    text_free(&facts);
    text_free(&verdicts);
    text_free(&figures);
    text_free(&drawn);
}

void site_page_scenario(const struct site_model *model, const struct site_scenario *s, struct text *out)
{
    struct text main = { 0 }, sections = { 0 };

    text_add(&sections, "");
    site_classes(model, s, &sections);
    for (size_t i = 0; i < model->n_hosts; i++)
        host_section(model, s, model->hosts[i], &sections);
    template_fill(&main, dashboard_scenario_html, (struct field[]){ { "name", s->name }, { "hosts", sections.data } },
                  2);
    site_page_frame(model, s->name, "<a href=\"index.html\">All scenarios</a> <a href=\"nights.html\">Nights</a>", &main, out);
    text_free(&main);
    text_free(&sections);
}
