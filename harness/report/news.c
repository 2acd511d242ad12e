// SPDX-License-Identifier: MIT
#include "report/news.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double news_harm(const struct series *series, const struct step *step)
{
    double change = isnan(step->effect) ? (step->after > step->before ? 1 : -1) : log1p(step->effect);

    return series->better == METRIC_HIGHER_IS_BETTER ? -change : change;
}

size_t news_nights(const struct stepped *stepped, const struct step *step)
{
    const struct point *points = stepped->series->points;
    size_t n = 1;

    for (size_t i = step->index + 1; i < stepped->n_points; i++)
        n += !*points[i].started || strncmp(points[i].started, points[i - 1].started, 10) != 0;
    return n;
}

bool news_is_fresh(const struct stepped *stepped, const struct step *step, const void *arg)
{
    (void)arg;
    return !step->acked && (step->state == STEP_SUSPECTED || news_nights(stepped, step) <= STEP_MIN_POINTS);
}

/* What is told of a case in one line: not its getting better and its getting worse. */
static int compare_cases(const struct news_item *x, const struct news_item *y)
{
    const struct series *a = x->stepped->series, *b = y->stepped->series;
    int d = strcmp(a->case_id, b->case_id);

    d = d ? d : strcmp(a->host_class, b->host_class);
    return d ? d : (news_harm(b, y->step) > 0) - (news_harm(a, x->step) > 0);
}

/* The speedup tells most: it is what is gated, and paired. Then what moved most. */
static int compare_items(const void *a, const void *b)
{
    const struct news_item *x = a, *y = b;
    const char *s = x->stepped->series->metric, *t = y->stepped->series->metric;
    double dx = fabs(news_harm(x->stepped->series, x->step)), dy = fabs(news_harm(y->stepped->series, y->step));
    int d = compare_cases(x, y);

    d = d ? d : (int)x->step->state - (int)y->step->state;
    d = d ? d : !!x->step->acked - !!y->step->acked;
    d = d ? d : (strcmp(t, metric_speedup.name) == 0) - (strcmp(s, metric_speedup.name) == 0);
    d = d ? d : (dx < dy) - (dx > dy);
    return d ? d : strcmp(s, t);
}

static int worst_first(const void *a, const void *b)
{
    const struct news *x = a, *y = b;
    const struct news_item *i = x->items, *k = y->items;
    int d = (int)i->stepped->series->role - (int)k->stepped->series->role;

    d = d ? d : !!i->step->acked - !!k->step->acked;
    d = d ? d : (y->harm > 0) - (x->harm > 0);
    d = d ? d : (int)i->step->state - (int)k->step->state;
    d = d ? d : (fabs(x->harm) < fabs(y->harm)) - (fabs(x->harm) > fabs(y->harm));
    return d ? d : compare_cases(i, k);
}

void news_collect(struct news_list *list, const struct stepped *stepped, size_t n, news_fn *wanted, const void *arg)
{
    size_t items_capacity = 0, capacity = 0;

    *list = (struct news_list){ 0 };
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < stepped[i].n_steps; k++)
            if (wanted(&stepped[i], &stepped[i].steps[k], arg)) {
                list->items = mem_grow(list->items, &items_capacity, list->n_items + 1, sizeof(*list->items));
                list->items[list->n_items++] = (struct news_item){ &stepped[i], &stepped[i].steps[k] };
            }
    if (list->n_items)
        qsort(list->items, list->n_items, sizeof(*list->items), compare_items);
    for (size_t i = 0, end; i < list->n_items; i = end) {
        const struct news_item *first = &list->items[i];

        for (end = i + 1; end < list->n_items && compare_cases(first, &list->items[end]) == 0;)
            end++;
        list->news = mem_grow(list->news, &capacity, list->n + 1, sizeof(*list->news));
        list->news[list->n++] = (struct news){ first, end - i, news_harm(first->stepped->series, first->step) };
    }
    if (list->n)
        qsort(list->news, list->n, sizeof(*list->news), worst_first);
}

void news_free(struct news_list *list)
{
    free(list->news);
    free(list->items);
    *list = (struct news_list){ 0 };
}
