// SPDX-License-Identifier: MIT
/* gemm_ternary_pack.c -- the packed weights: made once, read by every implementation. */
#include "base/mem.h"
#include "base/rng.h"
#include "kernels/gemm_ternary_work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NR = GEMM_TERNARY_NR, KR = GEMM_TERNARY_KR, BLOCK = GEMM_TERNARY_BLOCK };

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* Weights of n x k, all codes 0. */
static struct gemm_ternary_weights *weights_new(size_t n, size_t k, float scale, struct err *err)
{
    struct gemm_ternary_weights *w;
    size_t count;

    if (k > GEMM_TERNARY_K_MAX) {
        err_set(err, ERR_USAGE, "gemm_ternary: k is %zu, at most %zu is exact in int32", k, GEMM_TERNARY_K_MAX);
        return NULL;
    }
    if (!isfinite(scale)) {
        err_set(err, ERR_USAGE, "gemm_ternary: the scale of the weights is %g", (double)scale);
        return NULL;
    }
    if (__builtin_mul_overflow(ceil_div(n, NR), ceil_div(k, KR), &count)) {
        err_set(err, ERR_USAGE, "gemm_ternary: weights of %zu x %zu are larger than an address space", n, k);
        return NULL;
    }
    w = mem_zeroed(1, sizeof(*w), err);
    if (!w)
        return NULL;
    *w = (struct gemm_ternary_weights){
        .n = n, .k = k, .panels = ceil_div(n, NR), .blocks = ceil_div(k, KR), .scale = scale
    };
    w->codes = mem_huge(count, BLOCK, err);
    if (!w->codes) {
        err_wrap(err, "gemm_ternary: weights of %zu x %zu", n, k);
        gemm_ternary_weights_free(w);
        return NULL;
    }
    memset(w->codes, 0, count * BLOCK);
    return w;
}

void gemm_ternary_weights_free(struct gemm_ternary_weights *weights)
{
    if (!weights)
        return;
    free(weights->codes);
    free(weights);
}

size_t gemm_ternary_weights_bytes(const struct gemm_ternary_weights *weights)
{
    return weights->panels * weights->blocks * BLOCK;
}

/* Where weight (j, l) is: its byte, and in *shift its bits. */
static uint8_t *place(const struct gemm_ternary_weights *w, size_t j, size_t l, unsigned *shift)
{
    uint8_t *block = w->codes + (j / NR * w->blocks + l / KR) * BLOCK;

    *shift = (unsigned)(l % KR / 4) * 2;
    return block + j % NR * 4 + l % 4;
}

int gemm_ternary_weight(const struct gemm_ternary_weights *w, size_t j, size_t l)
{
    unsigned shift;
    uint8_t byte = *place(w, j, l, &shift);

    return (byte >> shift & 3) - 1;
}

/* One row of the matrix. The byte of step l moves by 1 for each of four steps, then back to where the next two bits
 * are. */
static int pack_row(const struct gemm_ternary_weights *w, const int8_t *row, size_t j, struct err *err)
{
    for (size_t l = 0; l < w->k; l++) {
        unsigned shift;
        uint8_t *byte = place(w, j, l, &shift);

        if (row[l] < -1 || row[l] > 1)
            return err_set(err, ERR_USAGE, "gemm_ternary: weight [%zu][%zu] is %d, not -1, 0 or 1", j, l, row[l]);
        *byte = (uint8_t)(*byte | (row[l] + 1) << shift);
    }
    return 0;
}

struct gemm_ternary_weights *gemm_ternary_pack(const int8_t *w, size_t ld, size_t n, size_t k, float scale,
                                               struct err *err)
{
    struct gemm_ternary_weights *weights;
    size_t len;

    if (n > 0 && k > 0 && ld < k) {
        err_set(err, ERR_USAGE, "gemm_ternary: ld is %zu, but a row of weights has %zu", ld, k);
        return NULL;
    }
    if (n > 0 && k > 0 &&
        (__builtin_mul_overflow(n - 1, ld, &len) || __builtin_add_overflow(len, k, &len) || len > PTRDIFF_MAX)) {
        err_set(err, ERR_USAGE, "gemm_ternary: weights of %zu x %zu with ld = %zu are larger than an address space", n,
                k, ld);
        return NULL;
    }
    weights = weights_new(n, k, scale, err);
    for (size_t j = 0; weights && k > 0 && j < n; j++)
        if (pack_row(weights, w + j * ld, j, err) < 0) {
            gemm_ternary_weights_free(weights);
            return NULL;
        }
    return weights;
}

struct gemm_ternary_weights *gemm_ternary_pack_random(size_t n, size_t k, float scale, uint64_t seed, struct err *err)
{
    struct gemm_ternary_weights *w = weights_new(n, k, scale, err);
    struct rng rng = rng_seed(seed);
    int8_t *row = mem_array(k, 1);

    for (size_t j = 0; w && j < n; j++) {
        for (size_t l = 0; l < k;)
            for (uint64_t bits = rng_next(&rng); l < k && bits; bits >>= 4)
                if ((bits & 15) < 15) /* 15 of 16 values are dealt to three weights evenly */
                    row[l++] = (int8_t)((int)(bits % 16 % 3) - 1);
        if (pack_row(w, row, j, err) < 0)
            BUG("%s", err->msg);
    }
    free(row);
    return w;
}
