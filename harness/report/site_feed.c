// SPDX-License-Identifier: MIT
#include "report/site_feed.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/night.h"
#include "report/site_heat.h"
#include "report/template.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const struct series *series;
    const struct step *step;
};

static const struct point *began(const struct entry *e)
{
    return &e->series->points[e->step->index];
}

static int newest_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int d = strcmp(began(y)->started, began(x)->started);

    d = d ? d : strcmp(x->series->case_id, y->series->case_id);
    return d ? d : strcmp(x->series->metric, y->series->metric);
}

static void add(const struct site_model *model, const struct entry *e, struct text *xml)
{
    const struct series *s = e->series;
    const struct step *step = e->step;
    char id[STEP_ID], a[FIGURE_TEXT], b[FIGURE_TEXT];

    step_id(s->case_id, s->metric, s->host_class, began(e)->run, id);
    text_addf(xml, "<entry><id>tag:localhost,2026:pawl/change/%s</id><updated>", id);
    template_escape(xml, began(e)->started);
    text_addf(xml, "</updated><title>%s: ", night_harm(s, step) > 0 ? "worse" : "better");
    template_escape(xml, s->case_id);
    text_add(xml, " ");
    template_escape(xml, s->metric);
    if (isfinite(step->effect))
        text_addf(xml, " %+.1f %%", 100 * step->effect);
    text_add(xml, "</title><link href=\"");
    site_heat_link(model, s, xml);
    text_addf(xml, "\"/><summary>%s before, %s after", figure_number(a, step->before), figure_number(b, step->after));
    text_add(xml, " on ");
    template_escape(xml, s->host_class);
    text_add(xml, ", since commit ");
    template_escape(xml, *began(e)->commit ? began(e)->commit : "unknown");
    text_add(xml, step->epoch ? "; the host changed, too" : "");
    if (step->acked) {
        text_add(xml, "; acknowledged: ");
        template_escape(xml, step->acked);
    }
    text_add(xml, "</summary></entry>\n");
}

void site_feed(const struct site_model *model, struct text *xml)
{
    const struct history *h = model->site->history;
    struct entry *all = NULL;
    size_t n = 0, capacity = 0;

    for (size_t i = 0; model->site->steps && i < h->n_series; i++)
        for (size_t k = 0; k < model->site->steps[i].n_steps; k++)
            if (model->site->steps[i].steps[k].state == STEP_CONFIRMED) {
                all = mem_grow(all, &capacity, n + 1, sizeof(*all));
                all[n++] = (struct entry){ &h->series[i], &model->site->steps[i].steps[k] };
            }
    if (n)
        qsort(all, n, sizeof(*all), newest_first);
    text_add(xml, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
                  "<id>tag:localhost,2026:pawl/changes</id><title>Changes of performance</title>"
                  "<author><name>pawl</name></author><link href=\"index.html\"/><updated>");
    template_escape(xml, n ? began(&all[0])->started : model->site->generated);
    text_add(xml, "</updated>\n");
    for (size_t i = 0; i < n && i < SITE_FEED_ENTRIES; i++)
        add(model, &all[i], xml);
    text_add(xml, "</feed>\n");
    free(all);
}
