// SPDX-License-Identifier: MIT
#include "codecs/rans.h"

#include <math.h>
#include <string.h>

void rans_table(const double *counts, size_t n, struct rans_symbol *table)
{
    double total = 0;
    uint32_t start = 0, left = RANS_TOTAL - (uint32_t)n, given = 0;
    size_t most = 0;

    for (size_t i = 0; i < n; i++)
        total += counts[i];
    for (size_t i = 0; i < n; i++) { /* one each, the rest in proportion */
        double share = total > 0 ? counts[i] / total : 1.0 / (double)n;
        double ideal = share * RANS_TOTAL - 1;

        table[i].freq = (uint16_t)(1 + (ideal > 0 ? (uint32_t)ideal : 0));
        given += table[i].freq - 1u;
        if (table[i].freq > table[most].freq)
            most = i;
    }
    while (given > left) { /* those that have one without a right to it were taken from nobody yet */
        for (size_t i = 0; i < n && given > left; i++)
            if (table[i].freq > 1 && table[i].freq >= table[most].freq / 2) {
                table[i].freq--;
                given--;
            }
        for (size_t i = 0; i < n; i++)
            if (table[i].freq > table[most].freq)
                most = i;
    }
    table[most].freq = (uint16_t)(table[most].freq + left - given);
    for (size_t i = 0; i < n; i++) {
        table[i].start = (uint16_t)start;
        start += table[i].freq;
    }
}

float rans_cost_bits(struct rans_symbol symbol)
{
    return RANS_BITS - log2f(symbol.freq);
}

size_t rans_lanes(size_t width)
{
    return width < RANS_LANES ? width : RANS_LANES;
}

size_t rans_bound(size_t rows, size_t width)
{
    return 4 * rans_lanes(width) + 2 * rows * width;
}

/* A state that has `symbol` before all that x holds. */
static uint32_t put(uint32_t x, struct rans_symbol symbol)
{
    return (x / symbol.freq << RANS_BITS) + x % symbol.freq + symbol.start;
}

size_t rans_encode(const struct rans_symbol *symbols, size_t rows, size_t width, const uint16_t *seeds, uint8_t *out)
{
    size_t lanes = rans_lanes(width), bound = rans_bound(rows, width), at = bound;
    uint32_t state[RANS_LANES];

    for (size_t l = 0; l < lanes; l++)
        state[l] = RANS_LOW | (seeds ? seeds[l] : 0u);
    for (size_t i = rows; i-- > 0;) /* the decoder reads what was written last: all of it in reverse */
        for (size_t c = width, l = width % lanes; c-- > 0;) {
            struct rans_symbol s = symbols[i * width + c];
            uint32_t *x = &state[l = (l > 0 ? l : lanes) - 1]; /* c % lanes */

            if (*x >= (uint64_t)s.freq << 20) {
                out[--at] = (uint8_t)(*x >> 8);
                out[--at] = (uint8_t)*x;
                *x >>= 16;
            }
            *x = put(*x, s);
        }
    for (size_t l = 0; l < lanes; l++)
        for (size_t b = 0; b < 4; b++)
            out[4 * l + b] = (uint8_t)(state[l] >> 8 * b);
    memmove(out + 4 * lanes, out + at, bound - at);
    return 4 * lanes + bound - at;
}

int rans_open(struct rans_reader *r, const uint8_t *data, size_t len, size_t width, struct err *err)
{
    *r = (struct rans_reader){ .lanes = rans_lanes(width), .at = data, .end = data + len };
    if (len < 4 * r->lanes)
        return err_set(err, ERR_CONFIG, "%zu bytes are too few for %zu coder states", len, r->lanes);
    for (size_t l = 0; l < r->lanes; l++, r->at += 4) {
        r->state[l] = r->at[0] | (uint32_t)r->at[1] << 8 | (uint32_t)r->at[2] << 16 | (uint32_t)r->at[3] << 24;
        if (r->state[l] < RANS_LOW)
            return err_set(err, ERR_CONFIG, "coder state %zu is below its range", l);
    }
    return 0;
}

int rans_close(const struct rans_reader *r, uint16_t *seeds, struct err *err)
{
    if (r->failed)
        return err_set(err, ERR_CONFIG, "the coded words end too early");
    for (size_t l = 0; l < r->lanes; l++) {
        if (r->state[l] >> 16 != 1)
            return err_set(err, ERR_CONFIG, "the coded words were changed: lane %zu does not end where it began", l);
        seeds[l] = (uint16_t)r->state[l];
    }
    return 0;
}

/* From the state `start`: the last state, and the bytes it gives off at the end of `room` bytes. Returns how many, more
 * than room where they do not fit. */
static size_t fixed_try(const struct rans_symbol *symbols, size_t n, uint32_t start, uint8_t *out, size_t room,
                        uint32_t *state)
{
    uint32_t x = start;
    size_t used = 0;

    for (size_t i = n; i-- > 0;) {
        while (x >= (uint64_t)symbols[i].freq << 19) {
            if (++used > room)
                return used;
            out[room - used] = (uint8_t)x;
            x >>= 8;
        }
        x = put(x, symbols[i]);
    }
    *state = x;
    return used;
}

/* A multiple of the radix that grows with `level`, up to the first that makes every start at least 2^23: `most`. */
static uint32_t fixed_start(uint32_t number, uint32_t radix, unsigned level, bool *most)
{
    uint32_t top = ((1u << 23) + radix - 1) / radix, times = level > 0 ? 1u << (level < 24 ? level - 1 : 23) : 0;

    *most = times >= top;
    return number + radix * (*most ? top : times);
}

/* A decoder takes in a byte whenever its state is below 2^23 and there is one. An encoder that starts lower than that
 * has given off none yet, so the decoder has none left there. But then all bytes must have been used: bytes to spare go
 * into a higher start, and from 2^23 on, where the decoder asks for no more, they may lie behind. */
int rans_fixed_encode(const struct rans_symbol *symbols, size_t n, uint32_t number, uint32_t radix, uint8_t *out,
                      size_t bytes)
{
    size_t room = bytes - RANS_FIXED_MIN, used;
    uint32_t state = 0, start;
    bool most;

    /* The lowest start that fills the room. From level 1 on a level is a bit at most, so that as many can be left out as
     * bits are missing for sure. */
    for (unsigned level = 0;; level += level > 0 && used + 1 < room ? 8 * (unsigned)(room - used - 1) : 1) {
        start = fixed_start(number, radix, level, &most);
        used = fixed_try(symbols, n, start, out + RANS_FIXED_MIN, room, &state);
        if (used >= room || most)
            break;
    }
    if (used > room || (used < room && start < 1u << 23))
        return -1;
    memmove(out + RANS_FIXED_MIN, out + RANS_FIXED_MIN + room - used, used);
    memset(out + RANS_FIXED_MIN + used, 0, room - used);
    for (size_t b = 0; b < 4; b++)
        out[b] = (uint8_t)(state >> 8 * b);
    return 0;
}

struct rans_fixed rans_fixed_open(const uint8_t *data, size_t bytes)
{
    struct rans_fixed r = { .at = data + RANS_FIXED_MIN, .end = data + bytes };

    r.state = data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    return r;
}
