// SPDX-License-Identifier: MIT
/* json_file.h -- the files that people commit are written indented, keys in order, all or nothing; what is read has no other keys
 * than it may. */
#pragma once

#include "base/err.h"

#include <jansson.h>

/* Takes over `root`; NULL is a text that is not UTF-8, or a figure that is not finite. Reals get `digits` digits. */
int json_file_write(const char *path, json_t *root, size_t digits, struct err *err);

/* -1 (ERR_CONFIG) where the object has a key that is none of these: "unknown key 'case' (did you mean 'cases'?)". What is no
 * object has none. */
int json_file_keys(const json_t *object, const char *const *keys, size_t n, struct err *err);
