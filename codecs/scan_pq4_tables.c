// SPDX-License-Identifier: MIT
#include "codecs/scan_pq4_tables.h"

#include <float.h>
#include <math.h>

enum { K = 16 };

struct range {
    double least, most, largest; /* largest: of the magnitudes */
};

static int range_of(const float *table, size_t group, struct range *r, struct err *err)
{
    float least = table[0], most = table[0];

    for (size_t c = 0; c < K; c++) {
        if (!isfinite(table[c]))
            return err_set(err, ERR_CONFIG, "table entry [%zu][%zu] is %g", group, c, (double)table[c]);
        least = table[c] < least ? table[c] : least;
        most = table[c] > most ? table[c] : most;
    }
    r->least = (double)least;
    r->most = (double)most;
    r->largest = fmax(fabs(r->least), fabs(r->most));
    return 0;
}

/* The bytes of one table; returns the largest remainder. */
static double quantise(const float *table, double least, double step, uint8_t *bytes)
{
    double remainder = 0, inverse = 1 / step;

    for (size_t c = 0; c < K; c++) {
        double t = (double)table[c] - least, rest;
        int q = (int)(t * inverse);

        bytes[c] = (uint8_t)q;
        rest = t - q * step;
        remainder = rest > remainder ? rest : remainder;
    }
    return remainder;
}

int scan_pq4_tables(const float *tables, size_t bytes, struct scan_pq4_tables *out, struct err *err)
{
    struct range ranges[2 * SCAN_PQ4_BYTES_MAX];
    size_t groups = 2 * bytes;
    double widest = 0, magnitude = 0, remainders = 0, slack;

    *out = (struct scan_pq4_tables){ .base = 0 };
    for (size_t s = 0; s < groups; s++) {
        if (range_of(tables + s * K, s, &ranges[s], err) < 0)
            return -1;
        out->base += ranges[s].least;
        magnitude += ranges[s].largest;
    }
    if (magnitude > (double)FLT_MAX)
        return err_set(err, ERR_CONFIG, "the largest entries of the tables sum to %g: too much for a float", magnitude);
    for (size_t s = 0; s < groups; s += 2 * SCAN_PQ4_SUM) {
        double wide = 0;

        for (size_t i = s; i < groups && i < s + 2 * SCAN_PQ4_SUM; i++)
            wide += ranges[i].most - ranges[i].least;
        widest = wide > widest ? wide : widest;
    }
    /* Floors of what sums to 255 sum to no more; without any width every byte is 0, whatever the step. */
    out->step = widest > 0 ? widest / 255 : 1;
    out->most = 255 * (uint32_t)((bytes + SCAN_PQ4_SUM - 1) / SCAN_PQ4_SUM);
    for (size_t s = 0; s < groups; s++)
        remainders += quantise(tables + s * K, ranges[s].least, out->step, out->entries[s]);
    /* A hundredth more for these very sums. */
    out->rounding = 1.01 * (double)groups * (double)FLT_EPSILON / 2 * magnitude;
    slack = floor((remainders + 2 * out->rounding) / out->step);
    out->slack = slack < UINT16_MAX ? (uint32_t)slack : UINT16_MAX;
    return 0;
}

uint32_t scan_pq4_tables_limit(const struct scan_pq4_tables *t, float farthest)
{
    double q = floor(((double)farthest + t->rounding - t->base) / t->step) + 1;

    return q < 0 ? 0 : q < UINT16_MAX ? (uint32_t)q : UINT16_MAX;
}
