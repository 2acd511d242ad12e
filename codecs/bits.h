// SPDX-License-Identifier: MIT
/* bits.h -- codes smaller than a byte.
 *
 * Bit i of a string is bit i % 8 of byte i / 8; a field of several bits has its lowest at the lowest place. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The `width` bits (1 to 32) at bit `at`. Neither reads nor writes a byte that the field does not touch; bits_put()
 * takes for granted that the field is zero. */
void bits_put(uint8_t *data, size_t at, unsigned width, uint32_t value);
uint32_t bits_get(const uint8_t *data, size_t at, unsigned width);

/* How many bits the values 0 to n - 1 need, at least 1. */
unsigned bits_width(size_t n);

/* The signs of x as bits, 1 where x > 0, (n + 7) / 8 bytes, the rest of the last zero. */
void bits_signs(const float *x, size_t n, uint8_t *out);

/* out[i] = high[i] where bit i is set, else low[i]. */
void bits_choose(const uint8_t *bits, const float *high, const float *low, size_t n, float *out);

/* How many bits differ in n bytes. */
size_t bits_hamming(const uint8_t *a, const uint8_t *b, size_t n);
