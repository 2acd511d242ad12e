// SPDX-License-Identifier: MIT
/* transform_isa.h -- the inner loops of the transform codec, for files built with the flags of an ISA: they include this
 * and nothing else of the project.
 *
 * Quantisation is a walk through a trellis of TRANSFORM_STATES states, a dimension a step. An even state quantises with
 * the points of quantiser 0, an odd one with those of quantiser 1, which lie between them; whether the symbol's index is
 * odd decides the next state. So a vector has the fine grid of both quantisers at hand while each symbol is one of half
 * as many (Marcellin & Fischer, "Trellis coded quantization", IEEE Trans. Comm. 38(1), 1990; entropy-coded: Fischer &
 * Wang, IEEE Trans. Inf. Theory 38(2), 1992). The trellis is Ungerboeck's with parity checks 04 and 13 (IEEE Trans. Inf.
 * Theory 28(1), 1982, table I). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TRANSFORM_LANES = 16, TRANSFORM_STATES = 8, TRANSFORM_SYMBOLS_MAX = 255 };

/* The symbols of a dimension, by quantiser: n[q] of them from first[q] in the model's arrays; index 0 is odd where
 * odd[q] is 1. n >= 2. */
struct transform_dim {
    uint32_t first[2];
    uint16_t n[2];
    uint8_t odd[2];
};

/* The state after `state` and a symbol of parity p. */
static inline unsigned transform_step(unsigned state, unsigned p)
{
    unsigned next = state >> 1;

    next ^= p << 1;                          /* 04: D^2 */
    next ^= (state & 1) | (state & 1) << 2;  /* 13 octal: D^3 + D + 1, less the 1 that the output is */
    return next;
}

/* Room for a walk, for n_dims: allocated by the caller with 64-byte alignment. */
struct transform_walk {
    uint8_t best[2][2][TRANSFORM_LANES];                /* [quantiser][parity] */
    uint8_t came[TRANSFORM_STATES][TRANSFORM_LANES];    /* 0: from the first of the two that lead here */
};

/* u: (n_dims, TRANSFORM_LANES), a vector a column. points and bits: all symbols' places and costs. lambda: what a bit is
 * worth in squared error, by lane. symbols: (n_dims, TRANSFORM_LANES) indexes of the cheapest walk. */
typedef void transform_quantise_fn(const struct transform_dim *dims, size_t n_dims, const float *points,
                                   const float *bits, const float *u, const float *lambda, struct transform_walk *walk,
                                   uint8_t *symbols);

transform_quantise_fn transform_quantise_base, transform_quantise_avx2, transform_quantise_avx512;

/* Decodes n_dims rows of 16 * n_chunks columns (n_chunks <= TRANSFORM_CHUNKS) of the interleaved coder of rans.h, until
 * the words end. slices[i] is start | freq << 16. y: (n_dims, 16 * TRANSFORM_CHUNKS). states: of the trellis. Returns
 * the words' new place, NULL where there are too few. */
enum { TRANSFORM_CHUNKS = 4 };
struct transform_lanes {
    uint32_t coder[TRANSFORM_LANES];
    uint32_t trellis[TRANSFORM_CHUNKS][TRANSFORM_LANES];
};
const uint8_t *transform_rows_avx512(const struct transform_dim *dims, size_t n_dims, const uint32_t *slices,
                                     const float *points, size_t n_chunks, struct transform_lanes *lanes,
                                     const uint8_t *at, const uint8_t *end, float *y);
