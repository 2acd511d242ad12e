// SPDX-License-Identifier: MIT
/* site_study.h -- two plots of what the last run of a scenario of inference found in a cell of its matrix:
 *
 * how the times of each variant's blocks lie (least, quarters, greatest, and every block), of at most
 * SITE_STUDY_VARIANTS variants without roofs;
 * a waterfall, where the variants are named by the letters of what they have switched on, and "none": one letter after
 * the other, each time the one that helps most, until all are on. Its factors multiply to the whole. The
 * reference, and variants of other names, stand beside it. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"
#include "report/site_plots.h"

enum { SITE_STUDY_VARIANTS = 12 };

void site_study_scripts(const struct site_model *model, struct site_plots *plots);

/* Those of one scenario on one host class, under a heading; nothing where there are none. */
void site_study_section(const struct site_model *model, const struct site_scenario *s, const char *host,
                        struct text *html);
