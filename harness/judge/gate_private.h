// SPDX-License-Identifier: MIT
/* gate_private.h -- the parts of gate: the walk over cases and promises in gate.c, the verdicts on times in gate_times.c. */
#pragma once

#include "judge/gate.h"

/* A verdict of `run` without figures, to be filled in. */
struct verdict *gate_add(struct run_result *run, const char *case_id, const char *metric, enum against against,
                         enum outcome outcome);
void gate_set_figures(struct verdict *v, const struct estimate *e);
void gate_say_unmeasured(struct verdict *v);
bool gate_is_reference(const struct case_result *c);

/* A timed figure against what was accepted. */
void gate_judge_timed(struct run_result *run, const struct case_result *c, const struct estimate *e,
                      const struct accepted *a, const struct estimate *was, const struct gate_rules *rules);

/* Against another program, by pairs of blocks: both sides ran here and now, so the time itself is compared. */
void gate_judge_ref(struct run_result *run, const struct case_result *c, const struct gate_rules *rules);
