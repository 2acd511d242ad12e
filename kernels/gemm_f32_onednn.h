// SPDX-License-Identifier: MIT
/* gemm_f32_onednn.h -- oneDNN as a peer: one of its threads per team member, each on a slab of rows (dnnl_sgemm).
 *
 * Its own thread pool stays unused, as that of OpenBLAS does: a build with OpenMP is told to have one thread, so that
 * each call computes in the thread that makes it. The library is loaded when it is first used. */
#pragma once

#include "kernels/gemm_f32.h"

#ifdef PAWL_HAVE_ONEDNN
#define GEMM_F32_ONEDNN_ABSENT NULL
#define GEMM_F32_ONEDNN_VERSION "onednn " PAWL_HAVE_ONEDNN
#else
#define GEMM_F32_ONEDNN_ABSENT "built without oneDNN: install libdnnl-dev and configure with -DPAWL_ONEDNN=ON"
#define GEMM_F32_ONEDNN_VERSION NULL
#endif

/* The instructions that it may use, for what is loaded after this; without it, all of the host's. */
void gemm_f32_onednn_limit(uint32_t isa);

/* Without oneDNN its `rows` is NULL: gemm_f32_work_new() refuses it. */
extern const struct gemm_f32_impl gemm_f32_onednn;
