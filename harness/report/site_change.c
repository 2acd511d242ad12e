// SPDX-License-Identifier: MIT
#include "report/site_change.h"

#include "base/mem.h"
#include "base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The points of a series from a run on. */
static void copy_since(struct series *s, const struct series *from, const struct point *since)
{
    *s = *from;
    s->at_least = s->at_most = NAN;
    s->points = mem_array(from->n_points, sizeof(*s->points));
    s->n_points = 0;
    for (size_t i = 0; i < from->n_points; i++)
        if (point_order(&from->points[i], since) >= 0)
            s->points[s->n_points++] = from->points[i];
}

/* The median of what can be a speedup in the newest epoch that has any from a place of the axis on; NAN: none has. */
static double middle(const struct series *s, const struct panel *of, size_t from)
{
    double *values = mem_array(of->n_axis, sizeof(*values)), median;
    size_t cursor = 0, n = 0, epoch = 0;

    for (size_t x = from; x < of->n_axis; x++) {
        const struct point *p = site_model_point(s, of->axis[x], &cursor);

        if (!p || !isfinite(p->value) || p->value <= 0)
            continue;
        n = of->epochs[x] == epoch ? n : 0;
        epoch = of->epochs[x];
        values[n++] = p->value;
    }
    stats_sort(values, n);
    median = n ? stats_median(values, n) : NAN;
    free(values);
    return median;
}

static void to_percent(struct series *s, double base)
{
    for (size_t i = 0; i < s->n_points; i++) {
        struct point *p = &s->points[i];

        p->value = (p->value / base - 1) * 100;
        p->low = (p->low / base - 1) * 100;
        p->high = (p->high / base - 1) * 100;
    }
}

bool site_change_make(struct panel *change, const struct site_scenario *s, const struct panel *of)
{
    size_t from = of->n_axis > SITE_CHANGE_RUNS ? of->n_axis - SITE_CHANGE_RUNS : 0;
    const struct series **lines = mem_array(of->n_series, sizeof(void *));

    *change = (struct panel){ .changes = mem_array(of->n_series, sizeof(*change->changes)), .series = lines };
    for (size_t i = 0; i < of->n_series && of->n_axis >= SITE_CHANGE_LEAST; i++) {
        struct series *line = &change->changes[change->n_series];
        double base;

        if (s->variants[site_model_variant(s, of->series[i]->variant)].role != ROLE_OURS)
            continue;
        copy_since(line, of->series[i], of->axis[from]);
        base = middle(line, of, from);
        if (isnan(base)) {
            free(line->points);
            continue;
        }
        to_percent(line, base);
        lines[change->n_series++] = line;
    }
    if (change->n_series == 0)
        site_change_free(change);
    return change->n_series > 0;
}

void site_change_free(struct panel *panel)
{
    if (!panel->changes)
        return;
    for (size_t i = 0; i < panel->n_series; i++)
        free(panel->changes[i].points);
    free(panel->changes);
    free((void *)panel->series);
    panel->changes = NULL;
    panel->series = NULL;
}
