// SPDX-License-Identifier: MIT
/* markdown.h -- the run as GitHub-flavoured Markdown, for a step summary that is read in ten seconds: the verdict first,
 * then the worst ten (what changed, by how much, how sure, since which commit), worst first; folded away below them every
 * verdict in words and the matrix that was measured. Everything from outside is escaped.
 *
 * What is appended stays below 1 MiB whatever the run, since a larger summary is refused whole: rows that do not fit
 * are counted, "N more rows". */
#pragma once

#include "base/text.h"
#include "declare/result.h"

void markdown_run(const struct run_result *run, struct text *out);

/* The same of a run that came to no result: why, as it was said. */
void markdown_failure(const char *headline, const char *message, struct text *out);

/* Appends s so that it is text and nothing else in Markdown, cells of tables included. */
void markdown_text(struct text *out, const char *s);
