// SPDX-License-Identifier: MIT
/* drill.h -- is the gate as good as it says? Counts what gate runs with a known slowdown came to. */
#pragma once

#include "declare/result.h"

/* Counts the verdicts on times of `run` that are held against its baseline, or against the other program where row->pairs. Its
 * counts were zero before the first run. */
void drill_count(struct drill_row *row, const struct run_result *run);

/* Adds up the rows of one kind (host class, build, cases, pairs, margin; where the build is not known, start) and one
 * slowdown; the seconds of the sum are the median over its runs. *pooled is owned by the caller: kind by kind, the one
 * that was drilled last at the end, slowdowns ascending, started and commit those of the kind's first row. Returns how
 * many there are. */
size_t drill_pool(const struct drill_row *rows, size_t n, struct drill_row **pooled);

bool drill_same_kind(const struct drill_row *a, const struct drill_row *b);
