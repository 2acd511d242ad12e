// SPDX-License-Identifier: MIT
/* gemm_ternary_scalar.c -- the plain one: one row, one weight after the other. */
#include "declare/isa.h"
#include "kernels/gemm_ternary.h"

#include <math.h>
#include <string.h>

static uint32_t absmax(const float *x, size_t k)
{
    uint32_t most = 0;

    for (size_t l = 0; l < k; l++) {
        uint32_t bits;

        memcpy(&bits, x + l, sizeof(bits));
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    return most;
}

static int32_t quantise(const float *x, size_t k, float scale, int8_t *q, size_t stride)
{
    int32_t sum = 0;

    for (size_t l = 0; l < k; l++) {
        q[l / GEMM_TERNARY_KR * stride + l % GEMM_TERNARY_KR] = (int8_t)lrintf(x[l] * scale);
        sum += q[l / GEMM_TERNARY_KR * stride + l % GEMM_TERNARY_KR];
    }
    for (size_t l = k; l % GEMM_TERNARY_KR; l++)
        q[l / GEMM_TERNARY_KR * stride + l % GEMM_TERNARY_KR] = 0;
    return sum;
}

static void gemv(size_t blocks, const uint8_t *w, size_t ahead, const int8_t *x, const struct gemm_ternary_row *row,
                 float *y)
{
    (void)ahead;
    for (size_t j = 0; j < GEMM_TERNARY_NR; j++) {
        int32_t sum = 0;

        for (size_t b = 0; b < blocks; b++)
            for (int l = 0; l < GEMM_TERNARY_KR; l++)
                sum += (w[b * GEMM_TERNARY_BLOCK + 4 * j + l % 4] >> l / 4 * 2 & 3) * x[b * GEMM_TERNARY_KR + l];
        y[j] = (float)(sum - row->sum) * row->factor;
    }
}

const struct gemm_ternary_impl gemm_ternary_scalar = {
    .name = "scalar",
    .isa = ISA_ANY,
    .absmax = absmax,
    .quantise = quantise,
    .gemv = gemv,
};
