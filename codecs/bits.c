// SPDX-License-Identifier: MIT
#include "codecs/bits.h"

#include <string.h>

void bits_put(uint8_t *data, size_t at, unsigned width, uint32_t value)
{
    uint64_t field = (uint64_t)value << at % 8;

    for (data += at / 8; field; data++, field >>= 8)
        *data |= (uint8_t)field;
    (void)width; /* the value fits it */
}

uint32_t bits_get(const uint8_t *data, size_t at, unsigned width)
{
    size_t first = at / 8, last = (at + width - 1) / 8;
    uint64_t field = 0;

    for (size_t i = first; i <= last; i++)
        field |= (uint64_t)data[i] << 8 * (i - first);
    return (uint32_t)(field >> at % 8 & ((1ull << width) - 1));
}

unsigned bits_width(size_t n)
{
    unsigned width = 1;

    while (width < 32 && n > (size_t)1 << width)
        width++;
    return width;
}

void bits_signs(const float *x, size_t n, uint8_t *out)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        out[i / 8] = (uint8_t)((x[i] > 0) | (x[i + 1] > 0) << 1 | (x[i + 2] > 0) << 2 | (x[i + 3] > 0) << 3 |
                               (x[i + 4] > 0) << 4 | (x[i + 5] > 0) << 5 | (x[i + 6] > 0) << 6 | (x[i + 7] > 0) << 7);
    if (i < n)
        out[i / 8] = 0;
    for (; i < n; i++)
        out[i / 8] |= (uint8_t)((x[i] > 0) << i % 8);
}

void bits_choose(const uint8_t *bits, const float *high, const float *low, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = bits[i / 8] >> i % 8 & 1 ? high[i] : low[i];
}

size_t bits_hamming(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t differ = 0, i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t x, y;

        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        differ += (size_t)__builtin_popcountll(x ^ y);
    }
    for (; i < n; i++)
        differ += (size_t)__builtin_popcount(a[i] ^ b[i]);
    return differ;
}
