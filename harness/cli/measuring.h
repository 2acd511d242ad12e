// SPDX-License-Identifier: MIT
/* measuring.h -- a host made ready to measure on: for the commands that measure (run, gate, drill).
 *
 * In this order: the lock of the host is waited for, the load is probed, the quietest cores are put first, the facts
 * are read, and the doctor judges. A host that he finds unfit is refused, or with --force measured on; what was forced
 * is the fact "forced". */
#pragma once

#include "cli/commands.h"
#include "declare/result.h"
#include "machine/doctor_load.h"
#include "machine/lock.h"

struct measuring {
    struct topology *topology;
    struct host host;
    bool busy; /* what _begin() failed for may pass: a load on the planned cores, and nothing else */
    /* Private. */
    const char *command;
    struct lock lock;
    struct doctor_load load;
    double own_s;
};

/* -1 with ERR_HOST: unfit, or another job measures and --wait is over. Says on standard error whom it waits for, and
 * what makes the host unfit. measuring_end() after success and failure alike. */
int measuring_begin(struct measuring *m, const struct context *context, struct err *err);
void measuring_end(struct measuring *m);

/* One run on it, with what `pawl tune` found; run_result_free() it. */
struct session;
int measuring_run(struct measuring *m, const struct context *context, const struct session *session,
                  struct run_result *run, struct err *err);

/* What a run that nobody judged ends with: 0 where every case came to a figure or was skipped; 1 where one was wrong,
 * crashed or hung; 3 where the budget left one without a block. */
int measuring_exit(const struct run_result *run);

/* Around one run: _watch before it, _tell after it. Where others took a good part of the planned cores' time, says so
 * and adds it to *host as "foreign". */
void measuring_watch(struct measuring *m);
void measuring_tell(struct measuring *m, struct host *host);
