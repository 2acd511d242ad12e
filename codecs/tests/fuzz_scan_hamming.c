// SPDX-License-Identifier: MIT
/* Draws codes and a query from the bytes: every implementation that the host has must find the truth.
 *
 * Bytes: length / 8, k, n (two); then the query and the codes, repeated where they are shorter. */
#include "base/err.h"
#include "codecs/scan_hamming_check.h"
#include "declare/isa.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scan_hamming_impl *const impls[] = { &scan_hamming_scalar, &scan_hamming_avx2,
                                                             &scan_hamming_avx512 };
    struct scan_hamming_found want[256], got[256];
    size_t bytes, k, n, n_want, n_got;
    uint8_t *all;

    if (size <= HEAD)
        return 0;
    bytes = 8 * (1 + data[0] % 32u);
    k = 1 + data[1];
    n = (size_t)(data[2] | data[3] << 8) % 1500;
    all = malloc((n + 1) * bytes);
    if (!all)
        abort();
    for (size_t i = 0; i < (n + 1) * bytes; i++)
        all[i] = (uint8_t)(data[HEAD + i % (size - HEAD)] + i / (7 * size)); /* not all the same */
    n_want = scan_hamming_truth(all + bytes, n, bytes, all, k, want);
    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        struct scan_hamming_work *work;
        struct err err = { 0 };

        if (impls[i]->isa & ~isa_host())
            continue;
        work = scan_hamming_work_new(impls[i], k, 1, &err);
        if (!work || scan_hamming(all + bytes, n, bytes, all, work, NULL, got, &n_got, &err) < 0 ||
            scan_hamming_same(got, n_got, want, n_want, &err) < 0)
            abort();
        scan_hamming_work_free(work);
    }
    free(all);
    return 0;
}
