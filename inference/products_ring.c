// SPDX-License-Identifier: MIT
#include "inference/products_ring.h"

#include "base/half.h"
#include "base/mem.h"
#include "base/rng.h"
#include "declare/team.h"
#include "inference/linear_private.h"
#include "kernels/roof.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = PRODUCTS_ROWS, COLS = PRODUCTS_COLS };

struct products_ring {
    struct team *team;
    uint32_t may_use; /* ISA */
    size_t batch, n, next;
    struct linear **weights; /* (n) */
    struct linear_work *work;
    float *x, *y; /* (batch, COLS), (batch, ROWS) */
    size_t slice;

    /* of the call that is running */
    struct linear view;
    uint32_t isa;
    size_t row, at_once;
};

enum gguf_type products_type(const struct params *params)
{
    switch (params_get(params, "bits")) {
    case 2:
        return GGUF_TQ2_0;
    case 8:
        return GGUF_Q8_0;
    case 16:
        return GGUF_F16;
    default:
        return GGUF_F32;
    }
}

/* A tensor as it would be in a file: values about 1 in magnitude over sqrt(COLS), so that Y is about 1. */
static uint8_t *make_tensor(enum gguf_type type, uint64_t seed, struct err *err)
{
    const float scale = 1.0f / 64;
    size_t bytes, block = gguf_type_block_bytes(type), blocks = (size_t)ROWS * COLS / gguf_type_block(type);
    uint16_t d = half_from(type == GGUF_Q8_0 ? scale / 64 : scale);
    struct rng rng = rng_seed(seed);
    uint8_t *data;

    if (!gguf_type_bytes(type, ROWS, COLS, &bytes))
        BUG("a matrix of %d x %d is too large", ROWS, COLS);
    data = mem_huge(bytes, 1, err);
    if (!data)
        return NULL;
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t bits = rng_next(&rng);

        if (type == GGUF_TQ2_0)
            bits &= ~((bits & 0xaaaaaaaaaaaaaaaau) >> 1); /* no code of 3 */
        memcpy(data + i, &bits, sizeof(bits));
    }
    for (size_t b = 0; b < blocks; b++) {
        uint8_t *at = data + b * block;
        float x = ((float)(at[0] + at[1] * 256) / 32768 - 1) * scale;
        uint16_t half = half_from(x);

        if (type == GGUF_F32)
            memcpy(at, &x, sizeof(x));
        else if (type == GGUF_F16)
            memcpy(at, &half, sizeof(half));
        else
            memcpy(type == GGUF_Q8_0 ? at : at + block - 2, &d, sizeof(d));
    }
    return data;
}

static int make_weights(struct products_ring *ring, const struct bench *bench, struct err *err)
{
    size_t l3 = bench->caches.l3 ? (size_t)bench->caches.l3 : (size_t)32 << 20, bytes;
    enum gguf_type type = products_type(bench->params);
    uint8_t *data = make_tensor(type, bench->seed, err);

    if (!data || !gguf_type_bytes(type, ROWS, COLS, &bytes))
        return -1;
    ring->n = (4 * l3 + bytes - 1) / bytes;
    ring->weights = mem_array(ring->n, sizeof(struct linear *));
    for (size_t i = 0; i < ring->n; i++) {
        ring->weights[i] = linear_new(type, ROWS, COLS, data, 1, bench->isa, err);
        if (!ring->weights[i])
            break;
    }
    free(data);
    return ring->weights[ring->n - 1] ? 0 : -1;
}

struct products_ring *products_ring_new(const struct bench *bench, size_t batch, struct err *err)
{
    struct products_ring *ring = mem_array(1, sizeof(*ring));
    struct rng rng = rng_seed(rng_mix(bench->seed, 1));

    ring->team = bench->team;
    ring->may_use = bench->isa;
    ring->batch = batch;
    ring->x = mem_aligned(batch * COLS, sizeof(float), MEM_LINE, err);
    ring->y = ring->x ? mem_aligned(batch * ROWS, sizeof(float), MEM_LINE, err) : NULL;
    ring->work = ring->y ? linear_work_new(batch, COLS, team_size(bench->team), err) : NULL;
    if (!ring->work || make_weights(ring, bench, err) < 0) {
        products_ring_free(ring);
        return NULL;
    }
    for (size_t i = 0; i < batch * COLS; i++)
        ring->x[i] = (float)rng_normal(&rng);
    return ring;
}

