// SPDX-License-Identifier: MIT
/* tool_private.h -- what the commands of `pawl codec` share: their arguments. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOOL_SIZES_MAX = 32, TOOL_NAMES_MAX = 48, TOOL_FILES_MAX = 3 };

struct tool_args {
    const char *corpus; /* "wordnet", "lsa" or a file */
    size_t dim;         /* of raw files; 0: as the file says */
    size_t bytes[TOOL_SIZES_MAX], n_bytes;
    const char *names[TOOL_NAMES_MAX]; /* of codecs */
    size_t n_names;
    size_t base, queries, train; /* 0: all */
    uint64_t seed;
    bool json;
    const char *files[TOOL_FILES_MAX];
    size_t n_files;
};

int tool_eval(const struct tool_args *args, struct err *err);
