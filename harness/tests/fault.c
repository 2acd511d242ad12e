// SPDX-License-Identifier: MIT
/* fault.c -- a library for LD_PRELOAD that lets one process run out of memory, or its clock jump. Tests alone use it
 * (ci/test-faults, ci/test-hostile); what fails in the file system is done by strace's injection there.
 *
 *     FAULT="COMMAND malloc N"    the N-th allocation of the process `pawl COMMAND` fails; "N+": all from there on
 *     FAULT="COMMAND clock N S"   from its N-th look on the wall clock shows S seconds more; less, where S is negative
 *
 * Allocations on behalf of hwloc are not counted: it uses what it gets without a look (2.9), and nobody could mend that here.
 * Processes of another argv[1] (its workers, gnuplot) are left alone. $FAULT_COUNT names a file that gets the number of
 * allocations, or looks at the clock, when the process exits. */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* glibc's own allocator under the names that it exports for those who replace it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);

static enum { NOTHING, MALLOC, CLOCK } what;
static long at, shift_s;
static int ever_after;
static atomic_long count;
static uintptr_t spared_from, spared_to; /* where hwloc's code lies */
static _Thread_local int looking;

static int find_spared(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    for (int i = 0; strstr(info->dlpi_name, "libhwloc") && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            spared_from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            spared_to = spared_from + info->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

static int is_spared(void)
{
    enum { DEPTH = 24 };
    void *frames[DEPTH];
    int n, found = 0;

    looking = 1; /* backtrace() may allocate */
    n = backtrace(frames, DEPTH);
    looking = 0;
    for (int i = 0; i < n; i++)
        found |= (uintptr_t)frames[i] >= spared_from && (uintptr_t)frames[i] < spared_to;
    return found;
}

__attribute__((constructor)) static void start(int argc, char **argv)
{
    const char *fault = getenv("FAULT");
    char command[32], kind[16], plus = 0;

    if (!fault || argc < 2)
        return;
    if (sscanf(fault, "%31s %15s", command, kind) != 2 || strcmp(command, argv[1]) != 0)
        return;
    if (strcmp(kind, "malloc") == 0 && sscanf(fault, "%*s %*s %ld%c", &at, &plus) >= 1)
        what = MALLOC;
    else if (strcmp(kind, "clock") == 0 && sscanf(fault, "%*s %*s %ld %ld", &at, &shift_s) == 2)
        what = CLOCK;
    ever_after = plus == '+';
    dl_iterate_phdr(find_spared, NULL);
}

__attribute__((destructor)) static void stop(void)
{
    const char *path = getenv("FAULT_COUNT");
    int fd;

    if (what == NOTHING || !path)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    dprintf(fd, "%ld\n", atomic_load(&count));
    close(fd);
}

/* Is it this one's turn? */
static int due(int kind)
{
    long n;

    if ((int)what != kind || looking || (kind == MALLOC && is_spared()))
        return 0;
    n = atomic_fetch_add(&count, 1) + 1;
    return at > 0 && (n == at || ((ever_after || kind == CLOCK) && n > at));
}

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return due(MALLOC) ? none() : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return due(MALLOC) ? none() : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return due(MALLOC) ? none() : __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    return due(MALLOC) ? none() : __libc_memalign(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
    if (due(MALLOC))
        return ENOMEM;
    *p = __libc_memalign(align, size);
    return *p ? 0 : ENOMEM;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    long ret = syscall(SYS_clock_gettime, clock, t);

    if (ret == 0 && clock == CLOCK_REALTIME && due(CLOCK))
        t->tv_sec += shift_s;
    return (int)ret;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *t)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (t)
        *t = now.tv_sec;
    return now.tv_sec;
}
