// SPDX-License-Identifier: MIT
#include "judge/changes_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two levels between which a series goes back and forth so often are its modes: nobody commits one change six times.
 * People who mark steps by eye still mark four or five returns. ALIKE: of the distance of two modes, what their visits
 * may differ by. MOSTLY: of the steps that leave either of two modes, how many lead to the other one; where levels are
 * met again by chance, few do. */
enum { VISITS = 6 };
#define ALIKE  0.33
#define MOSTLY 0.7

double segments_level(const double *y, size_t from, size_t to)
{
    double *v = mem_array(to - from, sizeof(*v)), m;

    memcpy(v, y + from, (to - from) * sizeof(*v));
    stats_sort(v, to - from);
    m = stats_median(v, to - from);
    free(v);
    return m;
}

/* 1, 2: at the one level, the other; 0: elsewhere. */
static int place(double level, double one, double other, double reach)
{
    return fabs(level - one) <= reach ? 1 : fabs(level - other) <= reach ? 2 : 0;
}

static bool are_modes(const double *level, size_t n, double one, double other)
{
    double reach = ALIKE * fabs(one - other);
    size_t visits[3] = { 0 }, left = 0, across = 0;

    for (size_t i = 0; i < n; i++) {
        int here = place(level[i], one, other, reach), next = i + 1 < n ? place(level[i + 1], one, other, reach) : here;

        visits[here] += next != here || i + 1 == n; /* stretches side by side in one mode are one visit */
        left += here && next != here;
        across += here && next && next != here;
    }
    return visits[1] >= VISITS && visits[2] >= VISITS && (double)across >= MOSTLY * (double)left;
}

void modes_prune(const double *raw, struct segments *s)
{
    double *level;
    size_t kept = 1;

    if (s->n < 2 * VISITS)
        return;
    level = mem_array(s->n, sizeof(*level));
    for (size_t i = 0; i < s->n; i++)
        level[i] = segments_level(raw, s->start[i], segments_end(s, i));
    for (size_t i = 1; i < s->n; i++)
        if (!are_modes(level, s->n, level[i - 1], level[i]))
            s->start[kept++] = s->start[i];
    s->n = kept;
    free(level);
}
