// SPDX-License-Identifier: MIT
/* roof_read.h -- how much memory a read at one level of the caches walks over. */
#pragma once

#include "declare/scenario.h"

enum roof_level { ROOF_L1 = 1, ROOF_L2, ROOF_L3, ROOF_DRAM };

/* Bytes of each thread's ring, a power of two, for `threads` threads on the cores of one L3:
 *   L1, L2 the largest one within three quarters of the cache, which is not all the ring's;
 *   L3     four times the L2, or what three quarters of the L3 leave to each; at least twice the L2 in any case, or the
 *          L2 is what would be read;
 *   DRAM   four times the L3 and 256 MiB at least, together, rounded down: a cache that keeps what it can (Intel's do
 *          not forget the oldest first) then serves a third at most. Halved while it is more than half of `available`,
 *          the bytes of memory that can be had; 0 where less than twice the L3 is left.
 * A cache that the host does not show is taken for 32 KiB, 512 KiB, 32 MiB. */
size_t roof_read_ring(enum roof_level level, const struct caches *caches, int threads, size_t available);
