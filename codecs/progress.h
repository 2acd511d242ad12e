// SPDX-License-Identifier: MIT
/* progress.h -- what takes seconds says so: to whoever wants to show it, by default nobody. */
#pragma once

#include "base/err.h"

/* `line` is one short line without a newline, to be shown in place of the one before; "" when the work is done. */
typedef void (*progress_fn)(void *arg, const char *line);

void progress_to(progress_fn show, void *arg); /* NULL: nobody */
void progress_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
