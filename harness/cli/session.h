// SPDX-License-Identifier: MIT
/* session.h -- one measured run from plan to result: where the rooms meet. Blocks go to the store as they come; whether
 * a comparison needs more of them is asked of judge/. */
#pragma once

#include "cli/commands.h"
#include "declare/result.h"
#include "judge/gate.h"
#include "judge/tuning.h"

struct session {
    /* gate: stop a comparison when its verdicts are certain, judge at the end. NULL: judge nothing. The session fills in
     * alpha and what the other program has. */
    const struct gate_rules *rules;
    const struct tuning *tuning; /* what to run variants with; NULL: their own choices */
    const char *other; /* path of the program of rules->ref; NULL: none */
    bool check_only;   /* nothing is timed, pinned or recorded */
    size_t blocks;     /* of a comparison that no verdict rests on; 0: as few as there may be */
    bool quiet;        /* no progress */
    /* Called when the last block is done: what it adds to the host is recorded with the run. NULL: nothing. */
    void (*end)(void *arg, struct host *host);
    void *end_arg;
    double slowdown;   /* a drill: every variant but the reference and peers does so much more work, 0.03 is 3 % */
};

/* Fills *run (run_result_free() it). -1: the harness or the host failed, or the run was interrupted; the message then
 * says what is kept. `host` is this host's. */
int session_run(const struct context *context, const struct session *session, const struct topology *topology,
                const struct host *host, struct run_result *run, struct err *err);

/* The description of a run that begins now: all but its id. */
void session_describe(const struct context *context, const struct host *host, struct run_info *info);
