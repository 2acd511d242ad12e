// SPDX-License-Identifier: MIT
/* wire.h -- what a run and its worker say to each other: a job as one JSON object down, messages as JSON lines up.
 *
 * The protocol has a number, so that a run can tell an older program's worker from its own. A line that is not
 * understood is an error, never skipped. */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { WIRE_PROTOCOL = 1, WIRE_FD = 3, JOB_VARIANTS_MAX = 16, JOB_PUS_MAX = 256 };

struct registry;
struct comparison;
struct params;

/* One block's work. Variants are indexes in the scenario; the wire carries names. */
struct job {
    const struct comparison *comparison; /* borrowed; NULL in the worker, which has `params` */
    int variants[JOB_VARIANTS_MAX];      /* the reference first */
    int n_variants;
    int64_t iterations[JOB_VARIANTS_MAX]; /* by position in `variants`; 0: to be calibrated */
    bool check_only;
    int rounds; /* even: every second one runs in mirrored order */
    double min_sample_ns;
    uint64_t input_seed; /* the same for all blocks of a run */
    uint64_t order_seed; /* this block's */
    int pus[JOB_PUS_MAX], n_pus; /* none: do not pin */
};

json_t *wire_job(const struct job *job); /* owned by the caller */

/* Fills job and *params (whose scenario is found in `registry`). */
int wire_read_job(const json_t *json, const struct registry *registry, struct job *job, struct params *params,
                  struct err *err);

/* Writes one line to `fd` in one write(); a reader that is gone is not an error of ours. Takes the reference. */
void wire_send(int fd, json_t *message);
