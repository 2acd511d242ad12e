// SPDX-License-Identifier: MIT
/* rng.h -- seeded pseudo-random numbers: the same seed gives the same sequence on every host.
 *
 * xoshiro256++ 1.0 seeded by splitmix64 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 47(4), 2021). Not for secrets. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

struct rng rng_seed(uint64_t seed);
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t n); /* uniform in [0, n), n > 0, unbiased */
double rng_uniform(struct rng *rng);             /* uniform in [0, 1) */
double rng_normal(struct rng *rng);              /* standard normal, Box-Muller */
void rng_shuffle(struct rng *rng, int *values, size_t n);
uint64_t rng_mix(uint64_t a, uint64_t b); /* one seed out of two: for independent streams of one run */
