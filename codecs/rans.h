// SPDX-License-Identifier: MIT
/* rans.h -- range asymmetric numeral systems (Duda, arXiv:1311.2540) with static tables of RANS_BITS bits.
 *
 * A symbol is a slice of [0, 2^RANS_BITS); writing it costs RANS_BITS - log2(freq) bits. Which table a symbol comes from
 * is the caller's business: the decoder shows the slot, the caller says whose slice it lies in.
 *
 * The interleaved form: symbols stand in rows of `width`; column c goes to lane c % lanes, so that a vector unit can
 * decode a row at once. A lane's state lies in [2^16, 2^32) and takes 16 bits at a time from the one stream of words,
 * the lower lane first. Where a lane starts (its last state, for a decoder) is free: 16 bits each, which would be lost
 * and which carry a *seed* instead.
 *
 * The fixed form: one state, one byte at a time, exactly as many bytes as asked for.
 *
 * Decoders take any bytes: they never read outside them, and the interleaved one tells at its end whether the bytes
 * were whole (truncated or changed ones are found but for a chance of 2^-16 a lane). */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { RANS_BITS = 12, RANS_TOTAL = 1 << RANS_BITS, RANS_LANES = 16, RANS_SYMBOLS_MAX = 256 };

#define RANS_LOW (1u << 16)

struct rans_symbol {
    uint16_t start, freq; /* freq >= 1, start + freq <= RANS_TOTAL */
};

/* A table of n symbols (1 to RANS_SYMBOLS_MAX) whose frequencies are as near to the counts as whole numbers can be and
 * at least 1. Counts are finite, >= 0; all zero: equal frequencies. */
void rans_table(const double *counts, size_t n, struct rans_symbol *table);

/* What a symbol costs. */
float rans_cost_bits(struct rans_symbol symbol);

/* Lanes of rows of that width: no more than there are columns. */
size_t rans_lanes(size_t width);

/* The most bytes rans_encode() can need. */
size_t rans_bound(size_t rows, size_t width);

/* symbols: (rows, width), width >= 1. seeds: one for each lane, or NULL for zeros. Returns the bytes written to out:
 * the lanes' states (32 bits each, little-endian), then words of 16 bits. */
size_t rans_encode(const struct rans_symbol *symbols, size_t rows, size_t width, const uint16_t *seeds, uint8_t *out);

struct rans_reader {
    uint32_t state[RANS_LANES];
    size_t lanes;
    const uint8_t *at, *end;
    bool failed; /* the words ended too early */
};

/* data must outlive the reader. -1 where it is too short for the states, or they cannot be. */
int rans_open(struct rans_reader *r, const uint8_t *data, size_t len, size_t width, struct err *err);

/* The slot of the lane's next symbol; once its slice is known, rans_next() goes on. Lanes in rising order. */
static inline uint32_t rans_slot(const struct rans_reader *r, size_t lane)
{
    return r->state[lane] & (RANS_TOTAL - 1);
}

static inline void rans_next(struct rans_reader *r, size_t lane, struct rans_symbol symbol)
{
    uint32_t x = r->state[lane];

    x = symbol.freq * (x >> RANS_BITS) + (x & (RANS_TOTAL - 1)) - symbol.start;
    if (x < RANS_LOW) {
        if (r->end - r->at >= 2) {
            x = x << 16 | (uint32_t)r->at[0] | (uint32_t)r->at[1] << 8;
            r->at += 2;
        } else {
            r->failed = true;
            x |= RANS_LOW;
        }
    }
    r->state[lane] = x;
}

/* After the last symbol: the seeds. What is left of the bytes is from r->at on. -1 where the bytes were not whole. */
int rans_close(const struct rans_reader *r, uint16_t *seeds, struct err *err);

enum { RANS_FIXED_MIN = 4 /* bytes */, RANS_RADIX_MAX = 1 << 20 };

/* n symbols, and a number below `radix` (at most RANS_RADIX_MAX), in exactly `bytes` >= RANS_FIXED_MIN. -1 (no *err: an
 * answer) where they do not fit. The number is where the coder starts: while its state is small a symbol takes up to
 * RANS_BITS whatever its frequency, so that a number of so many bits is almost free and starting at 0 loses them. */
int rans_fixed_encode(const struct rans_symbol *symbols, size_t n, uint32_t number, uint32_t radix, uint8_t *out,
                      size_t bytes);

struct rans_fixed {
    uint32_t state;
    const uint8_t *at, *end;
};

struct rans_fixed rans_fixed_open(const uint8_t *data, size_t bytes);

static inline uint32_t rans_fixed_slot(const struct rans_fixed *r)
{
    return r->state & (RANS_TOTAL - 1);
}

static inline void rans_fixed_next(struct rans_fixed *r, struct rans_symbol symbol)
{
    r->state = symbol.freq * (r->state >> RANS_BITS) + (r->state & (RANS_TOTAL - 1)) - symbol.start;
    while (r->state < 1u << 23 && r->at < r->end)
        r->state = r->state << 8 | *r->at++;
}

/* The number, after the last symbol. */
static inline uint32_t rans_fixed_number(const struct rans_fixed *r, uint32_t radix)
{
    return r->state % radix;
}
