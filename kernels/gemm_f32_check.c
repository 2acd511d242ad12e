// SPDX-License-Identifier: MIT
#include "kernels/gemm_f32_check.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/team.h"
#include "kernels/canary.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64 }; /* floats of canary before and after C */

/* The matrices of one check, and the memory they lie in. */
struct arena {
    struct gemm_f32_problem p;
    float *a, *b, *c;     /* allocations; p.a and so on point into them */
    size_t c_len, c_at;   /* of the allocation `c`, in floats; where in it p.c is */
    double *want, *bound; /* of one row of C */
};

void gemm_f32_check_fill(float *values, size_t n, struct rng *rng)
{
    /* 24 bits, so that the nearest float is not rounded up to 1 */
    for (size_t i = 0; i < n; i++)
        values[i] = (float)(rng_next(rng) >> 40) * 0x1p-23f - 1.0f;
}

static void fill_matrix(float *x, size_t rows, size_t cols, size_t ld, struct rng *rng)
{
    for (size_t i = 0; i < rows && cols > 0; i++)
        gemm_f32_check_fill(x + i * ld, cols, rng);
}

static void arena_free(struct arena *arena)
{
    free(arena->a);
    free(arena->b);
    free(arena->c);
    free(arena->want);
    free(arena->bound);
}

/* A and B end where their allocations end, so that AddressSanitizer sees a read beyond them. */
static int arena_make(struct arena *arena, const struct gemm_f32_check_case *c, struct err *err)
{
    struct gemm_f32_problem *p = &arena->p;
    struct rng rng = rng_seed(c->seed);

    *arena = (struct arena){ .p = { .m = c->m, .n = c->n, .k = c->k }, .c_at = GUARD + c->shift };
    p->lda = c->k + c->gap_a;
    p->ldb = c->n + c->gap_b;
    p->ldc = c->n + c->gap_c;
    arena->c_len = arena->c_at + canary_span(c->m, c->n, p->ldc) + GUARD;
    arena->a = canary_floats(c->shift + canary_span(c->m, c->k, p->lda), err);
    arena->b = canary_floats(c->shift + canary_span(c->k, c->n, p->ldb), err);
    arena->c = canary_floats(arena->c_len, err);
    arena->want = mem_aligned(c->n, sizeof(*arena->want), MEM_LINE, err);
    arena->bound = mem_aligned(c->n, sizeof(*arena->bound), MEM_LINE, err);
    if (!arena->a || !arena->b || !arena->c || !arena->want || !arena->bound)
        return -1;
    fill_matrix(arena->a + c->shift, c->m, c->k, p->lda, &rng);
    fill_matrix(arena->b + c->shift, c->k, c->n, p->ldb, &rng);
    p->a = arena->a + c->shift;
    p->b = arena->b + c->shift;
    p->c = arena->c + arena->c_at;
    return 0;
}

static int check_entry(const struct gemm_f32_problem *p, size_t i, size_t j, double want, double bound, struct err *err)
{
    double got = p->c[i * p->ldc + j];

    if (fabs(got - want) <= bound) /* false for NaN */
        return 0;
    return err_set(err, ERR_HARNESS, "m=%zu n=%zu k=%zu: c[%zu][%zu] is %.9g, want %.9g (bound %.3g)", p->m, p->n, p->k,
                   i, j, got, want, bound);
}

static double error_bound(size_t k, double magnitude)
{
    return (double)k * (double)FLT_EPSILON * magnitude; /* FLT_EPSILON = 2^-23 = 2 u */
}

static int check_row(struct arena *arena, size_t i, struct err *err)
{
    const struct gemm_f32_problem *p = &arena->p;

    for (size_t j = 0; j < p->n; j++)
        arena->want[j] = arena->bound[j] = 0;
    for (size_t l = 0; l < p->k; l++) {
        double a = p->a[i * p->lda + l];
        const float *b = p->b + l * p->ldb;

        for (size_t j = 0; j < p->n; j++) {
            double product = a * b[j];

            arena->want[j] += product;
            arena->bound[j] += fabs(product);
        }
    }
    for (size_t j = 0; j < p->n; j++)
        if (check_entry(p, i, j, arena->want[j], error_bound(p->k, arena->bound[j]), err) < 0)
            return -1;
    return 0;
}

