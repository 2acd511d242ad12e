// SPDX-License-Identifier: MIT
/* site_roofline.h -- the roofline plots: what kernels reach below what their host can do at best (Williams, Waterman &
 * Patterson, "Roofline", CACM 52(4), 2009).
 *
 * A plot is of one host class, one number of threads, and "gflops" or "gops". It stands on the page of
 *   a scenario that has that metric and, exact, "intensity" (operations per byte that must be moved): each of its
 *     cells is a mark, as it was last measured, one name a variant;
 *   a ceiling that has that metric: the best of ours in every cell of every scenario is a mark, one name a scenario.
 * A ceiling is a scenario whose reference is a roof. Its newest figures are the roofs: level ones of that metric, each
 * variant one, and slopes of "gbps", the fastest variant of each "level" (1 to 3: caches, 4: memory). No plot without
 * a mark or without a roof. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"
#include "report/site_plots.h"

size_t site_roofline_count(const struct site_model *model);

void site_roofline_scripts(const struct site_model *model, struct site_plots *plots); /* all of them */

/* Those of one scenario on one host class, under a heading; nothing where there are none. */
void site_roofline_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                           struct text *html);

/* Is this the metric that only these plots show? It never changes: a trend of it says nothing. */
bool site_roofline_owns(const char *metric);
