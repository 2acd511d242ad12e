// SPDX-License-Identifier: MIT
/* store_cpu.h -- the CPU time of a run's blocks, out of its samples: for exports. */
#pragma once

#include "record/store.h"

/* Gives each case of a loaded run that has samples the estimate metric_cpu_time_ns: the median of each block that has a
 * time. Nothing where samples are gone (an import, a run that was thinned). */
int store_load_cpu(struct store *store, struct run_result *run, struct err *err);
