// SPDX-License-Identifier: MIT
/* linear.c -- packing: once, at load. */
#include "base/half.h"
#include "base/mem.h"
#include "declare/isa.h"
#include "inference/linear_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NR = LINEAR_NR };

static const struct linear_kernels scalar = {
    .name = "scalar",
    .isa = ISA_ANY,
    .f32 = linear_scalar_f32,
    .f16 = linear_scalar_f16,
    .bf16 = linear_scalar_bf16,
    .f32_row = linear_scalar_f32_row,
    .f16_row = linear_scalar_f16_row,
    .bf16_row = linear_scalar_bf16_row,
    .mr = LINEAR_MR_MAX,
    .q8_quantise = linear_scalar_q8_quantise,
    .q8 = linear_scalar_q8,
    .q8_mr = LINEAR_MR_MAX,
};

static const struct linear_kernels avx2 = {
    .name = "avx2",
    .isa = ISA_AVX2,
    .f32 = linear_avx2_f32,
    .f16 = linear_avx2_f16,
    .bf16 = linear_avx2_bf16,
    .f32_row = linear_avx2_f32_row,
    .f16_row = linear_avx2_f16_row,
    .bf16_row = linear_avx2_bf16_row,
    .mr = LINEAR_AVX2_MR,
    .q8_quantise = linear_avx2_q8_quantise,
    .q8 = linear_avx2_q8,
    .q8_mr = LINEAR_AVX2_Q8_MR,
};

static const struct linear_kernels avx512 = {
    .name = "avx512",
    .isa = ISA_AVX2 | ISA_AVX512F,
    .f32 = linear_avx512_f32,
    .f16 = linear_avx512_f16,
    .bf16 = linear_avx512_bf16,
    .f32_row = linear_avx512_f32_row,
    .f16_row = linear_avx512_f16_row,
    .bf16_row = linear_avx512_bf16_row,
    .mr = LINEAR_AVX512_MR,
    .q8_quantise = linear_avx512_q8_quantise,
    .q8 = linear_avx2_q8,
    .q8_mr = LINEAR_AVX2_Q8_MR,
};

static const struct linear_kernels avx512vnni = {
    .name = "avx512vnni",
    .isa = ISA_AVX512F | ISA_AVX512VNNI,
    .f32 = linear_avx512_f32,
    .f16 = linear_avx512_f16,
    .bf16 = linear_avx512_bf16,
    .f32_row = linear_avx512_f32_row,
    .f16_row = linear_avx512_f16_row,
    .bf16_row = linear_avx512_bf16_row,
    .mr = LINEAR_AVX512_MR,
    .q8_quantise = linear_avx512_q8_quantise,
    .q8 = linear_avx512vnni_q8,
    .q8_mr = LINEAR_AVX512_Q8_MR,
};

const struct linear_kernels *linear_kernels_best(uint32_t isa)
{
    static const struct linear_kernels *const from_best[] = { &avx512vnni, &avx512, &avx2 };

    for (size_t i = 0; i < ARRAY_LEN(from_best); i++)
        if (!(from_best[i]->isa & ~isa))
            return from_best[i];
    return &scalar;
}

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
    if (!w->borrowed) {
        free(w->data);
        free(w->block_scales);
    }
    free(w);
}

struct linear *linear_with(const struct linear *w, uint32_t isa)
{
    struct linear *other = mem_array(1, sizeof(*other));

    *other = *w;
    other->borrowed = true;
    other->kernels = linear_kernels_best(isa);
    other->ternary = gemm_ternary_best(isa);
    return other;
}

const void *linear_data(const struct linear *w)
{
    return w->data;
}

