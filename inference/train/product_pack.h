// SPDX-License-Identifier: MIT
/* product_pack.h -- between product.c and the file that is compiled for AVX512_BF16.
 *
 * A is packed in panels of PRODUCT_ROWS rows, B of PRODUCT_COLUMNS columns; in a panel stand, for each two steps of k,
 * the pairs of all its rows (columns). What lacks is 0. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { PRODUCT_ROWS = 8, PRODUCT_COLUMNS = 32 };

/* Of x (lines, k), whose lines are the panels' rows or columns; step: (lines) NULL, or what to divide each by. */
void product_pack_lines_avx512(const float *x, size_t lines, size_t k, const float *step, size_t width, uint32_t *out);
/* Of x (k, lines). */
void product_pack_across_avx512(const float *x, size_t lines, size_t k, size_t width, uint32_t *out);

/* One panel of A with one of B, `rows` of it: C, rows ld apart. Scales as in struct product, from this panel on. */
struct product_tile {
    const uint32_t *a, *b;
    size_t pairs, rows, ld;
    const float *a_step, *b_step;
    int add;
    float *c;
};
void product_tile_avx512(const struct product_tile *t);
