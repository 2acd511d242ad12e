// SPDX-License-Identifier: MIT
/* The range coder and Huffman's codes: what goes in comes out, sizes are what the tables promise, and no bytes hurt. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/huffman.h"
#include "codecs/rans.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SYMBOLS = 7, ROWS = 40, RADIX = 3500 };

static const double counts[SYMBOLS] = { 800, 90, 60, 30, 15, 4, 1 };

static uint8_t drawn(struct rng *rng)
{
    double left = rng_uniform(rng) * 1000;
    uint8_t s = 0;

    while (s + 1 < SYMBOLS && left >= counts[s])
        left -= counts[s++];
    return s;
}

static uint8_t found(const struct rans_symbol *table, size_t n, uint32_t slot)
{
    size_t s = 0;

    while (s + 1 < n && table[s + 1].start <= slot)
        s++;
    return (uint8_t)s;
}

static void tables_are_whole_and_leave_nobody_out(void **state)
{
    double rows[][4] = { { 1e9, 0, 0, 1 }, { 0, 0, 0, 0 }, { 1, 1, 1, 1 }, { 1e-9, 3, 0, 1e300 } };
    struct rans_symbol table[RANS_SYMBOLS_MAX];
    double many[RANS_SYMBOLS_MAX];

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        uint32_t start = 0;

        rans_table(rows[r], 4, table);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(table[i].start, start);
            assert_true(table[i].freq >= 1);
            start += table[i].freq;
        }
        assert_int_equal(start, RANS_TOTAL);
    }
    for (size_t i = 0; i < RANS_SYMBOLS_MAX; i++)
        many[i] = i % 16 ? 1e-3 : 1000;
    rans_table(many, RANS_SYMBOLS_MAX, table);
    assert_int_equal(table[RANS_SYMBOLS_MAX - 1].start + table[RANS_SYMBOLS_MAX - 1].freq, RANS_TOTAL);
    rans_table(many, 1, table);
    assert_int_equal(table[0].freq, RANS_TOTAL);
}

static void interleaved_symbols_and_seeds_come_back(void **state)
{
    static const size_t widths[] = { 1, 2, 15, 16, 17, 48, 64, 100 };
    struct rans_symbol table[SYMBOLS];

    (void)state;
    rans_table(counts, SYMBOLS, table);
    for (size_t k = 0; k < ARRAY_LEN(widths); k++) {
        size_t width = widths[k], n = ROWS * width, len;
        struct rans_symbol *coded = mem_array(n, sizeof(*coded));
        uint8_t *symbols = mem_array(n, 1), *bytes = mem_array(rans_bound(ROWS, width), 1);
        uint16_t seeds[RANS_LANES], back[RANS_LANES];
        struct rng rng = rng_seed(k);
        struct rans_reader r;
        double bits = 0;
        struct err err;

        for (size_t l = 0; l < RANS_LANES; l++)
            seeds[l] = (uint16_t)rng_next(&rng);
        for (size_t i = 0; i < n; i++) {
            symbols[i] = drawn(&rng);
            coded[i] = table[symbols[i]];
            bits += (double)rans_cost_bits(coded[i]);
        }
        len = rans_encode(coded, ROWS, width, seeds, bytes);
        assert_true((double)len * 8 >= bits);
        assert_true((double)len * 8 <= bits * 1.001 + 34.0 * (double)rans_lanes(width));
        assert_int_equal(rans_open(&r, bytes, len, width, &err), 0);
        for (size_t i = 0; i < n; i++) {
            uint8_t s = found(table, SYMBOLS, rans_slot(&r, i % width % r.lanes));

            assert_int_equal(s, symbols[i]);
            rans_next(&r, i % width % r.lanes, table[s]);
        }
        assert_int_equal(rans_close(&r, back, &err), 0);
        assert_true(r.at == r.end);
        assert_memory_equal(back, seeds, rans_lanes(width) * sizeof(*seeds));
        free(coded);
        free(symbols);
        free(bytes);
    }
}

static void bytes_cut_off_or_changed_are_found(void **state)
{
    enum { WIDTH = 16 };
    struct rans_symbol table[SYMBOLS], coded[ROWS * WIDTH];
    uint8_t bytes[4 * 16 + 2 * ROWS * WIDTH];
    uint16_t seeds[RANS_LANES];
    struct rng rng = rng_seed(3);
    size_t len;

    (void)state;
    rans_table(counts, SYMBOLS, table);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        coded[i] = table[drawn(&rng)];
    len = rans_encode(coded, ROWS, WIDTH, NULL, bytes);
    for (size_t cut = 0; cut <= len; cut++) {
        uint8_t *copy = mem_array(cut + 1, 1); /* of its own, so that a sanitizer sees a read past the end */
        struct rans_reader r;
        struct err err;
        int ret;

        memcpy(copy, bytes, cut < len ? cut : len);
        if (cut == len)
            copy[len / 2] ^= 4;
        ret = rans_open(&r, copy, cut, WIDTH, &err);
        for (size_t i = 0; ret == 0 && i < ROWS * WIDTH; i++)
            rans_next(&r, i % WIDTH, table[found(table, SYMBOLS, rans_slot(&r, i % WIDTH))]);
        if (ret == 0)
            ret = rans_close(&r, seeds, &err);
        assert_int_equal(ret, -1);
        assert_int_equal(err.code, ERR_CONFIG);
        free(copy);
    }
}

