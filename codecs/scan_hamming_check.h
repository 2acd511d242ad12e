// SPDX-License-Identifier: MIT
/* scan_hamming_check.h -- is an implementation of scan_hamming right?
 *
 * The truth is computed code by code and kept by insertion; it shares nothing with any implementation.
 * The result must be the same in every index and distance. Errors name the case: "n=17 bytes=24 k=100 threads=2
 * (duplicates): nearest 3 is code 5 at 80, want code 4 at 80". */
#pragma once

#include "codecs/scan_hamming.h"

/* The min(k, n) nearest to `found`; returns how many. */
size_t scan_hamming_truth(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, size_t k,
                          struct scan_hamming_found *found);

/* -1 where got differs from want. */
int scan_hamming_same(const struct scan_hamming_found *got, size_t n_got, const struct scan_hamming_found *want,
                      size_t n_want, struct err *err);

/* A table of awkward sizes: odd tails, every length, k above n; codes at odd addresses, random, few and often, and ones
 * that come nearer and nearer. */
int scan_hamming_check(const struct scan_hamming_impl *impl, uint64_t seed, struct team *team, struct err *err);
