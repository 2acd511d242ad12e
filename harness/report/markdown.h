// SPDX-License-Identifier: MIT
/* markdown.h -- the run as GitHub-flavoured Markdown, for a step summary: the verdict first, then what is not a pass,
 * worst first, then the measured table folded away. Everything from outside is escaped.
 *
 * What is appended stays below 1 MiB whatever the run, since a larger summary is refused whole: rows that do not fit
 * are counted, "N more rows". */
#pragma once

#include "base/text.h"
#include "declare/result.h"

void markdown_run(const struct run_result *run, struct text *out);
