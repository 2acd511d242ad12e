// SPDX-License-Identifier: MIT
/* roof.h -- the ceilings of this host: loops that use one resource as hard as it can be used, and nothing else.
 *
 * A kernel's arithmetic or its traffic, done by one of these on the same team, takes the time that no kernel can beat
 * which needs that resource with those instructions (the roofline model: Williams, Waterman & Patterson, CACM 52(4),
 * 2009). Subjects offer them as variants of ROLE_ROOF.
 *
 * What is counted:
 *   float    a multiply-add of float32 is 2 operations (flops), whether fused or, in the SSE2 form, mul and add;
 *   int8     a multiply-add of an unsigned with a signed byte is 2 operations; it ends in int32 (vpdpbusd) or, in the
 *            AVX2 form, in int16, which is the fastest that AVX2 can and which a real kernel must widen now and then;
 *            the SSE2 form multiplies int16 (pmaddwd), which is all that it has;
 *   read     a byte loaded from memory, once, in two ascending streams. Nothing is written.
 *
 * `isa` is what the host must have (declare/isa.h): calling one without it is SIGILL. All functions may be called by
 * any number of threads at once, allocate nothing and cannot fail. With a NULL team the calling thread does it all. */
#pragma once

#include "base/err.h"
#include "kernels/roof_kernels.h"

struct team;

/* Arithmetic on registers: independent chains, more of them than latency x ports of any CPU known. */
struct roof_compute {
    const char *name;
    uint32_t isa;
    roof_steps_fn *steps;
    int64_t step_ops; /* operations of one step: 2 x lanes x chains */
    int64_t exact;    /* the sum that steps() returns is exact up to this many steps */
};

extern const struct roof_compute roof_fma_sse2, roof_fma256, roof_fma512;
extern const struct roof_compute roof_int8_sse2, roof_int8_avx2;
extern const struct roof_compute roof_vnni256;      /* VEX: AVX-VNNI */
extern const struct roof_compute roof_vnni256_evex; /* EVEX: where AVX-512 VNNI is and AVX-VNNI need not be */
extern const struct roof_compute roof_vnni512;

/* At least `ops` operations, split evenly over the ranks, each rounding its share up to whole steps (of 3072 operations
 * at most). Returns the sum of what steps() returned. */
int64_t roof_compute_run(const struct roof_compute *roof, double ops, struct team *team);

struct roof_read {
    const char *name;
    uint32_t isa;
    roof_read_fn *read;
};

extern const struct roof_read roof_read_sse2, roof_read256, roof_read512;

/* The widest that needs no more than `isa`, a mask of declare/isa.h: no other one is faster from any level of the
 * caches where two streams are read (Zen 5, Emerald Rapids). */
const struct roof_read *roof_read_best(uint32_t isa);

/* Loads `bytes` (a multiple of 64) from offset `from` of the ring (p, mask) on, as roof_read_fn does, round and round:
 * each once. Returns the sum of the words of the first line of every 8 lines. */
uint64_t roof_read_stretch(const struct roof_read *roof, const void *p, size_t mask, size_t from, size_t bytes);

/* Loads the bytes [p, p + bytes) once, split evenly over the ranks, each a contiguous share of whole lines of 64 bytes;
 * any alignment; the last bytes % 64 are left out. Returns the sum of what roof_read_stretch() returned to the ranks.
 */
uint64_t roof_read_run(const struct roof_read *roof, const void *p, size_t bytes, struct team *team);
