// SPDX-License-Identifier: MIT
/* step.h -- a change of level in a series: what judge/changes.h finds and the reports show. */
#pragma once

#include "base/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_state {
    STEP_CONFIRMED, /* at least STEP_MIN_POINTS lie behind it */
    STEP_SUSPECTED, /* the newest one or two points are off; the next ones decide */
};

enum { STEP_MIN_POINTS = 3 };

struct step {
    size_t index;          /* of the first point at the new level, in the series as it was given */
    enum step_state state;
    double before, after;  /* medians of the stretches on both sides, each up to the next step */
    struct interval shift; /* after - before; 95 %, the place of the step taken as known */
    double effect;         /* after / before - 1; NAN where before is 0 or their signs differ */
    double sigmas;         /* |shift| in standard deviations of a point's noise */
    double p;              /* that noise alone shows such a step, anywhere in a series so long */
    size_t n_after;        /* points since then, up to the next step: "suspected since 2 nights" */
    bool epoch;            /* the host changed there, too: it may be the cause */
    const char *acked;     /* why it is no news: somebody's reason, borrowed; NULL: nobody said */
};

/* What people call a step by: of its case, metric, host class and first run at the new level; eight hex digits. */
enum { STEP_ID = 9 };
void step_id(const char *case_id, const char *metric, const char *host_class, int64_t run, char id[STEP_ID]);
