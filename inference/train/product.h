// SPDX-License-Identifier: MIT
/* product.h -- the trainer's matrix products: C = op(A) op(B) (+ C), all row-major float32 without gaps between rows.
 *
 * Where the host multiplies bfloat16 (AVX512_BF16: Zen 4 and later, Cooper Lake and Sapphire Rapids), A and B are
 * rounded to it and summed in float32, twice as fast as OpenBLAS, which does it elsewhere. That is exact for what a
 * ternary net computes forward: the factors q of A = q * a (int8 steps, a scale by row) and t of B = t * b (-1, 0, 1, a
 * scale by column) are whole numbers that bfloat16 holds. Gradients lose what bfloat16 loses. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct product {
    size_t m, n, k;
    bool ta, tb; /* A is stored (k, m), B (n, k) */
    const float *a, *b;
    const float *a_step; /* (m) NULL, or the scale of A's rows; not with ta */
    const float *b_step; /* (n) NULL, or the scale of B's columns; with tb only */
    bool add;            /* to what is in C */
    float *c;            /* (m, n) */
};

/* What a thread packs into; for factors of up to `most` elements each. NULL with *err filled without memory. */
struct product_room;
struct product_room *product_room_new(size_t most, struct err *err);
void product_room_free(struct product_room *room); /* accepts NULL */

/* After blas_load() and blas_keep_single(). */
void product_run(const struct product *p, struct product_room *room);
