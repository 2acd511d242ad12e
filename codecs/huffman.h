// SPDX-License-Identifier: MIT
/* huffman.h -- canonical prefix codes of at most HUFFMAN_LENGTH_MAX bits (Huffman, Proc. IRE 40(9), 1952).
 *
 * Bits are written from a byte's highest to its lowest. Decoders take any bytes and never read outside them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HUFFMAN_SYMBOLS_MAX = 256, HUFFMAN_LENGTH_MAX = 15 };

struct huffman {
    size_t n;
    uint8_t length[HUFFMAN_SYMBOLS_MAX]; /* of each symbol's code, 1 to HUFFMAN_LENGTH_MAX; 0: it has none */
    uint16_t code[HUFFMAN_SYMBOLS_MAX];
    uint16_t first[HUFFMAN_LENGTH_MAX + 2], at[HUFFMAN_LENGTH_MAX + 2]; /* per length: first code, its place below */
    uint16_t count[HUFFMAN_LENGTH_MAX + 2];
    uint8_t symbol[HUFFMAN_SYMBOLS_MAX]; /* by length, then by value */
};

/* The code for n symbols (1 to HUFFMAN_SYMBOLS_MAX) of those counts; each gets a code, of a rare one a long one. */
void huffman_new(const double *counts, size_t n, struct huffman *h);

/* The same from its lengths: all that a model has to save. -1 where no such code exists. */
int huffman_from_lengths(const uint8_t *lengths, size_t n, struct huffman *h);

struct huffman_bits {
    const uint8_t *data;
    size_t n_bits, at;
    bool failed; /* a read went past the end, or met what is no code: symbols since are zeros */
};

/* Appends the symbol's code at bit *at of out, which is zero from there on and has room. */
void huffman_put(const struct huffman *h, uint8_t symbol, uint8_t *out, size_t *at);
uint8_t huffman_get(const struct huffman *h, struct huffman_bits *in);
