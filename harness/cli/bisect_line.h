// SPDX-License-Identifier: MIT
/* bisect_line.h -- the commits that a bisection searches, as git tells them. */
#pragma once

#include "base/text.h"

enum { COMMIT_NAME = 72 }; /* bytes of a full hash, SHA-256's too, and NUL */

/* A line of first parents, oldest first: commits[0] is the good end, the last one the bad end. */
struct bisect_line {
    char (*commits)[COMMIT_NAME];
    size_t n;
};

/* From full hashes. ERR_CONFIG where `good` is no ancestor of `bad`. */
int bisect_line_read(const char *source, const char *good, const char *bad, struct bisect_line *line, struct err *err);
void bisect_line_free(struct bisect_line *line);

/* What the merge `commit` brought in: the line from where it had left the first parent up to what was merged. 1; 0: the
 * commit is no merge, or what it merged has nothing of its own. */
int bisect_line_merged(const char *source, const char *commit, struct bisect_line *line, struct err *err);

/* Appends "3f9c2ab41d77 2026-11-28 A U Thor: its subject", as it may be printed. */
int bisect_line_describe(const char *source, const char *commit, struct text *out, struct err *err);
