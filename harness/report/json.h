// SPDX-License-Identifier: MIT
/* json.h -- the JSON document of `run --json` and `gate --json` (its keys only grow; harness/README.md lists them).
 *
 * Always valid JSON, in UTF-8: what is not finite (unknown, or too few blocks for an interval) is null, and bytes that
 * are no UTF-8 become '?'. `low`, `high` and `spread` are absent for exact metrics. The seed is a decimal string, since
 * not every reader of JSON keeps 64 bits. `verdicts` and `exit` are there only where the run was judged. */
#pragma once

#include "base/text.h"
#include "declare/result.h"

void json_run(const struct run_result *run, struct text *out); /* one document, with a newline at its end */
