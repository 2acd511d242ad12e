// SPDX-License-Identifier: MIT
/* site_view.h -- the y axis of a trend plot: its range, scale and label. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"

struct site_view {
    double low, high; /* in the drawn unit */
    double scale;     /* value / scale is drawn */
    bool log;
    struct text label; /* to be freed */
};

void site_view_choose(struct site_view *v, const struct panel *p); /* *v is {0} before */

/* Finite, and so far from the largest double that no margin around it overflows. */
bool site_view_drawable(double value);

double site_view_height(const struct site_view *v, double value); /* on the axis: 0 at its foot, 1 at its top */
