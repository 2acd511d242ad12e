// SPDX-License-Identifier: MIT
#include "codecs/scan_buffer.h"

#include "base/mem.h"

#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

void *scan_buffer(size_t n, size_t size, struct err *err)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(n, size, &bytes) || bytes < HUGE_PAGE)
        return mem_aligned(n, size, MEM_LINE, err);
    p = mem_aligned(bytes, 1, HUGE_PAGE, err);
    if (p)
        madvise(p, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* a wish: no is an answer */
    return p;
}
