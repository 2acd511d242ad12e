// SPDX-License-Identifier: MIT
/* bisect_perf.h -- where perf(1) exists: which functions take another share of the time than before. */
#pragma once

#include "base/text.h"
#include "cli/against_private.h"

/* Appends the symbols whose share changed most between the programs of two commits that are built, or a line that says why
 * there are none. Profiles are of the CPU clock, which needs no hardware counters. */
void bisect_perf(const struct against_place *place, const char *case_id, const char *from, const char *to,
                 struct text *out);
