// SPDX-License-Identifier: MIT
/* wire.h -- what a run and its worker say to each other: a job as one JSON object down, messages as JSON lines up.
 *
 * The protocol has a number, so that a run can tell an older program's worker from its own. A line that is not
 * understood is an error, never skipped. */
#pragma once

#include "base/err.h"
#include "declare/registry.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { WIRE_PROTOCOL = 1, WIRE_FD = 3, JOB_PUS_MAX = 1024 };

struct comparison;
struct foreign;
struct sample;
struct trial;

/* One block's work. Variants are indexes in the scenario; the wire carries names. */
struct job {
    const struct comparison *comparison; /* borrowed; NULL in the worker, which has `params` */
    int variants[VARIANTS_MAX]; /* the reference first */
    int n_variants;
    int64_t iterations[VARIANTS_MAX]; /* by position in `variants`; 0: to be calibrated */
    int64_t tuned[VARIANTS_MAX][TUNABLES_MAX]; /* by position; 0: the variant's own choice */
    struct trial *trial; /* what `comparison` names is the scenario of this trial; NULL: an ordinary one */
    const char *build;       /* comparison is of a foreign program: the path of its build that is to run; else NULL */
    struct foreign *foreign; /* in the worker, what `build` names: the scenario is of it; NULL: an ordinary one */
    bool check_only;
    double slowdown; /* a drill: every variant but the reference and peers does so much more work: 0.03 is 3 % */
    uint32_t isa_without; /* what the host has and must not be used: --isa; so that 0 is all of the host */
    int parent;           /* pid of the run: a worker whose parent is another process has lost it and ends; 0: any */
    int rounds;           /* even: every second one runs in mirrored order; 0: the worker that calibrates chooses */
    double min_sample_ns;
    uint64_t input_seed; /* the same for all blocks of a run */
    uint64_t order_seed; /* this block's */
    int pus[JOB_PUS_MAX], n_pus; /* none: do not pin */
};

json_t *wire_job(const struct job *job); /* owned by the caller */

/* Fills job and *params, whose scenario is found in `registry`, or is that of job->trial or job->foreign, which is then
 * the caller's to free. A tunable that this program does not know is left out: the job may come from another one. */
int wire_read_job(const json_t *json, const struct registry *registry, struct job *job, struct params *params,
                  struct err *err);

/* A sample as a message and back. What is not known is null; a frequency or a count that is missing, as from a program
 * older than its field, is not known either. -1: the message is not understood. */
json_t *wire_sample(const struct sample *sample); /* owned by the caller */
int wire_read_sample(const json_t *message, struct sample *sample);

/* What a metric of a variant is in this block, other than by its samples. */
json_t *wire_value(int variant, const char *metric, double value); /* owned by the caller */

/* Writes one line to `fd` in one write(); a reader that is gone is not an error of ours (a worker dies of SIGPIPE then,
 * a run finds out by the worker's end). Takes the reference. */
void wire_send(int fd, json_t *message);