static void fixed_code_fills_its_bytes_whatever_the_symbols(void **state)
{
    struct rans_symbol table[SYMBOLS], coded[ROWS];

    (void)state;
    rans_table(counts, SYMBOLS, table);
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct rng rng = rng_seed(seed);
        uint8_t symbols[ROWS], out[24];
        uint32_t number = (uint32_t)rng_below(&rng, RADIX);
        double bits = 0;
        size_t least = 0;

        for (size_t i = 0; i < ROWS; i++) {
            symbols[i] = drawn(&rng);
            coded[i] = table[symbols[i]];
            bits += (double)rans_cost_bits(coded[i]);
        }
        for (size_t bytes = RANS_FIXED_MIN; bytes <= sizeof(out); bytes++) {
            struct rans_fixed r;

            if (rans_fixed_encode(coded, ROWS, number, RADIX, out, bytes) < 0) {
                assert_true(bits + 12 + 1.5 > 8 * (double)bytes); /* the number, and the most that may be lost */
                continue;
            }
            least = least > 0 ? least : bytes;
            r = rans_fixed_open(out, bytes);
            for (size_t i = 0; i < ROWS; i++) {
                uint8_t s = found(table, SYMBOLS, rans_fixed_slot(&r));

                assert_int_equal(s, symbols[i]);
                rans_fixed_next(&r, table[s]);
            }
            assert_int_equal(rans_fixed_number(&r, RADIX), number);
        }
        assert_true(least > 0);
    }
}

static void huffman_codes_come_back_and_are_as_short_as_can_be(void **state)
{
    static const uint8_t lengths[] = { 1, 2, 3, 4, 5, 6, 6 };
    struct rng rng = rng_seed(5);
    struct huffman h, again;
    uint8_t symbols[500], out[1000] = { 0 };
    struct huffman_bits in = { out, 0, 0, false };

    (void)state;
    huffman_new(counts, SYMBOLS, &h);
    assert_memory_equal(h.length, lengths, SYMBOLS);
    assert_int_equal(huffman_from_lengths(h.length, SYMBOLS, &again), 0);
    assert_memory_equal(&h, &again, sizeof(h));
    for (size_t i = 0; i < sizeof(symbols); i++) {
        symbols[i] = drawn(&rng);
        huffman_put(&h, symbols[i], out, &in.n_bits);
    }
    for (size_t i = 0; i < sizeof(symbols); i++)
        assert_int_equal(huffman_get(&h, &in), symbols[i]);
    assert_false(in.failed);
    assert_int_equal(huffman_get(&h, &in), 0);
    assert_true(in.failed);
}

static void huffman_lengths_are_limited_and_checked(void **state)
{
    static const uint8_t too_many[] = { 1, 1, 1 }, none[] = { 0, 0 }, long_one[] = { 16, 1 };
    double fibonacci[HUFFMAN_SYMBOLS_MAX] = { 1, 1 };
    struct huffman h;

    (void)state;
    for (size_t i = 2; i < HUFFMAN_SYMBOLS_MAX; i++)
        fibonacci[i] = fibonacci[i - 1] + fibonacci[i - 2];
    huffman_new(fibonacci, HUFFMAN_SYMBOLS_MAX, &h);
    for (size_t i = 0; i < HUFFMAN_SYMBOLS_MAX; i++)
        assert_in_range(h.length[i], 1, HUFFMAN_LENGTH_MAX);
    huffman_new(counts, 1, &h);
    assert_int_equal(h.length[0], 1);
    assert_int_equal(huffman_from_lengths(too_many, 3, &h), -1);
    assert_int_equal(huffman_from_lengths(none, 2, &h), -1);
    assert_int_equal(huffman_from_lengths(long_one, 2, &h), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_whole_and_leave_nobody_out),
        cmocka_unit_test(interleaved_symbols_and_seeds_come_back),
        cmocka_unit_test(bytes_cut_off_or_changed_are_found),
        cmocka_unit_test(fixed_code_fills_its_bytes_whatever_the_symbols),
        cmocka_unit_test(huffman_codes_come_back_and_are_as_short_as_can_be),
        cmocka_unit_test(huffman_lengths_are_limited_and_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
