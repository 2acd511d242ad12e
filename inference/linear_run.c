// SPDX-License-Identifier: MIT
/* linear_run.c -- a product: activations into the form and the tiles that the kernels want, then panel after panel.
 *
 * All tiles go past a panel before the next one: its weights come from memory once, whatever the batch. */
#include "base/mem.h"
#include "inference/linear_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NR = LINEAR_NR,
    TILE = GEMM_TERNARY_MR_MAX * NR, /* floats; no tile is higher */
    AHEAD = 8192,                    /* bytes of weights: from DRAM 3 KiB are too few, 16 KiB no better */
};

size_t linear_tiles(const struct linear_prepared *p)
{
    return p->n / p->mr + (p->n % p->mr != 0);
}

struct linear_place linear_tile(const struct linear_prepared *p, size_t t)
{
    size_t tiles = linear_tiles(p), each = p->n / tiles, rest = p->n % tiles;

    return (struct linear_place){ each * t + (t < rest ? t : rest), each + (t < rest) };
}

static size_t padded(size_t cols)
{
    return (cols + LINEAR_Q8_KR - 1) / LINEAR_Q8_KR * LINEAR_Q8_KR;
}

uint8_t *linear_unpacked(const struct linear_work *work, int rank)
{
    return work->unpacked + (size_t)rank * (padded(work->cols_max) / GEMM_TERNARY_KR) * GEMM_TERNARY_UNPACKED;
}

float *linear_scratch(const struct linear_work *work, int rank, int which)
{
    return work->tiles + ((size_t)rank * 2 + (size_t)which) * TILE;
}

struct linear_work *linear_work_new(size_t n, size_t cols, int threads, struct err *err)
{
    struct linear_work *work = mem_array(1, sizeof(*work));
    size_t row = padded(cols), ranks = (size_t)threads,
           bytes[6] = {
               n * row * sizeof(float),
               n * row,
               n * row / LINEAR_Q8_KR * sizeof(*work->q8),
               n * sizeof(*work->rows) + n * (row / LINEAR_TERNARY_BLOCK + 1) * sizeof(*work->block_sums),
               ranks * row / GEMM_TERNARY_KR * GEMM_TERNARY_UNPACKED,
               ranks * 2 * TILE * sizeof(float),
           };

    *work = (struct linear_work){ .n_max = n, .cols_max = cols, .threads = threads };
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
        work->bytes += bytes[i];
    work->floats = mem_huge(bytes[0] + 1, 1, err);
    work->codes = mem_huge(bytes[1] + 1, 1, err);
    work->q8 = mem_aligned(bytes[2] + 1, 1, MEM_LINE, err);
    work->rows = mem_aligned(bytes[3] + 1, 1, MEM_LINE, err);
    work->block_sums = (int32_t *)(work->rows ? work->rows + n : NULL);
    work->unpacked = mem_huge(bytes[4] + 1, 1, err);
    work->tiles = mem_aligned(bytes[5], 1, MEM_LINE, err);
    if (work->floats && work->codes && work->q8 && work->rows && work->unpacked && work->tiles)
        return work;
    err_wrap(err, "activations of %zu rows of %zu", n, cols);
    linear_work_free(work);
    return NULL;
}

void linear_work_free(struct linear_work *work)
{
    if (!work)
        return;
    free(work->floats);
    free(work->codes);
    free(work->q8);
    free(work->rows);
    free(work->unpacked);
    free(work->tiles);
    free(work);
}

size_t linear_work_bytes(const struct linear_work *work)
{
    return work->bytes;
}

/* Row i, which is in that tile. */
static void prepare_floats(const struct linear_work *work, const struct linear_prepared *p, size_t i,
                           struct linear_place at)
{
    const float *x = p->x + i * p->cols;
    float *to = work->floats + at.first * p->cols + (i - at.first);

    for (size_t l = 0; l < p->cols; l++)
        to[l * at.rows] = x[l];
}

static void prepare_blocks(const struct linear_work *work, const struct linear_prepared *p, size_t i,
                           struct linear_place at, linear_q8_quantise_fn *quantise)
{
    enum { KR = LINEAR_Q8_KR };
    size_t blocks = p->cols / KR;

    quantise(blocks, p->x + i * p->cols, work->codes + at.first * p->cols + (i - at.first) * KR, at.rows * KR,
             work->q8 + at.first * blocks + (i - at.first), at.rows);
}

static void prepare_row(const struct linear_work *work, const struct linear_prepared *p, size_t i,
                        struct linear_place at, const struct gemm_ternary_impl *impl)
{
    enum { KR = GEMM_TERNARY_KR, BLOCK = LINEAR_TERNARY_BLOCK };
    const float *x = p->x + i * p->cols;
    size_t blocks = p->cols / BLOCK + (p->cols % BLOCK != 0), stride = at.rows * KR;
    int8_t *q = work->codes + at.first * p->cols + (i - at.first) * KR;
    int32_t *sums = work->block_sums + i * blocks;
    uint32_t bits = impl->absmax(x, p->cols);
    bool bad = bits >= 0x7f800000; /* a NaN or an infinity */
    float most;

    memcpy(&most, &bits, sizeof(most));
    most = most < 1e-5f ? 1e-5f : most;
    work->rows[i] = (struct linear_row8){ bad ? NAN : most / 127.0f, 0 };
    for (size_t b = 0; b < blocks; b++) {
        size_t begin = b * BLOCK, k = p->cols - begin < BLOCK ? p->cols - begin : BLOCK;
        int8_t *to = q + begin / KR * stride;

        sums[b] = 0;
        for (size_t l = 0; l < k / KR && bad; l++)
            memset(to + l * stride, 0, KR);
        if (!bad)
            sums[b] = impl->quantise(x + begin, k, 127.0f / most, to, stride);
        work->rows[i].sum += sums[b];
    }
}

