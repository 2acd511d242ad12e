// SPDX-License-Identifier: MIT
/* site_model.h -- what the dashboard shows, sorted: scenarios, their variants, and the panels (one plot each).
 *
 * Everything points into the struct site that it was made from. */
#pragma once

#include "report/site.h"

/* One plot: the variants of one cell of the parameter matrix, in one metric, on one host class. */
struct panel {
    const struct series *const *series; /* in the order of the scenario's variants */
    size_t n_series;
    const struct point **axis; /* the runs along x, oldest first: a point of each */
    size_t n_axis;
    size_t *epochs; /* of each place on the axis: the number of the host's epoch, 0.. */
    bool flat; /* exact figures without targets that never changed: there is nothing to draw */
    struct series *changes; /* what `series` points to in a panel of changes (site_change.h); else NULL */
};

struct site_scenario {
    const char *name;
    char file[CASE_ID_MAX + 8]; /* "kernels-gemm_f32": the page, without ".html" */
    struct site_variant {
        const char *name;
        bool reference;
        enum variant_role role;
    } * variants; /* the reference first, then by name, peers and roofs last: a variant has one colour, whatever ran last */
    size_t n_variants, variants_capacity;
    const struct series **series; /* by host class, params, metric, variant */
    size_t n_series, series_capacity;
    struct panel *panels;
    size_t n_panels, panels_capacity;
};

struct site_model {
    const struct site *site;
    struct site_scenario *scenarios; /* by name */
    size_t n_scenarios, scenarios_capacity;
    const char **hosts; /* host classes, by name */
    size_t n_hosts, hosts_capacity;
};

void site_model_build(struct site_model *model, const struct site *site);
void site_model_free(struct site_model *model);

/* The last run of a host class, or the last one that has a case of a scenario or a verdict on one; NULL: none. */
const struct run_result *site_model_run(const struct site_model *model, const char *host_class);
const struct run_result *site_model_run_of(const struct site_model *model, const char *host_class,
                                           const struct site_scenario *scenario);

size_t site_model_variant(const struct site_scenario *scenario, const char *name); /* index */

/* What was found in a series of the history; NULL: nobody looked, or it is a series of changes. */
const struct stepped *site_model_steps(const struct site_model *model, const struct series *series);

/* The scenario that a verdict of a run is about; NULL where the case is of none. */
const struct site_scenario *site_model_of_case(const struct site_model *model, const struct run_result *run,
                                               const char *case_id);


/* Did the host change before that place of the axis? */
bool site_model_opens_epoch(const struct panel *panel, size_t x);

/* How many epochs of the host a panel shows; how many runs the newest one of them has. */
size_t site_model_epochs(const struct panel *panel);
size_t site_model_newest(const struct panel *panel);

/* The point of a series at a place of its panel's axis; NULL where that run lacks the case. `cursor`, 0 at first, makes
 * a walk along the axis linear. */
const struct point *site_model_point(const struct series *series, const struct point *axis, size_t *cursor);
