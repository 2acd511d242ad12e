// SPDX-License-Identifier: MIT
/* linear.h -- Y = X W^T s for one weight matrix W (rows, cols) of any type that GGUF files hold, repacked at load for
 * this host. X (n, cols) and Y (n, rows) are float32, row-major, without gaps.
 *
 * **A row of Y is the same, bit for bit, whatever n, the ISA and the number of ranks**: the sums below are done in this
 * order, and no other, by every implementation (linear_scalar.c is the definition; nothing is contracted or
 * reassociated beyond what is written). i, b ascend; a sum starts from +0.
 *
 *   F32, F16, BF16    w as float32. p = fma(x[i], w[i], p); y = p * s
 *   ternary           activations in int8 by a row's largest magnitude, as kernels/gemm_ternary.h has it:
 *                     a = max(max |x|, 1e-5), q = rint(x * (127 / a)); y = (float)(sum q w) * (s * (a / 127)), the sum
 *                     exact. TQ1_0 and TQ2_0 have a scale a block of 256: where they are all the same it is part of s;
 *                     else p = fma((float)sum_b, d_b, p), y = p * (s * (a / 127))
 *   Q8_0              activations in int8 by blocks of 32: a_b = max |x| in the block, e_b = a_b / 127,
 *                     q = rint(x * (127 / a_b)); all zeros where a_b < 1e-36.
 *                     p = fma((float)(sum q w in block b), d_b * e_b, p); y = p * s
 *
 * A row of X with a NaN or an infinity gives NaN somewhere in its Y, and touches no other row.
 *
 * Threads: the caller's team. Each function that does work takes (rank, size) and does that rank's share; between
 * linear_prepare() and linear_forward() of what was prepared stands a barrier, and one behind linear_forward() before Y
 * is read by another rank. Weights are read-only. Nothing here allocates but the _new functions. */
#pragma once

#include "base/err.h"
#include "inference/gguf.h"

#include <stddef.h>
#include <stdint.h>

struct linear;

/* `data` is laid out as a GGUF tensor of that type; a copy is made. `scale` (1 where there is none) is s; I2_S brings
 * its own in `data` as well, and they multiply. `isa` is what may be used (declare/isa.h); ISA_ANY gives the scalar
 * path. NULL with *err filled: a size overflows, values that the type forbids (a ternary code of 3, a scale that is not
 * finite), or no memory. linear_free() accepts NULL. */
struct linear *linear_new(enum gguf_type type, size_t rows, size_t cols, const void *data, float scale, uint32_t isa,
                          struct err *err);
void linear_free(struct linear *w);

/* The same packed weights, which `w` goes on to own, as another ISA's: how variants are compared on one copy. */
struct linear *linear_with(const struct linear *w, uint32_t isa);

size_t linear_rows(const struct linear *w);
size_t linear_cols(const struct linear *w);
size_t linear_bytes(const struct linear *w); /* of the packed weights: what a token reads */
const void *linear_data(const struct linear *w); /* where they lie, but for scales of blocks that differ */

/* What activations are turned into before they meet the weights. */
enum linear_form {
    LINEAR_FLOAT, /* as they are */
    LINEAR_ROW8,  /* int8, a scale a row: ternary weights */
    LINEAR_BLOCK8 /* int8, a scale a block of 32: Q8_0 */
};

enum linear_form linear_form(const struct linear *w);

/* Room for prepared activations of up to n rows of up to cols, and for what each of `threads` ranks unpacks. */
struct linear_work;
struct linear_work *linear_work_new(size_t n, size_t cols, int threads, struct err *err);
void linear_work_free(struct linear_work *work); /* accepts NULL */
size_t linear_work_bytes(const struct linear_work *work);

/* Turns rows `rank`, `rank + size`, ... of X into that form, to be used by any number of linear_forward() calls with
 * matrices of that form, that `isa` and as many columns. X must stay as it is until those are done. */
void linear_prepare(struct linear_work *work, enum linear_form form, const float *x, size_t n, size_t cols,
                    uint32_t isa, int rank, int size);

/* The rank's share of the columns of Y, [begin, end) as linear_share() says for linear_rows(w): the same for matrices
 * of as many rows, so that element-wise work on Y needs no barrier. */
void linear_share(size_t rows, int rank, int size, size_t *begin, size_t *end);
void linear_forward(const struct linear *w, struct linear_work *work, float *y, int rank, int size);
