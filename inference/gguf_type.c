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
static void row_tq1_0(const uint8_t *block, float *out)
{
    static const struct { int at, bytes, digits; } parts[] = { { 0, 32, 5 }, { 32, 16, 5 }, { 48, 4, 4 } };
    float scale = half_to(load16(block + 52));

    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        uint8_t power = 1;

        for (int n = 0; n < parts[p].digits; n++, power = (uint8_t)(power * 3))
            for (int m = 0; m < parts[p].bytes; m++) {
                uint8_t q = (uint8_t)(block[parts[p].at + m] * power);

                *out++ = (float)((q * 3 >> 8) - 1) * scale;
            }
    }
}

/* 2 x 32 bytes; of each 32 first all lowest pairs of bits, then the next ones. */
static void row_tq2_0(const uint8_t *block, float *out)
{
    float scale = half_to(load16(block + 64));

    for (int half = 0; half < 64; half += 32)
        for (int shift = 0; shift < 8; shift += 2)
            for (int m = 0; m < 32; m++)
                *out++ = (float)((block[half + m] >> shift & 3) - 1) * scale;
}

/* 32 bytes; first all highest pairs of bits. */
static void row_i2_s(const uint8_t *block, float scale, float *out)
{
    for (int shift = 6; shift >= 0; shift -= 2)
        for (int m = 0; m < I2_S_BYTES; m++)
            *out++ = (float)((block[m] >> shift & 3) - 1) * scale;
}

static void row_block(enum gguf_type type, const uint8_t *p, float scale, float *out)
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
    case GGUF_TQ1_0:
        row_tq1_0(p, out);
        break;
    case GGUF_TQ2_0:
        row_tq2_0(p, out);
        break;
    case GGUF_I2_S:
        row_i2_s(p, scale, out);
        break;
    }
}

void gguf_row(enum gguf_type type, const void *data, size_t rows, size_t cols, size_t row, float *out)
{
    const struct type *t = known(type);
    size_t row_bytes = cols / t->block * t->bytes;
    const uint8_t *p = (const uint8_t *)data + row * row_bytes;
    float scale = 1;

    if (type == GGUF_I2_S)
        memcpy(&scale, (const uint8_t *)data + rows * row_bytes, sizeof(scale));
    for (size_t i = 0; i < cols; i += t->block, p += t->bytes)
        row_block(type, p, scale, out + i);
}
