// SPDX-License-Identifier: MIT
/* table.h -- words for a terminal. Everything is appended to a text; nothing is printed here. */
#pragma once

#include "base/text.h"
#include "declare/result.h"

/* Colour only where the caller knows that it is wanted. */
struct table_style {
    bool colour;
    int width; /* columns of the terminal; 0: not one */
};

/* One row a case, by comparison: time with its interval, spread, speedup with its interval, the scenario's own metrics,
 * status. Units in the header; columns aligned; nothing silently cut. */
void table_run(const struct run_result *run, const struct table_style *style, struct text *out);

/* The verdicts, worst first, passes folded to a count unless `all`; a last line with the overall outcome. */
void table_verdicts(const struct run_result *run, bool all, const struct table_style *style, struct text *out);

/* A change of one metric of one case between two runs, for `pawl compare`. */
struct change {
    char case_id[CASE_ID_MAX], metric[NAME_MAX_LEN], unit[NAME_MAX_LEN];
    struct { double value, low, high; size_t n_blocks; } a, b;
    double ratio, low, high; /* b / a with its interval; -inf..inf: too few blocks */
    bool significant;        /* the interval excludes 1 */
    bool better;             /* meaningful where significant */
};
void table_changes(const struct change *changes, size_t n, const char *name_a, const char *name_b,
                   const struct table_style *style, struct text *out);