void products_ring_free(struct products_ring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->n; i++)
        linear_free(ring->weights[i]);
    free(ring->weights);
    linear_work_free(ring->work);
    free(ring->x);
    free(ring->y);
    free(ring);
}

size_t products_ring_bytes(const struct products_ring *ring)
{
    return linear_bytes(ring->weights[0]);
}

static const struct linear *next(struct products_ring *ring)
{
    const struct linear *w = ring->weights[ring->next];

    ring->next = (ring->next + 1) % ring->n;
    return w;
}

/* All packed weights are alike, whoever works on them. A part of the columns is a matrix of so many rows. */
static struct linear view_of(const struct linear *w, uint32_t isa, size_t part, size_t parts)
{
    struct linear view = *w;

    view.kernels = linear_kernels_best(isa);
    view.ternary = gemm_ternary_best(isa);
    view.rows /= parts;
    view.panels /= parts;
    view.data += part * view.panels * view.panel_bytes;
    return view;
}

static void run_rank(void *arg, int rank, int size)
{
    struct products_ring *ring = arg;
    const struct linear *w = &ring->view;

    linear_prepare(ring->work, linear_form(w), ring->x + ring->row * COLS, ring->at_once, COLS, ring->isa, rank, size);
    team_barrier(ring->team);
    linear_forward(w, ring->work, ring->y + ring->row * w->rows, rank, size);
}

/* Rows [row, row + at_once) with w, or a part of it. */
static void run(struct products_ring *ring, const struct linear *w, uint32_t isa, size_t row, size_t at_once,
                size_t part, size_t parts)
{
    ring->view = view_of(w, isa, part, parts);
    ring->isa = isa;
    ring->row = row;
    ring->at_once = at_once;
    team_run(ring->team, run_rank, ring);
}

void products_ring_run(struct products_ring *ring, uint32_t isa, size_t slices)
{
    ring->slice = (ring->slice + 1) % slices;
    run(ring, next(ring), isa, 0, ring->batch, ring->slice, slices);
}

void products_ring_rows(struct products_ring *ring, uint32_t isa, size_t at_once)
{
    for (size_t row = 0; row < ring->batch; row += at_once)
        run(ring, next(ring), isa, row, at_once, 0, 1);
}

uint64_t products_ring_read(struct products_ring *ring)
{
    const struct linear *w = next(ring);

    return roof_read_run(roof_read_best(ring->may_use), w->data, w->bytes, ring->team);
}

int products_ring_check(struct products_ring *ring, uint32_t isa, size_t at_once, struct err *err)
{
    enum { PARTS = ROWS / LINEAR_NR, PART = PARTS / 3 };
    size_t n = ring->batch * LINEAR_NR;
    float *want = mem_array(n, sizeof(*want));
    int ret = 0;

    run(ring, next(ring), ISA_ANY, 0, ring->batch, PART, PARTS);
    memcpy(want, ring->y, n * sizeof(*want));
    for (size_t i = 0; i < ring->batch * ROWS; i++) /* nobody profits from another's result */
        ring->y[i] = NAN;
    products_ring_rows(ring, isa, at_once);
    for (size_t i = 0; i < n && ret == 0; i++) {
        size_t row = i / LINEAR_NR, column = PART * LINEAR_NR + i % LINEAR_NR;
        float got = ring->y[row * ROWS + column];

        if (memcmp(&got, &want[i], sizeof(got)) != 0)
            ret = err_set(err, ERR_HARNESS, "y[%zu][%zu] is %.9g, want %.9g", row, column, (double)got,
                          (double)want[i]);
    }
    for (size_t i = 0; i < ring->batch * ROWS && ret == 0; i++)
        if (!isfinite(ring->y[i]))
            ret = err_set(err, ERR_HARNESS, "y[%zu][%zu] was left out", i / ROWS, i % ROWS);
    free(want);
    return ret;
}
