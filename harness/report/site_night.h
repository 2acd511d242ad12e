// SPDX-License-Identifier: MIT
/* site_night.h -- the page of one night: its runs and what was judged in them, how its figures stand beside targets and
 * baselines, what began to change, what moved most. */
#pragma once

#include "report/folder.h"
#include "report/site_model.h"

struct night_run {
    int64_t run, day;
    const struct point *point;
    const char *host_class;
    size_t series; /* that it has figures of */
};

/* "night-2026-11-29.html". `runs`: of that day, by time. `cursors`: of each series of the history the first point of that
 * day or after it, moved on to the next day. */
int site_night_write(const struct site_model *model, const struct night_run *runs, size_t n_runs, int64_t day,
                     size_t *cursors, const struct folder *folder, struct err *err);
