// SPDX-License-Identifier: MIT
/* worker.h -- the child process of a block: reads a job from standard input, reports on descriptor WIRE_FD.
 *
 * Order of work: pin and bind memory, start the team, setup(), check() of every variant (a wrong one ends the block
 * before anything is timed), exact metrics, calibration where the job asks, else a warm-up of what no check() has run,
 * then the rounds. Messages are sent as they happen, so that a crash costs only what had not happened yet. A worker
 * dies with its run. */
#pragma once

#include "declare/registry.h"

/* Returns the exit status of the process: 0 where the job was done or its failure reported, 1 where nobody is left to
 * report to. */
int worker_main(const struct registry *registry);
