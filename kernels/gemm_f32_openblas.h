// SPDX-License-Identifier: MIT
/* gemm_f32_openblas.h -- OpenBLAS as a peer: one of its threads per team member, each on a slab of rows.
 *
 * OpenBLAS's own thread pool stays unused: a second pool of spinning threads in the process would disturb the others.
 * The library is loaded when it is first used, so that no other command pays for it. */
#pragma once

#include "kernels/gemm_f32.h"

#ifdef PAWL_HAVE_OPENBLAS
#define GEMM_F32_OPENBLAS_ABSENT NULL
#define GEMM_F32_OPENBLAS_VERSION "openblas " PAWL_HAVE_OPENBLAS
#else
#define GEMM_F32_OPENBLAS_ABSENT "built without OpenBLAS: install libopenblas-dev and configure with -DPAWL_OPENBLAS=ON"
#define GEMM_F32_OPENBLAS_VERSION NULL
#endif

/* The instructions that it may use, for what is loaded after this; without it, all of the host's. */
void gemm_f32_openblas_limit(uint32_t isa);

/* The name of the kernels to ask it for on a host that has the instructions `host` and may use `isa` of them; NULL: it
 * knows best. */
const char *gemm_f32_openblas_core(uint32_t isa, uint32_t host);

/* Columns first .. first + count - 1 of a product of few rows, by what is OpenBLAS's fastest for them: sgemv for one
 * row. Once gemm_f32_openblas.prepare() has succeeded; sizes as there. */
void gemm_f32_openblas_columns(const struct gemm_f32_problem *p, size_t first, size_t count);

/* Without OpenBLAS its `rows` and `micro` are NULL: gemm_f32_work_new() refuses it. */
extern const struct gemm_f32_impl gemm_f32_openblas;
