// SPDX-License-Identifier: MIT
/* roof_kernels.h -- the loops of roof.h, one set per ISA. Includes nothing with inline functions: the ISA files include
 * this and <immintrin.h> only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `n` steps, each one multiply-add instruction (or the pair of instructions that stands for it) on every chain. Every
 * accumulator begins at 0. Returns the sum of all lanes of all of them.
 *   float: each lane gains ROOF_A * ROOF_B = 1 a step; exact up to 2^24 steps;
 *   int8: each four bytes gain 1 a step, the dot product of ROOF_U and ROOF_S. */
typedef int64_t roof_steps_fn(int64_t n);

#define ROOF_A 0.5f
#define ROOF_B 2.0f
#define ROOF_U { 200, 3, 1, 90 } /* unsigned bytes */
#define ROOF_S { 1, -66, -1, 0 } /* signed bytes; 200 - 198 - 1 + 0 = 1 */

roof_steps_fn roof_sse2_fma, roof_avx2_fma, roof_avx512_fma;
roof_steps_fn roof_sse2_int8, roof_avx2_int8, roof_avxvnni_int8, roof_avx512vnni_int8, roof_avx512vnni_int8_256;

/* Accumulators: as many as the registers hold beside the operands. */
enum {
    ROOF_SSE2_FMA_CHAINS = 14, /* mul, then add: a latency of 8 cycles, at most 1.5 pairs a cycle */
    ROOF_SSE2_INT8_CHAINS = 12,
    ROOF_AVX2_CHAINS = 12,
    ROOF_AVX512_CHAINS = 24,
};

/* Loads `bytes` (a multiple of 64) of a ring that starts at p, from offset `from` on: the lines of 64 bytes at p + (i &
 * mask), i = from, from + 64, ... Without a ring mask is SIZE_MAX; with one, mask + 1 is its size, a power of two >=
 * ROOF_READ_STEP, and `from` is a multiple of ROOF_READ_STEP: so a working set that fits a cache is read over and over
 * without the branch that would be mispredicted at its end. Any alignment.
 *
 * Returns the sum, modulo 2^64, of the words of 8 bytes of the first line of every step of 8 lines. Not of all: adding
 * each up costs an instruction a load, and the ports for it are what a loop in the L1 would then measure (on a Golden
 * Cove 272 instead of 385 GB/s). */
typedef uint64_t roof_read_fn(const void *p, size_t mask, size_t from, size_t bytes);

enum { ROOF_READ_STEP = 512 };

roof_read_fn roof_sse2_read, roof_avx2_read, roof_avx512_read;
