// SPDX-License-Identifier: MIT
/* gemm_f32_peers.h -- the other libraries of the gemm_f32 subjects, as this build has them. */
#pragma once

#include "kernels/gemm_f32_onednn.h"
#include "kernels/gemm_f32_openblas.h"

#if defined(PAWL_HAVE_OPENBLAS) && defined(PAWL_HAVE_ONEDNN)
#define GEMM_F32_LIBRARIES GEMM_F32_OPENBLAS_VERSION ", " GEMM_F32_ONEDNN_VERSION
#elif defined(PAWL_HAVE_ONEDNN)
#define GEMM_F32_LIBRARIES GEMM_F32_ONEDNN_VERSION
#else
#define GEMM_F32_LIBRARIES GEMM_F32_OPENBLAS_VERSION
#endif
