// SPDX-License-Identifier: MIT
/* gemm_f32_pack.h -- copies of blocks of A and B in the order in which a micro-kernel reads them. */
#pragma once

#include <stddef.h>

/* dst (ceil(mc / mr), kc, mr) = the block of A with corner `a` (mc, kc); rows beyond mc are zeros. */
void gemm_f32_pack_a(float *dst, const float *a, size_t lda, size_t mc, size_t kc, size_t mr);

/* dst (kc, nr) = one panel of B with corner `b` (kc, cols), cols <= nr; columns beyond are zeros. */
void gemm_f32_pack_b(float *dst, const float *b, size_t ldb, size_t cols, size_t kc, size_t nr);
