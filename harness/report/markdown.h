// SPDX-License-Identifier: MIT
/* markdown.h -- the run as GitHub-flavoured Markdown, for a step summary: the verdict first, then what is not a pass,
 * worst first, then the measured table folded away. Everything from outside is escaped. */
#pragma once

#include "base/text.h"
#include "declare/result.h"

void markdown_run(const struct run_result *run, struct text *out);
