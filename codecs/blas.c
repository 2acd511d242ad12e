// SPDX-License-Identifier: MIT
#include "codecs/blas.h"

#include "base/mem.h"
#include "declare/isa.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* The reference BLAS's and LAPACK's Fortran interfaces (netlib.org/lapack): column-major, all by address. */
typedef void gemm_f(const char *ta, const char *tb, const int *m, const int *n, const int *k, const float *alpha,
                    const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c,
                    const int *ldc);
typedef void gemm_d(const char *ta, const char *tb, const int *m, const int *n, const int *k, const double *alpha,
                    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
                    const int *ldc);
typedef void syrk_f(const char *uplo, const char *trans, const int *n, const int *k, const float *alpha, const float *a,
                    const int *lda, const float *beta, float *c, const int *ldc);
typedef void syevd_d(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                     double *work, const int *lwork, int *iwork, const int *liwork, int *info);
typedef void gesdd_d(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
                     const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork,
                     int *info);

static struct {
    gemm_f *sgemm;
    gemm_d *dgemm;
    syrk_f *ssyrk;
    syevd_d *dsyevd;
    gesdd_d *dgesdd;
    void (*set_num_threads)(int n);
    int threads;
    bool single; /* for good: see blas_keep_single() */
} lapack;

static const struct {
    const char *name;
    void *where;
} symbols[] = {
    { "sgemm_", &lapack.sgemm },   { "dgemm_", &lapack.dgemm },
    { "ssyrk_", &lapack.ssyrk },   { "dsyevd_", &lapack.dsyevd },
    { "dgesdd_", &lapack.dgesdd }, { "openblas_set_num_threads", &lapack.set_num_threads },
};

/* A CPU with AVX2 has all that Haswell wants. What has less than that, OpenBLAS knows itself. */
static void choose_core(void)
{
    uint32_t host = isa_host();

    if (host & ISA_AVX512F)
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
    else if (host & ISA_AVX2)
        setenv("OPENBLAS_CORETYPE", "Haswell", 0);
}

int blas_load(struct err *err)
{
    cpu_set_t cpus;
    void *library;

    if (!PAWL_CODECS_OPENBLAS)
        return err_set(err, ERR_HOST, "this build is without OpenBLAS (cmake -DPAWL_OPENBLAS=ON makes one with it)");
    if (!lapack.set_num_threads) {
        choose_core();
        library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL); /* stays for the life of the process */
        if (!library)
            return err_set(err, ERR_HOST, "cannot load OpenBLAS: %s (apt install libopenblas0)", dlerror());
        for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
            void *symbol = dlsym(library, symbols[i].name);

            if (!symbol)
                return err_set(err, ERR_HOST, "libopenblas.so.0 lacks '%s': another BLAS stands in for OpenBLAS?",
                               symbols[i].name);
            memcpy(symbols[i].where, &symbol, sizeof(symbol)); /* the last one tells that all are there */
        }
    }
    lapack.threads = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    return 0;
}

/* OpenBLAS shares out what one thread does in a fraction of a millisecond, and waits by yielding: on a host where
 * others compute as well, each such call then costs the time slices of two. `work` is in multiply-adds. */
static void share(double work)
{
    if (!lapack.single)
        lapack.set_num_threads(work < 1e8 ? 1 : lapack.threads);
}

void blas_keep_single(void)
{
    lapack.set_num_threads(1);
    lapack.single = true;
}

static int size(size_t n)
{
    if (n > INT_MAX)
        BUG("a matrix of %zu rows", n);
    return (int)n;
}

static int ld(size_t n)
{
    return n ? size(n) : 1;
}

/* Row-major C = A B is column-major C' = B' A'. */
void blas_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
                size_t ldb, float beta, float *c, size_t ldc)
{
    share((double)m * (double)n * (double)k);
    lapack.sgemm(tb ? "T" : "N", ta ? "T" : "N", &(int){ size(n) }, &(int){ size(m) }, &(int){ size(k) }, &alpha, b,
                 &(int){ ld(ldb) }, a, &(int){ ld(lda) }, &beta, c, &(int){ ld(ldc) });
}

void blas_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
                const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
    share((double)m * (double)n * (double)k);
    lapack.dgemm(tb ? "T" : "N", ta ? "T" : "N", &(int){ size(n) }, &(int){ size(m) }, &(int){ size(k) }, &alpha, b,
                 &(int){ ld(ldb) }, a, &(int){ ld(lda) }, &beta, c, &(int){ ld(ldc) });
}

void blas_gram(const float *a, size_t n, size_t d, float *c)
{
    float one = 1, zero = 0;

    share((double)n * (double)d * (double)d);
    lapack.ssyrk("U", "N", &(int){ size(d) }, &(int){ size(n) }, &one, a, &(int){ ld(d) }, &zero, c, &(int){ ld(d) });
    for (size_t i = 0; i < d; i++) /* the Fortran upper triangle is ours below */
        for (size_t j = 0; j < i; j++)
            c[j * d + i] = c[i * d + j];
}

static void fix_sign(double *v, size_t n)
{
    size_t largest = 0;

    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[largest]) * (1 + 1e-9))
            largest = i;
    if (v[largest] < 0)
        for (size_t i = 0; i < n; i++)
            v[i] = -v[i];
}

static void swap(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

int blas_eigen(double *a, size_t n, double *values, struct err *err)
{
    int order = size(n), info = 0, lwork = -1, liwork = -1, *iwork = &(int){ 0 };
    double *work = &(double){ 0 };

    if (n == 0)
        return 0;
    share((double)n * (double)n * (double)n);
    lapack.dsyevd("V", "U", &order, a, &order, values, work, &lwork, iwork, &liwork, &info); /* asks how much room */
    lwork = (int)*work;
    liwork = *iwork;
    work = mem_array((size_t)lwork, sizeof(*work));
    iwork = mem_array((size_t)liwork, sizeof(*iwork));
    lapack.dsyevd("V", "U", &order, a, &order, values, work, &lwork, iwork, &liwork, &info);
    free(work);
    free(iwork);
    if (info)
        return err_set(err, ERR_HARNESS, "the eigenvectors of a matrix of %zu rows cannot be found (dsyevd: %d)", n,
                       info);
    for (size_t i = 0; i < n / 2; i++) { /* it gives the smallest first, a vector in each of our rows */
        swap(a + i * n, a + (n - 1 - i) * n, n);
        swap(values + i, values + n - 1 - i, 1);
    }
    for (size_t i = 0; i < n; i++)
        fix_sign(a + i * n, n);
    return 0;
}

/* Column-major it is a' = vt' diag(s) u'. */
int blas_svd(double *a, size_t n, double *u, double *s, double *vt, struct err *err)
{
    int order = size(n), info = 0, lwork = -1, *iwork;
    double *work = &(double){ 0 };

    if (n == 0)
        return 0;
    share((double)n * (double)n * (double)n);
    iwork = mem_array(8 * n, sizeof(*iwork));
    lapack.dgesdd("A", &order, &order, a, &order, s, vt, &order, u, &order, work, &lwork, iwork, &info);
    lwork = (int)*work;
    work = mem_array((size_t)lwork, sizeof(*work));
    lapack.dgesdd("A", &order, &order, a, &order, s, vt, &order, u, &order, work, &lwork, iwork, &info);
    free(work);
    free(iwork);
    if (info)
        return err_set(err, ERR_HARNESS, "the singular values of a matrix of %zu rows cannot be found (dgesdd: %d)", n,
                       info);
    return 0;
}
