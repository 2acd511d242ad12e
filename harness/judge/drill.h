// SPDX-License-Identifier: MIT
/* drill.h -- is the gate as good as it says? Counts what gate runs with a known slowdown came to. */
#pragma once

#include "base/stats.h"
#include "declare/result.h"

/* Counts the verdicts of `run` that are held against its baseline; `row` was zeroed before the first. */
void drill_count(struct drill_row *row, const struct run_result *run);

/* The share of verdicts that were REGRESSED, and of runs that alarmed, with their 95 % intervals. Verdicts of one run
 * share its host's mood: the interval over verdicts is honest only as far as blocks are independent. */
struct interval drill_detected(const struct drill_row *row);
struct interval drill_alarmed(const struct drill_row *row);
