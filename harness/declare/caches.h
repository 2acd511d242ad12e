// SPDX-License-Identifier: MIT
/* caches.h -- the caches above one core, in bytes: L1 data and L2 are the core's own (or shared with SMT siblings), the
 * L3 is the whole domain's. 0: not known. */
#pragma once

#include <stdint.h>

struct caches {
    int64_t l1d, l2, l3;
};
