// SPDX-License-Identifier: MIT
/* site_plot_data.h -- the data of one line of a trend plot: its points, its band, what stands alone and what leaves the
 * frame. */
#pragma once

#include "report/site_model.h"
#include "report/site_view.h"

enum { SITE_PLOT_BAND_MIN = 3 }; /* fewer runs than this make no band: whiskers */

/* Appends $line<i + 1>, $band, $lone and $beyond of the panel's i-th series; returns how many intervals there are. */
size_t site_plot_data(struct text *script, const struct panel *panel, size_t i, const struct site_view *view);
