// SPDX-License-Identifier: MIT
/* transform_walk.h -- transform_quantise_fn in vectors of 16 floats, which the compiler maps to whatever the flags of
 * the including file allow. Only what is static is here, so that nothing can leak from one such file into another. */
#pragma once

#include "codecs/transform_isa.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef float walk_floats __attribute__((vector_size(64), aligned(4)));
typedef int32_t walk_ints __attribute__((vector_size(64)));
typedef uint8_t walk_bytes __attribute__((vector_size(16), aligned(1)));

#define WALK_INLINE static inline __attribute__((always_inline))

/* The cheapest symbol of either parity of one quantiser. */
WALK_INLINE void walk_nearest(const float *points, const float *bits, size_t n, unsigned odd, const walk_floats *u,
                              const walk_floats *lambda, walk_floats cost[2], uint8_t best[2][TRANSFORM_LANES])
{
    walk_floats low[2];
    walk_ints at[2];

    low[0] = low[1] = (walk_floats){ 0 } + INFINITY;
    at[0] = at[1] = (walk_ints){ 0 };
    for (size_t s = 0; s < n; s++) {
        unsigned p = (unsigned)(s & 1) ^ odd;
        walk_floats e = *u - points[s];
        walk_ints less;

        e = e * e + *lambda * bits[s];
        less = e < low[p];
        low[p] = (walk_floats)(((walk_ints)e & less) | ((walk_ints)low[p] & ~less));
        at[p] = (((walk_ints){ 0 } + (int32_t)s) & less) | (at[p] & ~less);
    }
    for (size_t p = 0; p < 2; p++) {
        cost[p] = low[p];
        *(walk_bytes *)best[p] = __builtin_convertvector(at[p], walk_bytes);
    }
}

/* The two ways into a state, 0 and 1: from which, and by which parity. transform_step() backwards: of H0 >> 1 and H1 >> 1
 * only the former has the highest bit, which therefore tells whether the step began in an odd state; the latter is a
 * single bit. Where all arguments are constants so is the result. */
WALK_INLINE unsigned walk_half(unsigned to)
{
    return to & TRANSFORM_STATES / 2 ? to ^ TRANSFORM_H0 >> 1 : to;
}

WALK_INLINE unsigned walk_from(unsigned to, unsigned way)
{
    unsigned half = (walk_half(to) & ~(TRANSFORM_H1 >> 1u)) | (way ? TRANSFORM_H1 >> 1u : 0u);

    return 2 * half + (to & TRANSFORM_STATES / 2 ? 1 : 0);
}

WALK_INLINE unsigned walk_parity(unsigned to, unsigned way)
{
    return (walk_half(to) & TRANSFORM_H1 >> 1u ? 1u : 0u) ^ way;
}

/* All lanes a step at a time: a lane's steps wait for one another. */
WALK_INLINE void walk_back(const struct transform_dim *dims, const struct transform_walk *walk, size_t n_dims,
                           const walk_floats *cost, uint32_t *places)
{
    unsigned state[TRANSFORM_LANES];

    for (size_t l = 0; l < TRANSFORM_LANES; l++) {
        state[l] = 0;
        for (unsigned i = 1; i < TRANSFORM_STATES; i++)
            if (cost[i][l] < cost[state[l]][l])
                state[l] = i;
    }
    for (size_t j = n_dims; j-- > 0;)
        for (size_t l = 0; l < TRANSFORM_LANES; l++) {
            unsigned came = walk[j].came[state[l]][l], p = walk_parity(state[l], came);

            state[l] = walk_from(state[l], came);
            places[l * n_dims + j] = dims[j].first[state[l] & 1] + walk[j].best[state[l] & 1][p][l];
        }
}

WALK_INLINE void walk_quantise(const struct transform_dim *dims, size_t n_dims, const float *points, const float *bits,
                               const float *u, const float *lambda, struct transform_walk *walk, uint32_t *places)
{
    walk_floats cost[TRANSFORM_STATES], l = *(const walk_floats *)lambda;

    for (size_t s = 0; s < TRANSFORM_STATES; s++)
        cost[s] = (walk_floats){ 0 } + (s ? 1e30f : 0.f);
    for (size_t j = 0; j < n_dims; j++) {
        walk_floats x = *(const walk_floats *)(u + j * TRANSFORM_LANES), step[2][2], next[TRANSFORM_STATES];

        for (size_t q = 0; q < 2; q++)
            walk_nearest(points + dims[j].first[q], bits + dims[j].first[q], dims[j].n[q], dims[j].odd[q], &x, &l,
                         step[q], walk[j].best[q]);
#pragma GCC unroll 8
        for (unsigned s = 0; s < TRANSFORM_STATES; s++) {
            walk_floats a = cost[walk_from(s, 0)] + step[walk_from(s, 0) & 1][walk_parity(s, 0)];
            walk_floats b = cost[walk_from(s, 1)] + step[walk_from(s, 1) & 1][walk_parity(s, 1)];
            walk_ints less = b < a;

            next[s] = (walk_floats)(((walk_ints)b & less) | ((walk_ints)a & ~less));
            *(walk_bytes *)walk[j].came[s] = __builtin_convertvector(less & 1, walk_bytes);
        }
        memcpy(cost, next, sizeof(cost));
    }
    walk_back(dims, walk, n_dims, cost, places);
}
