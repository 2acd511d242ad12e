// SPDX-License-Identifier: MIT
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

_Noreturn void mem_out(size_t bytes)
{
    fprintf(stderr, "pawl: out of memory: cannot get %zu bytes\n", bytes);
    exit(4);
}

static int mem_product(size_t n, size_t size, size_t *bytes)
{
    return __builtin_mul_overflow(n, size, bytes) ? -1 : 0;
}

void *mem_array(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    size_t bytes;

    if (!p)
        mem_out(mem_product(n, size, &bytes) < 0 ? SIZE_MAX : bytes);
    return p;
}

void *mem_grow(void *array, size_t *capacity, size_t want, size_t size)
{
    size_t room = *capacity ? *capacity : 8, bytes;
    void *p;

    if (want <= *capacity)
        return array;
    while (room < want)
        room = room > SIZE_MAX / 2 ? SIZE_MAX : room * 2;
    if (mem_product(room, size, &bytes) < 0)
        mem_out(SIZE_MAX);
    p = realloc(array, bytes);
    if (!p)
        mem_out(bytes);
    memset((char *)p + *capacity * size, 0, (room - *capacity) * size);
    *capacity = room;
    return p;
}

char *mem_strdup(const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(mem_array(n, 1), s, n);
}

void *mem_aligned(size_t n, size_t size, size_t align, struct err *err)
{
    size_t bytes;
    void *p = NULL;

    if (mem_product(n, size, &bytes) < 0 || bytes > PTRDIFF_MAX - align) {
        err_set(err, ERR_HOST, "a buffer of %zu x %zu bytes is larger than an address space", n, size);
        return NULL;
    }
    bytes = (bytes + align - 1) / align * align; /* aligned_alloc() wants a multiple */
    p = aligned_alloc(align, bytes ? bytes : align);
    if (!p)
        err_set(err, ERR_HOST, "cannot allocate a buffer of %zu bytes", bytes);
    return p;
}

void *mem_zeroed(size_t n, size_t size, struct err *err)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        err_set(err, ERR_HOST, "cannot allocate %zu x %zu bytes", n, size);
    return p;
}

void *mem_huge(size_t n, size_t size, struct err *err)
{
    enum { PAGE = 1 << 21 };
    size_t bytes;
    void *p;

    if (mem_product(n, size, &bytes) < 0 || bytes < MEM_HUGE_FROM)
        return mem_aligned(n, size, MEM_LINE, err);
    p = mem_aligned(n, size, PAGE, err);
    if (p)
        (void)madvise(p, (bytes + PAGE - 1) / PAGE * PAGE, MADV_HUGEPAGE);
    return p;
}
