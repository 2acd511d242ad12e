// SPDX-License-Identifier: MIT
/* site_fall.h -- the bars of a waterfall: what each letter of a variant's name, something that is switched on, adds. */
#pragma once

#include "declare/result.h"

enum { SITE_FALL_BARS = 10 };

struct site_fall {
    size_t n, n_steps; /* bars: nothing on, one for each letter, all of these on; beside these steps the others */
    struct site_fall_bar {
        double low, high;
        bool whole; /* stands on the ground */
        char name[24], text[24];
    } bars[SITE_FALL_BARS];
};

/* Of the cases of one cell of the matrix. False where they are not named so, or have less than two letters. */
bool site_fall_find(const struct case_result *const *cases, size_t n, struct site_fall *fall);

double site_fall_time(const struct case_result *c); /* ns; NAN where it has none */
