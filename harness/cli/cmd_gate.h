// SPDX-License-Identifier: MIT
/* cmd_gate.h -- what `gate` and `merge` judge by. */
#pragma once

#include "cli/commands.h"
#include "judge/baseline.h"
#include "judge/targets.h"

/* The targets, and what was accepted on that class of hosts: *known is `baseline`, or NULL where nothing was. Free both after
 * success and failure alike. */
int gate_read(const struct context *context, const char *host_class, struct targets *targets, struct baseline *baseline,
              const struct baseline **known, struct err *err);
