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
#define ROOF_U                                                                                                         \
    {                                                                                                                  \
        200, 3, 1, 90                                                                                                  \
    } /* unsigned bytes */
#define ROOF_S                                                                                                         \
    {                                                                                                                  \
        1, -66, -1, 0                                                                                                  \
    }                          /* signed bytes; 200 - 198 - 1 + 0 = 1 */
#define ROOF_U_WORD 0x5a0103c8 /* the same four as one int32, the first one lowest */
#define ROOF_S_WORD 0x00ffbe01

roof_steps_fn roof_sse2_fma, roof_avx2_fma, roof_avx512_fma;
roof_steps_fn roof_sse2_int8, roof_avx2_int8, roof_avxvnni_int8, roof_avx512vnni_int8, roof_avx512vnni_int8_256;

/* Accumulators: as many as the registers hold beside the operands. */
enum {
    ROOF_SSE2_FMA_CHAINS = 14, /* mul, then add: a latency of 8 cycles, at most 1.5 pairs a cycle */
    ROOF_SSE2_INT8_CHAINS = 12,
    ROOF_AVX2_CHAINS = 12,
    ROOF_AVX512_CHAINS = 24,
};

/* Loads 2 x `steps` steps of 8 lines of 64 bytes of a ring that starts at p: those from offset `from` on and, in turns
 * with them, those from offset from + apart on. Offset i is at p + (i & mask): without a ring mask is SIZE_MAX; with
 * one, mask
 * + 1 is its size, a power of two >= ROOF_READ_STEP, and both offsets are multiples of ROOF_READ_STEP: so a working set
 * that fits a cache is read over and over without the branch that would be mispredicted at its end. Any alignment.
 *
 * Two streams, because one is not what a core can do: from an L3 it gives 79 to 102, two give 121 to 126 GB/s, and from
 * memory 45 and 50 (Zen 5, 512 bits).
 *
 * Returns the sum, modulo 2^64, of the words of 8 bytes of the first line of every step. Not of all lines: adding each
 * up costs an instruction a load, and the ports for it are what a loop in the L1 would then measure (on a Golden Cove
 * 272 instead of 385 GB/s). */
typedef uint64_t roof_read_fn(const char *p, size_t mask, size_t from, size_t apart, size_t steps);

enum { ROOF_READ_STEP = 512 };

roof_read_fn roof_sse2_read, roof_avx2_read, roof_avx512_read;