/* Rows of floats side by side, a few hundred columns at a time, so that what is written stays in the L1. */
static void pack_floats(struct linear *w, const uint8_t *data, size_t panel)
{
    enum { AT_ONCE = 128 };
    size_t bytes = w->type == GGUF_F32 ? 4 : 2, count = w->rows - panel * NR < NR ? w->rows - panel * NR : NR;
    uint8_t *to = w->data + panel * w->panel_bytes;

    if (count < NR)
        memset(to, 0, w->panel_bytes);
    for (size_t begin = 0; begin < w->cols; begin += AT_ONCE)
        for (size_t c = 0; c < count; c++) {
            const uint8_t *from = data + ((panel * NR + c) * w->cols + begin) * bytes;
            size_t end = w->cols - begin < AT_ONCE ? w->cols - begin : AT_ONCE;

            if (bytes == 4)
                for (size_t l = 0; l < end; l++)
                    memcpy(to + ((begin + l) * NR + c) * 4, from + l * 4, 4);
            else
                for (size_t l = 0; l < end; l++)
                    memcpy(to + ((begin + l) * NR + c) * 2, from + l * 2, 2);
        }
}

static int pack_q8(struct linear *w, const uint8_t *data, size_t panel, struct err *err)
{
    enum { KR = LINEAR_Q8_KR, BLOCK = 2 + KR }; /* the file's: a scale, then the codes */
    size_t blocks = w->cols / KR, count = w->rows - panel * NR < NR ? w->rows - panel * NR : NR;
    uint8_t *to = w->data + panel * w->panel_bytes;

    for (size_t b = 0; count < NR && b < blocks; b++) { /* a code of 128 is a weight of 0 */
        memset(to + b * LINEAR_Q8_BYTES, 0, LINEAR_Q8_CODES);
        memset(to + b * LINEAR_Q8_BYTES + LINEAR_Q8_CODES, 128, LINEAR_Q8_BYTES - LINEAR_Q8_CODES);
    }
    for (size_t b = 0; b < blocks; b++, to += LINEAR_Q8_BYTES)
        for (size_t c = 0; c < count; c++) {
            const uint8_t *from = data + ((panel * NR + c) * blocks + b) * BLOCK;
            uint16_t d;

            memcpy(&d, from, sizeof(d));
            if (!isfinite(half_to(d)))
                return err_set(err, ERR_CONFIG, "the scale of block %zu of row %zu is not finite", b, panel * NR + c);
            memcpy(to + 2 * c, &d, sizeof(d));
            for (size_t s = 0; s < KR / 4; s++) {
                uint32_t four;

                memcpy(&four, from + 2 + 4 * s, sizeof(four));
                four ^= 0x80808080; /* w + 128 */
                memcpy(to + LINEAR_Q8_CODES + s * 4 * NR + 4 * c, &four, sizeof(four));
            }
        }
    return 0;
}

/* One scale for all blocks where there is one. A block of zeros takes any: those that were quantised one by one have 0
 * there. */
static int pack_scales(struct linear *w, const void *data, struct err *err)
{
    size_t per_row = w->cols / gguf_type_block(w->type), blocks = w->rows * per_row;
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
    w->block_scales = mem_aligned(w->panels * NR * per_row, sizeof(float), MEM_LINE, err);
    if (!w->block_scales)
        return -1;
    memset(w->block_scales, 0, w->panels * NR * per_row * sizeof(float));
    for (size_t row = 0; row < w->rows; row++)
        for (size_t b = 0; b < per_row; b++)
            w->block_scales[(row / NR * per_row + b) * NR + row % NR] = gguf_ternary_scale(w->type, data, w->rows,
                                                                                           w->cols, row * per_row + b);
    w->bytes += w->panels * NR * per_row * sizeof(float);
    return 0;
}

