// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "inference/linear_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum linear_form linear_form(const struct linear *w)
{
    return w->form;
}

size_t linear_rows(const struct linear *w)
{
    return w->rows;
}

size_t linear_cols(const struct linear *w)
{
    return w->cols;
}

size_t linear_bytes(const struct linear *w)
{
    return w->bytes;
}

void linear_free(struct linear *w)
{
    if (!w)
        return;
    free(w->data);
    free(w->block_scales);
    free(w);
}

/* One scale for all blocks where there is one. A block of zeros takes any: those that were quantised one by one have 0
 * there. */
static int pack_scales(struct linear *w, const void *data, struct err *err)
{
    size_t blocks = w->rows * (w->cols / gguf_type_block(w->type));
    float common = 0;
    bool same = true;

    for (size_t b = 0; b < blocks; b++) {
        float d = gguf_ternary_scale(w->type, data, w->rows, w->cols, b);

        if (!isfinite(d))
            return err_set(err, ERR_CONFIG, "the scale of block %zu is not finite", b);
        if (common == 0)
            common = d;
        same = same && (d == 0 || d == common);
    }
    if (same) {
        w->scale *= common;
        return 0;
    }
    w->block_scales = mem_aligned(blocks, sizeof(float), MEM_LINE, err);
    if (!w->block_scales)
        return -1;
    for (size_t b = 0; b < blocks; b++)
        w->block_scales[b] = gguf_ternary_scale(w->type, data, w->rows, w->cols, b);
    w->bytes += blocks * sizeof(float);
    return 0;
}

static int pack_codes(struct linear *w, const void *data, struct err *err)
{
    int8_t *codes = mem_aligned(w->cols, sizeof(*codes), MEM_LINE, err);
    int ret = -1;

    if (!codes)
        return -1;
    memset(w->data, 0, w->bytes);
    for (size_t row = 0; row < w->rows; row++) {
        gguf_row_codes(w->type, data, w->cols, row, codes);
        for (size_t i = 0; i < w->cols; i++) {
            size_t at = row * w->cols + i;

            if (codes[i] > 1) {
                err_set(err, ERR_CONFIG, "the ternary code at (%zu, %zu) is none", row, i);
                goto out;
            }
            w->data[at / 4] |= (uint8_t)((codes[i] + 1) << at % 4 * 2);
        }
    }
    ret = 0;
out:
    free(codes);
    return ret;
}

struct linear *linear_new(enum gguf_type type, size_t rows, size_t cols, const void *data, float scale, uint32_t isa,
                          struct err *err)
{
    bool ternary = gguf_type_ternary(type);
    struct linear *w = mem_array(1, sizeof(*w));
    size_t file_bytes;

    (void)isa;
    *w = (struct linear){ .type = type, .rows = rows, .cols = cols, .scale = scale };
    w->form = ternary ? LINEAR_ROW8 : type == GGUF_Q8_0 ? LINEAR_BLOCK8 : LINEAR_FLOAT;
    if (!gguf_type_bytes(type, rows, cols, &file_bytes) || !isfinite(scale)) {
        err_set(err, ERR_CONFIG, "a %zu x %zu matrix of %s overflows, is no whole blocks, or its scale is not finite",
                rows, cols, gguf_type_name(type));
        goto fail;
    }
    w->bytes = ternary ? rows * cols / 4 : file_bytes; /* cols is a multiple of 128 at least */
    w->data = mem_huge(w->bytes ? w->bytes : 1, 1, err);
    if (!w->data)
        goto fail;
    if (!ternary)
        memcpy(w->data, data, w->bytes);
    else if (pack_codes(w, data, err) < 0 || pack_scales(w, data, err) < 0)
        goto fail;
    return w;
fail:
    linear_free(w);
    return NULL;
}

struct linear_work *linear_work_new(size_t n, size_t cols, int threads, struct err *err)
{
    struct linear_work *work = mem_array(1, sizeof(*work));
    size_t scales = n * (cols / LINEAR_Q8_BLOCK + 1);

