// SPDX-License-Identifier: MIT
/* scan_hamming.h -- the k binary codes that differ from a query in the fewest bits, found by looking at all of them.
 *
 * Codes are n rows of `bytes`: 8 to 256, a multiple of 8, any alignment. The result is exact: the k least by (distance,
 * index), so of equal distances the lower index comes first. All implementations give the same. A scan reads each code
 * once and keeps what is below the k-th distance so far (topk.h), so it is as fast as memory. */
#pragma once

#include "base/err.h"
#include "codecs/scan_hamming_isa.h"

struct team;

struct scan_hamming_impl {
    const char *name;
    uint32_t isa; /* what the host must have (declare/isa.h) */
    scan_hamming_fn *scan;
};

extern const struct scan_hamming_impl scan_hamming_scalar, scan_hamming_avx2, scan_hamming_avx512;

/* The fastest of them that needs no more than these instructions. */
const struct scan_hamming_impl *scan_hamming_best(uint32_t isa);

struct scan_hamming_found {
    uint32_t index, distance;
};

/* Room for the best `k` of a team of `threads`; used by one call at a time. NULL with *err filled: ERR_HOST where the
 * host lacks what impl needs or memory. k and threads > 0. */
struct scan_hamming_work;
struct scan_hamming_work *scan_hamming_work_new(const struct scan_hamming_impl *impl, size_t k, int threads,
                                                struct err *err);
void scan_hamming_work_free(struct scan_hamming_work *work); /* accepts NULL */

/* The min(k, n) nearest to `found`, the nearest first; *n_found is how many. The ranks of the team (NULL: the calling
 * thread alone) take a contiguous share of the codes each. -1 (ERR_CONFIG) where `bytes` is none of the above or n is
 * 2^32 or more. */
int scan_hamming(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, struct scan_hamming_work *work,
                 struct team *team, struct scan_hamming_found *found, size_t *n_found, struct err *err);
