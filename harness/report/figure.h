// SPDX-License-Identifier: MIT
/* figure.h -- how a number, a name and an order look in every report: shared by table, markdown and site.
 *
 * Pure: nothing here knows the medium. What comes from outside passes figure_clean() before anything else, so that no
 * report ever holds a control character or broken UTF-8; escaping for the medium comes on top. */
#pragma once

#include "base/text.h"
#include "declare/result.h"

/* Appends s as one line of valid UTF-8: control characters (ESC, newlines, C1) become a space, broken bytes '?'. What
 * GitHub's runner would obey in a log gets a blank: "::" in front, "##[" anywhere. */
void figure_clean(struct text *out, const char *s);

/* Columns that s takes on a terminal: code points, which is right for all that these reports print. */
size_t figure_columns(const char *s);

/* The unit for times of which `ns` is the smallest to be shown: its name, and how many ns it is. Where ns is not
 * finite: "ns". */
const char *figure_time_unit(double ns, double *scale);

/* "0.043", "12.3", "1520": at least three significant digits, never an exponent below 1e15. NAN: "-". */
#define FIGURE_TEXT 40
const char *figure_number(char *buf, double value);
/* "0.8%": the larger distance of value to low and high, relative to value; "?" where there is no interval. */
const char *figure_plus_minus(char *buf, const struct estimate *e);
/* "[4.98, 5.31]"; "[?, ?]" where there is no interval. */
const char *figure_interval(char *buf, double low, double high);
/* "1.25 ms" of nanoseconds, "3.2 ×" of "x", "41 bytes"; cut where it is longer than FIGURE_TEXT. */
const char *figure_with_unit(char *buf, double value, const char *unit);
const char *figure_percent(char *buf, double fraction); /* "0.8%"; NAN: "-" */

/* "n=1024 threads=1" of "n=1024/threads=1"; "-" where there are none. */
void figure_params(struct text *out, const char *params);

/* The names of a scenario's own metrics in this run, roof_percent first, then in order of appearance (time_ns and speedup
 * are not among them): an array of pointers into `run` to be freed. */
const struct estimate **figure_own_metrics(const struct run_result *run, const char *scenario, size_t *n);

/* Is the case one of this scenario, by its id? */
bool figure_belongs(const char *case_id, const char *scenario);

/* All verdicts, worst first, by outcome, then by slowdown, then by case, metric and what they were held against: to be freed. */
const struct verdict **figure_worst_first(const struct run_result *run);

/* "REGRESSED" where it wants attention, else "pass", "improved", ...: for a list of counts. */
const char *figure_outcome(enum outcome outcome);
bool figure_is_bad(enum outcome outcome);

/* "2 REGRESSED, 1 INCONCLUSIVE, 18 pass", worst first; "nothing judged" where there is no verdict. */
void figure_counts(struct text *out, const struct run_result *run);

/* The verdict of a judged run in a line: "FAIL: 2 REGRESSED, 18 pass (exit 1: a regression, ...)". */
void figure_headline(struct text *out, const struct run_result *run);

/* Does the verdict say how much the time changed? */
bool figure_tells_change(const struct verdict *v);

/* What an exit status of `pawl gate` means, in words. */
const char *figure_exit(int status);

/* The change, but an exact figure that is the same in both runs as ratio 1, where 0 / 0 would be none. */
struct change figure_change(const struct change *change);

/* May a change be called better or worse? Speedups are paired and exact figures repeat; an absolute time of one run
 * against that of another compares the moods of the host as much as the code. */
bool figure_judges_change(const struct change *change);

/* " (peer)", "" for ours: to follow the name of a variant. */
const char *figure_role(enum variant_role role);

/* "SKIPPED", "WRONG RESULT", ... */
const char *figure_status(enum case_status status);
