// SPDX-License-Identifier: MIT
#include "machine/counters_private.h"

#include "base/text.h"

#include <linux/perf_event.h>
#include <math.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

/* The order of the fields of struct counts. */
static const struct counters_event own_events[COUNTERS_EVENTS] = {
    { PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
    { PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
    { PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
    { PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
};

/* For the calling thread on any CPU, in the group of `leader` (-1: a group of its own). -1 where it cannot be. */
static int open_event(const struct counters_event *event, int leader)
{
    struct perf_event_attr attr = {
        .type = event->type,
        .size = sizeof(attr),
        .config = event->config,
        .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .disabled = leader < 0, /* the leader's switch is the group's */
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

/* Whether RDPRU may be executed and its clocks mean what they say. On a guest they need not: the TSC may be scaled and
 * MPERF not, and a hypervisor may show the bit and still refuse the instruction. Where the kernel keeps a process from
 * reading the TSC, RDPRU is as undefined as RDTSC. */
static bool has_rdpru(void)
{
#if defined(__x86_64__)
    unsigned eax, ebx, ecx, edx;
    int tsc = PR_TSC_SIGSEGV;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || ecx & (1u << 31)) /* a hypervisor */
        return false;
    if (!__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) || !(edx & (1u << 8))) /* the TSC's rate is fixed */
        return false;
    if (!__get_cpuid(0x80000008, &eax, &ebx, &ecx, &edx) || !(ebx & (1u << 4)) || edx >> 16 < 1) /* 1: APERF is there */
        return false;
    return prctl(PR_GET_TSC, &tsc) == 0 && tsc == PR_TSC_ENABLE;
#else
    return false;
#endif
}

#if defined(__x86_64__)
/* As bytes, since assemblers older than the instruction do not know its name. Not run so far: the hosts on which this
 * was written had no such CPU, only the arithmetic on its readings is tested. */
static uint64_t rdpru(uint32_t which)
{
    uint32_t low, high;

    __asm__ volatile(".byte 0x0f, 0x01, 0xfd" : "=a"(low), "=d"(high) : "c"(which));
    return (uint64_t)high << 32 | low;
}

static void read_clocks(struct counters_clocks *clocks)
{
    enum { MPERF, APERF };
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    clocks->tsc = __rdtsc();
    clocks->mperf = rdpru(MPERF);
    clocks->aperf = rdpru(APERF);
    clocks->ns = 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}
#else
static void read_clocks(struct counters_clocks *clocks)
{
    *clocks = (struct counters_clocks){ 0 };
}
#endif

/* The descriptor that stands for the group: its first event's; -1 where nothing is counted. */
static int leader(const struct counters *counters)
{
    for (int i = 0; i < COUNTERS_EVENTS; i++)
        if (counters->counted[i])
            return counters->fds[i];
    return -1;
}

void counters_open_events(struct counters *counters, const struct counters_event events[COUNTERS_EVENTS])
{
    *counters = (struct counters){ .rdpru = has_rdpru() };
    for (int i = 0; i < COUNTERS_EVENTS; i++) {
        counters->fds[i] = open_event(&events[i], leader(counters));
        counters->counted[i] = counters->fds[i] >= 0;
    }
}

void counters_open(struct counters *counters)
{
    counters_open_events(counters, own_events);
}

void counters_close(struct counters *counters)
{
    if (!counters)
        return;
    for (int i = COUNTERS_EVENTS - 1; i >= 0; i--) /* the leader last */
        if (counters->counted[i])
            close(counters->fds[i]);
    *counters = (struct counters){ 0 };
}

/* -1 where the kernel does not give the group whole. */
static int read_group(const struct counters *counters, struct counters_reading *reading)
{
    uint64_t raw[3 + COUNTERS_EVENTS]; /* how many, enabled, running, a value for each that is counted */
    size_t n = 3;

    for (int i = 0; i < COUNTERS_EVENTS; i++)
        n += counters->counted[i];
    if (read(leader(counters), raw, sizeof(raw)) != (ssize_t)(n * sizeof(*raw)) || raw[0] != n - 3)
        return -1;
    *reading = (struct counters_reading){ .enabled_ns = raw[1], .running_ns = raw[2] };
    n = 3;
    for (int i = 0; i < COUNTERS_EVENTS; i++)
        if (counters->counted[i])
            reading->events[i] = raw[n++];
    return 0;
}

double counters_between(const struct counters_reading *began, const struct counters_reading *ended, int event)
{
    uint64_t enabled = ended->enabled_ns - began->enabled_ns, running = ended->running_ns - began->running_ns;

    if (enabled == 0 || running != enabled)
        return NAN;
    return (double)(ended->events[event] - began->events[event]);
}

double counters_mhz(const struct counters_clocks *began, const struct counters_clocks *ended)
{
    /* What the readings cost, and that they are not of one instant (about 0.1 us), stays below 1 in 1000. */
    enum { SPAN_MIN_NS = 100000 };
    double ns = ended->ns - began->ns, tsc = (double)(ended->tsc - began->tsc);
    double mperf = (double)(ended->mperf - began->mperf), aperf = (double)(ended->aperf - began->aperf);

    if (!(ns >= SPAN_MIN_NS))
        return NAN;
    /* Clocks of two cores, after a migration, are unrelated: a difference below zero is a huge one here. MPERF rests
     * while the core sleeps, but never ticks faster than the TSC; and no core runs at ten times its base. */
    if (!(mperf > 0) || mperf > 1.01 * tsc || !(aperf > 0) || aperf > 10 * mperf)
        return NAN;
    return aperf / mperf * tsc / ns * 1e3;
}

void counters_start(struct counters *counters)
{
    int fd = leader(counters);

    if (counters->rdpru)
        read_clocks(&counters->began);
    if (fd >= 0)
        ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

void counters_stop(struct counters *counters, struct counts *counts)
{
    double *const fields[COUNTERS_EVENTS] = { &counts->instructions, &counts->cycles, &counts->branch_misses,
                                              &counts->cache_misses };
    int fd = leader(counters);
    struct counters_reading now = counters->last;
    struct counters_clocks ended;

    if (fd >= 0)
        ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    if (counters->rdpru)
        read_clocks(&ended);
    counts->mhz = counters->rdpru ? counters_mhz(&counters->began, &ended) : NAN;
    /* Times and counts are totals since the opening. A span that cannot be read would fall to the next one: no more. */
    if (fd >= 0 && read_group(counters, &now) < 0)
        counters_close(counters);
    for (int i = 0; i < COUNTERS_EVENTS; i++)
        *fields[i] = counters->counted[i] ? counters_between(&counters->last, &now, i) : NAN;
    counters->last = now;
}