static int check_canaries(const struct arena *arena, struct err *err)
{
    const struct gemm_f32_problem *p = &arena->p;
    const struct canary_cage cage = { "c", arena->c, arena->c_len, arena->c_at, p->m, p->n, p->ldc };

    return canary_check(&cage, err) < 0 ? err_wrap(err, "m=%zu n=%zu k=%zu", p->m, p->n, p->k) : 0;
}

int gemm_f32_check_product(const struct gemm_f32_check_case *c, gemm_f32_check_fn *multiply, void *arg,
                           struct err *err)
{
    struct arena arena;
    int ret = -1;

    if (arena_make(&arena, c, err) < 0 || multiply(arg, &arena.p, err) < 0 || check_canaries(&arena, err) < 0)
        goto out;
    for (size_t i = 0; i < c->m; i++)
        if (check_row(&arena, i, err) < 0)
            goto out;
    ret = 0;
out:
    arena_free(&arena);
    return ret;
}

struct product {
    const struct gemm_f32_impl *impl;
    struct team *team;
};

static int multiply(void *arg, const struct gemm_f32_problem *p, struct err *err)
{
    const struct product *product = arg;
    int threads = product->team ? team_size(product->team) : 1;
    struct gemm_f32_work *work = gemm_f32_work_new(product->impl, p->m, p->n, p->k, threads, err);
    int ret = work ? gemm_f32(p, work, product->team, err) : -1;

    gemm_f32_work_free(work);
    return ret;
}

int gemm_f32_check_size(const struct gemm_f32_impl *impl, size_t m, size_t n, size_t k, uint64_t seed,
                        struct team *team, struct err *err)
{
    struct gemm_f32_check_case c = { m, n, k, .gap_a = 3, .gap_b = 5, .gap_c = 7, .shift = 1, .seed = seed };
    struct product product = { impl, team };

    return gemm_f32_check_product(&c, multiply, &product, err);
}

int gemm_f32_check(const struct gemm_f32_impl *impl, uint64_t seed, struct team *team, struct err *err)
{
    static const struct { size_t m, n, k; } sizes[] = {
        { 1, 1, 1 },       { 1, 33, 7 },     { 7, 1, 31 },     { 33, 63, 1 },   { 5, 3, 2 },
        { 6, 16, 8 },      { 14, 32, 64 },   { 13, 31, 33 },   { 15, 33, 31 },  { 31, 33, 7 },
        { 63, 65, 257 },   { 257, 31, 33 },  { 127, 129, 63 }, { 28, 96, 17 },
        { 29, 37, 1031 },                    /* three or more blocks of k */
        { 260, 17, 9 },    { 3, 2100, 5 },   /* several blocks of rows; of columns */
        { 0, 5, 5 },       { 5, 0, 5 },      { 5, 5, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (gemm_f32_check_size(impl, sizes[i].m, sizes[i].n, sizes[i].k, rng_mix(seed, i), team, err) < 0)
            return -1;
    return 0;
}

int gemm_f32_check_entries(const struct gemm_f32_problem *p, int n, uint64_t seed, struct err *err)
{
    struct rng rng = rng_seed(seed);

    for (int e = 0; e < n; e++) {
        size_t i = rng_below(&rng, p->m), j = rng_below(&rng, p->n);
        double want = 0, magnitude = 0;

        for (size_t l = 0; l < p->k; l++) {
            double product = (double)p->a[i * p->lda + l] * p->b[l * p->ldb + j];

            want += product;
            magnitude += fabs(product);
        }
        if (check_entry(p, i, j, want, error_bound(p->k, magnitude), err) < 0)
            return -1;
    }
    return 0;
}
