// SPDX-License-Identifier: MIT
/* session.h -- one measured run from plan to result: where the rooms meet. Blocks go to the store as they come; whether
 * a comparison needs more of them is asked of judge/. */
#pragma once

#include "cli/commands.h"
#include "declare/result.h"
#include "judge/gate.h"

struct session {
    bool judge; /* gate: stop a comparison when its verdicts are certain, judge at the end */
    const struct targets *targets; /* with `judge` */
    const struct baseline *baseline; /* with `judge`; NULL: none for this host class */
    bool check_only;               /* nothing is timed, pinned or recorded */
};

/* Fills *run (run_result_free() it). -1: the harness or the host failed, or the run was interrupted; the message then
 * says what is kept. `host` is this host's. */
int session_run(const struct context *context, const struct session *session, const struct topology *topology,
                const struct host *host, struct run_result *run, struct err *err);

/* The signal that interrupted a session, 0 where none did: the program ends by it, as a shell expects. */
int session_signal(void);
