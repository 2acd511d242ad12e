// SPDX-License-Identifier: MIT
/* limits.h -- what the figures of a history are held against, as it is today: for those that tell how they stand. */
#pragma once

#include "cli/commands.h"

/* Sets at_least and at_most of every series, NAN where it has no target. 1, or 0 where there is neither a pawl.json with
 * targets nor a targets.json. */
int limits_add_targets(const struct context *context, struct history *history, struct err *err);

/* Sets `accepted` of the series of one host class, of which there may be no baseline. */
int limits_add_accepted(const struct context *context, const char *host_class, struct history *history, struct err *err);
