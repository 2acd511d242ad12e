// SPDX-License-Identifier: MIT
/* linear_private.h -- what a packed matrix is made of. */
#pragma once

#include "inference/linear.h"

enum { LINEAR_LANES = 16, LINEAR_Q8_BLOCK = 32, LINEAR_TERNARY_BLOCK = 256 };

struct linear {
    enum gguf_type type;
    enum linear_form form;
    size_t rows, cols;
    float scale;         /* s of linear.h */
    size_t bytes;        /* of what follows */
    uint8_t *data;       /* floats and Q8_0 as in the file; ternary: w + 1 in 2 bits, four a byte, the lowest first */
    float *block_scales; /* (rows, blocks of 256): ternary with scales that differ; NULL: they do not */
};

/* Activations as linear_prepare() left them. */
struct linear_work {
    size_t n_max, cols_max;
    size_t bytes;
    const float *x; /* LINEAR_FLOAT */
    size_t n, cols;
    int8_t *codes;  /* (n, cols) */
    float *scales;  /* LINEAR_ROW8: (n), a / 127; LINEAR_BLOCK8: (n, blocks of 32), e_b */
};

/* One row of weights times one row of activations. */
float linear_scalar_dot(const struct linear *w, const struct linear_work *work, size_t row, size_t i);
