// SPDX-License-Identifier: MIT
/* panel.h -- many vectors times one fixed matrix, fast on one thread without OpenBLAS: encoders and decoders may run on
 * any number of threads, and where there is no BLAS.
 *
 * The matrix is packed once into panels of 64 columns. A row's result does not depend on the other rows of a call; the
 * ISA variants differ in rounding only. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct panel {
    size_t k, n;  /* of the matrix: (k, n) */
    float *data;  /* owned */
};

/* b is (k, n) row-major, or (n, k) where `transposed`. k, n >= 1. */
int panel_new(const float *b, size_t k, size_t n, bool transposed, struct panel *panel, struct err *err);
void panel_free(struct panel *panel); /* accepts {0} */

/* Floats between the rows of a result: n rounded up to whole panels. */
size_t panel_stride(const struct panel *panel);

/* out (rows, panel_stride()) = a (rows, k), ld apart, times the matrix; what is past column n means nothing. It runs
 * the fastest kernel that needs no more than the instructions `isa` (declare/isa.h). */
void panel_multiply(const struct panel *panel, const float *a, size_t ld, size_t rows, float *out, uint32_t isa);
