// SPDX-License-Identifier: MIT
/* json.h -- the JSON documents: that of `run --json` and `gate --json` (its keys only grow), and those of the other
 * commands.
 *
 * Always valid JSON, in UTF-8: what is not finite (unknown, or too few blocks for an interval) is null, and bytes that
 * are no UTF-8 become '?'. `low`, `high` and `spread` are absent for exact metrics. The seed is a decimal string, since
 * not every reader of JSON keeps 64 bits. `verdicts` and `exit` are there only where the run was judged, `inference`
 * (the classic keys: see export.h) where it measured inference/router over all levels. */
#pragma once

#include "base/text.h"
#include "declare/result.h"

/* Each appends one document, with a newline at its end. */
void json_run(const struct run_result *run, struct text *out);

/* `pawl list`: the wanted cases of a plan. "skip" is "" or why it cannot be measured here. */
void json_plan(const struct comparison *comparisons, size_t n, struct text *out);

/* `pawl compare`: what changed between the runs a and b. "better" is null where neither word would be right: see
 * figure_judges_change(). "epoch_a" and "epoch_b" are the hosts' ("": not known), "host_changes" the facts behind them
 * that differ: [{"fact", "a", "b"}]. */
void json_changes(const struct change *changes, size_t n, const struct run_info *a, const struct run_info *b,
                  struct text *out);

/* `pawl doctor`. Words only, since what a finding is belongs to machine/. */
struct json_finding {
    const char *level, *check, *read, *why, *mend;
};
void json_findings(const struct json_finding *findings, size_t n, int exit, struct text *out);

/* `pawl drill`: a row a slowdown. */
void json_drill(const struct drill_row *rows, size_t n, struct text *out);
