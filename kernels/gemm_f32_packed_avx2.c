// SPDX-License-Identifier: MIT
/* gemm_f32_packed_avx2.c -- tiles of 1 to 6 rows by 16 columns of C; `split` as in gemm_f32_packed_avx512.c. */
#include "gemm_f32_packed_micro.h"

#include <immintrin.h>

enum { NR = GEMM_F32_PACKED_AVX2_NR, REGISTERS = 12 };

/* `rows` and `split` are constants wherever this is inlined, or the accumulators are no registers. */
static inline __attribute__((always_inline)) void tile(const struct gemm_f32_packed_tile *t, const int rows,
                                                       const int split)
{
    const float *a = t->a, *b = t->b;
    const char *next = t->next;
    __m256 acc[REGISTERS];
    size_t p = 0;

#pragma GCC unroll 12
    for (int i = 0; i < rows * split * 2; i++)
        acc[i] = _mm256_setzero_ps();
#pragma GCC unroll 1
    for (; p + (size_t)split <= t->kc; p += (size_t)split) {
#pragma GCC unroll 6
        for (int s = 0; s < split; s++) {
            __m256 b0 = _mm256_load_ps(b + s * NR), b1 = _mm256_load_ps(b + s * NR + 8);

            _mm_prefetch(next, _MM_HINT_T0); /* a step is one line of b: the second of the two is the next step's */
            next += t->next_step;
#pragma GCC unroll 6
            for (int i = 0; i < rows; i++) {
                __m256 ai = _mm256_broadcast_ss(a + s * rows + i);

                acc[(s * rows + i) * 2] = _mm256_fmadd_ps(ai, b0, acc[(s * rows + i) * 2]);
                acc[(s * rows + i) * 2 + 1] = _mm256_fmadd_ps(ai, b1, acc[(s * rows + i) * 2 + 1]);
            }
        }
        a += split * rows;
        b += split * NR;
    }
#pragma GCC unroll 1
    for (; p < t->kc; p++, a += rows, b += NR) {
        __m256 b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);

#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            acc[i * 2] = _mm256_fmadd_ps(_mm256_broadcast_ss(a + i), b0, acc[i * 2]);
            acc[i * 2 + 1] = _mm256_fmadd_ps(_mm256_broadcast_ss(a + i), b1, acc[i * 2 + 1]);
        }
    }
#pragma GCC unroll 12
    for (int i = rows * 2; i < rows * split * 2; i++)
        acc[i % (rows * 2)] = _mm256_add_ps(acc[i % (rows * 2)], acc[i]);
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) {
        float *row = t->c + (size_t)i * t->ldc;

        if (t->add) {
            acc[i * 2] = _mm256_add_ps(acc[i * 2], _mm256_loadu_ps(row));
            acc[i * 2 + 1] = _mm256_add_ps(acc[i * 2 + 1], _mm256_loadu_ps(row + 8));
        }
        _mm256_storeu_ps(row, acc[i * 2]);
        _mm256_storeu_ps(row + 8, acc[i * 2 + 1]);
    }
}

void gemm_f32_packed_avx2_micro(const struct gemm_f32_packed_tile *t)
{
    switch (t->rows) {
    case 1: tile(t, 1, 6); break;
    case 2: tile(t, 2, 3); break;
    case 3: tile(t, 3, 2); break;
    case 4: tile(t, 4, 1); break;
    case 5: tile(t, 5, 1); break;
    case 6: tile(t, 6, 1); break;
    }
}
