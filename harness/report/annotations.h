// SPDX-License-Identifier: MIT
/* annotations.h -- what failed, as workflow commands of GitHub Actions: it shows them at the line that the scenario begins
 * at, in the diff of a pull request.
 *
 *     ::error file=kernels/gemm_f32.c,line=268,title=REGRESSED kernels/gemm_f32/avx2/n=1024::time +13.2 % [...] ...
 *
 * Failures are errors, what is inconclusive is a warning, worst first. A step shows ten of a kind and drops the rest
 * silently: so there are at most ANNOTATIONS_MAX, and then a notice, "N more". No text from outside can begin a command or
 * a property of its own. */
#pragma once

#include "base/text.h"
#include "declare/registry.h"
#include "declare/result.h"

enum { ANNOTATIONS_MAX = 10 };

/* Appends a line each; nothing where nothing failed. Of a run that was not judged: the cases that came to no figure.
 * `places` as in registry_place(). */
void annotations_run(const struct run_result *run, const struct registry *registry, const struct place *places,
                     struct text *out);

/* One that belongs to no line: why nothing was measured at all. */
void annotations_failure(const char *message, struct text *out);
