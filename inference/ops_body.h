// SPDX-License-Identifier: MIT
/* ops_body.h -- the functions of ops.h, for the ISA that the including file is compiled for. */
#pragma once

#include "ops.h"
#include "vec16.h"

static void rms_norm(float *out, const float *x, const float *weight, size_t n, float eps)
{
    size_t whole = n / 16 * 16;
    vec16 sum = vec_set(0), v, factor;

    for (size_t i = 0; i < whole; i += 16) {
        v = vec_load(x + i);
        sum = vec_fma(v, v, sum);
    }
    if (whole < n) {
        v = vec_load_n(x + whole, n - whole);
        sum = vec_fma(v, v, sum);
    }
    factor = vec_set(1.0f / __builtin_sqrtf(vec_sum(sum) / (float)n + eps));
    for (size_t i = 0; i < whole; i += 16)
        vec_store(out + i, vec_mul(vec_mul(vec_load(x + i), factor), vec_load(weight + i)));
    if (whole < n) {
        v = vec_mul(vec_mul(vec_load_n(x + whole, n - whole), factor), vec_load_n(weight + whole, n - whole));
        vec_store_n(out + whole, v, n - whole);
    }
}

static void add(float *x, const float *y, size_t n)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16)
        vec_store(x + i, vec_add(vec_load(x + i), vec_load(y + i)));
    if (i < n)
        vec_store_n(x + i, vec_add(vec_load_n(x + i, n - i), vec_load_n(y + i, n - i)), n - i);
}

static void scale(float *x, float factor, size_t n)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16)
        vec_store(x + i, vec_mul(vec_load(x + i), vec_set(factor)));
    if (i < n)
        vec_store_n(x + i, vec_mul(vec_load_n(x + i, n - i), vec_set(factor)), n - i);
}

static inline vec16 silu(vec16 x)
{
    return vec_div(x, vec_add(vec_set(1), vec_exp(vec_sub(vec_set(0), x))));
}

static void silu_mul(float *gate, const float *up, size_t n)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16)
        vec_store(gate + i, vec_mul(silu(vec_load(gate + i)), vec_load(up + i)));
    if (i < n)
        vec_store_n(gate + i, vec_mul(silu(vec_load_n(gate + i, n - i)), vec_load_n(up + i, n - i)), n - i);
}

static inline vec16 relu_squared(vec16 x)
{
    vec16 r = vec_max(x, vec_set(0));

    return vec_mul(r, r);
}

static void relu_squared_mul(float *gate, const float *up, size_t n)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16)
        vec_store(gate + i, vec_mul(relu_squared(vec_load(gate + i)), vec_load(up + i)));
    if (i < n)
        vec_store_n(gate + i, vec_mul(relu_squared(vec_load_n(gate + i, n - i)), vec_load_n(up + i, n - i)), n - i);
}

static void rope_pairs(float *x, const float *cos, const float *sin, size_t n_pairs)
{
    for (size_t i = 0; i < n_pairs; i++) {
        float a = x[2 * i], b = x[2 * i + 1];

        x[2 * i] = a * cos[i] - b * sin[i];
        x[2 * i + 1] = a * sin[i] + b * cos[i];
    }
}

static void rope_halves(float *x, const float *cos, const float *sin, size_t n_pairs)
{
    float *y = x + n_pairs;

    for (size_t i = 0; i < n_pairs; i += 16) {
        size_t n = n_pairs - i < 16 ? n_pairs - i : 16;
        vec16 a = vec_load_n(x + i, n), b = vec_load_n(y + i, n), c = vec_load_n(cos + i, n),
              s = vec_load_n(sin + i, n);

        vec_store_n(x + i, vec_sub(vec_mul(a, c), vec_mul(b, s)), n);
        vec_store_n(y + i, vec_add(vec_mul(a, s), vec_mul(b, c)), n);
    }
}

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")

INLINE const float *page_of(const struct ops_attention *a, const float *first, size_t i)
{
    return first + a->pages[i] * a->page_stride;
}

INLINE float *weights_of(const struct ops_attention *a, size_t head)
{
    return a->weights + head % 2 * a->weights_stride;
}

/* Scores of n_heads heads against n_pages pages from page i on: as many independent chains of fma, each key loaded
 * once. */
INLINE void score_tile(const struct ops_attention *a, size_t head, size_t i, int n_heads, int n_pages)
{
    const float *q = a->q + head * a->head_dim, *keys[4];
    vec16 sums[2][4];

    UNROLL for (int p = 0; p < n_pages; p++) {
        keys[p] = page_of(a, a->keys, i + (size_t)p);
        UNROLL for (int h = 0; h < n_heads; h++)
            sums[h][p] = vec_set(0);
    }
    for (size_t e = 0; e < a->head_dim; e++) {
        vec16 x[2];

        UNROLL for (int h = 0; h < n_heads; h++)
            x[h] = vec_set(q[(size_t)h * a->head_dim + e]);
        UNROLL for (int p = 0; p < n_pages; p++) {
            vec16 k = vec_load(keys[p] + e * OPS_PAGE);

            UNROLL for (int h = 0; h < n_heads; h++)
                sums[h][p] = vec_fma(x[h], k, sums[h][p]);
        }
    }
    UNROLL for (int h = 0; h < n_heads; h++)
        UNROLL for (int p = 0; p < n_pages; p++)
            vec_store(weights_of(a, head + (size_t)h) + (i + (size_t)p) * OPS_PAGE, sums[h][p]);
}

