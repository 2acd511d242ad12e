// SPDX-License-Identifier: MIT
#include "report/site_drill.h"

#include "report/gnuplot.h"
#include "report/site_page.h"
#include "report/site_plot.h"
#include "report/template.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const char dashboard_drill_html[], dashboard_power_gp[];

/* The rows of one drill: [first, end), of one host class and one start. */
struct group {
    size_t first, end;
};

static bool same(const struct drill_row *a, const struct drill_row *b)
{
    return strcmp(a->host_class, b->host_class) == 0 && strcmp(a->started, b->started) == 0;
}

static bool replaces(const struct drill_row *a, const struct drill_row *b)
{
    return strcmp(a->host_class, b->host_class) == 0 && a->pairs == b->pairs && a->margin == b->margin;
}

/* The next drill from row `from` on that is the last one of its host class and kind; false where there is none. */
static bool next_group(const struct site *site, size_t from, struct group *g)
{
    for (g->first = from; g->first < site->n_drills; g->first = g->end) {
        bool last = true;

        for (g->end = g->first; g->end < site->n_drills && same(&site->drills[g->first], &site->drills[g->end]);)
            g->end++;
        for (size_t i = g->end; i < site->n_drills; i++)
            last &= !replaces(&site->drills[i], &site->drills[g->first]);
        if (last)
            return true;
    }
    return false;
}

/* "570 of 600: 95.0 % [92.9, 96.6]" */
static void detected_text(struct text *out, const struct drill_row *r)
{
    struct interval d = drill_row_detected(r);

    if (r->verdicts == 0)
        text_add(out, "no verdict");
    else
        text_addf(out, "%d of %d: %.1f %% [%.1f, %.1f]", r->regressed, r->verdicts, d.value * 100, d.low * 100,
                  d.high * 100);
}

static void count_cell(struct text *html, const char *label, int n)
{
    text_addf(html, "<td data-label=\"%s\" class=\"num\">%d</td>", label, n);
}

static void rows(const struct site *site, const struct group *g, struct text *html)
{
    for (size_t i = g->first; i < g->end; i++) {
        const struct drill_row *r = &site->drills[i];

        text_add(html, "<tr><th scope=\"row\">");
        text_addf(html, r->effect > 0 ? "%g %%" : "nothing (A/A)", r->effect * 100);
        text_add(html, "</th>");
        count_cell(html, "Runs", r->runs);
        count_cell(html, "Runs with an alarm", r->alarmed_runs);
        text_add(html, "<td data-label=\"Verdicts REGRESSED\" class=\"num\">");
        detected_text(html, r);
        text_add(html, "</td>");
        count_cell(html, "Inconclusive", r->inconclusive);
        count_cell(html, "Passed", r->passed);
        text_addf(html, "<td data-label=\"Seconds a run\" class=\"num\">%.1f</td></tr>\n", r->seconds);
    }
}

static void plot(const struct group *g, const struct site *site, size_t n, struct text *html)
{
    struct text alt = { 0 };
    char stem[32];

    snprintf(stem, sizeof(stem), "drill-%zu", n);
    text_add(&alt, "share of verdicts REGRESSED by slowdown");
    for (size_t i = g->first; i < g->end; i++)
        if (site->drills[i].verdicts > 0)
            text_addf(&alt, "; %g %%: %.0f %%", site->drills[i].effect * 100, drill_row_detected(&site->drills[i]).value * 100);
    site_plot_figure(html, &(struct site_plot_figure){ stem, stem, alt.data,
                                                       "power curve: the sooner it climbs, the less slips through", "",
                                                       PLOT_HEIGHT });
    text_free(&alt);
}

void site_drill_sections(const struct site *site, struct text *html)
{
    struct group g;
    size_t n = 0;

    for (size_t from = 0; next_group(site, from, &g); from = g.end) {
        const struct drill_row *r = &site->drills[g.first];
        struct text table = { 0 }, picture = { 0 }, when = { 0 }, commit = { 0 }, against = { 0 };

        text_addf(&against, "%s; margin %g\u00a0%%", r->pairs ? "in turns with the same program, as gate --against"
                                                         : "against the figures of a baseline", r->margin * 100);
        rows(site, &g, &table);
        plot(&g, site, ++n, &picture);
        site_time(&when, r->started);
        site_commit(&commit, r->commit, false);
        template_fill(html, dashboard_drill_html,
                      (struct field[]){ { "host", r->host_class },
                                        { "cases", r->cases },
                                        { "against", against.data },
                                        { "when", when.data },
                                        { "commit", commit.data },
                                        { "plot", picture.data },
                                        { "rows", table.data } },
                      7);
        text_free(&against);
        text_free(&table);
        text_free(&picture);
        text_free(&when);
        text_free(&commit);
    }
}

static void draw(const struct site *site, const struct group *g, struct text *script)
{
    double margin = site->drills[g->first].margin * 100, x_high = margin;

    text_addf(script, "width = %d\nheight = %d\nmargin = ", PLOT_WIDTH, PLOT_HEIGHT);
    gnuplot_number(script, margin);
    text_add(script, "\n$drill << END\n");
    for (size_t i = g->first; i < g->end; i++) {
        struct interval d = drill_row_detected(&site->drills[i]);

        if (site->drills[i].verdicts == 0)
            continue; /* nothing was asked: that is no rate, least of all 0 */
        text_addf(script, "%.17g %.17g %.17g %.17g ", site->drills[i].effect * 100, d.value * 100, d.low * 100,
                  d.high * 100);
        text_addf(script, site->drills[i].effect > 0 ? "%g\n" : "A/A\n", site->drills[i].effect * 100);
        x_high = fmax(x_high, site->drills[i].effect * 100);
    }
    text_add(script, "END\nx_high = ");
    gnuplot_number(script, x_high);
    text_add(script, "\n");
    text_add(script, dashboard_power_gp);
}

void site_drill_scripts(const struct site *site, struct site_plots *plots)
{
    struct group g;
    size_t n = 0;

    for (size_t from = 0; next_group(site, from, &g); from = g.end) {
        char stem[32];

        snprintf(stem, sizeof(stem), "drill-%zu", ++n);
        draw(site, &g, site_plots_add(plots, stem));
    }
}
