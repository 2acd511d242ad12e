// SPDX-License-Identifier: MIT
/* counters_private.h -- the parts of the counters, for the tests: most of them work where no PMU is. */
#pragma once

#include "machine/counters.h"

/* A perf event: perf_event_attr's `type` and `config`. */
struct counters_event {
    uint32_t type;
    uint64_t config;
};

/* counters_open() with other events than its own. */
void counters_open_events(struct counters *counters, const struct counters_event events[COUNTERS_EVENTS]);

/* One event over a span; NAN where the group was not counting all the time. */
double counters_between(const struct counters_reading *began, const struct counters_reading *ended, int event);

/* The effective frequency over a span; NAN where the readings cannot be those of one core, or it is too short. */
double counters_mhz(const struct counters_clocks *began, const struct counters_clocks *ended);
