// SPDX-License-Identifier: MIT
#include "report/site_model.h"

#include "base/mem.h"
#include "report/figure.h"
#include "report/site_change.h"
#include "report/site_roofline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A page's name: what a case id may hold, with '/' as '-'; anything else, which only an import could bring, as '_'. */
static void file_name(char *dst, size_t size, const char *scenario)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=@-.";
    size_t n = 0;

    for (; *scenario && n + 1 < size; scenario++, n++)
        dst[n] = *scenario == '/' ? '-' : strchr(plain, *scenario) ? *scenario : '_';
    dst[n] = '\0';
    if (dst[0] == '.' || dst[0] == '-') /* hidden; an option */
        dst[0] = '_';
    if (n == 0)
        text_copy(dst, size, "unnamed");
}

static bool file_taken(const struct site_model *model, const char *file, const struct site_scenario *but)
{
    if (strcmp(file, "index") == 0 || strcmp(file, "nights") == 0 || strncmp(file, "night-", 6) == 0)
        return true;
    for (size_t i = 0; i < model->n_scenarios; i++)
        if (&model->scenarios[i] != but && strcmp(model->scenarios[i].file, file) == 0)
            return true;
    return false;
}

static void name_files(struct site_model *model)
{
    for (size_t i = 0; i < model->n_scenarios; i++) {
        struct site_scenario *s = &model->scenarios[i];
        char base[CASE_ID_MAX];

        file_name(base, sizeof(base), s->name);
        text_copy(s->file, sizeof(s->file), base);
        for (unsigned n = 2; file_taken(model, s->file, s); n++)
            snprintf(s->file, sizeof(s->file), "%.180s-%u", base, n % 1000000);
    }
}

static struct site_scenario *add_scenario(struct site_model *model, const char *name)
{
    struct site_scenario *s;

    for (size_t i = 0; i < model->n_scenarios; i++)
        if (strcmp(model->scenarios[i].name, name) == 0)
            return &model->scenarios[i];
    model->scenarios = mem_grow(model->scenarios, &model->scenarios_capacity, model->n_scenarios + 1,
                                sizeof(*model->scenarios));
    s = &model->scenarios[model->n_scenarios++];
    s->name = name;
    return s;
}

static void add_host(struct site_model *model, const char *host)
{
    for (size_t i = 0; i < model->n_hosts; i++)
        if (strcmp(model->hosts[i], host) == 0)
            return;
    model->hosts = mem_grow(model->hosts, &model->hosts_capacity, model->n_hosts + 1, sizeof(void *));
    model->hosts[model->n_hosts++] = host;
}

static void add_variant(struct site_scenario *s, const char *name, bool reference, enum variant_role role)
{
    size_t i = 0;

    while (i < s->n_variants && strcmp(s->variants[i].name, name) != 0)
        i++;
    if (i == s->n_variants) {
        s->variants = mem_grow(s->variants, &s->variants_capacity, s->n_variants + 1, sizeof(*s->variants));
        s->variants[s->n_variants++].name = name;
    }
    s->variants[i].reference |= reference;
    if (role != ROLE_OURS)
        s->variants[i].role = role;
}

size_t site_model_variant(const struct site_scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->n_variants; i++)
        if (strcmp(scenario->variants[i].name, name) == 0)
            return i;
    BUG("variant '%s' is not in the model of '%s'", name, scenario->name);
}

static void collect_runs(struct site_model *model)
{
    const struct site *site = model->site;

    for (size_t i = 0; i < site->n_runs; i++) {
        add_host(model, site->runs[i].info.host.class);
        for (size_t j = 0; j < site->runs[i].n_cases; j++) {
            const struct case_result *c = &site->runs[i].cases[j];
            struct site_scenario *s = add_scenario(model, c->scenario);

            if (*c->reference)
                add_variant(s, c->reference, true, ROLE_OURS);
            add_variant(s, c->variant, false, c->role);
        }
    }
}

