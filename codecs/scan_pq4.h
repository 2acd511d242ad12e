// SPDX-License-Identifier: MIT
/* scan_pq4.h -- the k codes of a 4-bit product quantiser that are nearest to a query, by looking at all of them.
 *
 * A code of `bytes` has 2 x bytes groups of 16 centroids: group 2 i in the low half of byte i, group 2 i + 1 in the
 * high half (as codecs/product.h writes them). A query comes as `tables`, (2 bytes, 16) floats: what centroid c of
 * group s adds to the distance. The distance of a code is the float sum of its entries, added up in the order of the
 * groups from 0 on; less is nearer. (For inner products, tables of their negatives.)
 *
 * The result is exact: the k least by (distance, index), as if the distance of every code had been computed in float,
 * though few are. Tables are rounded down to bytes of one step, so that the sum q of a code's bytes tells its distance
 * to within one step a group. Blocks of codes are looked up in registers (Andre, Kermarrec, Le Scouarnec, "Cache
 * locality is not enough", VLDB 9(4), 2015); a code goes on only where its q leaves it a chance to be among the k, and
 * the distances of these few are computed. What is safe to drop: scan_pq4_tables.h. */
#pragma once

#include "base/err.h"
#include "codecs/scan_pq4_isa.h"

struct team;

struct scan_pq4_impl {
    const char *name;
    uint32_t isa;      /* what the host must have (declare/isa.h) */
    scan_pq4_fn *scan; /* NULL: computes the distance of every code */
};

extern const struct scan_pq4_impl scan_pq4_scalar, scan_pq4_avx2, scan_pq4_avx512;

/* The fastest of them that needs no more than these instructions. */
const struct scan_pq4_impl *scan_pq4_best(uint32_t isa);

/* n codes, rearranged in blocks: n * bytes rounded up to whole blocks. */
struct scan_pq4_codes {
    size_t n, bytes;
    uint8_t *blocks; /* as scan_pq4_isa.h says, on huge pages where it is worth it; codes past the n-th are zeros */
};

/* Room for n codes, all zeros, and the `count` from code `first` on: count rows of `bytes`. 1 to 128 bytes a code, less
 * than 2^32 codes: else ERR_CONFIG. NULL with *err filled. */
struct scan_pq4_codes *scan_pq4_codes_new(size_t n, size_t bytes, struct err *err);
void scan_pq4_codes_free(struct scan_pq4_codes *codes); /* accepts NULL */
void scan_pq4_put(struct scan_pq4_codes *codes, size_t first, const uint8_t *rows, size_t count);
size_t scan_pq4_codes_bytes(const struct scan_pq4_codes *codes); /* of the blocks */

struct scan_pq4_found {
    uint32_t index;
    float distance;
};

/* Room for the best `k` of a team of `threads`; used by one call at a time. NULL with *err filled: ERR_HOST where the
 * host lacks what impl needs or memory. k and threads > 0. */
struct scan_pq4_work;
struct scan_pq4_work *scan_pq4_work_new(const struct scan_pq4_impl *impl, size_t k, int threads, struct err *err);
void scan_pq4_work_free(struct scan_pq4_work *work); /* accepts NULL */

/* The min(k, n) nearest to `found`, the nearest first; *n_found is how many. The ranks of the team (NULL: the calling
 * thread alone) take a contiguous share of the blocks each. -1 (ERR_CONFIG) where an entry is NaN or infinite, or the
 * entries are so large that a distance could be. */
int scan_pq4(const struct scan_pq4_codes *codes, const float *tables, struct scan_pq4_work *work, struct team *team,
             struct scan_pq4_found *found, size_t *n_found, struct err *err);
