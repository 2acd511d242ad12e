// SPDX-License-Identifier: MIT
#include "report/site_news.h"

#include "base/day.h"
#include "report/figure.h"
#include "report/site_heat.h"
#include "report/site_page.h"
#include "report/template.h"

#include <math.h>
#include <string.h>

/* A badge's class and word; what is suspected has a question mark. */
static void kind_of(const struct news *news, const char **class, const char **word)
{
    bool sure = news->items->step->state == STEP_CONFIRMED, bad = news->harm > 0;

    *class = !sure || news->items->step->acked ? "mute" : bad ? "bad" : "good";
    *word = bad ? (sure ? "WORSE" : "WORSE?") : sure ? "BETTER" : "BETTER?";
}

static void what(const struct site_model *model, const struct series *s, struct text *html)
{
    text_add(html, "<th scope=\"row\"><a href=\"");
    site_heat_link(model, s, html);
    text_add(html, "\">");
    template_escape(html, s->case_id);
    text_addf(html, "</a>%s", figure_role(s->role));
    if (model->n_hosts > 1) {
        text_add(html, " <small>");
        template_escape(html, s->host_class);
        text_add(html, "</small>");
    }
    text_add(html, "</th>");
}

static void figures(const struct news *news, struct text *html)
{
    const struct series *s = news->items->stepped->series;
    const struct step *step = news->items->step;
    char a[FIGURE_TEXT], b[FIGURE_TEXT];

    text_add(html, "<td class=\"wrap\">");
    template_escape(html, s->metric);
    text_add(html, " ");
    template_escape(html, figure_with_unit(a, step->before, s->unit));
    text_add(html, " to ");
    template_escape(html, figure_with_unit(b, step->after, s->unit));
    for (size_t i = 1; i < news->n_items; i++) {
        text_add(html, i == 1 ? " <small>and " : ", ");
        template_escape(html, news->items[i].stepped->series->metric);
    }
    text_add(html, news->n_items > 1 ? "</small></td>" : "</td>");
}

static void since(const struct news *news, struct text *html)
{
    const struct news_item *item = news->items;
    const struct point *p = &item->stepped->series->points[item->step->index];

    if (day_parse(p->started) >= 0)
        text_addf(html, "<td class=\"wrap\">since <a href=\"night-%.10s.html\"><time>%.10s</time></a> ", p->started, p->started);
    else
        text_add(html, "<td class=\"wrap\">since ");
    site_commit(html, p->commit, false);
    if (item->step->state == STEP_SUSPECTED) {
        size_t n = news_nights(item->stepped, item->step);

        text_addf(html, " <small>suspected, %zu night%s</small>", n, n == 1 ? "" : "s");
    }
    if (item->step->epoch)
        text_add(html, " <small>the host changed, too</small>");
    if (item->step->acked) {
        text_add(html, " <small>acknowledged: ");
        template_escape(html, item->step->acked);
        text_add(html, "</small>");
    }
    text_add(html, "</td>");
}

static void row(const struct site_model *model, const struct news *news, struct text *html)
{
    const char *class, *word;

    kind_of(news, &class, &word);
    text_addf(html, "<tr><td><span class=\"badge %s\">%s</span></td><td class=\"num\">", class, word);
    if (isfinite(news->items->step->effect))
        text_addf(html, "%+.1f %%", 100 * news->items->step->effect);
    text_add(html, "</td>");
    what(model, news->items->stepped->series, html);
    figures(news, html);
    since(news, html);
    text_add(html, "</tr>\n");
}

static void rows(const struct site_model *model, const struct news *news, size_t n, struct text *html)
{
    text_add(html, "<div class=\"scroll news\" role=\"region\" aria-label=\"Changes\" tabindex=\"0\"><table>\n<thead><tr>"
                   "<th scope=\"col\">What</th><th scope=\"col\" class=\"num\">Change</th><th scope=\"col\">Case</th>"
                   "<th scope=\"col\">Level</th><th scope=\"col\">When</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n; i++)
        row(model, &news[i], html);
    text_add(html, "</tbody></table></div>\n");
}

void site_news(const struct site_model *model, const struct news_list *list, struct text *html)
{
    size_t seen = list->n < SITE_NEWS_SEEN ? list->n : SITE_NEWS_SEEN;
    size_t more = list->n < SITE_NEWS_MAX ? list->n - seen : SITE_NEWS_MAX - seen;

    if (seen)
        rows(model, list->news, seen, html);
    if (more) {
        text_addf(html, "<details><summary>%zu more</summary>\n", list->n - seen);
        rows(model, list->news + seen, more, html);
        if (list->n > seen + more)
            text_addf(html, "<p>All are listed by <code>pawl changes</code>.</p>\n");
        text_add(html, "</details>\n");
    }
}

void site_news_fresh(const struct site_model *model, const struct news_list *list, struct text *html)
{
    if (list->n == 0)
        text_add(html, "<p>No level has changed in the last nights.</p>\n");
    site_news(model, list, html);
}

void site_news_counts(const struct news_list *list, struct text *html)
{
    size_t ours = 0;

    while (ours < list->n && list->news[ours].items->stepped->series->role == ROLE_OURS)
        ours++;
    for (size_t i = 0, end; i < ours; i = end) {
        const char *class, *word, *other_class, *other;

        kind_of(&list->news[i], &class, &word);
        for (end = i + 1; end < ours; end++) {
            kind_of(&list->news[end], &other_class, &other);
            if (strcmp(other, word) != 0)
                break;
        }
        text_addf(html, "<a class=\"badge %s\" href=\"#news\">%zu %s</a> ", class, end - i, word);
    }
    if (ours < list->n)
        text_addf(html, "<a class=\"badge mute\" href=\"#news\">%zu OF PEERS AND ROOFS</a> ", list->n - ours);
}
