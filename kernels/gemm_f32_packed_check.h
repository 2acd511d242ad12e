// SPDX-License-Identifier: MIT
/* gemm_f32_packed_check.h -- is an implementation of gemm_f32_packed right? The truth, the bound and what an error says
 * are those of gemm_f32_check.h. */
#pragma once

#include "kernels/gemm_f32_check.h"
#include "kernels/gemm_f32_packed.h"

/* One product: packs B, multiplies, compares. */
int gemm_f32_packed_check_case(const struct gemm_f32_packed_impl *impl, const struct gemm_f32_check_case *c,
                               struct team *team, struct err *err);

/* The same for every number of rows up to two tiles and one, and for a table of awkward sizes. */
int gemm_f32_packed_check(const struct gemm_f32_packed_impl *impl, uint64_t seed, struct team *team, struct err *err);
