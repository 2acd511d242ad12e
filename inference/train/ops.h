// SPDX-License-Identifier: MIT
/* ops.h -- what the trainer does between its matrix products, compiled for each ISA (ops_walk.h is the code).
 *
 * Matrices are row-major floats without gaps between rows. `add` means: to what is there. */
#pragma once

#include "base/fast_exp.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OPS_EPSILON 1e-5f /* of the root mean square: the GGUF says the same */

struct ops_heads {
    size_t heads, width;    /* width of a head, even */
    const float *cos, *sin; /* (positions, width / 2) */
};

struct ops_adam {
    float rate, keep_mean, keep_square, epsilon, decay;
    float unbias_mean, unbias_square; /* 1 / (1 - keep^steps) */
    float clip;                       /* what the gradient is multiplied by */
};

struct train_ops {
    /* y = x / rms(x) * gain by row; then, where steps is not NULL, rounded to 127 steps of its largest magnitude, whose
     * size it gets. inverse: 1 / rms by row. (n, d) */
    void (*norm)(const float *x, const float *gain, size_t n, size_t d, float *inverse, float *steps, float *y);
    /* Adds to dx and dgain. Rounding passes gradients through (straight-through estimator). */
    void (*norm_back)(const float *x, const float *gain, const float *inverse, const float *dy, size_t n, size_t d,
                      float *dx, float *dgain);

    /* y = silu(gate) * up; gate_up: (n, 2 d), the gate first. */
    void (*gated)(const float *gate_up, size_t n, size_t d, float *y);
    void (*gated_back)(const float *gate_up, const float *dy, size_t n, size_t d, float *dgate_up);

    /* Turns queries and keys of qkv, (n, 3 heads width), to their positions, NEOX layout (a dimension is paired with
     * the one width / 2 on); back: the other way. */
    void (*rope)(float *qkv, const int32_t *positions, size_t n, const struct ops_heads *heads, int back);
    /* Causal attention over one sequence of n tokens; p: (heads, n, n) gets the weights. out: (n, heads width). */
    void (*attend)(const float *qkv, size_t n, const struct ops_heads *heads, float *p, float *out);
    void (*attend_back)(const float *qkv, const float *p, const float *dout, size_t n, const struct ops_heads *heads,
                        float *room, float *dqkv); /* room: (n) */

    /* The sum of -log softmax(logits)[target] of rows whose target is not below 0; logits: (n, d) become the gradient
     * of `weight` times it, 0 in the other rows. right, where not NULL, gets whether the target was the largest. */
    double (*cross_entropy)(float *logits, const int32_t *targets, size_t n, size_t d, float weight, uint8_t *right);

    void (*adam)(float *value, const float *gradient, float *mean, float *square, size_t n, const struct ops_adam *a);
    double (*sum_of_squares)(const float *x, size_t n);

    double (*sum_of_magnitudes)(const float *x, size_t n);
    /* w to the nearest of -scale, 0, scale. */
    void (*ternary)(const float *w, size_t n, float scale, float *out);
};

extern const struct train_ops train_ops_base, train_ops_avx2, train_ops_avx512;

const struct train_ops *train_ops_here(void); /* the best that this host runs */
