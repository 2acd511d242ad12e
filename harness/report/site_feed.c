// SPDX-License-Identifier: MIT
#include "report/site_feed.h"

#include "base/day.h"
#include "base/mem.h"
#include "report/figure.h"
#include "report/news.h"
#include "report/site_heat.h"
#include "report/template.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct series *series_of(const struct news_item *item)
{
    return item->stepped->series;
}

static const struct point *began(const struct news_item *item)
{
    return &series_of(item)->points[item->step->index];
}

/* RFC 4287 wants a date, and the same one each time: when the step was confirmed. */
static const char *confirmed(const struct news_item *item)
{
    size_t at = item->step->index + STEP_MIN_POINTS - 1, last = item->stepped->n_points - 1;
    const char *started = series_of(item)->points[at < last ? at : last].started;

    return day_parse(started) >= 0 && strlen(started) == 20 ? started : "1970-01-01T00:00:00Z";
}

/* The metrics of one change of one case: to the worse, or to the better. */
static int compare_changes(const struct news_item *x, const struct news_item *y)
{
    const struct series *s = series_of(x), *t = series_of(y);
    int d = strcmp(confirmed(y), confirmed(x));

    d = d ? d : strcmp(s->case_id, t->case_id);
    d = d ? d : strcmp(s->host_class, t->host_class);
    d = d ? d : (began(x)->run > began(y)->run) - (began(x)->run < began(y)->run);
    return d ? d : (news_harm(t, y->step) > 0) - (news_harm(s, x->step) > 0);
}

/* The newest first; of a change the speedup first, then by name: the entry's id is that of the first. */
static int newest_first(const void *a, const void *b)
{
    const char *s = series_of(a)->metric, *t = series_of(b)->metric;
    int d = compare_changes(a, b);

    d = d ? d : (strcmp(t, metric_speedup.name) == 0) - (strcmp(s, metric_speedup.name) == 0);
    return d ? d : strcmp(s, t);
}

static void add(const struct site_model *model, const struct news_item *items, size_t n, struct text *xml)
{
    const struct series *s = series_of(items);
    const struct step *step = items->step;
    char id[STEP_ID], a[FIGURE_TEXT], b[FIGURE_TEXT];

    step_id(s->case_id, s->metric, s->host_class, began(items)->run, id);
    text_addf(xml, "<entry><id>tag:localhost,2026:pawl/change/%s</id><updated>%s", id, confirmed(items));
    text_addf(xml, "</updated><title>%s: ", news_harm(s, step) > 0 ? "worse" : "better");
    template_escape(xml, s->case_id);
    text_add(xml, " ");
    template_escape(xml, s->metric);
    if (isfinite(step->effect))
        text_addf(xml, " %+.1f %%", 100 * step->effect);
    text_add(xml, "</title><link href=\"");
    site_heat_link(model, s, xml);
    text_add(xml, "\"/><summary>");
    template_escape(xml, figure_with_unit(a, step->before, s->unit));
    text_add(xml, " before, ");
    template_escape(xml, figure_with_unit(b, step->after, s->unit));
    text_add(xml, " after on ");
    template_escape(xml, s->host_class);
    text_addf(xml, ", since %.10s, commit ", began(items)->started);
    template_escape(xml, *began(items)->commit ? began(items)->commit : "unknown");
    for (size_t i = 1; i < n; i++) {
        text_add(xml, i == 1 ? "; also " : ", ");
        template_escape(xml, series_of(&items[i])->metric);
    }
    text_add(xml, step->epoch ? "; the host changed, too" : "");
    if (step->acked) {
        text_add(xml, "; acknowledged: ");
        template_escape(xml, step->acked);
    }
    text_add(xml, "</summary></entry>\n");
}

static bool is_confirmed(const struct stepped *stepped, const struct step *step, const void *arg)
{
    (void)stepped;
    (void)arg;
    return step->state == STEP_CONFIRMED;
}

void site_feed(const struct site_model *model, struct text *xml)
{
    struct news_list list;
    size_t n = 0;

    news_collect(&list, model->site->steps, model->site->steps ? model->site->history->n_series : 0, is_confirmed, NULL);
    if (list.n_items)
        qsort(list.items, list.n_items, sizeof(*list.items), newest_first);
    text_add(xml, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
                  "<id>tag:localhost,2026:pawl/changes</id><title>Changes of performance</title><author><name>pawl</name></author>"
                  "<link rel=\"self\" href=\"changes.xml\"/><link href=\"index.html\"/><updated>");
    template_escape(xml, list.n_items ? confirmed(&list.items[0]) : model->site->generated);
    text_add(xml, "</updated>\n");
    for (size_t i = 0, end; i < list.n_items && n < SITE_FEED_ENTRIES; i = end, n++) {
        for (end = i + 1; end < list.n_items && compare_changes(&list.items[i], &list.items[end]) == 0;)
            end++;
        add(model, &list.items[i], end - i, xml);
    }
    text_add(xml, "</feed>\n");
    news_free(&list);
}
