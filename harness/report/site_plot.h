// SPDX-License-Identifier: MIT
/* site_plot.h -- the trend plots: a gnuplot script that draws all of them, and the words that go with each. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"
#include "report/site_plots.h"

/* Pixels; the height without the legend and without the words over a rule where the host changed. */
enum { PLOT_WIDTH = 520, PLOT_HEIGHT = 260 };
int site_plot_height(const struct site_scenario *s, const struct panel *panel);

/* "plots/kernels-gemm_f32-7-dark.svg", relative to the site: what is drawn for a panel in a theme, "light" or "dark".
 */
void site_plot_file(struct text *out, const struct site_scenario *s, size_t panel, const char *theme);

/* Draws every panel in both themes. */
void site_plot_scripts(const struct site_model *model, struct site_plots *plots); /* of all panels */

/* What stands below the plot, "speedup: higher is better"; and, for readers who cannot see it, "speedup over 30 runs;
 * last: avx2 3.2 x, avx512 5.1 x". */
void site_plot_caption(struct text *out, const struct site_model *model, const struct panel *panel);
void site_plot_alt(struct text *out, const struct panel *panel);

/* Strips over the plot, one a run or, of many runs, a few together: date, commit and figures under the pointer
 * (site_hover.c). */
void site_plot_hover(struct text *html, const struct panel *panel);
