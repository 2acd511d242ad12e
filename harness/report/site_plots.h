// SPDX-License-Identifier: MIT
/* site_plots.h -- all plots of a site: drawn in parallel, in the light theme, and taken from the site that stands there
 * where nothing has changed.
 *
 * A plot's script is all that its picture depends on. Its hash stands in a comment at the end of the SVG: where the old
 * site has a plot of that hash, the new one gets a link to it. The dark theme is the same drawing in other colours: each
 * colour of the light theme has one of the dark theme, so that gnuplot draws once. */
#pragma once

#include "base/text.h"
#include "report/folder.h"

struct site_plots {
    struct site_plots_job {
        char *stem; /* "kernels-gemm_f32-1": plots/<stem>-light.svg and -dark.svg */
        struct text script;
        char hash[17];
    } * jobs;
    size_t n, capacity;
    const char *version; /* of the program: the templates are its own */
};

/* A new plot; the script to be filled begins with its `file`. Valid until the next call. */
struct text *site_plots_add(struct site_plots *plots, const char *stem);

/* Into folder->temp/plots. *drawn: how many the old site did not have. */
int site_plots_draw(struct site_plots *plots, const struct folder *folder, size_t *drawn, struct err *err);
void site_plots_free(struct site_plots *plots);

/* Appends `svg`, of the light theme, in the colours of the dark one. */
void site_plots_darken(struct text *out, const char *svg);
