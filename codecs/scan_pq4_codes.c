// SPDX-License-Identifier: MIT
#include "codecs/scan_pq4.h"

#include "base/mem.h"
#include "codecs/scan_buffer.h"

#include <stdlib.h>
#include <string.h>

struct scan_pq4_codes *scan_pq4_codes_new(size_t n, size_t bytes, struct err *err)
{
    struct scan_pq4_codes *codes;

    if (bytes == 0 || bytes > SCAN_PQ4_BYTES_MAX) {
        err_set(err, ERR_CONFIG, "codes to scan have 1 to %d bytes, not %zu", SCAN_PQ4_BYTES_MAX, bytes);
        return NULL;
    }
    if (n > UINT32_MAX - SCAN_PQ4_BLOCK) {
        err_set(err, ERR_CONFIG, "%zu codes, but at most %u can be searched at once", n, UINT32_MAX - SCAN_PQ4_BLOCK);
        return NULL;
    }
    codes = mem_array(1, sizeof(*codes));
    codes->n = n;
    codes->bytes = bytes;
    codes->blocks = scan_buffer(scan_pq4_codes_bytes(codes), 1, err);
    if (!codes->blocks) {
        free(codes);
        return NULL;
    }
    memset(codes->blocks, 0, scan_pq4_codes_bytes(codes));
    return codes;
}

void scan_pq4_codes_free(struct scan_pq4_codes *codes)
{
    if (!codes)
        return;
    free(codes->blocks);
    free(codes);
}

void scan_pq4_put(struct scan_pq4_codes *codes, size_t first, const uint8_t *rows, size_t count)
{
    if (first > codes->n || count > codes->n - first)
        BUG("codes %zu to %zu of %zu", first, first + count, codes->n);
    for (size_t i = 0; i < count; i++) {
        size_t id = first + i;
        uint8_t *to = codes->blocks + id / SCAN_PQ4_BLOCK * SCAN_PQ4_BLOCK * codes->bytes + id % SCAN_PQ4_BLOCK;

        for (size_t b = 0; b < codes->bytes; b++)
            to[b * SCAN_PQ4_BLOCK] = rows[i * codes->bytes + b];
    }
}

size_t scan_pq4_codes_bytes(const struct scan_pq4_codes *codes)
{
    return (codes->n + SCAN_PQ4_BLOCK - 1) / SCAN_PQ4_BLOCK * SCAN_PQ4_BLOCK * codes->bytes;
}
