// SPDX-License-Identifier: MIT
/* site_drill.h -- the drill of each host class on the index page: its power curve and its table. Only the last drill of
 * a host class is shown. */
#pragma once

#include "base/text.h"
#include "report/site.h"
#include "report/site_plots.h"

size_t site_drill_count(const struct site *site); /* of the drills that are shown */
void site_drill_sections(const struct site *site, struct text *html);

/* "plots/drill-1-dark.svg", relative to the site: the power curve of the n-th drill shown, from 1 on. */
void site_drill_file(struct text *out, size_t n, const char *theme);
void site_drill_scripts(const struct site *site, struct site_plots *plots); /* all of them */
