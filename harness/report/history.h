// SPDX-License-Identifier: MIT
/* history.h -- series on one line each: a sparkline, where the series stands, and its last change. */
#pragma once

#include "report/steps.h"

enum { HISTORY_SPARKS = 32 }; /* characters of a sparkline */

/* A row a series: case, metric, host class (where there are several), runs, sparkline, newest value, last change. The
 * sparkline goes from the least to the greatest value of the series, which must differ by at least 2 % of the value to
 * fill it; of runs that share a character it shows the median, and the newest one is always its own. A series of nights has a
 * character a night, and a blank for one that is missing. Where a line is longer than the terminal is wide, a case is a heading
 * over its metrics, and sparklines shrink to eight characters. */
void history_table(const struct stepped *stepped, size_t n, const struct table_style *style, struct text *out);

/* {"schema":1,"series":[{"case","metric","unit","host_class","better","points":[{"run","started","commit","value","low",
 * "high"}], "changes":[{"id","index","acknowledged"}]}]}; no interval: "low" and "high" are null. */
void history_json(const struct stepped *stepped, size_t n, struct text *out);
