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
        vec16 a = vec_load_n(x + i, n), b = vec_load_n(y + i, n), c = vec_load_n(cos + i, n), s = vec_load_n(sin + i, n);

        vec_store_n(x + i, vec_sub(vec_mul(a, c), vec_mul(b, s)), n);
        vec_store_n(y + i, vec_add(vec_mul(a, s), vec_mul(b, c)), n);
    }
}

static const float *page_of(const struct ops_attention *a, const float *first, size_t i)
{
    return first + a->pages[i] * a->page_stride;
}

/* The scores of one head into a->weights, -infinity where nothing is to be seen; their largest. */
static float scores(const struct ops_attention *a, const float *q)
{
    size_t n_pages = (a->length + OPS_PAGE - 1) / OPS_PAGE;
    vec16 none = vec_set(-__builtin_inff()), most = none;

    for (size_t i = 0; i < n_pages; i++) {
        const float *keys = page_of(a, a->keys, i);
        vec16 sum = vec_set(0);
        size_t left = a->length - i * OPS_PAGE;

        for (size_t e = 0; e < a->head_dim; e++)
            sum = vec_fma(vec_set(q[e]), vec_load(keys + e * OPS_PAGE), sum);
        if (left < OPS_PAGE)
            sum = vec_first(sum, left, none);
        vec_store(a->weights + i * OPS_PAGE, sum);
        most = vec_max(sum, most);
    }
    return vec_largest(most);
}

/* e^(score - most) in their place; their sum. */
static float exponentials(const struct ops_attention *a, float most)
{
    vec16 sum = vec_set(0);

    for (size_t i = 0; i < a->length; i += OPS_PAGE) {
        vec16 e = vec_exp(vec_sub(vec_load(a->weights + i), vec_set(most)));

        vec_store(a->weights + i, e);
        sum = vec_add(sum, e);
    }
    return vec_sum(sum);
}

/* Dimensions [e, e + 16) of the weighted sum of values. */
static vec16 weighted(const struct ops_attention *a, size_t e)
{
    vec16 p[4] = { vec_set(0), vec_set(0), vec_set(0), vec_set(0) };
    size_t t = 0;

    for (size_t i = 0; t < a->length; i++) {
        const float *values = page_of(a, a->values, i) + e, *w = a->weights + t;
        size_t n = a->length - t < OPS_PAGE ? a->length - t : OPS_PAGE, j = 0;

        for (; j + 4 <= n; j += 4)
            for (size_t k = 0; k < 4; k++)
                p[k] = vec_fma(vec_set(w[j + k]), vec_load(values + (j + k) * a->value_stride), p[k]);
        for (size_t k = 0; j + k < n; k++)
            p[k] = vec_fma(vec_set(w[j + k]), vec_load(values + (j + k) * a->value_stride), p[k]);
        t += n;
    }
    return vec_add(vec_add(p[0], p[1]), vec_add(p[2], p[3]));
}

static void attend(const struct ops_attention *a)
{
    for (size_t g = 0; g < a->group; g++) {
        float *out = a->out + g * a->head_dim;
        float most = scores(a, a->q + g * a->head_dim);
        vec16 factor = vec_set(1.0f / exponentials(a, most));

        for (size_t e = 0; e < a->head_dim; e += 16)
            vec_store_n(out + e, vec_mul(weighted(a, e), factor), a->head_dim - e < 16 ? a->head_dim - e : 16);
    }
}

#define OPS_TABLE                                                                                                      \
    {                                                                                                                  \
        .rms_norm = rms_norm, .add = add, .silu_mul = silu_mul, .relu_squared_mul = relu_squared_mul,                  \
        .rope_pairs = rope_pairs, .rope_halves = rope_halves, .scale = scale, .attend = attend                         \
    }
