// SPDX-License-Identifier: MIT
/* steps.h -- the changes of level that `pawl changes` found, in words and as JSON. */
#pragma once

#include "declare/result.h"
#include "declare/step.h"
#include "report/table.h"

/* A series and what was found in it. Out of the history `series` names its points; for a file's column it is NULL. */
struct stepped {
    const struct series *series;
    const char *file, *column;
    size_t n_points;
    const struct step *steps; /* by index; one that is only suspected is the last */
    size_t n_steps;
};

/* A row a change. Of a file "index before after effect p", and only what is confirmed; of the history id, case, metric,
 * host class, date and commit instead of the index, and what is suspected, too; what is acknowledged only with `acked`.
 * Nothing where there is no row. Where a line is longer than the terminal is wide, a case is a heading over its changes. */
void steps_table(const struct stepped *stepped, size_t n, bool acked, const struct table_style *style,
                 struct text *out);

/* Of the history, the metrics of a case on a class of hosts side by side: a copy, to be freed. */
struct stepped *steps_by_case(const struct stepped *stepped, size_t n);

/* {"schema":1, "series":[{..., "points", "changes":[{"index", "before", "after", "shift":{"value","low","high"},
 * "effect", "sigmas", "p", "points_since", "epoch"}], "suspected": null or like a change}]}: every series, also those
 * without a change. "effect" is null where there is no ratio. "index" is of the first point at the new level, from 0.
 * In the history a change has an "id" and "acknowledged": the reason, or null. */
void steps_json(const struct stepped *stepped, size_t n, struct text *out);
