// SPDX-License-Identifier: MIT
/* settings.h -- named numbers from a command line: --name VALUE, in pairs. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Exactly one of the three is not NULL: it says what kind of number this is, and where it goes. */
struct setting {
    const char *name; /* with its dashes */
    size_t *count;    /* `least` to 2^20 */
    double *value;    /* 0 to 100 */
    uint64_t *seed;   /* 0 to 2^63 - 1 */
    size_t least;
};

/* Reads pairs up to the NULL that ends argv. -1 (ERR_USAGE): the first that is unknown, lacks its value or is out of range;
 * those before it are set. */
int settings_parse(char **argv, const struct setting *table, size_t n, struct err *err);
