// SPDX-License-Identifier: MIT
/* ops.h -- what a transformer does between its matrix products. One implementation (ops_body.h), compiled per ISA; the
 * results are the same bits in each, since every sum has a fixed order:
 *
 *   sums over a row       16 partial sums and their tree, as in linear.h
 *   scores                fma over the head's dimensions, ascending
 *   weighted values       4 partial sums, p[t mod 4] = fma(weight_t, value_t, p), t ascending; (p0 + p1) + (p2 + p3) */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { OPS_PAGE = 16 }; /* positions of a page of the cache: the lanes of a vector */

/* One query head group against one key-value head of one path. In each page the keys lie as (head_dim, OPS_PAGE) from
 * `keys` on, the values as (OPS_PAGE, value_stride) from `values` on. */
struct ops_attention {
    const float *q; /* (group, head_dim) */
    size_t group, head_dim;
    const float *keys, *values; /* of page 0; page i of the path is pages[i] * page_stride floats further */
    size_t page_stride;
    const uint32_t *pages;
    size_t length;       /* positions that are seen, > 0 */
    size_t value_stride; /* a multiple of 16, at least head_dim */
    float *weights;      /* scratch: (2, weights_stride), a stride of whole pages */
    size_t weights_stride;
    float *out;          /* (group, head_dim) */
};

struct ops {
    /* out = x / sqrt(mean(x^2) + eps) * weight; out may be x */
    void (*rms_norm)(float *out, const float *x, const float *weight, size_t n, float eps);
    void (*add)(float *x, const float *y, size_t n);          /* x += y */
    void (*silu_mul)(float *gate, const float *up, size_t n); /* gate = gate / (1 + e^-gate) * up */
    void (*relu_squared_mul)(float *gate, const float *up, size_t n); /* gate = max(gate, 0)^2 * up */
    /* Rotates the pairs of one head by the angles of a position. */
    void (*rope_pairs)(float *x, const float *cos, const float *sin, size_t n_pairs); /* (2 i, 2 i + 1) */
    void (*rope_halves)(float *x, const float *cos, const float *sin, size_t n_pairs); /* (i, i + n) */
    void (*scale)(float *x, float factor, size_t n);
    void (*attend)(const struct ops_attention *a);
};

extern const struct ops ops_scalar, ops_avx2, ops_avx512;

/* The fastest that needs no more than `isa`, a mask of declare/isa.h. */
const struct ops *ops_best(uint32_t isa);
