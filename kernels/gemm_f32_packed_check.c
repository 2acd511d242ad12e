// SPDX-License-Identifier: MIT
#include "kernels/gemm_f32_packed_check.h"

#include "base/rng.h"

struct product {
    const struct gemm_f32_packed_impl *impl;
    struct team *team;
};

static int multiply(void *arg, const struct gemm_f32_problem *p, struct err *err)
{
    const struct product *product = arg;
    struct gemm_f32_packed *weights = gemm_f32_packed_new(product->impl, p->k, p->n, p->b, p->ldb, err);
    struct gemm_f32_packed_work *work = gemm_f32_packed_work_new(p->m, p->k, err);
    int ret = -1;

    if (weights && work)
        ret = gemm_f32_packed(weights, p->m, p->a, p->lda, p->c, p->ldc, work, product->team, err);
    gemm_f32_packed_work_free(work);
    gemm_f32_packed_free(weights);
    return ret;
}

int gemm_f32_packed_check_case(const struct gemm_f32_packed_impl *impl, const struct gemm_f32_check_case *c,
                               struct team *team, struct err *err)
{
    struct product product = { impl, team };

    return gemm_f32_check_product(c, multiply, &product, err);
}

int gemm_f32_packed_check(const struct gemm_f32_packed_impl *impl, uint64_t seed, struct team *team, struct err *err)
{
    static const struct { size_t m, n, k; } sizes[] = {
        { 1, 1, 1 },     { 1, 33, 7 },   { 3, 31, 1 },    { 8, 32, 64 },
        { 14, 32, 257 }, { 15, 65, 33 }, { 33, 97, 259 }, /* several groups and blocks of k */
        { 29, 37, 1031 },
        { 0, 5, 5 },     { 5, 0, 5 },    { 5, 5, 0 },
    };
    struct gemm_f32_check_case c = { .gap_a = 3, .gap_b = 5, .gap_c = 7, .shift = 1 };

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        c.m = sizes[i].m;
        c.n = sizes[i].n;
        c.k = sizes[i].k;
        c.seed = rng_mix(seed, i);
        if (gemm_f32_packed_check_case(impl, &c, team, err) < 0)
            return -1;
    }
    for (size_t m = 1; m <= 2 * impl->rows_max + 1; m++) {
        c.m = m;
        c.n = 2 * impl->nr + 1;
        c.k = 19; /* no multiple of any `split` */
        c.seed = rng_mix(seed, 100 + m);
        if (gemm_f32_packed_check_case(impl, &c, team, err) < 0)
            return -1;
    }
    return 0;
}
