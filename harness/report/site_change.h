// SPDX-License-Identifier: MIT
/* site_change.h -- the panel beside a speedup: by how many per cent each judged variant changed.
 *
 * On an axis that holds 40 and 180 times the reference and the target, a step that fails the gate is a pixel. Here each
 * variant is held against its own median over the shown runs (the last SITE_CHANGE_RUNS), so that all lie around 0.
 * Where the host changed among them, the median is that of the newest epoch in which the variant has a figure: what
 * came with a new kernel is then on the old side of the rule, not in tonight's figure. */
#pragma once

#include "report/site_model.h"

enum { SITE_CHANGE_RUNS = 60, SITE_CHANGE_LEAST = 3 };

/* Fills the series of *change: those of `of`, a panel of speedups, as changes in per cent; without peers, which nobody
 * judges. False where there is none to show: less than SITE_CHANGE_LEAST runs, or no figures. The axis is the caller's to make. */
bool site_change_make(struct panel *change, const struct site_scenario *s, const struct panel *of);
void site_change_free(struct panel *panel); /* accepts one that is not of changes */
