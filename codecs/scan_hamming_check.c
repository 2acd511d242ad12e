// SPDX-License-Identifier: MIT
#include "codecs/scan_hamming_check.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/team.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint32_t distance(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t x, y;

        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        sum += (uint32_t)__builtin_popcountll(x ^ y);
    }
    return sum;
}

size_t scan_hamming_truth(const uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, size_t k,
                          struct scan_hamming_found *found)
{
    size_t have = 0;

    for (size_t i = 0; i < n; i++) {
        struct scan_hamming_found f = { (uint32_t)i, distance(codes + i * bytes, query, bytes) };
        size_t at;

        if (have == k && f.distance >= found[k - 1].distance)
            continue;
        have += have < k;
        at = have - 1;
        for (; at > 0 && found[at - 1].distance > f.distance; at--)
            found[at] = found[at - 1];
        found[at] = f;
    }
    return have;
}

int scan_hamming_same(const struct scan_hamming_found *got, size_t n_got, const struct scan_hamming_found *want,
                      size_t n_want, struct err *err)
{
    if (n_got != n_want)
        return err_set(err, ERR_HARNESS, "%zu codes were found, want %zu", n_got, n_want);
    for (size_t i = 0; i < n_want; i++)
        if (got[i].index != want[i].index || got[i].distance != want[i].distance)
            return err_set(err, ERR_HARNESS, "nearest %zu is code %u at %u, want code %u at %u", i, got[i].index,
                           got[i].distance, want[i].index, want[i].distance);
    return 0;
}

enum kind { RANDOM, DUPLICATES, NEARER, KINDS };

static const char *const kinds[] = { "random", "duplicates", "nearer and nearer" };

static void fill(uint8_t *codes, size_t n, size_t bytes, const uint8_t *query, enum kind kind, struct rng *rng)
{
    for (size_t i = 0; i < n * bytes; i++)
        codes[i] = (uint8_t)rng_next(rng);
    for (size_t i = 3; i < n && kind == DUPLICATES; i++)
        memcpy(codes + i * bytes, codes + rng_below(rng, 3) * bytes, bytes);
    for (size_t i = 0; i < n && kind == NEARER; i++) {
        size_t far = (n - 1 - i) * bytes * 8 / n; /* bits that differ */

        memcpy(codes + i * bytes, query, bytes);
        for (size_t b = 0; b < far; b++)
            codes[i * bytes + b / 8] ^= (uint8_t)(1u << b % 8);
    }
}

struct cell {
    size_t n, bytes, k;
};

static int check_cell(const struct scan_hamming_impl *impl, const struct cell *c, enum kind kind, uint64_t seed,
                      struct team *team, struct err *err)
{
    static const struct scan_hamming_found canary = { 0xdeadbeef, 0xfeedface };
    int threads = team ? team_size(team) : 1, ret = -1;
    struct scan_hamming_work *work = scan_hamming_work_new(impl, c->k, threads, err);
    struct scan_hamming_found *got = mem_array(c->k + 1, sizeof(*got)), *want = mem_array(c->k, sizeof(*want));
    /* One byte off, and ending where the allocation ends: AddressSanitizer sees a read beyond. */
    uint8_t *memory = mem_array(1 + c->n * c->bytes, 1), *codes = memory + 1, query[SCAN_HAMMING_BYTES_MAX];
    struct rng rng = rng_seed(seed);
    size_t n_got = 0, n_want;

    for (size_t i = 0; i < c->bytes; i++)
        query[i] = (uint8_t)rng_next(&rng);
    fill(codes, c->n, c->bytes, query, kind, &rng);
    for (size_t i = 0; i <= c->k; i++)
        got[i] = canary;
    n_want = scan_hamming_truth(codes, c->n, c->bytes, query, c->k, want);
    if (!work || scan_hamming(codes, c->n, c->bytes, query, work, team, got, &n_got, err) < 0 ||
        scan_hamming_same(got, n_got, want, n_want, err) < 0)
        goto out;
    ret = memcmp(&got[n_want], &canary, sizeof(canary)) == 0
              ? 0
              : err_set(err, ERR_HARNESS, "a result was written behind the last of %zu", n_want);
out:
    if (ret < 0)
        err_wrap(err, "n=%zu bytes=%zu k=%zu threads=%d (%s)", c->n, c->bytes, c->k, threads, kinds[kind]);
    scan_hamming_work_free(work);
    free(memory);
    free(got);
    free(want);
    return ret;
}

int scan_hamming_check(const struct scan_hamming_impl *impl, uint64_t seed, struct team *team, struct err *err)
{
    static const struct cell cells[] = {
        { 0, 8, 5 },      { 1, 8, 1 },       { 1, 256, 100 },  { 7, 16, 3 },   { 8, 24, 100 },  { 15, 64, 100 },
        { 16, 72, 1 },    { 17, 32, 17 },    { 31, 40, 30 },   { 33, 48, 7 },  { 255, 56, 10 }, { 257, 80, 100 },
        { 300, 128, 100 }, { 777, 136, 64 }, { 513, 192, 2 },  { 600, 200, 5 }, { 800, 248, 9 }, { 1000, 256, 100 },
        { 3000, 8, 100 }, { 9001, 16, 1 },   { 9001, 16, 1000 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        for (int kind = 0; kind < KINDS; kind++)
            if (check_cell(impl, &cells[i], (enum kind)kind, rng_mix(seed, i), team, err) < 0)
                return -1;
    return 0;
}
