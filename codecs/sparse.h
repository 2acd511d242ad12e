// SPDX-License-Identifier: MIT
/* sparse.h -- the `keep` largest of dim numbers as bits: for each a packed index of ceil(log2 dim) bits and a half float,
 * by rising index. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct sparse {
    size_t dim, keep; /* 1 <= keep <= dim */
};

/* Of one entry. */
size_t sparse_entry_bits(size_t dim);

/* x (dim) to codes from bit `at` on, which are zeros before: keep entries. */
void sparse_encode(const struct sparse *s, const float *x, uint8_t *codes, size_t at);

/* Adds the entries to x (dim). -1 (ERR_CONFIG) where an index is beyond dim or a value is not finite. */
int sparse_add(const struct sparse *s, const uint8_t *codes, size_t at, float *x, struct err *err);
