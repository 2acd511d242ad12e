// SPDX-License-Identifier: MIT
/* replace.h -- writes a file all or nothing: beside it first, synced, then renamed over it. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/* `write` gets the new file, and returns false where that fails. -1, and what was at `path` is still there: ERR_CONFIG
 * where the path is to blame (no such folder, no permission), ERR_HARNESS where the disk is. */
int replace_file(const char *path, bool (*write)(FILE *f, const void *arg), const void *arg, struct err *err);

/* The same of `len` bytes that are there already. */
int replace_file_bytes(const char *path, const void *data, size_t len, struct err *err);
