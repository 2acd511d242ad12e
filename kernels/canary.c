// SPDX-License-Identifier: MIT
#include "kernels/canary.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

static const uint32_t bits = 0x7fc0beef;

size_t canary_span(size_t rows, size_t cols, size_t ld)
{
    return rows == 0 || cols == 0 ? 0 : (rows - 1) * ld + cols;
}

float *canary_floats(size_t n, struct err *err)
{
    float *f = mem_aligned(n, sizeof(*f), MEM_LINE, err);

    for (size_t i = 0; f && i < n; i++)
        memcpy(f + i, &bits, sizeof(bits));
    return f;
}

bool canary_alive(const float *f)
{
    return memcmp(f, &bits, sizeof(bits)) == 0;
}

int canary_check(const struct canary_cage *c, struct err *err)
{
    size_t span = canary_span(c->rows, c->cols, c->ld);

    for (size_t i = 0; i < c->len; i++) {
        bool inside = i >= c->at && i - c->at < span;

        if ((inside && (i - c->at) % c->ld < c->cols) || canary_alive(c->floats + i))
            continue;
        if (inside)
            return err_set(err, ERR_HARNESS, "wrote into the gap after row %zu of %s, at column %zu",
                           (i - c->at) / c->ld, c->name, (i - c->at) % c->ld);
        return err_set(err, ERR_HARNESS, "wrote %zu floats %s %s", i < c->at ? c->at - i : i - c->at - span + 1,
                       i < c->at ? "before" : "beyond the end of", c->name);
    }
    return 0;
}
