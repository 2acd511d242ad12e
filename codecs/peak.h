// SPDX-License-Identifier: MIT
/* peak.h -- how much memory a stretch of work took: the largest resident set since peak_begin() less that at it. Linux
 * keeps it (/proc/self/status, reset through /proc/self/clear_refs: proc(5)). For one stretch at a time. */
#pragma once

#include <stddef.h>

struct peak {
    size_t before; /* bytes */
};

struct peak peak_begin(void);
size_t peak_bytes(struct peak peak); /* 0 where the kernel does not tell */
