// SPDX-License-Identifier: MIT
/* table.h -- words for a terminal. Everything is appended to a text; nothing is printed here. */
#pragma once

#include "base/text.h"
#include "declare/result.h"

/* Colour only where the caller knows that it is wanted; `width`: columns of the terminal, 0 where none is known: lines of
 * any length. Tables that have a narrow form take it where a line would not fit. */
struct table_style {
    bool colour;
    size_t width;
};

/* One row a case, by comparison, the reference first: time with its interval (± the farther end, relative), spread,
 * speedup with its interval, the scenario's own metrics; or in words why the case has no figures. Units in the header,
 * one time unit a comparison; columns aligned; nothing wrapped or cut. */
void table_run(const struct run_result *run, const struct table_style *style, struct text *out);

/* The verdicts, worst first, passes folded to a count unless `all`; a last line with the overall outcome:
 * "gate: 2 REGRESSED, 18 pass: exit 1 (a regression, a missed target or a wrong result)". */
void table_verdicts(const struct run_result *run, bool all, const struct table_style *style, struct text *out);

/* A row a change; what is not significant is a "~". The last lines count what became worse and better, and the absolute
 * times that changed, which are called neither (figure_judges_change()). */
void table_changes(const struct change *changes, size_t n, const char *name_a, const char *name_b,
                   const struct table_style *style, struct text *out);

/* One line where the hosts of two runs are known to be in different epochs, with the facts that differ; else nothing. */
void table_epochs(const struct host *a, const struct host *b, const char *name_a, const char *name_b, struct text *out);
