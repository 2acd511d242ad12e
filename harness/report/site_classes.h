// SPDX-License-Identifier: MIT
/* site_classes.h -- the classes of hosts side by side: the newest figures of one scenario, a column for each class.
 *
 * Only what means something from one host to another: speedups, which are paired on each host, and exact figures. */
#pragma once

#include "report/site_model.h"

void site_classes(const struct site_model *model, const struct site_scenario *s, struct text *out); /* one class: nothing */
