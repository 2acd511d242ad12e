// SPDX-License-Identifier: MIT
/* transform_isa.h -- the inner loops of the transform codec, for files built with the flags of an ISA: they include this
 * and nothing else of the project.
 *
 * Quantisation is a walk through a trellis of TRANSFORM_STATES states, a dimension a step. An even state quantises with
 * the points of quantiser 0, an odd one with those of quantiser 1, which lie between them; whether the symbol's index is
 * odd decides the next state. So a vector has the fine grid of both quantisers at hand while each symbol is one of half
 * as many (Marcellin & Fischer, "Trellis coded quantization", IEEE Trans. Comm. 38(1), 1990; entropy-coded: Fischer &
 * Wang, IEEE Trans. Inf. Theory 38(2), 1992). The trellis is Ungerboeck's (IEEE Trans. Inf. Theory 28(1), 1982, table I); 32
 * states would save 1.4 % of the squared error at 20 bytes, and take twice the time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TRANSFORM_LANES = 16, TRANSFORM_STATES = 8, TRANSFORM_SYMBOLS_MAX = 255 };

/* The parity checks of TRANSFORM_STATES: bit i is D^i. */
enum { TRANSFORM_H0 = 013, TRANSFORM_H1 = 04 };

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
    /* The register of a systematic encoder with feedback; D^0 of H0 is the output, the state's lowest bit. */
    return state >> 1 ^ (p ? TRANSFORM_H1 >> 1 : 0u) ^ (state & 1 ? TRANSFORM_H0 >> 1 : 0u);
}

/* Room for a walk, for n_dims: allocated by the caller with 64-byte alignment. */
struct transform_walk {
    uint8_t best[2][2][TRANSFORM_LANES];                /* [quantiser][parity] */
    union { /* 0: from the first of the two that lead here; as bytes or as a bit a lane */
        uint8_t came[TRANSFORM_STATES][TRANSFORM_LANES];
        uint16_t masks[TRANSFORM_STATES];
    };
};

/* u: (n_dims, TRANSFORM_LANES), a vector a column. points and bits: all symbols' places and costs. lambda: what a bit is
 * worth in squared error, by lane. places: (TRANSFORM_LANES, n_dims), of the symbols of the cheapest walk in the model's
 * arrays. */
typedef void transform_quantise_fn(const struct transform_dim *dims, size_t n_dims, const float *points,
                                   const float *bits, const float *u, const float *lambda, struct transform_walk *walk,
                                   uint32_t *places);

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
