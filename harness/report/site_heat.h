// SPDX-License-Identifier: MIT
/* site_heat.h -- the suite at a glance: one square a series, coloured by how it stands, worst scenario first. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"

/* How a point of a series stands: against its target and against what was accepted, by its interval. */
enum heat {
    HEAT_NONE,    /* nothing to hold it against */
    HEAT_BETTER,  /* surely better than what was accepted, by more than the margin */
    HEAT_GOOD,    /* holds */
    HEAT_UNSURE,  /* its interval reaches across the limit */
    HEAT_WORSE,   /* surely worse than what was accepted, by more than the margin */
    HEAT_MISSED,  /* surely beyond its target */
};

enum heat site_heat_target(const struct series *series, const struct point *point); /* one of its points */
enum heat site_heat_accepted(const struct series *series, const struct point *point, double margin);

/* A figure beside its limits. */
struct standing {
    const struct series *series;
    const struct point *point;
    enum heat heat; /* the worse of the two above */
};

struct standing site_heat_stands(const struct series *series, const struct point *point, double margin);
double site_heat_limit(const struct standing *standing); /* of one that misses or is worse: which limit that is */
int site_heat_worst_first(const void *a, const void *b); /* for qsort(): then by case and metric */

/* A row a scenario and host class, the worst first. */
void site_heat_map(const struct site_model *model, struct text *html);

/* Over all rows: "1 SCENARIO FAILED, 2 MISS THEIR TARGETS" as badges. */
void site_heat_counts(const struct site_model *model, struct text *html);

/* Where the plot of a series is: "kernels-gemm_f32.html#p3". */
void site_heat_link(const struct site_model *model, const struct series *series, struct text *html);
