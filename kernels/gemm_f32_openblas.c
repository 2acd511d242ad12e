// SPDX-License-Identifier: MIT
#include "kernels/gemm_f32_openblas.h"

#include "declare/isa.h"

/* A CPU with AVX2 has all that Sandybridge wants, but AVX itself may be what must not be used: the mask knows nothing
 * between AVX2 and the baseline, so that without AVX2 it is the oldest that OpenBLAS has. */
const char *gemm_f32_openblas_core(uint32_t isa, uint32_t host)
{
    if (isa & host & ISA_AVX512F)
        return "SkylakeX";
    if (isa & host & ISA_AVX2)
        return "Haswell";
    return host & ISA_AVX2 ? "Prescott" : NULL;
}

static uint32_t limit = ISA_ALL;

void gemm_f32_openblas_limit(uint32_t isa)
{
    limit = isa;
}

#ifdef PAWL_HAVE_OPENBLAS
#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

static struct {
    __typeof__(cblas_sgemm) *sgemm;
    __typeof__(cblas_sgemv) *sgemv;
    __typeof__(openblas_set_num_threads) *set_num_threads;
} openblas;

/* OpenBLAS chooses its kernels, and starts its threads, while it is loaded; a CPU younger than the release gets the
 * oldest kernels (0.3.21 takes an Emerald Rapids for a Prescott and a Zen 5 for a Haswell: 4 and 2 times slower). So it
 * is loaded here, told which kernels this host can run and --isa allows, unless the user has told it. */
static int load(struct err *err)
{
    const char *core = gemm_f32_openblas_core(limit, isa_host());
    void *library;

    if (openblas.sgemm)
        return 0;
    if (core)
        setenv("OPENBLAS_CORETYPE", core, 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL); /* stays for the life of the process */
    if (!library)
        return err_set(err, ERR_HOST, "cannot load OpenBLAS: %s (apt install libopenblas0)", dlerror());
    *(void **)&openblas.set_num_threads = dlsym(library, "openblas_set_num_threads");
    *(void **)&openblas.sgemv = dlsym(library, "cblas_sgemv");
    *(void **)&openblas.sgemm = dlsym(library, "cblas_sgemm");
    if (!openblas.sgemm || !openblas.sgemv || !openblas.set_num_threads)
        return err_set(err, ERR_HOST, "libopenblas.so.0 is not OpenBLAS: %s", dlerror());
    openblas.set_num_threads(1);
    return 0;
}

static void rows(const struct gemm_f32_problem *p, size_t first, size_t count)
{
    openblas.sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)count, (blasint)p->n, (blasint)p->k, 1.0f,
                   p->a + first * p->lda, (blasint)p->lda, p->b, (blasint)p->ldb, 0.0f, p->c + first * p->ldc,
                   (blasint)p->ldc);
}

void gemm_f32_openblas_columns(const struct gemm_f32_problem *p, size_t first, size_t count)
{
    struct gemm_f32_problem part = *p;

    part.b += first;
    part.c += first;
    part.n = count;
    if (p->m == 1) /* c = B^T a */
        openblas.sgemv(CblasRowMajor, CblasTrans, (blasint)p->k, (blasint)count, 1.0f, part.b, (blasint)p->ldb, p->a, 1,
                       0.0f, part.c, 1);
    else
        rows(&part, 0, p->m);
}

/* Sizes are its `int`. */
const struct gemm_f32_impl gemm_f32_openblas = {
    .name = "openblas", .isa = ISA_ANY, .rows = rows, .prepare = load, .size_max = INT_MAX
};
#else
void gemm_f32_openblas_columns(const struct gemm_f32_problem *p, size_t first, size_t count)
{
    (void)p;
    (void)first;
    (void)count;
    BUG("openblas is not in this build");
}

const struct gemm_f32_impl gemm_f32_openblas = { .name = "openblas" };
#endif
