// SPDX-License-Identifier: MIT
/* linear_ternary.c -- ternary weights, by the kernels of kernels/gemm_ternary. */
#include "inference/linear_private.h"

#include <math.h>
#include <string.h>

enum { NR = LINEAR_NR, KR = GEMM_TERNARY_KR };

/* A scale a block: each block's sum as a float, which the kernels make of it with a factor of 1, times its scale. */
static void block_by_block(const struct linear *w, const struct linear_work *work, size_t panel, struct linear_place at,
                           int rank, float *y, size_t ldy)
{
    const struct gemm_ternary_impl *impl = w->ternary;
    size_t blocks = w->cols / LINEAR_TERNARY_BLOCK, steps = LINEAR_TERNARY_BLOCK / KR;
    float *sums = linear_scratch(work, rank, 1);
    const uint8_t *codes = w->data + panel * w->panel_bytes;
    const int8_t *q = work->codes + at.first * w->cols;

    for (size_t i = 0; i < at.rows; i++)
        memset(y + i * ldy, 0, NR * sizeof(*y));
    for (size_t b = 0; b < blocks; b++, codes += steps * GEMM_TERNARY_BLOCK, q += steps * at.rows * KR) {
        const float *d = w->block_scales + (panel * blocks + b) * NR;
        struct gemm_ternary_row row[GEMM_TERNARY_MR_MAX];

        for (size_t i = 0; i < at.rows; i++)
            row[i] = (struct gemm_ternary_row){ 1, work->block_sums[(at.first + i) * blocks + b] };
        if (at.rows == 1)
            impl->gemv(steps, codes, impl->ahead, q, row, sums);
        else
            impl->packed(at.rows, steps, codes, impl->ahead, NULL, q, row, sums, NR);
        for (size_t i = 0; i < at.rows; i++)
            for (size_t c = 0; c < NR; c++)
                y[i * ldy + c] = fmaf(sums[i * NR + c], d[c], y[i * ldy + c]);
    }
    for (size_t i = 0; i < at.rows; i++)
        for (size_t c = 0; c < NR; c++)
            y[i * ldy + c] *= w->scale * work->rows[at.first + i].scale;
}

void linear_ternary_panel(const struct linear *w, const struct linear_work *work, size_t panel, size_t t, int rank,
                          float *y, size_t ldy)
{
    const struct gemm_ternary_impl *impl = w->ternary;
    struct linear_place at = linear_tile(&work->now, t);
    size_t blocks = w->cols / KR, tiles = linear_tiles(&work->now);
    uint8_t *unpacked = linear_unpacked(work, rank);
    const uint8_t *codes = w->data + panel * w->panel_bytes;
    const int8_t *q = work->codes + at.first * w->cols;
    struct gemm_ternary_row row[GEMM_TERNARY_MR_MAX];

    if (w->block_scales) {
        block_by_block(w, work, panel, at, rank, y, ldy);
        return;
    }
    for (size_t i = 0; i < at.rows; i++) {
        const struct linear_row8 *from = work->rows + at.first + i;

        row[i] = (struct gemm_ternary_row){ w->scale * from->scale, from->sum };
    }
    if (!impl->packed || work->now.n == 1)
        impl->gemv(blocks, codes, impl->ahead, q, row, y);
    else if (!impl->unpacked)
        impl->packed(at.rows, blocks, codes, impl->ahead, NULL, q, row, y, ldy);
    else if (t == 0) /* leaves the panel unpacked to the tiles behind it */
        impl->packed(at.rows, blocks, codes, impl->ahead, tiles > 1 ? unpacked : NULL, q, row, y, ldy);
    else
        impl->unpacked(at.rows, blocks, unpacked, q, row, y, ldy);
}