static int pack_codes(struct linear *w, const void *data, struct err *err)
{
    enum { KR = GEMM_TERNARY_KR };
    int8_t *codes = mem_aligned(w->cols, sizeof(*codes), MEM_LINE, err);
    int ret = -1;

    if (!codes)
        return -1;
    if (w->rows % NR) /* padded codes are 0 */
        memset(w->data + (w->panels - 1) * w->panel_bytes, 0, w->panel_bytes);
    for (size_t row = 0; row < w->rows; row++) {
        uint8_t *to = w->data + row / NR * w->panel_bytes + row % NR * 4;

        gguf_row_codes(w->type, data, w->cols, row, codes);
        for (size_t i = 0; i < w->cols; i++)
            if (codes[i] > 1) {
                err_set(err, ERR_CONFIG, "the ternary code at (%zu, %zu) is none", row, i);
                goto out;
            }
        for (size_t i = 0; i < w->cols; i += KR, to += GEMM_TERNARY_BLOCK)
            for (size_t j = 0; j < 4; j++)
                to[j] = (uint8_t)((codes[i + j] + 1) | (codes[i + 4 + j] + 1) << 2 | (codes[i + 8 + j] + 1) << 4 |
                                  (codes[i + 12 + j] + 1) << 6);
    }
    ret = 0;
out:
    free(codes);
    return ret;
}

/* Bytes of a panel, and of all of them, checked. */
static int layout(struct linear *w, struct err *err)
{
    size_t file_bytes;

    if (!gguf_type_bytes(w->type, w->rows, w->cols, &file_bytes) || !isfinite(w->scale))
        return err_set(err, ERR_CONFIG,
                       "a %zu x %zu matrix of %s overflows, is no whole blocks, or its scale is not "
                       "finite",
                       w->rows, w->cols, gguf_type_name(w->type));
    if (w->form == LINEAR_ROW8 && w->cols > GEMM_TERNARY_K_MAX)
        return err_set(err, ERR_CONFIG, "a ternary matrix with %zu columns: at most %zu are exact in int32", w->cols,
                       GEMM_TERNARY_K_MAX);
    w->panels = w->rows / NR + (w->rows % NR != 0);
    if (w->form == LINEAR_ROW8) /* cols is a multiple of 128 at least */
        w->panel_bytes = w->cols / GEMM_TERNARY_KR * GEMM_TERNARY_BLOCK;
    else if (w->form == LINEAR_BLOCK8)
        w->panel_bytes = w->cols / LINEAR_Q8_KR * LINEAR_Q8_BYTES;
    else if (__builtin_mul_overflow(w->cols, NR * (w->type == GGUF_F32 ? 4u : 2u), &w->panel_bytes))
        w->panel_bytes = SIZE_MAX;
    if (__builtin_mul_overflow(w->panels, w->panel_bytes, &w->bytes))
        return err_set(err, ERR_CONFIG, "a %zu x %zu matrix is larger than an address space", w->rows, w->cols);
    return 0;
}

struct linear *linear_new(enum gguf_type type, size_t rows, size_t cols, const void *data, float scale, uint32_t isa,
                          struct err *err)
{
    struct linear *w = mem_array(1, sizeof(*w));

    *w = (struct linear){ .type = type, .rows = rows, .cols = cols, .scale = scale };
    w->form = gguf_type_ternary(type) ? LINEAR_ROW8 : type == GGUF_Q8_0 ? LINEAR_BLOCK8 : LINEAR_FLOAT;
    w->kernels = linear_kernels_best(isa);
    w->ternary = gemm_ternary_best(isa);
    if (layout(w, err) < 0)
        goto fail;
    w->data = mem_huge(w->bytes ? w->bytes : 1, 1, err);
    if (!w->data)
        goto fail;
    if (w->form == LINEAR_ROW8 && (pack_codes(w, data, err) < 0 || pack_scales(w, data, err) < 0))
        goto fail;
    for (size_t panel = 0; panel < w->panels; panel++)
        if (w->form == LINEAR_FLOAT)
            pack_floats(w, data, panel);
        else if (w->form == LINEAR_BLOCK8 && pack_q8(w, data, panel, err) < 0)
            goto fail;
    return w;
fail:
    linear_free(w);
    return NULL;
}
