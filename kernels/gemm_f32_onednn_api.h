// SPDX-License-Identifier: MIT
/* gemm_f32_onednn_api.h -- oneDNN's functions, found at run time. Only for files that are compiled with oneDNN. */
#pragma once

#include "base/err.h"

#include <oneapi/dnnl/dnnl.h>

#define GEMM_F32_ONEDNN_FUNCTIONS(X) \
    X(engine_create) X(engine_destroy) X(memory_create) X(memory_destroy) X(primitive_attr_create) \
    X(primitive_attr_destroy) X(primitive_attr_set_scratchpad_mode) X(primitive_create) X(primitive_desc_destroy) \
    X(primitive_desc_query_md) X(primitive_destroy) X(primitive_execute) \
    X(reorder_primitive_desc_create) X(set_max_cpu_isa) X(sgemm) X(stream_create) X(stream_destroy) \
    X(stream_wait)

/* Version 3 made memory descriptors opaque and took out the descriptors of operations. */
#if DNNL_VERSION_MAJOR >= 3
#define GEMM_F32_ONEDNN_OF_VERSION(X) \
    X(matmul_primitive_desc_create) X(memory_desc_create_with_strides) X(memory_desc_create_with_tag) \
    X(memory_desc_destroy)
#else
#define GEMM_F32_ONEDNN_OF_VERSION(X) \
    X(matmul_desc_init) X(memory_desc_init_by_strides) X(memory_desc_init_by_tag) X(primitive_desc_create)
#endif

#define GEMM_F32_ONEDNN_MEMBER(name) __typeof__(dnnl_##name) *name;
struct gemm_f32_onednn_api {
    GEMM_F32_ONEDNN_FUNCTIONS(GEMM_F32_ONEDNN_MEMBER)
    GEMM_F32_ONEDNN_OF_VERSION(GEMM_F32_ONEDNN_MEMBER)
};
#undef GEMM_F32_ONEDNN_MEMBER

/* Loads the library once a process; NULL with *err filled where it cannot be. Not for several threads at once. */
const struct gemm_f32_onednn_api *gemm_f32_onednn_load(struct err *err);
