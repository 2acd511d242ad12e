// SPDX-License-Identifier: MIT
/* linear_scalar.c -- the definition of every product in linear.h: one row of weights, one row of activations. */
#include "base/half.h"
#include "inference/linear_private.h"

#include <math.h>
#include <string.h>

static float tree(float p[LINEAR_LANES])
{
    for (int h = LINEAR_LANES / 2; h > 0; h /= 2)
        for (int l = 0; l < h; l++)
            p[l] += p[l + h];
    return p[0];
}

static float weight(const struct linear *w, size_t at)
{
    uint16_t half;
    uint32_t bits;
    float x;

    if (w->type == GGUF_F32) {
        memcpy(&x, w->data + at * sizeof(x), sizeof(x));
        return x;
    }
    memcpy(&half, w->data + at * sizeof(half), sizeof(half));
    if (w->type == GGUF_F16)
        return half_to(half);
    bits = (uint32_t)half << 16;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static float dot_float(const struct linear *w, const float *x, size_t row)
{
    float p[LINEAR_LANES] = { 0 };

    for (size_t i = 0; i < w->cols; i++)
        p[i % LINEAR_LANES] = fmaf(x[i], weight(w, row * w->cols + i), p[i % LINEAR_LANES]);
    for (size_t i = w->cols; i % LINEAR_LANES; i++) /* what padding by zeros adds: it turns -0 into +0 */
        p[i % LINEAR_LANES] += 0.0f;
    return tree(p) * w->scale;
}

static int32_t dot_codes(const uint8_t *packed, size_t at, const int8_t *q, size_t n)
{
    int32_t sum = 0;

    for (size_t i = 0; i < n; i++, at++)
        sum += q[i] * ((packed[at / 4] >> at % 4 * 2 & 3) - 1);
    return sum;
}

static float dot_ternary(const struct linear *w, const int8_t *q, float scale, size_t row)
{
    size_t blocks = w->cols / LINEAR_TERNARY_BLOCK;
    float p = 0;

    if (!w->block_scales)
        return (float)dot_codes(w->data, row * w->cols, q, w->cols) * (w->scale * scale);
    for (size_t b = 0; b < blocks; b++) {
        size_t at = b * LINEAR_TERNARY_BLOCK;

        p = fmaf((float)dot_codes(w->data, row * w->cols + at, q + at, LINEAR_TERNARY_BLOCK),
                 w->block_scales[row * blocks + b], p);
    }
    return p * scale * w->scale;
}

static float dot_q8_0(const struct linear *w, const int8_t *q, const float *scales, size_t row)
{
    size_t blocks = w->cols / LINEAR_Q8_BLOCK;
    const uint8_t *block = w->data + row * blocks * (2 + LINEAR_Q8_BLOCK);
    float p[LINEAR_LANES] = { 0 };

    for (size_t b = 0; b < blocks; b++, block += 2 + LINEAR_Q8_BLOCK) {
        int32_t sum = 0;
        uint16_t d;

        memcpy(&d, block, sizeof(d));
        for (int i = 0; i < LINEAR_Q8_BLOCK; i++)
            sum += q[b * LINEAR_Q8_BLOCK + (size_t)i] * (int8_t)block[2 + i];
        p[b % LINEAR_LANES] = fmaf((float)sum, half_to(d) * scales[b], p[b % LINEAR_LANES]);
    }
    for (size_t b = blocks; b % LINEAR_LANES; b++)
        p[b % LINEAR_LANES] += 0.0f;
    return tree(p) * w->scale;
}

float linear_scalar_dot(const struct linear *w, const struct linear_work *work, size_t row, size_t i)
{
    size_t cols = w->cols;

    if (w->form == LINEAR_FLOAT)
        return dot_float(w, work->x + i * cols, row);
    if (w->form == LINEAR_ROW8)
        return dot_ternary(w, work->codes + i * cols, work->scales[i], row);
    return dot_q8_0(w, work->codes + i * cols, work->scales + i * (cols / LINEAR_Q8_BLOCK), row);
}
