// SPDX-License-Identifier: MIT
#include "codecs/scan_pq4_check.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/team.h"

#include <stdlib.h>
#include <string.h>

float scan_pq4_distance(const uint8_t *row, size_t bytes, const float *tables)
{
    float sum = 0;

    for (size_t b = 0; b < bytes; b++) {
        sum += tables[32 * b + row[b] % 16];
        sum += tables[32 * b + 16 + row[b] / 16];
    }
    return sum;
}

void scan_pq4_truth_add(struct scan_pq4_found *found, size_t *n_found, size_t k, struct scan_pq4_found more)
{
    size_t at;

    if (*n_found == k && !(more.distance < found[k - 1].distance))
        return;
    *n_found += *n_found < k;
    for (at = *n_found - 1; at > 0 && found[at - 1].distance > more.distance; at--)
        found[at] = found[at - 1];
    found[at] = more;
}

int scan_pq4_same(const struct scan_pq4_found *got, size_t n_got, const struct scan_pq4_found *want, size_t n_want,
                  struct err *err)
{
    if (n_got != n_want)
        return err_set(err, ERR_HARNESS, "%zu codes were found, want %zu", n_got, n_want);
    for (size_t i = 0; i < n_want; i++)
        if (got[i].index != want[i].index || got[i].distance != want[i].distance)
            return err_set(err, ERR_HARNESS, "nearest %zu is code %u at %.9g, want code %u at %.9g", i, got[i].index,
                           (double)got[i].distance, want[i].index, (double)want[i].distance);
    return 0;
}

enum kind { QUANTISER, NEGATIVE, WHOLE, ZEROS, WIDE, OFFSET, DUPLICATES, NEARER, KINDS };

static const char *const kinds[] = {
    "of a quantiser", "negative", "whole numbers", "zeros", "one wide table", "a large offset", "duplicates",
    "nearer and nearer",
};

static void fill_tables(float *tables, size_t groups, enum kind kind, struct rng *rng)
{
    for (size_t i = 0; i < groups * 16; i++) {
        double x = rng_normal(rng), y = rng_normal(rng), t = x * x + y * y;

        tables[i] = (float)(kind == NEGATIVE ? x : kind == OFFSET ? 1e5 + t : t);
        if (kind == WHOLE)
            tables[i] = (float)rng_below(rng, 4);
        if (kind == ZEROS)
            tables[i] = x < 0 ? -0.0f : 0.0f;
        if (kind == WIDE && i >= 16)
            tables[i] *= 1e-3f;
        if (kind == NEARER)
            tables[i] = (float)(i % 16);
    }
}

static void fill_codes(uint8_t *rows, size_t n, size_t bytes, enum kind kind, struct rng *rng)
{
    for (size_t i = 0; i < n * bytes; i++)
        rows[i] = (uint8_t)rng_next(rng);
    for (size_t i = 3; i < n && kind == DUPLICATES; i++)
        memcpy(rows + i * bytes, rows + rng_below(rng, 3) * bytes, bytes);
    for (size_t i = 0; i < n && kind == NEARER; i++)
        for (size_t b = 0, left = (n - 1 - i) * 30 * bytes / n; b < bytes; b++) { /* what the entries are to sum to */
            size_t here = left < 30 ? left : 30, low = here < 15 ? here : 15;

            rows[i * bytes + b] = (uint8_t)(low | (here - low) << 4);
            left -= here;
        }
}

struct cell {
    size_t n, bytes, k;
};

static int check_cell(const struct scan_pq4_impl *impl, const struct cell *c, enum kind kind, uint64_t seed,
                      struct team *team, struct err *err)
{
    static const struct scan_pq4_found canary = { 0xdeadbeef, -1234 };
    int threads = team ? team_size(team) : 1, ret = -1;
    struct scan_pq4_work *work = scan_pq4_work_new(impl, c->k, threads, err);
    struct scan_pq4_codes *codes = scan_pq4_codes_new(c->n, c->bytes, err);
    struct scan_pq4_found *got = mem_array(c->k + 1, sizeof(*got)), *want = mem_array(c->k, sizeof(*want));
    float *tables = mem_array(2 * c->bytes * 16, sizeof(*tables));
    uint8_t *rows = mem_array(c->n * c->bytes + 1, 1);
    struct rng rng = rng_seed(seed);
    size_t n_got = 0, n_want = 0;

    fill_tables(tables, 2 * c->bytes, kind, &rng);
    fill_codes(rows, c->n, c->bytes, kind, &rng);
    for (size_t i = 0; i < c->n; i++)
        scan_pq4_truth_add(want, &n_want, c->k,
                           (struct scan_pq4_found){ (uint32_t)i, scan_pq4_distance(rows + i * c->bytes, c->bytes,
                                                                                   tables) });
    for (size_t i = 0; i <= c->k; i++)
        got[i] = canary;
    if (!work || !codes)
        goto out;
    scan_pq4_put(codes, 0, rows, c->n / 2); /* in two pieces: the second begins within a block */
    scan_pq4_put(codes, c->n / 2, rows + c->n / 2 * c->bytes, c->n - c->n / 2);
    if (scan_pq4(codes, tables, work, team, got, &n_got, err) < 0 || scan_pq4_same(got, n_got, want, n_want, err) < 0)
        goto out;
    ret = got[n_want].index == canary.index && got[n_want].distance == canary.distance
              ? 0
              : err_set(err, ERR_HARNESS, "a result was written behind the last of %zu", n_want);
out:
    if (ret < 0)
        err_wrap(err, "n=%zu bytes=%zu k=%zu threads=%d (%s)", c->n, c->bytes, c->k, threads, kinds[kind]);
    scan_pq4_work_free(work);
    scan_pq4_codes_free(codes);
    free(tables);
    free(rows);
    free(got);
    free(want);
    return ret;
}

int scan_pq4_check(const struct scan_pq4_impl *impl, uint64_t seed, struct team *team, struct err *err)
{
    static const struct cell cells[] = {
        { 0, 1, 5 },     { 1, 1, 1 },     { 1, 128, 100 },  { 63, 2, 3 },   { 64, 3, 100 },    { 65, 20, 100 },
        { 127, 5, 127 }, { 129, 40, 7 },  { 500, 20, 10 },  { 700, 7, 1 },  { 1000, 33, 100 }, { 900, 128, 50 },
        { 4097, 4, 100 }, { 9001, 1, 20 }, { 12000, 3, 2 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        for (int kind = 0; kind < KINDS; kind++)
            if (check_cell(impl, &cells[i], (enum kind)kind, rng_mix(seed, i), team, err) < 0)
                return -1;
    return 0;
}
