// SPDX-License-Identifier: MIT
/* site_drill.h -- the drill of each host class on the index page: its power curve and its table. Only the last drill of
 * a host class is shown. */
#pragma once

#include "base/text.h"
#include "report/site.h"
#include "report/site_plots.h"

void site_drill_sections(const struct site *site, struct text *html);

void site_drill_scripts(const struct site *site, struct site_plots *plots); /* all of them */
