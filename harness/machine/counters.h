// SPDX-License-Identifier: MIT
/* counters.h -- what the calling thread's CPU did over a span of code: events that the kernel counts in user space, and
 * the effective frequency where the CPU tells it.
 *
 * Counted is the thread that opened the counters, on whatever CPU it runs, and no other: of a team, the share of rank 0
 * with its short spins at barriers. (The kernel's `inherit` reaches only threads that are made later and adds them up
 * when they end; the team is there before, and stays.)
 *
 * Nothing here fails. An event that this host does not count (virtual machines without a PMU, perf_event_paranoid,
 * seccomp) is NAN, never 0; so are all events of a span over which they had to share the PMU with somebody else's and
 * were counted in part only: the kernel's extrapolation is a guess, and what these numbers are good for is exactness.
 * The events are the kernel's generic ones; a cache miss is one of the last level on Intel and of the L2 on AMD, so
 * that counts compare on one kind of host only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { COUNTERS_EVENTS = 4 };

/* Over one span. */
struct counts {
    double instructions, cycles, branch_misses, cache_misses;
    double mhz; /* of the core while it did not sleep; NAN without RDPRU, for a very short span and on a guest */
};

/* The state of the group at one moment: nanoseconds that it was meant to count and did, and the counts. */
struct counters_reading {
    uint64_t enabled_ns, running_ns, events[COUNTERS_EVENTS];
};

/* The clocks of the CPU: TSC and MPERF tick at its base frequency, APERF at the effective one; MPERF and APERF rest
 * while it sleeps (AMD64 Architecture Programmer's Manual, volume 2, "Determining Processor Effective Frequency"). */
struct counters_clocks {
    double ns; /* CLOCK_MONOTONIC_RAW */
    uint64_t tsc, aperf, mperf;
};

/* {0} counts nothing. */
struct counters {
    bool counted[COUNTERS_EVENTS]; /* in the order of the fields of struct counts */
    int fds[COUNTERS_EVENTS];      /* of those that are counted */
    bool rdpru;
    struct counters_reading last;
    struct counters_clocks began;
};

void counters_open(struct counters *counters);  /* for the calling thread, which alone may use them */
void counters_close(struct counters *counters); /* accepts NULL and {0}, and leaves {0} */

/* A span is what lies between. One and two system calls; none where no event is counted. */
void counters_start(struct counters *counters);
void counters_stop(struct counters *counters, struct counts *counts);