INLINE void score_heads(const struct ops_attention *a, size_t head, int n_heads)
{
    size_t n_pages = (a->length + OPS_PAGE - 1) / OPS_PAGE, i = 0;

    for (; i + 4 <= n_pages; i += 4)
        score_tile(a, head, i, n_heads, 4);
    for (; i < n_pages; i++)
        score_tile(a, head, i, n_heads, 1);
}

/* The scores of one head as e^(score - the largest), those that are not to be seen as 0. Returns 1 / their sum. */
static float exponentials(const struct ops_attention *a, size_t head)
{
    float *w = weights_of(a, head);
    size_t whole = a->length / OPS_PAGE * OPS_PAGE, rest = a->length - whole;
    vec16 none = vec_set(-__builtin_inff()), most = none, sum = vec_set(0);

    for (size_t i = 0; i < whole; i += OPS_PAGE)
        most = vec_max(vec_load(w + i), most);
    if (rest) {
        vec_store(w + whole, vec_first(vec_load(w + whole), rest, none));
        most = vec_max(vec_load(w + whole), most);
    }
    most = vec_set(vec_largest(most));
    for (size_t i = 0; i < a->length; i += OPS_PAGE) {
        vec16 e = vec_exp(vec_sub(vec_load(w + i), most));

        vec_store(w + i, e);
        sum = vec_add(sum, e);
    }
    return 1.0f / vec_sum(sum);
}

/* One position's share of the weighted sums: its values, loaded once, times a weight per head. */
INLINE void weigh(const float *const w[2], size_t t, const float *values, int n_heads, int n_chunks, vec16 sums[2][2])
{
    vec16 v[2];

    UNROLL for (int c = 0; c < n_chunks; c++)
        v[c] = vec_load(values + 16 * c);
    UNROLL for (int h = 0; h < n_heads; h++) {
        vec16 x = vec_set(w[h][t]);

        UNROLL for (int c = 0; c < n_chunks; c++)
            sums[h][c] = vec_fma(x, v[c], sums[h][c]);
    }
}

/* Dimensions [e, e + 16 n_chunks) of the weighted values of n_heads heads. */
INLINE void value_tile(const struct ops_attention *a, size_t head, size_t e, int n_heads, int n_chunks,
                       const float *factors)
{
    const float *const w[2] = { weights_of(a, head), n_heads > 1 ? weights_of(a, head + 1) : NULL };
    vec16 sums[4][2][2];

    UNROLL for (int k = 0; k < 4; k++)
        UNROLL for (int h = 0; h < n_heads; h++)
            UNROLL for (int c = 0; c < n_chunks; c++)
                sums[k][h][c] = vec_set(0);
    for (size_t t = 0, i = 0; t < a->length; i++, t += OPS_PAGE) {
        const float *values = page_of(a, a->values, i) + e;
        size_t n = a->length - t < OPS_PAGE ? a->length - t : OPS_PAGE, j = 0;

        for (; j + 4 <= n; j += 4)
            UNROLL for (size_t k = 0; k < 4; k++)
                weigh(w, t + j + k, values + (j + k) * a->value_stride, n_heads, n_chunks, sums[k]);
        if (j < n)
            weigh(w, t + j, values + j * a->value_stride, n_heads, n_chunks, sums[0]);
        if (j + 1 < n)
            weigh(w, t + j + 1, values + (j + 1) * a->value_stride, n_heads, n_chunks, sums[1]);
        if (j + 2 < n)
            weigh(w, t + j + 2, values + (j + 2) * a->value_stride, n_heads, n_chunks, sums[2]);
    }
    UNROLL for (int h = 0; h < n_heads; h++)
        UNROLL for (int c = 0; c < n_chunks; c++) {
            float *out = a->out + (head + (size_t)h) * a->head_dim + e + 16 * (size_t)c;
            size_t left = a->head_dim - e - 16 * (size_t)c;
            vec16 sum = vec_add(vec_add(sums[0][h][c], sums[1][h][c]), vec_add(sums[2][h][c], sums[3][h][c]));

            vec_store_n(out, vec_mul(sum, vec_set(factors[h])), left < 16 ? left : 16);
        }
}

INLINE void value_heads(const struct ops_attention *a, size_t head, int n_heads, const float *factors)
{
    size_t e = 0;

    for (; e + 16 < a->head_dim; e += 32)
        value_tile(a, head, e, n_heads, 2, factors);
    if (e < a->head_dim)
        value_tile(a, head, e, n_heads, 1, factors);
}

static void attend(const struct ops_attention *a)
{
    size_t g = 0;
    float factors[2];

    for (; g + 2 <= a->group; g += 2) {
        score_heads(a, g, 2);
        factors[0] = exponentials(a, g);
        factors[1] = exponentials(a, g + 1);
        value_heads(a, g, 2, factors);
    }
    if (g < a->group) {
        score_heads(a, g, 1);
        factors[0] = exponentials(a, g);
        value_heads(a, g, 1, factors);
    }
}

#define OPS_TABLE                                                                                                      \
    {                                                                                                                  \
        .rms_norm = rms_norm, .add = add, .silu_mul = silu_mul, .relu_squared_mul = relu_squared_mul,                  \
        .rope_pairs = rope_pairs, .rope_halves = rope_halves, .scale = scale, .attend = attend                         \
    }
