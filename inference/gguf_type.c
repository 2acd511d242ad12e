// SPDX-License-Identifier: MIT
/* gguf_type.c -- the tensor types: their sizes, and their rows as floats. */
#include "base/half.h"
#include "inference/gguf.h"

#include <string.h>

enum { TERNARY_BLOCK = 256, Q8_0_BLOCK = 32, I2_S_BLOCK = 128, I2_S_BYTES = 32 };

static const struct type {
    int number;
    const char *name;
    size_t block, bytes;
    size_t tail; /* bytes behind the last row of a tensor */
} types[] = {
    { GGUF_F32, "F32", 1, 4, 0 },
    { GGUF_F16, "F16", 1, 2, 0 },
    { GGUF_Q8_0, "Q8_0", Q8_0_BLOCK, 2 + Q8_0_BLOCK, 0 },
    { GGUF_BF16, "BF16", 1, 2, 0 },
    { GGUF_TQ1_0, "TQ1_0", TERNARY_BLOCK, 54, 0 },
    { GGUF_TQ2_0, "TQ2_0", TERNARY_BLOCK, 66, 0 },
    { GGUF_I2_S, "I2_S", I2_S_BLOCK, I2_S_BYTES, 32 },
};

static const struct type *find(int number)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].number == number)
            return &types[i];
    return NULL;
}

const char *gguf_type_name(int type)
{
    const struct type *t = find(type);

    return t ? t->name : NULL;
}

static const struct type *known(enum gguf_type type)
{
    const struct type *t = find(type);

    if (!t)
        BUG("no tensor type has the number %d", (int)type);
    return t;
}

size_t gguf_type_block(enum gguf_type type)
{
    return known(type)->block;
}

size_t gguf_type_block_bytes(enum gguf_type type)
{
    return known(type)->bytes;
}

bool gguf_type_bytes(enum gguf_type type, uint64_t rows, uint64_t cols, size_t *bytes)
{
    const struct type *t = known(type);
    size_t row;

    return cols % t->block == 0 && !__builtin_mul_overflow(cols / t->block, t->bytes, &row) &&
           !__builtin_mul_overflow(row, rows, bytes) && !__builtin_add_overflow(*bytes, t->tail, bytes);
}

static uint16_t load16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static float load_bf16(const uint8_t *p)
{
    uint32_t bits = (uint32_t)load16(p) << 16;
    float x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* Digits of base 3, five a byte, as a fraction: the byte times 3^n, modulo 256, times 3 / 256 is the n-th digit. The
 * values lie as 5 x 32, 5 x 16 and 4 x 4: all first digits, then all second ones. */
static void codes_tq1_0(const uint8_t *block, int8_t *out)
{
    static const struct { int at, bytes, digits; } parts[] = { { 0, 32, 5 }, { 32, 16, 5 }, { 48, 4, 4 } };

    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        uint8_t power = 1;

        for (int n = 0; n < parts[p].digits; n++, power = (uint8_t)(power * 3))
            for (int m = 0; m < parts[p].bytes; m++) {
                uint8_t q = (uint8_t)(block[parts[p].at + m] * power);

                *out++ = (int8_t)((q * 3 >> 8) - 1);
            }
    }
}

/* 2 x 32 bytes; of each 32 first all lowest pairs of bits, then the next ones. */
static void codes_tq2_0(const uint8_t *block, int8_t *out)
{
    for (int half = 0; half < 64; half += 32)
        for (int shift = 0; shift < 8; shift += 2)
            for (int m = 0; m < 32; m++)
                *out++ = (int8_t)((block[half + m] >> shift & 3) - 1);
}

/* 32 bytes; first all highest pairs of bits. */
static void codes_i2_s(const uint8_t *block, int8_t *out)
{
    for (int shift = 6; shift >= 0; shift -= 2)
        for (int m = 0; m < I2_S_BYTES; m++)
            *out++ = (int8_t)((block[m] >> shift & 3) - 1);
}

static void block_codes(enum gguf_type type, const uint8_t *p, int8_t *codes)
{
    if (type == GGUF_TQ1_0)
        codes_tq1_0(p, codes);
    else if (type == GGUF_TQ2_0)
        codes_tq2_0(p, codes);
    else if (type == GGUF_I2_S)
        codes_i2_s(p, codes);
    else
        BUG("%s is not ternary", known(type)->name);
}

bool gguf_type_ternary(enum gguf_type type)
{
    return type == GGUF_TQ1_0 || type == GGUF_TQ2_0 || type == GGUF_I2_S;
}

void gguf_row_codes(enum gguf_type type, const void *data, size_t cols, size_t row, int8_t *codes)
{
    const struct type *t = known(type);
    const uint8_t *p = (const uint8_t *)data + row * (cols / t->block * t->bytes);

    for (size_t i = 0; i < cols; i += t->block, p += t->bytes)
        block_codes(type, p, codes + i);
}

float gguf_ternary_scale(enum gguf_type type, const void *data, size_t rows, size_t cols, size_t block)
{
    const struct type *t = known(type);
    float scale;

    if (type != GGUF_I2_S)
        return half_to(load16((const uint8_t *)data + (block + 1) * t->bytes - 2));
    memcpy(&scale, (const uint8_t *)data + rows * (cols / t->block * t->bytes), sizeof(scale));
    return scale;
}

static void row_block(enum gguf_type type, const uint8_t *p, float *out)
{
    switch (type) {
    case GGUF_F32:
        memcpy(out, p, sizeof(*out));
        break;
    case GGUF_F16:
        *out = half_to(load16(p));
        break;
    case GGUF_BF16:
        *out = load_bf16(p);
        break;
    case GGUF_Q8_0:
        for (int i = 0; i < Q8_0_BLOCK; i++)
            out[i] = (float)(int8_t)p[2 + i] * half_to(load16(p));
        break;
    default:
        BUG("%s has codes", known(type)->name);
    }
}

static void ternary_block(enum gguf_type type, const uint8_t *p, float scale, size_t n, float *out)
{
    int8_t codes[TERNARY_BLOCK];

    block_codes(type, p, codes);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)codes[i] * scale;
}

void gguf_row(enum gguf_type type, const void *data, size_t rows, size_t cols, size_t row, float *out)
{
    const struct type *t = known(type);
    size_t first = row * (cols / t->block);
    const uint8_t *p = (const uint8_t *)data + first * t->bytes;

    for (size_t b = 0; b < cols / t->block; b++, p += t->bytes, out += t->block) {
        if (gguf_type_ternary(type))
            ternary_block(type, p, gguf_ternary_scale(type, data, rows, cols, first + b), t->block, out);
        else
            row_block(type, p, out);
    }
}
