// SPDX-License-Identifier: MIT
/* gemm_f32_packed_onednn.h -- oneDNN as a peer of gemm_f32_packed, in its best form: a matmul primitive that chooses
 * the layout of the weights, into which they are brought once.
 *
 * One primitive and one of its threads per team member, each on a slab of columns (gemm_f32_onednn.h says why). */
#pragma once

#include "kernels/gemm_f32.h"

/* For products with the pointers and sizes of *p, which stay the caller's: a and c are read and written by each run, b
 * is read here. NULL with *err filled where oneDNN is not in this build, cannot be loaded or refuses. _free() accepts
 * NULL. Not for several threads at once. */
struct gemm_f32_packed_onednn *gemm_f32_packed_onednn_new(const struct gemm_f32_problem *p, int threads,
                                                          struct err *err);
void gemm_f32_packed_onednn_free(struct gemm_f32_packed_onednn *peer);

/* A failure, which the first run would have shown, is a BUG(). */
void gemm_f32_packed_onednn_run(struct gemm_f32_packed_onednn *peer, struct team *team);
