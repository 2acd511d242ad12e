// SPDX-License-Identifier: MIT
/* site_rate.h -- the rate-distortion plots: what codecs lose at which compression.
 *
 * A plot is of one scenario on one host class, and stands on its page where the scenario has the exact metrics "ratio"
 * (what was saved, times) and "recall@10": each variant but the reference is a line through its cells, as they were last
 * measured. A line needs two of them with different ratios, a plot a line. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"
#include "report/site_plots.h"

size_t site_rate_count(const struct site_model *model);

void site_rate_scripts(const struct site_model *model, struct site_plots *plots); /* all of them */

/* That of one scenario on one host class, under a heading; nothing where there is none. */
void site_rate_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                       struct text *html);
