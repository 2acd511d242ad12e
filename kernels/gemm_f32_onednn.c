// SPDX-License-Identifier: MIT
#include "kernels/gemm_f32_onednn.h"

#include "declare/isa.h"

static uint32_t limit = ISA_ALL;

void gemm_f32_onednn_limit(uint32_t isa)
{
    limit = isa;
}

#ifdef PAWL_HAVE_ONEDNN
#include "kernels/gemm_f32_onednn_api.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
#define SONAME   "libdnnl.so." TEXT(DNNL_VERSION_MAJOR)

static struct gemm_f32_onednn_api api;

/* The least that it knows is SSE4.1. With AVX-512 it may use what it finds. */
static int keep_to_limit(struct err *err)
{
    uint32_t isa = limit & isa_host();
    dnnl_cpu_isa_t most = isa & ISA_AVX2 ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_sse41;

    if (isa & ISA_AVX512F || api.set_max_cpu_isa(most) == dnnl_success)
        return 0;
    return err_set(err, ERR_HOST, "this oneDNN cannot be told which instructions it may use");
}

static int find(void *library, const char *name, void **function, struct err *err)
{
    *function = dlsym(library, name);
    return *function ? 0 : err_set(err, ERR_HOST, SONAME " is not oneDNN: %s", dlerror());
}

const struct gemm_f32_onednn_api *gemm_f32_onednn_load(struct err *err)
{
    static bool loaded;
    void *library;

    if (loaded)
        return &api;
    /* OpenMP reads it while it is loaded, which oneDNN brings about. Its threads would spin beside the team's. */
    setenv("OMP_NUM_THREADS", "1", 1);
    library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL); /* stays for the life of the process */
    if (!library) {
        err_set(err, ERR_HOST, "cannot load oneDNN: %s (apt install libdnnl" TEXT(DNNL_VERSION_MAJOR) ")", dlerror());
        return NULL;
    }
#define FIND(name) \
    if (find(library, "dnnl_" #name, (void **)&api.name, err) < 0) \
        return NULL;
    GEMM_F32_ONEDNN_FUNCTIONS(FIND)
    GEMM_F32_ONEDNN_OF_VERSION(FIND)
    if (keep_to_limit(err) < 0)
        return NULL;
    loaded = true;
    return &api;
}

static int prepare(struct err *err)
{
    return gemm_f32_onednn_load(err) ? 0 : -1;
}

static void rows(const struct gemm_f32_problem *p, size_t first, size_t count)
{
    dnnl_status_t status = api.sgemm('N', 'N', (dnnl_dim_t)count, (dnnl_dim_t)p->n, (dnnl_dim_t)p->k, 1.0f,
                                     p->a + first * p->lda, (dnnl_dim_t)p->lda, p->b, (dnnl_dim_t)p->ldb, 0.0f,
                                     p->c + first * p->ldc, (dnnl_dim_t)p->ldc);

    if (status != dnnl_success)
        BUG("dnnl_sgemm returned %d", (int)status);
}

const struct gemm_f32_impl gemm_f32_onednn = {
    .name = "onednn", .isa = ISA_ANY, .rows = rows, .prepare = prepare, .size_max = INT32_MAX
};
#else
const struct gemm_f32_impl gemm_f32_onednn = { .name = "onednn" };
#endif
