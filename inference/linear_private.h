// SPDX-License-Identifier: MIT
/* linear_private.h -- what a packed matrix is made of, and the kernels for it. */
#pragma once

#include "inference/linear.h"
#include "inference/linear_micro.h"
#include "kernels/gemm_ternary.h"

enum { LINEAR_TERNARY_BLOCK = 256 };

/* One way to do the products of floats and of Q8_0. */
struct linear_kernels {
    const char *name;
    uint32_t isa; /* of declare/isa.h */
    linear_tile_fn *f32, *f16, *bf16;
    linear_row_fn *f32_row, *f16_row, *bf16_row;
    size_t mr; /* the height of their tiles */
    linear_q8_quantise_fn *q8_quantise;
    linear_q8_tile_fn *q8;
    size_t q8_mr;
};

/* The fastest that needs no more than `isa`; the scalar ones at worst. */
const struct linear_kernels *linear_kernels_best(uint32_t isa);

struct linear {
    enum gguf_type type;
    enum linear_form form;
    size_t rows, cols, panels; /* panels of 32 rows, the last one padded */
    float scale;               /* s of linear.h */
    size_t panel_bytes, bytes;
    uint8_t *data;       /* panels, as linear_micro.h has them; ternary: as kernels/gemm_ternary_micro.h has them */
    float *block_scales; /* ternary with scales that differ: (panels, blocks of 256, 32); NULL: they do not */
    bool borrowed;       /* data and block_scales are another's: linear_with() */
    const struct linear_kernels *kernels;
    const struct gemm_ternary_impl *ternary;
};

/* A quantised row of ternary products, beside its blocks' sums. */
struct linear_row8 {
    float scale; /* a / 127; NaN where the row has a NaN or an infinity */
    int32_t sum; /* of the codes */
};

/* Which activations were prepared, and the height of the tiles they were put into. */
struct linear_prepared {
    enum linear_form form;
    size_t n, cols, mr;
    const float *x;
};

/* Activations in tiles of rows, as the kernels want them. */
struct linear_work {
    size_t n_max, cols_max;
    int threads;
    size_t bytes;
    struct linear_prepared now; /* rank 0 writes it; the rest of this struct does not change */
    float *floats;              /* LINEAR_FLOAT, n > 1: tiles (cols, rows) */
    int8_t *codes;              /* LINEAR_ROW8: tiles (cols / 16, rows, 16); LINEAR_BLOCK8: (cols / 32, rows, 32) */
    struct linear_q8_scale *q8; /* LINEAR_BLOCK8: (cols / 32, rows) */
    struct linear_row8 *rows;   /* LINEAR_ROW8: n */
    int32_t *block_sums;        /* LINEAR_ROW8: (n, blocks of 256) */
    uint8_t *unpacked;          /* a rank: a panel of ternary codes, a byte each */
    float *tiles;               /* a rank: a tile that stands in for Y at the last columns, and one of partial sums */
};

/* Rows go in as few tiles as the kernels allow, all of about equal height. Tile t: */
struct linear_place {
    size_t first, rows;
};

size_t linear_tiles(const struct linear_prepared *p);
struct linear_place linear_tile(const struct linear_prepared *p, size_t t);

/* The rank's room for a panel of unpacked codes, and its two tiles. */
uint8_t *linear_unpacked(const struct linear_work *work, int rank);
float *linear_scratch(const struct linear_work *work, int rank, int which);

/* Ternary weights: tile t of what was prepared, times one panel, into y. */
void linear_ternary_panel(const struct linear *w, const struct linear_work *work, size_t panel, size_t t, int rank,
                          float *y, size_t ldy);
