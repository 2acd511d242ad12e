// SPDX-License-Identifier: MIT
/* linear_scalar.c -- the plain kernels, for any x86-64: the definition that all others are compared with. */
#include "inference/linear_micro.h"

#include "base/half.h"

#include <math.h>
#include <string.h>

enum { NR = LINEAR_NR, KR = LINEAR_Q8_KR };
enum type { F32, F16, BF16 };

/* fmaf(a, b, c), without a call where the CPU has no such instruction. The product of two floats is exact in a double,
 * so that `sum` is rounded once, and rounding it again to a float can only go wrong where it lies exactly between two
 * of them: halfway in the 29 bits that a float lacks, or at another place where the float is a denormal. */
static inline float fma1(float a, float b, float c)
{
    double sum = (double)a * b + c;
    uint64_t bits;

    memcpy(&bits, &sum, sizeof(bits));
    if (__builtin_expect((bits & 0x1fffffff) == 0x10000000 || (fabs(sum) < 0x1p-126 && sum != 0), 0))
        return fmaf(a, b, c);
    return (float)sum;
}

static inline float weight(enum type type, const char *w, size_t at)
{
    uint16_t half;
    uint32_t bits;
    float x;

    if (type == F32) {
        memcpy(&x, w + at * sizeof(x), sizeof(x));
        return x;
    }
    memcpy(&half, w + at * sizeof(half), sizeof(half));
    if (type == F16)
        return half_to(half);
    bits = (uint32_t)half << 16;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static inline void tile(enum type type, size_t rows, size_t k, const char *w, const float *x, float *y, size_t ldy)
{
    for (size_t i = 0; i < rows; i++)
        memset(y + i * ldy, 0, NR * sizeof(*y));
    for (size_t l = 0; l < k; l++, x += rows) {
        float wl[NR];

        for (size_t c = 0; c < NR; c++)
            wl[c] = weight(type, w, l * NR + c);
        for (size_t i = 0; i < rows; i++)
            for (size_t c = 0; c < NR; c++)
                y[i * ldy + c] = fma1(x[i], wl[c], y[i * ldy + c]);
    }
}

static inline void row(enum type type, size_t panels, size_t k, const char *w, const float *x, float *y)
{
    for (size_t p = 0; p < panels; p++)
        tile(type, 1, k, w + p * k * NR * (type == F32 ? 4 : 2), x, y + p * NR, NR);
}

void linear_scalar_f32(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    (void)ahead;
    tile(F32, rows, k, w, x, y, ldy);
}

void linear_scalar_f16(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    (void)ahead;
    tile(F16, rows, k, w, x, y, ldy);
}

void linear_scalar_bf16(size_t rows, size_t k, const void *w, size_t ahead, const float *x, float *y, size_t ldy)
{
    (void)ahead;
    tile(BF16, rows, k, w, x, y, ldy);
}

void linear_scalar_f32_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    (void)ahead;
    row(F32, panels, k, w, x, y);
}

void linear_scalar_f16_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    (void)ahead;
    row(F16, panels, k, w, x, y);
}

void linear_scalar_bf16_row(size_t panels, size_t k, const void *w, size_t ahead, const float *x, float *y)
{
    (void)ahead;
    row(BF16, panels, k, w, x, y);
}

void linear_scalar_q8(size_t rows, size_t blocks, const void *w, size_t ahead, const int8_t *q,
                      const struct linear_q8_scale *scale, float *y, size_t ldy)
{
    (void)ahead;
    for (size_t i = 0; i < rows; i++)
        memset(y + i * ldy, 0, NR * sizeof(*y));
    for (size_t b = 0; b < blocks; b++, q += rows * KR, scale += rows) {
        const uint8_t *block = (const uint8_t *)w + b * LINEAR_Q8_BYTES, *codes = block + LINEAR_Q8_CODES;

        for (size_t i = 0; i < rows; i++)
            for (size_t c = 0; c < NR; c++) {
                int32_t dot = 0;
                uint16_t d;

                for (size_t l = 0; l < KR; l++)
                    dot += q[i * KR + l] * (codes[l / 4 * 4 * NR + 4 * c + l % 4] - 128);
                memcpy(&d, block + 2 * c, sizeof(d));
                y[i * ldy + c] = fma1((float)dot, half_to(d) * scale[i].d, y[i * ldy + c]);
            }
    }
}

void linear_scalar_q8_quantise(size_t blocks, const float *x, int8_t *q, size_t stride_q, struct linear_q8_scale *scale,
                               size_t stride_scale)
{
    for (; blocks > 0; blocks--, x += KR, q += stride_q, scale += stride_scale) {
        float most = 0, by;
        int32_t sum = 0;
        int bad = 0;

        for (size_t l = 0; l < KR; l++) {
            bad |= !isfinite(x[l]);
            most = fabsf(x[l]) > most ? fabsf(x[l]) : most;
        }
        by = most >= LINEAR_Q8_LEAST && !bad ? 127.0f / most : 0;
        for (size_t l = 0; l < KR; l++) {
            q[l] = bad ? 0 : (int8_t)lrintf(x[l] * by);
            sum += q[l];
        }
        *scale = (struct linear_q8_scale){ bad ? NAN : by != 0 ? most / 127.0f : 0, -128 * sum };
    }
}
