// SPDX-License-Identifier: MIT
/* site_plot.h -- the trend plots: a gnuplot script that draws all of them, and the words that go with each. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"
#include "report/site_plots.h"

/* Pixels; the height without the legend and without the words over a rule where the host changed. So narrow that letters
 * of 12 are still read on a phone, where a plot is 350 wide. */
enum { PLOT_WIDTH = 420, PLOT_HEIGHT = 220 };

/* A legend above a plot, of `n` names, the longest of so many characters: pixels; and what the templates ask for. */
enum { PLOT_NAME_MOST = 46 }; /* longer names are cut, or they would leave the picture */
int site_plot_legend_height(size_t n, size_t longest);
void site_plot_legend(struct text *script, size_t longest);

/* Appends "openblas (peer)", cut where it is longer than that. */
void site_plot_name(struct text *name, const struct site_variant *variant);
int site_plot_height(const struct site_scenario *s, const struct panel *panel);

/* The HTML of a plot, in both themes: plots/<stem>-light.svg and -dark.svg. `hover` is HTML; all else plain text. */
struct site_plot_figure {
    const char *id, *stem, *alt, *caption, *hover;
    int height;
};
void site_plot_figure(struct text *html, const struct site_plot_figure *figure);

/* Of a panel: "kernels-gemm_f32-7". */
void site_plot_stem(struct text *out, const struct site_scenario *s, size_t panel);

/* Draws every panel in both themes. */
void site_plot_scripts(const struct site_model *model, struct site_plots *plots); /* of all panels */

/* What stands below the plot, "speedup: higher is better"; and, for readers who cannot see it, "speedup over 30 runs;
 * last: avx2 3.2 x, avx512 5.1 x". */
void site_plot_caption(struct text *out, const struct site_model *model, const struct panel *panel);
void site_plot_alt(struct text *out, const struct panel *panel);

/* Strips over the plot, one a run or, of many runs, a few together: date, commit and figures under the pointer
 * (site_hover.c). */
void site_plot_hover(struct text *html, const struct panel *panel);
