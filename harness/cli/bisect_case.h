// SPDX-License-Identifier: MIT
/* bisect_case.h -- the case that is searched for its step. */
#pragma once

#include "cli/commands.h"

/* Is `id` one case of ours, that is no reference: what the gate would judge against a commit? ERR_USAGE where it is not. */
int bisect_case_check(const struct context *context, const char *id, struct err *err);
