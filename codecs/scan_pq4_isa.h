// SPDX-License-Identifier: MIT
/* scan_pq4_isa.h -- the inner loops of scan_pq4, for files built with the flags of an ISA: they include this and
 * nothing else of the project. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_PQ4_BLOCK = 64, /* codes */
    SCAN_PQ4_BYTES_MAX = 128,
    /* Tables whose entries add up in a byte: those of this many bytes of a code, from the first on, sum to 255 at most.
     * A sum of 16 bits for every look-up would cost three instructions for each, this costs 1.5. */
    SCAN_PQ4_SUM = 2,
    SCAN_PQ4_SUMS_MAX = 255 * SCAN_PQ4_BYTES_MAX / SCAN_PQ4_SUM,
    /* Bytes that a loop asks for ahead: scan_hamming_isa.h says why. */
    SCAN_PQ4_L2_AHEAD = 12288,
    SCAN_PQ4_L1_AHEAD = 4096,
};

/* Of n blocks of codes of `bytes`, those whose sum of table entries is below `limit`: (sum << 32) + id, the first code
 * having id `first`, to keys, block by block, in no order within one. Returns how many. keys has room for all.
 *
 * A block is `bytes` rows of SCAN_PQ4_BLOCK: byte b of code j at b * SCAN_PQ4_BLOCK + j. Its low half selects among the
 * 16 bytes at tables + 32 b, its high half among the next 16. Any alignment. */
typedef size_t scan_pq4_fn(const uint8_t *blocks, size_t n, size_t bytes, const uint8_t *tables, uint32_t limit,
                           uint32_t first, uint64_t *keys);

scan_pq4_fn scan_pq4_scan_avx2, scan_pq4_scan_avx512;
