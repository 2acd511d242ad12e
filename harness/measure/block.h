// SPDX-License-Identifier: MIT
/* block.h -- runs one block: starts a worker, collects what it says, and turns what befalls it into a status. */
#pragma once

#include "declare/result.h"
#include "measure/wire.h"

#include <signal.h>

struct block_options {
    const char *program; /* this one: its `worker` command is started */
    double timeout_s;    /* the worker is killed after so long */
    const volatile sig_atomic_t *stop; /* non-zero: kill the worker and return; may be NULL */
};

double block_clock_s(void); /* seconds on the monotonic clock, for deadlines and budgets */

/* Runs `job`; fills *block (block_free() it) and, where the worker calibrated, job->iterations. The time limit is until
 * the worker's process has ended; what is left of its process group then is killed. A crash, a time-out, a
 * wrong result or a failed set-up is a block with that status, the culprit and a reason, not an error. -1: the harness
 * or the host failed (ERR_HOST: threads cannot be pinned), or *stop was set. */
int block_run(struct job *job, const struct block_options *options, int index, struct block *block, struct err *err);
