// SPDX-License-Identifier: MIT
/* drill.h -- is the gate as good as it says? Counts what gate runs with a known slowdown came to. */
#pragma once

#include "declare/result.h"

/* Counts the verdicts on times of `run` that are held against its baseline, or against the other program where row->pairs. Its
 * counts were zero before the first run. */
void drill_count(struct drill_row *row, const struct run_result *run);
