// SPDX-License-Identifier: MIT
/* gemm_f32_packed_avx512.c -- tiles of 1 to 14 rows by 32 columns of C.
 *
 * A tile of few rows has few chains of dependent FMAs, and two ports with a latency of 4 cycles need 8: `split` sums
 * every split-th step of k on its own, and adds the sums up at the end. */
#include "gemm_f32_packed_micro.h"

#include <immintrin.h>

enum { NR = GEMM_F32_PACKED_AVX512_NR, REGISTERS = 28 };

/* `rows` and `split` are constants wherever this is inlined, or the accumulators are no registers. */
static inline __attribute__((always_inline)) void tile(const struct gemm_f32_packed_tile *t, const int rows,
                                                       const int split)
{
    const float *a = t->a, *b = t->b;
    const char *next = t->next;
    __m512 acc[REGISTERS];
    size_t p = 0;

#pragma GCC unroll 28
    for (int i = 0; i < rows * split * 2; i++)
        acc[i] = _mm512_setzero_ps();
#pragma GCC unroll 1
    for (; p + (size_t)split <= t->kc; p += (size_t)split) {
#pragma GCC unroll 8
        for (int s = 0; s < split; s++) {
            __m512 b0 = _mm512_load_ps(b + s * NR), b1 = _mm512_load_ps(b + s * NR + 16);

            _mm_prefetch(next, _MM_HINT_T0);
            _mm_prefetch(next + 64, _MM_HINT_T0);
            next += t->next_step;
#pragma GCC unroll 14
            for (int i = 0; i < rows; i++) {
                __m512 ai = _mm512_set1_ps(a[s * rows + i]);

                acc[(s * rows + i) * 2] = _mm512_fmadd_ps(ai, b0, acc[(s * rows + i) * 2]);
                acc[(s * rows + i) * 2 + 1] = _mm512_fmadd_ps(ai, b1, acc[(s * rows + i) * 2 + 1]);
            }
        }
        a += split * rows;
        b += split * NR;
    }
#pragma GCC unroll 1
    for (; p < t->kc; p++, a += rows, b += NR) {
        __m512 b0 = _mm512_load_ps(b), b1 = _mm512_load_ps(b + 16);

#pragma GCC unroll 14
        for (int i = 0; i < rows; i++) {
            acc[i * 2] = _mm512_fmadd_ps(_mm512_set1_ps(a[i]), b0, acc[i * 2]);
            acc[i * 2 + 1] = _mm512_fmadd_ps(_mm512_set1_ps(a[i]), b1, acc[i * 2 + 1]);
        }
    }
#pragma GCC unroll 28
    for (int i = rows * 2; i < rows * split * 2; i++)
        acc[i % (rows * 2)] = _mm512_add_ps(acc[i % (rows * 2)], acc[i]);
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
        float *row = t->c + (size_t)i * t->ldc;

        if (t->add) {
            acc[i * 2] = _mm512_add_ps(acc[i * 2], _mm512_loadu_ps(row));
            acc[i * 2 + 1] = _mm512_add_ps(acc[i * 2 + 1], _mm512_loadu_ps(row + 16));
        }
        _mm512_storeu_ps(row, acc[i * 2]);
        _mm512_storeu_ps(row + 16, acc[i * 2 + 1]);
    }
}

void gemm_f32_packed_avx512_micro(const struct gemm_f32_packed_tile *t)
{
    switch (t->rows) {
    case 1: tile(t, 1, 8); break;
    case 2: tile(t, 2, 4); break;
    case 3: tile(t, 3, 4); break;
    case 4: tile(t, 4, 2); break;
    case 5: tile(t, 5, 2); break;
    case 6: tile(t, 6, 2); break;
    case 7: tile(t, 7, 2); break;
    case 8: tile(t, 8, 1); break;
    case 9: tile(t, 9, 1); break;
    case 10: tile(t, 10, 1); break;
    case 11: tile(t, 11, 1); break;
    case 12: tile(t, 12, 1); break;
    case 13: tile(t, 13, 1); break;
    case 14: tile(t, 14, 1); break;
    }
}
