// SPDX-License-Identifier: MIT
/* params.h -- one cell of a scenario's parameter matrix, and the case ids made from it. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct scenario;
struct variant;

enum { AXES_MAX = 6, CASE_ID_MAX = 192 };

/* One value per axis of the scenario, in the axes' order. */
struct params {
    const struct scenario *scenario;
    int64_t values[AXES_MAX];
};

int64_t params_get(const struct params *params, const char *axis); /* an unknown axis is a BUG() */

/* The value of the threads axis, 1 for a scenario without one. */
int params_threads(const struct params *params);

/* "n=1024/threads=1"; "" where there are no axes. */
void params_format(const struct params *params, char *buf, size_t size);

/* "kernels/gemm_f32/avx512/n=1024/threads=1"; with a NULL variant, the comparison: "kernels/gemm_f32/n=1024/threads=1".
 * Ids are ASCII of [a-z0-9_./=@-]: the registry has checked the parts. */
void case_id(const struct params *params, const struct variant *variant, char *buf, size_t size);
