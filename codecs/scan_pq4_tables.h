// SPDX-License-Identifier: MIT
/* scan_pq4_tables.h -- inside of scan_pq4: a query's tables in bytes, and what these tell about distances.
 *
 * Entry t of group s becomes q = floor((t - least of the group) / step). Let Q be the sum of a code's bytes, S the real
 * sum of its entries, D the float one. Then with `base` the sum of the groups' least entries
 *     base + step Q <= S <= base + step Q + (the largest remainder of each group, added up)
 * and |D - S| <= rounding (Higham, Accuracy and Stability of Numerical Algorithms, 4.2: n u sum |t| of n terms). So
 *   - a code with Q > Q' + slack, slack = (remainders + 2 rounding) / step, is farther than any code of Q';
 *   - a code with base + step Q - rounding > T is farther than T. */
#pragma once

#include "codecs/scan_pq4_isa.h"

#include "base/err.h"

struct scan_pq4_tables {
    double base, step, rounding;
    uint32_t slack, most; /* most: no Q is more */
    uint8_t entries[2 * SCAN_PQ4_BYTES_MAX][16];
};

/* From (2 bytes, 16) floats. -1 (ERR_CONFIG) as scan_pq4() says. */
int scan_pq4_tables(const float *tables, size_t bytes, struct scan_pq4_tables *out, struct err *err);

/* The Q from which on a code is farther than a distance `farthest`. */
uint32_t scan_pq4_tables_limit(const struct scan_pq4_tables *t, float farthest);
