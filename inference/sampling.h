// SPDX-License-Identifier: MIT
/* sampling.h -- the next token out of logits.
 *
 * Seeded draws are the same wherever the C library's exp() is: the logits are (linear.h), and the arithmetic here is of
 * one fixed order. */
#pragma once

#include "base/err.h"
#include "base/rng.h"

#include <stddef.h>
#include <stdint.h>

/* {0} is greedy. Top-k first, then the temperature, then top-p (Holtzman et al., "The curious case of neural text
 * degeneration", ICLR 2020): the fewest of the likeliest tokens whose probabilities reach p. */
struct sampling {
    float temperature; /* 0: greedy */
    size_t top_k;      /* 0: all */
    float top_p;       /* 0 or >= 1: all */
};

/* ERR_USAGE: a negative or infinite temperature, a top_p that is negative or not a number. */
int sampling_check(const struct sampling *s, struct err *err);

/* The index of the largest of n > 0 logits, the first of equals. NaNs are never chosen over numbers. */
int32_t sampling_greedy(const float *logits, size_t n);

/* Room to draw among n logits. NULL with *err filled without memory; the _free function accepts NULL. */
struct sampler;
struct sampler *sampler_new(size_t n, struct err *err);
void sampler_free(struct sampler *sampler);

/* One number of *rng is used in a call with a temperature, none in a greedy one. Nothing is allocated. */
int32_t sampler_draw(struct sampler *sampler, const struct sampling *s, const float *logits, struct rng *rng);
