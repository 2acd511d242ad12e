// SPDX-License-Identifier: MIT
/* mem.h -- memory, in two kinds.
 *
 * The harness's own bookkeeping (mem_array, mem_grow, mem_strdup) is small: when even that cannot be had the process
 * says so and exits 4; every finished block is already recorded. The buffers a subject measures on can be huge: they
 * come from mem_aligned(), which fails with an error that names the size. */
#pragma once

#include "base/err.h"

#define MEM_LINE 64 /* bytes of a cache line on every x86-64 */

void *mem_array(size_t n, size_t size); /* zeroed, free() it; checks n * size */
void *mem_grow(void *array, size_t *capacity, size_t want, size_t size); /* realloc to hold `want`; new part zeroed */
char *mem_strdup(const char *s);
_Noreturn void mem_out(size_t bytes); /* says that so many cannot be had, and exits 4 */

/* n * size bytes aligned to `align` (a power of two), not zeroed; free() it. NULL with *err filled. */
void *mem_aligned(size_t n, size_t size, size_t align, struct err *err);

/* As mem_array(), but NULL with *err filled: for what is in libpawl_kernels, which must not end its caller's process. */
void *mem_zeroed(size_t n, size_t size, struct err *err);

/* The same, rounded up to whole pages of 2 MiB where it is MEM_HUGE_FROM or more, and asked to lie on such pages: what is
 * walked through again and again then needs few entries of the TLB. Only a hint: without them there are small pages. */
enum { MEM_HUGE_FROM = 1 << 20 };
void *mem_huge(size_t n, size_t size, struct err *err);
