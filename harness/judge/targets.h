// SPDX-License-Identifier: MIT
/* targets.h -- baselines/targets.json: the promises that must hold whatever the history.
 *
 *     { "targets": [ { "cases": "kernels/gemm_f32/{avx2,avx512}", "metric": "speedup", "at_least": 1.15,
 *                      "goal": 2.1, "why": "..." }, ... ] }
 *
 * `cases` is a glob over case ids; one of `at_least`, `at_most`; `goal` is optional and only reported; `why` is owed. */
#pragma once

#include "declare/registry.h"

struct target {
    char *cases, *why;
    char metric[48];
    double at_least, at_most, goal; /* NAN where not given; exactly one of the first two is */
    int line;                       /* of the file, where the row begins */
};

struct targets {
    struct target *rows;
    size_t n;
};

/* ERR_CONFIG names file and line: JSON errors, unknown keys and metrics (did you mean), a glob that no scenario's cases
 * match. `registry` NULL: it is not here to ask for cases and metrics. A pawl.json may have targets, too: its other keys are
 * cli/programs.h's to read. */
int targets_read(const char *path, const struct registry *registry, struct targets *targets, struct err *err);
void targets_free(struct targets *targets);
