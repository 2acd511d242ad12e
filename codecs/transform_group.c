// SPDX-License-Identifier: MIT
#include "codecs/transform_group.h"

#include "base/mem.h"
#include "declare/isa.h"

#include <stdlib.h>
#include <string.h>

void transform_group_free(struct transform_group *g)
{
    free(g->u);
    free(g->room);
    free(g->chunk);
    free(g->places);
    free(g->kept);
    free(g->coded);
    free(g->walk);
    free(g->bytes);
    free(g->head);
    *g = (struct transform_group){ 0 };
}

int transform_group_new(const struct transform *t, struct transform_group *g, struct err *err)
{
    size_t k = t->projection.k, all = k * TRANSFORM_GROUP;

    *g = (struct transform_group){ 0 };
    if (!(g->u = mem_aligned(all, sizeof(*g->u), MEM_LINE, err)) ||
        !(g->room = mem_aligned(transform_room(t), sizeof(*g->room), MEM_LINE, err)) ||
        !(g->chunk = mem_aligned(k * TRANSFORM_LANES, sizeof(*g->chunk), MEM_LINE, err)) ||
        !(g->walk = mem_aligned(k, sizeof(*g->walk), MEM_LINE, err))) {
        transform_group_free(g);
        return -1;
    }
    g->places = mem_array(all, sizeof(*g->places));
    g->kept = mem_array(all, sizeof(*g->kept));
    g->coded = mem_array(all, sizeof(*g->coded));
    g->bytes = mem_array(2 + rans_bound(k, TRANSFORM_GROUP) + rans_bound(all, 1), 1);
    g->head = mem_array(rans_bound(all, 1) + 2 * RANS_LANES, 1);
    return 0;
}

void transform_group_quantise(const struct transform *t, const float *u, size_t n, const float *lambda,
                              struct transform_group *g)
{
    size_t k = t->projection.k;

    for (size_t first = 0; first < n; first += TRANSFORM_LANES) {
        float lambdas[TRANSFORM_LANES];

        for (size_t l = 0; l < TRANSFORM_LANES; l++)
            lambdas[l] = first + l < n ? lambda[first + l] : t->lambda;
        for (size_t w = 0; w < k; w++)
            memcpy(g->chunk + w * TRANSFORM_LANES, u + w * TRANSFORM_GROUP + first,
                   TRANSFORM_LANES * sizeof(*g->chunk));
        t->quantise(t->dims, k, t->points, t->bits, g->chunk, lambdas, g->walk, g->places + first * k);
    }
}

static size_t heads_of(const struct transform *t, size_t n)
{
    return n < RANS_LANES ? 0 : t->heads;
}

/* Dimensions first .. first + rows - 1 of all vectors, a dimension a row. */
static void gather(const struct transform *t, size_t first, size_t rows, size_t n, struct transform_group *g)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            g->coded[r * n + i] = t->symbols[g->places[i * t->projection.k + first + r]];
}

size_t transform_group_write(const struct transform *t, size_t n, struct transform_group *g)
{
    size_t heads = heads_of(t, n), rows = t->projection.k - heads, lanes = rans_lanes(n), len, head = 0;
    uint16_t seeds[RANS_LANES] = { 0 };

    if (heads > 0) {
        gather(t, rows, heads, n, g);
        head = rans_encode(g->coded, heads * n, 1, NULL, g->head);
        for (size_t i = 0; i < 2 * lanes && i < head; i++)
            seeds[i / 2] |= (uint16_t)(g->head[i] << 8 * (i % 2));
    }
    gather(t, 0, rows, n, g);
    len = 2 + rans_encode(g->coded, rows, n, seeds, g->bytes + 2);
    if (head > 2 * lanes) {
        memcpy(g->bytes + len, g->head + 2 * lanes, head - 2 * lanes);
        len += head - 2 * lanes;
    }
    g->bytes[0] = (uint8_t)((len - 2) / 2);
    g->bytes[1] = (uint8_t)((len - 2) / 2 >> 8);
    return len;
}

/* `rows` rows from dimension `first` on, as rans.h reads them; the state of each vector's trellis goes on. */
static void read_rows(const struct transform *t, size_t first, size_t rows, size_t n, size_t lanes,
                      struct rans_reader *r, unsigned *states, float *u)
{
    for (size_t w = first; w < first + rows; w++)
        for (size_t i = 0; i < n; i++) {
            uint32_t place = transform_find(t, w, states[i], rans_slot(r, i % lanes));

            rans_next(r, i % lanes, t->symbols[place]);
            u[w * TRANSFORM_GROUP + i] = t->points[place];
            states[i] = transform_next(t, w, states[i], place);
        }
}

/* The same for whole chunks of 16 vectors. */
static void read_rows_avx512(const struct transform *t, size_t rows, size_t n, struct rans_reader *r, unsigned *states,
                             float *u)
{
    struct transform_lanes lanes = { { 0 }, { { 0 } } };
    const uint8_t *at;

    memcpy(lanes.coder, r->state, sizeof(lanes.coder));
    at = transform_rows_avx512(t->dims, rows, t->slices, t->points, n / TRANSFORM_LANES, &lanes, r->at, r->end, u);
    r->failed = at == NULL;
    r->at = at ? at : r->end;
    memcpy(r->state, lanes.coder, sizeof(lanes.coder));
    for (size_t i = 0; i < n; i++)
        states[i] = lanes.trellis[i / TRANSFORM_LANES][i % TRANSFORM_LANES];
}

int transform_group_read(const struct transform *t, const uint8_t *data, size_t len, size_t n,
                         struct transform_group *g, size_t *used, struct err *err)
{
    size_t heads = heads_of(t, n), rows = t->projection.k - heads, words, rest;
    unsigned states[TRANSFORM_GROUP] = { 0 };
    uint16_t seeds[RANS_LANES];
    struct rans_reader r;

    if (len < 2)
        return err_set(err, ERR_CONFIG, "a group's count is cut off");
    words = data[0] | (size_t)data[1] << 8;
    if (2 * words > len - 2)
        return err_set(err, ERR_CONFIG, "a group of %zu bytes is cut off after %zu", 2 * words, len - 2);
    if (rans_open(&r, data + 2, 2 * words, n, err) < 0)
        return -1;
    memset(g->u, 0, t->projection.k * TRANSFORM_GROUP * sizeof(*g->u));
    if (n % TRANSFORM_LANES == 0 && (t->isa & ISA_AVX512F))
        read_rows_avx512(t, rows, n, &r, states, g->u);
    else
        read_rows(t, 0, rows, n, rans_lanes(n), &r, states, g->u);
    if (rans_close(&r, seeds, err) < 0)
        return -1;
    rest = (size_t)(r.end - r.at);
    if (heads > 0) {
        if (rest > rans_bound(heads * n, 1))
            return err_set(err, ERR_CONFIG, "a group has %zu bytes more than it can need", rest);
        memcpy(g->head, seeds, sizeof(seeds)); /* x86-64 is little-endian */
        memcpy(g->head + sizeof(seeds), r.at, rest);
        if (rans_open(&r, g->head, sizeof(seeds) + rest, 1, err) < 0)
            return -1;
        read_rows(t, rows, heads, n, 1, &r, states, g->u);
        if (rans_close(&r, seeds, err) < 0)
            return -1;
        rest = (size_t)(r.end - r.at);
    }
    if (heads > 0 ? rest > 2 * RANS_LANES : rest > 0)
        return err_set(err, ERR_CONFIG, "a group has %zu bytes too many", rest);
    *used = 2 + 2 * words;
    return 0;
}
