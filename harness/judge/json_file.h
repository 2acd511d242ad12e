// SPDX-License-Identifier: MIT
/* json_file.h -- writes the files that people commit: indented, keys in order, all or nothing. */
#pragma once

#include "base/err.h"

#include <jansson.h>

/* Takes over `root`; NULL is a text that is not UTF-8, or a figure that is not finite. Reals get `digits` digits. */
int json_file_write(const char *path, json_t *root, size_t digits, struct err *err);