static void collect_history(struct site_model *model)
{
    const struct history *history = model->site->history;

    for (size_t i = 0; i < history->n_series; i++) {
        const struct series *series = &history->series[i];
        struct site_scenario *s;

        if (series->n_points == 0)
            continue;
        add_host(model, series->host_class);
        s = add_scenario(model, series->scenario);
        if (*series->reference)
            add_variant(s, series->reference, true, ROLE_OURS);
        add_variant(s, series->variant, false, series->role);
        if (site_roofline_owns(series->metric))
            continue;
        s->series = mem_grow(s->series, &s->series_capacity, s->n_series + 1, sizeof(void *));
        s->series[s->n_series++] = series;
    }
}

static int compare_variants(const void *a, const void *b)
{
    const struct site_variant *x = a, *y = b;
    int d = y->reference - x->reference;

    d = d ? d : (int)x->role - (int)y->role;
    return d ? d : strverscmp(x->name, y->name);
}

static int compare_scenarios(const void *a, const void *b)
{
    return strcmp(((const struct site_scenario *)a)->name, ((const struct site_scenario *)b)->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ratio first, it is what is gated; the time last, since its history shows the host as much as the code. */
static int metric_rank(const char *metric)
{
    return strcmp(metric, metric_speedup.name) == 0 ? 0 : strcmp(metric, metric_time_ns.name) == 0 ? 2 : 1;
}

static int compare_panel(const struct series *x, const struct series *y)
{
    int d = strcmp(x->host_class, y->host_class);

    d = d ? d : strverscmp(x->params, y->params); /* n=512 before n=1024 */
    d = d ? d : metric_rank(x->metric) - metric_rank(y->metric);
    return d ? d : strcmp(x->metric, y->metric);
}

static int compare_series(const void *a, const void *b, void *scenario)
{
    const struct series *x = *(const struct series *const *)a, *y = *(const struct series *const *)b;
    int d = compare_panel(x, y);

    return d ? d : (int)site_model_variant(scenario, x->variant) - (int)site_model_variant(scenario, y->variant);
}

static int compare_points(const void *a, const void *b)
{
    return point_order(*(const struct point *const *)a, *(const struct point *const *)b);
}

const struct point *site_model_point(const struct series *series, const struct point *axis, size_t *cursor)
{
    for (size_t i = 0; i < series->n_points; i++) {
        const struct point *point = &series->points[(*cursor + i) % series->n_points];

        if (point_order(point, axis) == 0) {
            *cursor = (*cursor + i + 1) % series->n_points;
            return point;
        }
    }
    return NULL;
}

bool site_model_opens_epoch(const struct panel *panel, size_t x)
{
    return x > 0 && panel->epochs[x] != panel->epochs[x - 1];
}

size_t site_model_epochs(const struct panel *panel)
{
    return panel->epochs[panel->n_axis - 1] + 1;
}

size_t site_model_newest(const struct panel *panel)
{
    size_t n = 1;

    while (n < panel->n_axis && !site_model_opens_epoch(panel, panel->n_axis - n))
        n++;
    return n;
}

static void number_epochs(struct panel *panel)
{
    const char *known = "";
    size_t number = 0;

    panel->epochs = mem_array(panel->n_axis, sizeof(*panel->epochs));
    for (size_t x = 0; x < panel->n_axis; x++)
        panel->epochs[x] = number += point_opens_epoch(panel->axis[x], &known);
}

static void make_axis(struct panel *panel)
{
    size_t n = 0, unique = 0;

    for (size_t i = 0; i < panel->n_series; i++)
        n += panel->series[i]->n_points;
    panel->axis = mem_array(n, sizeof(void *));
    n = 0;
    for (size_t i = 0; i < panel->n_series; i++)
        for (size_t j = 0; j < panel->series[i]->n_points; j++)
            panel->axis[n++] = &panel->series[i]->points[j];
    qsort(panel->axis, n, sizeof(void *), compare_points);
    for (size_t i = 0; i < n; i++)
        if (unique == 0 || point_order(panel->axis[unique - 1], panel->axis[i]) != 0)
            panel->axis[unique++] = panel->axis[i];
    panel->n_axis = unique;
    number_epochs(panel);
}

static struct panel *add_panel(struct site_scenario *s)
{
    s->panels = mem_grow(s->panels, &s->panels_capacity, s->n_panels + 1, sizeof(*s->panels));
    return &s->panels[s->n_panels++];
}

static bool is_flat(const struct panel *panel)
{
    for (size_t i = 0; i < panel->n_series; i++) {
        const struct series *s = panel->series[i];

        if (s->kind != METRIC_EXACT || !isnan(s->at_least) || !isnan(s->at_most))
            return false;
        for (size_t k = 0; k < s->n_points; k++)
            if (!isfinite(s->points[k].value) || s->points[k].value != s->points[0].value)
                return false;
    }
    return true;
}

static void make_panels(struct site_scenario *s)
{
    for (size_t i = 0, end; i < s->n_series; i = end) {
        struct panel *panel = add_panel(s), change;

        for (end = i + 1; end < s->n_series && compare_panel(s->series[i], s->series[end]) == 0;)
            end++;
        panel->series = &s->series[i];
        panel->n_series = end - i;
        make_axis(panel);
        panel->flat = is_flat(panel);
        if (strcmp(s->series[i]->metric, metric_speedup.name) == 0 && site_change_make(&change, s, panel)) {
            make_axis(&change);
            *add_panel(s) = change;
        }
    }
}

void site_model_build(struct site_model *model, const struct site *site)
{
    *model = (struct site_model){ .site = site };
    collect_runs(model);
    collect_history(model);
    if (model->n_scenarios)
        qsort(model->scenarios, model->n_scenarios, sizeof(*model->scenarios), compare_scenarios);
    if (model->n_hosts)
        qsort(model->hosts, model->n_hosts, sizeof(void *), compare_names);
    name_files(model);
    for (size_t i = 0; i < model->n_scenarios; i++) {
        struct site_scenario *s = &model->scenarios[i];

        qsort(s->variants, s->n_variants, sizeof(*s->variants), compare_variants);
        if (s->n_series)
            qsort_r(s->series, s->n_series, sizeof(void *), compare_series, s);
        make_panels(s);
    }
}

void site_model_free(struct site_model *model)
{
    for (size_t i = 0; i < model->n_scenarios; i++) {
        struct site_scenario *s = &model->scenarios[i];

        for (size_t j = 0; j < s->n_panels; j++) {
            free(s->panels[j].axis);
            free(s->panels[j].epochs);
            site_change_free(&s->panels[j]);
        }
        free(s->panels);
        free(s->series);
        free(s->variants);
    }
    free(model->scenarios);
    free(model->hosts);
    *model = (struct site_model){ 0 };
}

const struct run_result *site_model_run(const struct site_model *model, const char *host_class)
{
    for (size_t i = 0; i < model->site->n_runs; i++)
        if (strcmp(model->site->runs[i].info.host.class, host_class) == 0)
            return &model->site->runs[i];
    return NULL;
}

const struct site_scenario *site_model_of_case(const struct site_model *model, const struct run_result *run,
                                               const char *case_id)
{
    const struct case_result *c = run_case(run, case_id);
    const struct site_scenario *best = NULL;

    for (size_t i = 0; i < model->n_scenarios; i++) {
        const struct site_scenario *s = &model->scenarios[i];

        if (c && strcmp(s->name, c->scenario) == 0)
            return s;
        if (figure_belongs(case_id, s->name) && (!best || strlen(s->name) > strlen(best->name)))
            best = s; /* MISSING: in the baseline, not in the run */
    }
    return c ? NULL : best;
}

static bool is_about(const struct site_model *model, const struct run_result *run, const struct site_scenario *s)
{
    for (size_t i = 0; i < run->n_cases; i++)
        if (strcmp(run->cases[i].scenario, s->name) == 0)
            return true;
    for (size_t i = 0; i < run->n_verdicts; i++)
        if (site_model_of_case(model, run, run->verdicts[i].case_id) == s)
            return true;
    return false;
}

const struct run_result *site_model_run_of(const struct site_model *model, const char *host_class,
                                           const struct site_scenario *scenario)
{
    for (size_t i = 0; i < model->site->n_runs; i++) {
        const struct run_result *run = &model->site->runs[i];

        if (strcmp(run->info.host.class, host_class) == 0 && is_about(model, run, scenario))
            return run;
    }
    return NULL;
}

const struct stepped *site_model_steps(const struct site_model *model, const struct series *series)
{
    const struct history *h = model->site->history;

    return model->site->steps && series >= h->series && series < h->series + h->n_series
               ? &model->site->steps[series - h->series]
               : NULL;
}
