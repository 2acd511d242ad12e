// SPDX-License-Identifier: MIT
/* linear_definition.h -- random weights of every type, and what linear.h defines their products to be, word by word,
 * with no code of linear*.c. */
#pragma once

#include "base/half.h"
#include "base/mem.h"
#include "base/rng.h"
#include "inference/gguf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum scales { ONE_SCALE, SCALE_A_BLOCK };

/* A tensor of random values as its bytes in a file. */
static inline uint8_t *tensor(enum gguf_type type, size_t rows, size_t cols, enum scales scales, struct rng *rng)
{
    size_t bytes, blocks, block = gguf_type_block_bytes(type);
    uint8_t *data;

    if (!gguf_type_bytes(type, rows, cols, &bytes))
        BUG("%zu x %zu of type %d", rows, cols, (int)type);
    blocks = rows * cols / gguf_type_block(type);
    data = mem_array(bytes + 1, 1);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)rng_next(rng);
    for (size_t i = 0; i < rows * cols && type <= GGUF_F16; i++) {
        float x = (float)rng_normal(rng);
        uint16_t half = half_from(x);

        memcpy(data + i * block, type == GGUF_F32 ? (void *)&x : (void *)&half, block);
    }
    for (size_t i = 0; i < rows * cols && type == GGUF_BF16; i++) /* 2^-7 to 2^8 */
        data[2 * i + 1] = (uint8_t)((data[2 * i + 1] & 0x83) | 0x3c);
    for (size_t i = 0; i < bytes && (type == GGUF_TQ2_0 || type == GGUF_I2_S); i++)
        data[i] &= (uint8_t) ~((data[i] & 0xaa) >> 1); /* a code of 3 becomes 2 */
    for (size_t b = 0; b < blocks && type != GGUF_I2_S && block > 4; b++) {
        uint16_t d = half_from(scales == ONE_SCALE ? 0.0625f : (float)rng_normal(rng));

        memcpy(data + b * block + (type == GGUF_Q8_0 ? 0 : block - 2), &d, 2);
    }
    if (type == GGUF_I2_S)
        memcpy(data + bytes - 32, &(float){ 0.37f }, sizeof(float));
    return data;
}

static inline float largest(const float *x, size_t n)
{
    float a = 0;

    for (size_t i = 0; i < n; i++)
        a = !(fabsf(x[i]) <= a) ? fabsf(x[i]) : a;
    return a;
}

static inline float want_float(const float *w, const float *x, size_t cols, float s)
{
    float p = 0;

    for (size_t i = 0; i < cols; i++)
        p = fmaf(x[i], w[i], p);
    return p * s;
}

static inline float want_q8(const uint8_t *row, const float *x, size_t cols, float s)
{
    float p = 0;

    for (size_t b = 0; b < cols / 32; b++, row += 34) {
        float a = largest(x + 32 * b, 32);
        int32_t sum = 0;
        uint16_t d;

        memcpy(&d, row, 2);
        for (size_t i = 0; i < 32 && a >= 1e-36f; i++)
            sum += (int32_t)rintf(x[32 * b + i] * (127.0f / a)) * (int8_t)row[2 + i];
        p = fmaf((float)sum, half_to(d) * (a >= 1e-36f ? a / 127.0f : 0), p);
    }
    return p * s;
}

static inline float want_ternary(const int8_t *codes, const float *d, size_t block, const float *x, size_t cols,
                                 float s)
{
    float a = fmaxf(largest(x, cols), 1e-5f), p = 0;
    int32_t whole = 0;
    bool same = true;

    for (size_t b = 0; b < cols / block; b++) {
        int32_t sum = 0;

        for (size_t i = b * block; i < (b + 1) * block; i++)
            sum += (int32_t)rintf(x[i] * (127.0f / a)) * codes[i];
        p = fmaf((float)sum, d[b], p);
        whole += sum;
        same = same && d[b] == d[0];
    }
    return same ? (float)whole * (s * d[0] * (a / 127.0f)) : p * (s * (a / 127.0f));
}

struct problem {
    enum gguf_type type;
    size_t rows, cols, n;
    uint8_t *data;
    float scale;
    float *x, *want; /* (n, cols), (n, rows) */
};

static inline void expect(struct problem *p)
{
    size_t per_row = p->cols / gguf_type_block(p->type);
    float *w = mem_array(p->cols, sizeof(*w)), *d = mem_array(per_row, sizeof(*d));
    int8_t *codes = mem_array(p->cols, 1);

    for (size_t j = 0; j < p->rows; j++) {
        gguf_row(p->type, p->data, p->rows, p->cols, j, w);
        for (size_t b = 0; b < per_row && gguf_type_ternary(p->type); b++)
            d[b] = gguf_ternary_scale(p->type, p->data, p->rows, p->cols, j * per_row + b);
        if (gguf_type_ternary(p->type))
            gguf_row_codes(p->type, p->data, p->cols, j, codes);
        for (size_t i = 0; i < p->n; i++) {
            const float *x = p->x + i * p->cols;

            p->want[i * p->rows + j] = gguf_type_ternary(p->type)
                                           ? want_ternary(codes, d, gguf_type_block(p->type), x, p->cols, p->scale)
                                       : p->type == GGUF_Q8_0
                                           ? want_q8(p->data + j * per_row * 34, x, p->cols, p->scale)
                                           : want_float(w, x, p->cols, p->scale);
        }
    }
    free(w);
    free(d);
    free(codes);
}

static inline struct problem problem(enum gguf_type type, size_t rows, size_t cols, size_t n, enum scales scales,
                                     float scale, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct problem p = { type,
                         rows,
                         cols,
                         n,
                         tensor(type, rows, cols, scales, &rng),
                         scale,
                         mem_array(n * cols, sizeof(float)),
                         mem_array(n * rows, sizeof(float)) };

    for (size_t i = 0; i < n * cols; i++)
        p.x[i] = (float)rng_normal(&rng);
    expect(&p);
    return p;
}

static inline void problem_free(struct problem *p)
{
    free(p->data);
    free(p->x);
    free(p->want);
}
