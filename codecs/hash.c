// SPDX-License-Identifier: MIT
#include "codecs/hash.h"

#include <string.h>

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t lane(uint64_t acc, uint64_t input)
{
    return rotl(acc + input * PRIME_2, 31) * PRIME_1;
}

/* The last 0 to 31 bytes, eight, four, one at a time. */
static uint64_t finish(uint64_t h, const uint8_t *p, size_t len)
{
    uint32_t four;

    for (; len >= 8; len -= 8, p += 8)
        h = rotl(h ^ lane(0, get64(p)), 27) * PRIME_1 + PRIME_4;
    if (len >= 4) {
        memcpy(&four, p, sizeof(four));
        h = rotl(h ^ four * PRIME_1, 23) * PRIME_2 + PRIME_3;
        len -= 4;
        p += 4;
    }
    for (; len > 0; len--, p++)
        h = rotl(h ^ *p * PRIME_5, 11) * PRIME_1;
    h = (h ^ h >> 33) * PRIME_2;
    h = (h ^ h >> 29) * PRIME_3;
    return h ^ h >> 32;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
    const uint8_t *p = data;
    uint64_t h, acc[4] = { seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1 };
    size_t left = len;

    if (len < 32)
        return finish(seed + PRIME_5 + len, p, len);
    for (; left >= 32; left -= 32, p += 32)
        for (size_t i = 0; i < 4; i++)
            acc[i] = lane(acc[i], get64(p + 8 * i));
    h = rotl(acc[0], 1) + rotl(acc[1], 7) + rotl(acc[2], 12) + rotl(acc[3], 18);
    for (size_t i = 0; i < 4; i++)
        h = (h ^ lane(0, acc[i])) * PRIME_1 + PRIME_4;
    return finish(h + len, p, left);
}