    (void)threads;
    work->n_max = n;
    work->cols_max = cols;
    work->bytes = n * cols + scales * sizeof(float);
    work->codes = mem_aligned(n * cols, 1, MEM_LINE, err);
    work->scales = mem_aligned(scales, sizeof(float), MEM_LINE, err);
    if (work->codes && work->scales)
        return work;
    linear_work_free(work);
    return NULL;
}

void linear_work_free(struct linear_work *work)
{
    if (!work)
        return;
    free(work->codes);
    free(work->scales);
    free(work);
}

size_t linear_work_bytes(const struct linear_work *work)
{
    return work->bytes;
}

/* The largest magnitude; NaN where there is a NaN or an infinity: through the scale all of Y's row becomes one. */
static float largest(const float *x, size_t n)
{
    float a = 0;

    for (size_t i = 0; i < n; i++)
        a = !(fabsf(x[i]) <= a) && !isnan(a) ? fabsf(x[i]) : a;
    return isfinite(a) ? a : NAN;
}

static void quantise(const float *x, size_t n, float factor, int8_t *codes)
{
    for (size_t i = 0; i < n; i++)
        codes[i] = isfinite(factor) ? (int8_t)rintf(x[i] * factor) : 0;
}

static void prepare_row(const float *x, size_t cols, int8_t *codes, float *scale)
{
    float a = largest(x, cols);

    a = a < 1e-5f ? 1e-5f : a;
    quantise(x, cols, 127.0f / a, codes);
    *scale = a / 127.0f;
}

static void prepare_blocks(const float *x, size_t cols, int8_t *codes, float *scales)
{
    for (size_t b = 0; b < cols / LINEAR_Q8_BLOCK; b++) {
        const float *block = x + b * LINEAR_Q8_BLOCK;
        float a = largest(block, LINEAR_Q8_BLOCK);

        quantise(block, LINEAR_Q8_BLOCK, a > 0 ? 127.0f / a : 0, codes + b * LINEAR_Q8_BLOCK);
        scales[b] = a / 127.0f;
    }
}

void linear_prepare(struct linear_work *work, enum linear_form form, const float *x, size_t n, size_t cols, uint32_t isa,
                    int rank, int size)
{
    (void)isa;
    if (n > work->n_max || cols > work->cols_max)
        BUG("%zu x %zu activations in room for %zu x %zu", n, cols, work->n_max, work->cols_max);
    if (rank == 0) {
        work->x = x;
        work->n = n;
        work->cols = cols;
    }
    for (size_t i = (size_t)rank; i < n && form != LINEAR_FLOAT; i += (size_t)size) {
        if (form == LINEAR_ROW8)
            prepare_row(x + i * cols, cols, work->codes + i * cols, &work->scales[i]);
        else
            prepare_blocks(x + i * cols, cols, work->codes + i * cols, work->scales + i * (cols / LINEAR_Q8_BLOCK));
    }
}

/* Whole cache lines of Y to each. */
void linear_share(size_t rows, int rank, int size, size_t *begin, size_t *end)
{
    size_t groups = (rows + LINEAR_LANES - 1) / LINEAR_LANES, r = (size_t)rank, s = (size_t)size;

    *begin = groups * r / s * LINEAR_LANES;
    *end = groups * (r + 1) / s * LINEAR_LANES;
    *begin = *begin < rows ? *begin : rows;
    *end = *end < rows ? *end : rows;
}

void linear_forward(const struct linear *w, struct linear_work *work, float *y, int rank, int size)
{
    size_t begin, end;

    if (work->cols != w->cols)
        BUG("activations of %zu columns, weights of %zu", work->cols, w->cols);
    linear_share(w->rows, rank, size, &begin, &end);
    for (size_t i = 0; i < work->n; i++)
        for (size_t row = begin; row < end; row++)
            y[i * w->rows + row] = linear_scalar_dot(w, work, row, i);
}
