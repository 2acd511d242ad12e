// SPDX-License-Identifier: MIT
/* json.h -- the JSON document of `run --json` and `gate --json` (its keys only grow; harness/README.md lists them). */
#pragma once

#include "base/text.h"
#include "declare/result.h"

void json_run(const struct run_result *run, struct text *out); /* one document, with a newline at its end */
