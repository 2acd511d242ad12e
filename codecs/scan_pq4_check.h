// SPDX-License-Identifier: MIT
/* scan_pq4_check.h -- is an implementation of scan_pq4 right?
 *
 * The truth is the float sum of every code's entries, kept by insertion; it shares nothing with any implementation. The
 * result must be the same in every index and, to the last bit, distance. Errors name the case: "n=65 bytes=3 k=100
 * threads=2 (wide tables): nearest 3 is code 5 at 1.25, want code 4 at 1.25". */
#pragma once

#include "codecs/scan_pq4.h"

/* One code's distance: `row` is its bytes. */
float scan_pq4_distance(const uint8_t *row, size_t bytes, const float *tables);

/* The best k so far, nearest first, and one more code, of a higher index than all before. */
void scan_pq4_truth_add(struct scan_pq4_found *found, size_t *n_found, size_t k, struct scan_pq4_found more);

/* -1 where got differs from want. */
int scan_pq4_same(const struct scan_pq4_found *got, size_t n_got, const struct scan_pq4_found *want, size_t n_want,
                  struct err *err);

/* A table of awkward sizes (odd tails, every length, k above n), each with tables and codes of every kind: of a
 * quantiser; whole numbers, which tie; all zeros; one group far wider than the others, which leaves them no bytes; a
 * large offset, which leaves the float sums few bits; a few codes often; codes that come nearer and nearer. */
int scan_pq4_check(const struct scan_pq4_impl *impl, uint64_t seed, struct team *team, struct err *err);
