// SPDX-License-Identifier: MIT
/* replace.h -- writes a file all or nothing: beside it first, then renamed over it. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/* `write` gets the new file, and returns false where that fails. -1 (ERR_HARNESS): what was at `path` is still there.
 */
int replace_file(const char *path, bool (*write)(FILE *f, const void *arg), const void *arg, struct err *err);
