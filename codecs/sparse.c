// SPDX-License-Identifier: MIT
#include "codecs/sparse.h"

#include "base/mem.h"
#include "codecs/bits.h"
#include "base/half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HALF_BITS = 16 };

size_t sparse_entry_bits(size_t dim)
{
    return bits_width(dim) + HALF_BITS;
}

/* The bits of |x|, which order as |x| does. */
static uint32_t magnitude(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits & 0x7fffffff;
}

/* The largest magnitude that `keep` numbers have or exceed; *above: how many exceed it. Found a byte at a time, from
 * the highest: counts of a byte's values decide which of them holds the one that is wanted. */
static uint32_t threshold(const float *x, size_t dim, size_t keep, size_t *above)
{
    uint32_t prefix = 0, mask = 0;

    *above = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        size_t count[256] = { 0 }, value = 255;

        for (size_t j = 0; j < dim; j++) {
            uint32_t m = magnitude(x[j]);

            if ((m & mask) == prefix)
                count[m >> shift & 255]++;
        }
        while (*above + count[value] < keep)
            *above += count[value--];
        prefix |= (uint32_t)value << shift;
        mask |= 255u << shift;
    }
    return prefix;
}

void sparse_encode(const struct sparse *s, const float *x, uint8_t *codes, size_t at)
{
    unsigned width = bits_width(s->dim);
    size_t above, equal;
    uint32_t least = threshold(x, s->dim, s->keep, &above);

    equal = s->keep - above; /* of those at the threshold, the first */
    for (size_t j = 0; j < s->dim; j++) {
        uint32_t m = magnitude(x[j]);

        if (m < least || (m == least && equal == 0))
            continue;
        equal -= m == least;
        bits_put(codes, at, width, (uint32_t)j);
        bits_put(codes, at + width, HALF_BITS, half_from(fminf(fmaxf(x[j], -65504), 65504)));
        at += width + HALF_BITS;
    }
}

int sparse_add(const struct sparse *s, const uint8_t *codes, size_t at, float *x, struct err *err)
{
    unsigned width = bits_width(s->dim);

    for (size_t i = 0; i < s->keep; i++, at += width + HALF_BITS) {
        size_t index = bits_get(codes, at, width);
        float value = half_to((uint16_t)bits_get(codes, at + width, HALF_BITS));

        if (index >= s->dim || !isfinite(value))
            return err_set(err, ERR_CONFIG, "a code has the value %g at dimension %zu of %zu", (double)value, index,
                           s->dim);
        x[index] += value;
    }
    return 0;
}
