// SPDX-License-Identifier: MIT
/* fuzz_rans.c -- decoders of the range coder and of Huffman's codes on any bytes.
 *
 * Byte 0: width; byte 1: symbols in the table; then their counts; the rest is what is decoded. */
#include "codecs/huffman.h"
#include "codecs/rans.h"

enum { ROWS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rans_symbol pick(const struct rans_symbol *table, size_t n, uint32_t slot)
{
    size_t s = 0;

    while (s + 1 < n && table[s + 1].start <= slot)
        s++;
    return table[s];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rans_symbol table[RANS_SYMBOLS_MAX];
    double counts[RANS_SYMBOLS_MAX];
    uint16_t seeds[RANS_LANES];
    struct huffman_bits in;
    struct rans_reader r;
    struct rans_fixed f;
    size_t width, n;
    struct huffman h;
    struct err err;

    if (size < 2)
        return 0;
    width = 1u + data[0] % 80;
    n = 1u + data[1];
    data += 2;
    size -= 2;
    for (size_t i = 0; i < n; i++)
        counts[i] = i < size ? data[i] : 1;
    data += n < size ? n : size;
    size -= n < size ? n : size;
    rans_table(counts, n, table);
    if (rans_open(&r, data, size, width, &err) == 0) {
        for (size_t i = 0; i < ROWS * width; i++) {
            size_t lane = i % width % r.lanes;

            rans_next(&r, lane, pick(table, n, rans_slot(&r, lane)));
        }
        rans_close(&r, seeds, &err);
    }
    if (size >= RANS_FIXED_MIN) {
        f = rans_fixed_open(data, size);
        for (size_t i = 0; i < ROWS * width; i++)
            rans_fixed_next(&f, pick(table, n, rans_fixed_slot(&f)));
        rans_fixed_number(&f, (uint32_t)n);
    }
    huffman_new(counts, n, &h);
    in = (struct huffman_bits){ data, 8 * size, 0, false };
    for (size_t i = 0; i < ROWS * width; i++)
        huffman_get(&h, &in);
    huffman_from_lengths(data, size < HUFFMAN_SYMBOLS_MAX ? size : HUFFMAN_SYMBOLS_MAX, &h);
    return 0;
}