static size_t tile_height(enum linear_form form, uint32_t isa)
{
    const struct gemm_ternary_impl *ternary = gemm_ternary_best(isa);

    if (form == LINEAR_ROW8)
        return ternary->packed ? ternary->mr : 1;
    return form == LINEAR_FLOAT ? linear_kernels_best(isa)->mr : linear_kernels_best(isa)->q8_mr;
}

void linear_prepare(struct linear_work *work, enum linear_form form, const float *x, size_t n, size_t cols,
                    uint32_t isa, int rank, int size)
{
    const struct linear_prepared p = { form, n, cols, tile_height(form, isa), x };
    size_t tile = 0;

    if (n > work->n_max || cols > work->cols_max || size > work->threads)
        BUG("%zu x %zu activations, %d threads, in room for %zu x %zu, %d", n, cols, size, work->n_max, work->cols_max,
            work->threads);
    for (size_t i = (size_t)rank; i < n; i += (size_t)size) {
        struct linear_place at = linear_tile(&p, tile);

        while (i >= at.first + at.rows)
            at = linear_tile(&p, ++tile);
        if (form == LINEAR_ROW8)
            prepare_row(work, &p, i, at, gemm_ternary_best(isa));
        else if (form == LINEAR_BLOCK8)
            prepare_blocks(work, &p, i, at, linear_kernels_best(isa)->q8_quantise);
        else if (n > 1)
            prepare_floats(work, &p, i, at);
    }
    if (rank == 0)
        work->now = p;
}

/* Whole panels to each. */
void linear_share(size_t rows, int rank, int size, size_t *begin, size_t *end)
{
    size_t panels = rows / NR + (rows % NR != 0), r = (size_t)rank, s = (size_t)size;

    *begin = panels * r / s * NR;
    *end = panels * (r + 1) / s * NR;
    *begin = *begin < rows ? *begin : rows;
    *end = *end < rows ? *end : rows;
}

static void float_panel(const struct linear *w, const struct linear_work *work, size_t panel, size_t t, float *y,
                        size_t ldy)
{
    const struct linear_kernels *k = w->kernels;
    struct linear_place at = linear_tile(&work->now, t);
    const float *x = work->now.n > 1 ? work->floats + at.first * w->cols : work->now.x;
    linear_tile_fn *tile = w->type == GGUF_F32 ? k->f32 : w->type == GGUF_F16 ? k->f16 : k->bf16;

    tile(at.rows, w->cols, w->data + panel * w->panel_bytes, AHEAD, x, y, ldy);
}

static void q8_panel(const struct linear *w, const struct linear_work *work, size_t panel, size_t t, float *y,
                     size_t ldy)
{
    struct linear_place at = linear_tile(&work->now, t);
    size_t blocks = w->cols / LINEAR_Q8_KR;

    w->kernels->q8(at.rows, blocks, w->data + panel * w->panel_bytes, AHEAD, work->codes + at.first * w->cols,
                   work->q8 + at.first * blocks, y, ldy);
}

/* Tile t past a panel into columns [32 panel, ...) of Y. */
static void run_tile(const struct linear *w, struct linear_work *work, size_t panel, size_t t, float *y, int rank)
{
    struct linear_place at = linear_tile(&work->now, t);
    size_t columns = w->rows - panel * NR < NR ? w->rows - panel * NR : NR, ld = columns < NR ? NR : w->rows;
    float *to = y + at.first * w->rows + panel * NR, *tile = columns < NR ? linear_scratch(work, rank, 0) : to;

    if (w->form == LINEAR_ROW8)
        linear_ternary_panel(w, work, panel, t, rank, tile, ld);
    else if (w->form == LINEAR_BLOCK8)
        q8_panel(w, work, panel, t, tile, ld);
    else
        float_panel(w, work, panel, t, tile, ld);
    for (size_t i = 0; i < at.rows; i++) {
        if (tile != to)
            memcpy(to + i * w->rows, tile + i * ld, columns * sizeof(*to));
        for (size_t c = 0; c < columns && w->form != LINEAR_ROW8 && w->scale != 1; c++)
            to[i * w->rows + c] *= w->scale;
    }
}

/* Many panels of one row at once: chains of additions that wait for each other need others beside them. */
static size_t run_row(const struct linear *w, const struct linear_work *work, float *y, size_t begin, size_t end)
{
    const struct linear_kernels *k = w->kernels;
    linear_row_fn *row = w->type == GGUF_F32 ? k->f32_row : w->type == GGUF_F16 ? k->f16_row : k->bf16_row;
    size_t panels = (end - begin) / NR;

    row(panels, w->cols, w->data + begin / NR * w->panel_bytes, AHEAD, work->now.x, y + begin);
    for (size_t c = begin; c < begin + panels * NR && w->scale != 1; c++)
        y[c] *= w->scale;
    return begin + panels * NR;
}

void linear_forward(const struct linear *w, struct linear_work *work, float *y, int rank, int size)
{
    size_t begin, end;

    if (work->now.cols != w->cols || work->now.form != w->form)
        BUG("activations of %zu columns in form %d, weights of %zu in form %d", work->now.cols, (int)work->now.form,
            w->cols, (int)w->form);
    linear_share(w->rows, rank, size, &begin, &end);
    if (w->form == LINEAR_FLOAT && work->now.n == 1)
        begin = run_row(w, work, y, begin, end);
    for (size_t panel = begin / NR; panel * NR < end; panel++)
        for (size_t t = 0; t < linear_tiles(&work->now); t++)
            run_tile(w, work, panel, t, y, rank);
}
