// SPDX-License-Identifier: MIT
/* site_roofline_draw.h -- one roofline plot as a gnuplot script: its axes, and where its labels find room. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"

enum { ROOFLINE_ROOFS = 8 };

struct roof {
    char name[NAME_MAX_LEN];
    double value; /* a level roof: of the metric; a slope: GB/s */
    long level;   /* of a slope */
};

struct roofline {
    const struct site_scenario *scenario;
    const char *host, *metric, *unit, *intensity_unit;
    long threads;
    struct roof levels[ROOFLINE_ROOFS], slopes[ROOFLINE_ROOFS]; /* highest first */
    size_t n_levels, n_slopes;
    struct mark {
        double x, y; /* > 0, finite */
        size_t name; /* index */
    } * marks;
    size_t n_marks, marks_capacity;
    struct roofline_name {
        char text[CASE_ID_MAX + 16];
        size_t style; /* what trend.gp calls so: colour and mark */
    } * names;
    size_t n_names, names_capacity;
};

int site_roofline_height(const struct roofline *r); /* pixels; the width is PLOT_WIDTH */

/* `r` has a mark and a roof at least. */
void site_roofline_draw(const struct roofline *r, struct text *script);

/* Moves ascending places as little as it must for them to be `gap` apart and inside [low, high], as far as there is
 * room for all; the order stays. */
void site_roofline_spread(double *at, size_t n, double gap, double low, double high);
