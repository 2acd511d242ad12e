// SPDX-License-Identifier: MIT
/* Draws codes and tables from the bytes: every implementation that the host has must find the truth, or refuse the
 * tables where an entry is not finite or too large.
 *
 * Bytes: length, k, n (two), how entries are read; then the tables and the codes, repeated where they are shorter. */
#include "base/err.h"
#include "codecs/scan_pq4_check.h"
#include "declare/isa.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 5 };

static uint8_t byte_at(const uint8_t *data, size_t size, size_t i)
{
    return (uint8_t)(data[HEAD + i % (size - HEAD)] + i / (7 * size)); /* not all the same */
}

static float entry(const uint8_t *data, size_t size, size_t i)
{
    uint8_t bytes[4];
    float f;

    if (data[4] % 4 != 0) /* mostly small numbers with ties */
        return (float)(int8_t)byte_at(data, size, i) / (float)(1 << data[4] % 32 / 4);
    for (size_t b = 0; b < 4; b++)
        bytes[b] = byte_at(data, size, 4 * i + b);
    memcpy(&f, bytes, sizeof(f));
    return f;
}

/* Whether the contract lets these tables be refused. */
static bool bad(const float *tables, size_t groups)
{
    double sum = 0;

    for (size_t s = 0; s < groups; s++) {
        double most = 0;

        for (size_t c = 0; c < 16; c++) {
            if (!isfinite(tables[16 * s + c]))
                return true;
            most = fmax(most, fabs((double)tables[16 * s + c]));
        }
        sum += most;
    }
    return sum > (double)FLT_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scan_pq4_impl *const impls[] = { &scan_pq4_scalar, &scan_pq4_avx2, &scan_pq4_avx512 };
    struct scan_pq4_found want[256], got[256];
    float tables[2 * SCAN_PQ4_BYTES_MAX * 16] = { 0 };
    size_t bytes, k, n, n_want = 0, n_got;
    struct scan_pq4_codes *codes;
    struct err err = { 0 };
    uint8_t *rows;

    if (size <= HEAD)
        return 0;
    bytes = 1 + data[0] % (size_t)SCAN_PQ4_BYTES_MAX;
    k = 1 + data[1];
    n = (size_t)(data[2] | data[3] << 8) % 1500;
    rows = malloc(n * bytes + 1);
    codes = scan_pq4_codes_new(n, bytes, &err);
    if (!rows || !codes)
        abort();
    for (size_t i = 0; i < 2 * bytes * 16; i++)
        tables[i] = entry(data, size, i);
    for (size_t i = 0; i < n * bytes; i++)
        rows[i] = byte_at(data, size, 131 + i);
    scan_pq4_put(codes, 0, rows, n);
    for (size_t i = 0; i < n && !bad(tables, 2 * bytes); i++)
        scan_pq4_truth_add(want, &n_want, k,
                           (struct scan_pq4_found){ (uint32_t)i, scan_pq4_distance(rows + i * bytes, bytes, tables) });
    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        struct scan_pq4_work *work;
        int ret;

        if (impls[i]->isa & ~isa_host())
            continue;
        work = scan_pq4_work_new(impls[i], k, 1, &err);
        if (!work)
            abort();
        ret = scan_pq4(codes, tables, work, NULL, got, &n_got, &err);
        if (bad(tables, 2 * bytes) ? ret == 0 : ret < 0 || scan_pq4_same(got, n_got, want, n_want, &err) < 0)
            abort();
        scan_pq4_work_free(work);
    }
    scan_pq4_codes_free(codes);
    free(rows);
    return 0;
}
