// SPDX-License-Identifier: MIT
/* canary.h -- matrices of floats that show who wrote where nothing should be written. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Elements from the first to the last of a (rows, cols) matrix whose rows begin ld elements apart; 0 of an empty one. */
size_t canary_span(size_t rows, size_t cols, size_t ld);

/* n floats on a cache line's boundary, every one a canary: a quiet NaN with a payload that no computation makes. free() them;
 * NULL with *err where memory lacks. */
float *canary_floats(size_t n, struct err *err);
bool canary_alive(const float *f);

/* A result matrix that lies at `at` in `len` canaries. */
struct canary_cage {
    const char *name; /* of the matrix, for messages */
    const float *floats;
    size_t len, at;
    size_t rows, cols, ld;
};

/* -1 (ERR_HARNESS): says where round the matrix, or in the gaps between its rows, something was written. */
int canary_check(const struct canary_cage *cage, struct err *err);
