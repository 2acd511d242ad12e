// SPDX-License-Identifier: MIT
/* bisect.h -- which of a line of commits made a step: a search by halves that can pass over what cannot be tested.
 *
 * Pure: a test is asked for by its index and answered by a mark. With k commits that can be tested it takes at most
 * ceil(log2(k + 1)) tests; what cannot be tested costs one each where the search comes by. */
#pragma once

#include "base/stats.h"

#include <stddef.h>

enum bisect_mark { BISECT_UNKNOWN, BISECT_GOOD, BISECT_BAD, BISECT_SKIPPED };

/* The next of marks[0 .. n) to test: nearest to the middle of those that the step can be at. marks[0] is good and
 * marks[n - 1] bad, n >= 2; a mark beyond the last good or the first bad one is not looked at. n: the search is over. */
size_t bisect_next(const enum bisect_mark *marks, size_t n);

/* Then the step is at one of first..last: one commit, or, where the rest was skipped, the first bad one and those. */
void bisect_culprits(const enum bisect_mark *marks, size_t n, size_t *first, size_t *last);

/* On which side of a step does a commit lie? `step` is the least that the slowdown across all of it can be (time bad / time
 * good, either side of 1), `slowdown` the commit's against the good end. The limit is half the step, in logarithms: the
 * whole interval beyond it decides. BISECT_UNKNOWN: it does not, measure longer. */
enum bisect_mark bisect_side(const struct interval *slowdown, double step);
