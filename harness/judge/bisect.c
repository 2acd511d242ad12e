// SPDX-License-Identifier: MIT
#include "judge/bisect.h"

#include <math.h>

static void ends(const enum bisect_mark *marks, size_t n, size_t *good, size_t *bad)
{
    *good = 0;
    for (size_t i = 1; i < n; i++)
        if (marks[i] == BISECT_GOOD)
            *good = i;
    *bad = *good + 1;
    while (*bad + 1 < n && marks[*bad] != BISECT_BAD)
        ++*bad;
}

size_t bisect_next(const enum bisect_mark *marks, size_t n)
{
    size_t good, bad, best, middle;

    ends(marks, n, &good, &bad);
    best = n;
    middle = good + (bad - good) / 2;
    for (size_t i = good + 1; i < bad; i++) {
        size_t far = i > middle ? i - middle : middle - i;

        if (marks[i] == BISECT_UNKNOWN && (best == n || far < (best > middle ? best - middle : middle - best)))
            best = i;
    }
    return best;
}

void bisect_culprits(const enum bisect_mark *marks, size_t n, size_t *first, size_t *last)
{
    ends(marks, n, first, last);
    ++*first;
}

enum bisect_mark bisect_side(const struct interval *slowdown, double step)
{
    double half = sqrt(step);

    if (!isfinite(slowdown->low) || !isfinite(slowdown->high))
        return BISECT_UNKNOWN;
    if (slowdown->low > half)
        return step > 1 ? BISECT_BAD : BISECT_GOOD;
    if (slowdown->high < half)
        return step > 1 ? BISECT_GOOD : BISECT_BAD;
    return BISECT_UNKNOWN;
}
