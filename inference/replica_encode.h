// SPDX-License-Identifier: MIT
/* replica_encode.h -- rows of floats as tensors of the types that can be made from floats: what the replicas are of. */
#pragma once

#include "inference/gguf.h"

/* One row of `cols` floats at `out`, gguf_type_bytes(type, 1, cols) long. F32, F16, BF16 round to nearest; Q8_0 has
 * scales max |x| / 127, but for blocks of -a, 0, a with an a that is a half: those have codes -1, 0, 1 and lose
 * nothing. */
void replica_encode_row(enum gguf_type type, const float *x, size_t cols, uint8_t *out);

/* The same of codes -1, 0, 1 for TQ1_0 and TQ2_0, with one scale. */
void replica_encode_codes(enum gguf_type type, const int8_t *codes, float scale, size_t cols, uint8_t *out);
