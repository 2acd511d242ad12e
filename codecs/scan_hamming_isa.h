// SPDX-License-Identifier: MIT
/* scan_hamming_isa.h -- the inner loops of scan_hamming, for files built with the flags of an ISA: they include this
 * and nothing else of the project. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_HAMMING_BYTES_MAX = 256,
    SCAN_HAMMING_BYTES_STEP = 8,
    /* Bytes that a loop asks for ahead, into the L2 and from there into the L1: what it works on fills the window of
     * instructions in flight with few lines of memory. Loads beyond the last code never happen. With one of the two
     * only, memory gave 82 to 87 % of what it can (an Emerald Rapids); the distances are not delicate. */
    SCAN_HAMMING_L2_AHEAD = 12288,
    SCAN_HAMMING_L1_AHEAD = 4096,
};

/* Of n codes of `bytes`, those whose distance to the query is below `limit`: (distance << 32) + id, the first code
 * having id `first`, rising, to keys. Returns how many. keys has room for n. Any alignment. */
typedef size_t scan_hamming_fn(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, uint32_t limit,
                               uint32_t first, uint64_t *keys);

scan_hamming_fn scan_hamming_scan_scalar, scan_hamming_scan_avx2, scan_hamming_scan_avx512;
