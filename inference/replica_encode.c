// SPDX-License-Identifier: MIT
#include "inference/replica_encode.h"

#include "base/half.h"

#include <math.h>
#include <string.h>

static void put16(uint8_t *out, uint16_t x)
{
    memcpy(out, &x, sizeof(x));
}

static void encode_q8_0(const float *x, uint8_t *out)
{
    float most = 0;
    bool ternary = true;
    uint16_t scale;

    for (int i = 0; i < 32; i++)
        most = fmaxf(most, fabsf(x[i]));
    for (int i = 0; i < 32; i++)
        ternary = ternary && (x[i] == 0 || fabsf(x[i]) == most);
    scale = half_from(ternary ? most : most / 127);
    put16(out, scale);
    for (int i = 0; i < 32; i++) {
        float q = half_to(scale) > 0 ? rintf(x[i] / half_to(scale)) : 0;

        out[2 + i] = (uint8_t)(int8_t)fmaxf(-127, fminf(127, q));
    }
}

void replica_encode_row(enum gguf_type type, const float *x, size_t cols, uint8_t *out)
{
    size_t block = gguf_type_block(type), bytes = gguf_type_block_bytes(type);

    for (size_t i = 0; i < cols; i += block, out += bytes) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof(bits));
        switch (type) {
        case GGUF_F32:
            memcpy(out, &bits, sizeof(bits));
            break;
        case GGUF_F16:
            put16(out, half_from(x[i]));
            break;
        case GGUF_BF16: /* to nearest, ties to even; finite */
            put16(out, (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16));
            break;
        case GGUF_Q8_0:
            encode_q8_0(x + i, out);
            break;
        default:
            BUG("%s is not made from floats", gguf_type_name(type));
        }
    }
}

/* gguf_type.c says where the digits of a block lie. A byte of TQ1_0 is its number in base 3, of five digits, as a
 * fraction of 243, rounded up. */
static void encode_tq1_0(const int8_t *codes, uint8_t *out)
{
    static const struct { int at, bytes, digits; } parts[] = { { 0, 32, 5 }, { 32, 16, 5 }, { 48, 4, 4 } };
    unsigned numbers[52] = { 0 };

    for (size_t p = 0; p < ARRAY_LEN(parts); p++)
        for (int n = 0; n < 5; n++)
            for (int m = 0; m < parts[p].bytes; m++)
                numbers[parts[p].at + m] = numbers[parts[p].at + m] * 3 +
                                           (unsigned)(n < parts[p].digits ? *codes++ + 1 : 0);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        out[i] = (uint8_t)((numbers[i] * 256 + 242) / 243);
}

static void encode_tq2_0(const int8_t *codes, uint8_t *out)
{
    memset(out, 0, 64);
    for (int half = 0; half < 64; half += 32)
        for (int shift = 0; shift < 8; shift += 2)
            for (int m = 0; m < 32; m++)
                out[half + m] |= (uint8_t)((*codes++ + 1) << shift);
}

void replica_encode_codes(enum gguf_type type, const int8_t *codes, float scale, size_t cols, uint8_t *out)
{
    size_t block = gguf_type_block(type), bytes = gguf_type_block_bytes(type);

    if (type != GGUF_TQ1_0 && type != GGUF_TQ2_0)
        BUG("%s is not made from codes here", gguf_type_name(type));
    for (size_t i = 0; i < cols; i += block, out += bytes) {
        (type == GGUF_TQ1_0 ? encode_tq1_0 : encode_tq2_0)(codes + i, out);
        put16(out + bytes - 2, half_from(scale));
    }
}
