// SPDX-License-Identifier: MIT
#include "codecs/allocate.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A component goes to the group with room whose product is the least so far. */
void allocate(const float *variance, size_t k, const size_t *widths, size_t n_groups, float *rotation)
{
    double *product = mem_array(n_groups, sizeof(*product)), largest = variance[0] > 0 ? variance[0] : 1;
    size_t *filled = mem_array(n_groups, sizeof(*filled)), *first = mem_array(n_groups, sizeof(*first));

    memset(rotation, 0, k * k * sizeof(*rotation));
    for (size_t s = 1; s < n_groups; s++)
        first[s] = first[s - 1] + widths[s - 1];
    for (size_t i = 0; i < k; i++) {
        size_t best = n_groups;

        for (size_t s = 0; s < n_groups; s++)
            if (filled[s] < widths[s] && (best == n_groups || product[s] < product[best]))
                best = s;
        rotation[(first[best] + filled[best]++) * k + i] = 1;
        product[best] += log(fmax(variance[i] / largest, 1e-9)) + 21; /* positive: taking one never makes it less */
    }
    free(product);
    free(filled);
    free(first);
}
