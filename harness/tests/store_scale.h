// SPDX-License-Identifier: MIT
/* store_scale.h -- the benchmark of the store, in two files: what makes one, and what times it. */
#pragma once

#include "base/err.h"

/* Prints, of each question that a command asks of the store, the statements with their plans, and how long the answer takes. */
int store_scale_time(const char *path, struct err *err);
