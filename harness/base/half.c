// SPDX-License-Identifier: MIT
#include "base/half.h"

#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t u;

    memcpy(&u, &x, sizeof(u));
    return u;
}

static float float_of(uint32_t u)
{
    float x;

    memcpy(&x, &u, sizeof(x));
    return x;
}

uint16_t half_from(float x)
{
    uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, a = u & 0x7fffffff;

    if (a > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (a >> 13 & 0x1ff)); /* a quiet NaN */
    if (a >= 0x47800000) /* 65536 and more; what rounds up to it gets there by its own carry, below */
        return (uint16_t)(sign | 0x7c00);
    if (a < 0x38800000) /* below 2^-14, the least normal: adding 0.5 puts the last bit at 2^-24, rounding as wanted */
        return (uint16_t)(sign | (bits_of(float_of(a) + 0.5f) - bits_of(0.5f)));
    a += 0xfff + (a >> 13 & 1); /* to even; a carry goes into the exponent, where it belongs */
    return (uint16_t)(sign | (a - (112u << 23)) >> 13);
}

float half_to(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, a = h & 0x7fff;

    if (a >= 0x7c00)
        return float_of(sign | 0x7f800000 | (a & 0x3ff) << 13);
    if (a >= 0x400)
        return float_of(sign | ((a << 13) + (112u << 23)));
    return float_of(sign | bits_of((float)a * 0x1p-24f));
}
