// SPDX-License-Identifier: MIT
#include "kernels/gemm_ternary_check.h"

#include "base/mem.h"
#include "base/rng.h"
#include "declare/team.h"
#include "kernels/canary.h"
#include "kernels/gemm_ternary_work.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHIFT = 1,      /* floats by which X and Y miss their alignment */
    GUARD = 64,     /* floats of canary before and after Y */
    NO_WEIGHT = 77, /* in the gaps of W: packing refuses it, should it look there */
};

/* The matrices of one check, and the memory they lie in. */
struct arena {
    size_t m, n, k, ldw;
    float scale;
    int8_t *w;                     /* (n, k) */
    float *x, *y;                  /* allocations; p.x and p.y point into them */
    size_t y_len;                  /* of the allocation, in floats */
    struct gemm_ternary_problem p; /* without its weights */
};

static float symmetric(struct rng *rng)
{
    return (float)(2 * rng_uniform(rng) - 1);
}

enum row_kind { ROW_ORDINARY, ROW_HALVES, ROW_ZEROS, ROW_DENORMALS, ROW_LARGEST, ROW_NAN, ROW_INFINITY, ROW_KINDS };

static void fill_row(float *x, size_t k, enum row_kind kind, struct rng *rng)
{
    size_t at = rng_below(rng, k);

    for (size_t l = 0; l < k; l++) {
        float any = symmetric(rng);

        switch (kind) {
        case ROW_HALVES: /* with a maximum of 127 the scale is 1 */
            x[l] = l == at ? 127 : (float)rng_below(rng, 254) - 126.5f;
            break;
        case ROW_ZEROS:
            x[l] = any < 0 ? -0.0f : 0.0f;
            break;
        case ROW_DENORMALS:
            x[l] = any * FLT_MIN;
            break;
        case ROW_LARGEST:
            x[l] = any < 0 ? -FLT_MAX : FLT_MAX;
            break;
        default:
            x[l] = any * 8;
        }
    }
    if (kind == ROW_NAN)
        x[at] = rng_below(rng, 2) ? NAN : -NAN;
    if (kind == ROW_INFINITY)
        x[at] = rng_below(rng, 2) ? INFINITY : -INFINITY;
}

static void arena_free(struct arena *a)
{
    free(a->w);
    free(a->x);
    free(a->y);
}

/* W and X end where their allocations end, so that AddressSanitizer sees a read beyond them. */
static int arena_make(struct arena *a, size_t m, size_t n, size_t k, uint64_t seed, struct err *err)
{
    struct gemm_ternary_problem *p = &a->p;
    struct rng rng = rng_seed(seed);
    size_t kind = rng_below(&rng, ROW_KINDS);

    *a = (struct arena){ .m = m, .n = n, .k = k, .ldw = k + 7, .scale = symmetric(&rng) };
    *p = (struct gemm_ternary_problem){ .m = m, .ldx = k + 3, .ldy = n + 5 };
    a->y_len = GUARD + SHIFT + canary_span(m, n, p->ldy) + GUARD;
    a->w = malloc(canary_span(n, k, a->ldw) + 1);
    a->x = canary_floats(SHIFT + canary_span(m, k, p->ldx), err);
    a->y = canary_floats(a->y_len, err);
    if (!a->w || !a->x || !a->y)
        return -1;
    memset(a->w, NO_WEIGHT, canary_span(n, k, a->ldw));
    for (size_t j = 0; j < n; j++)
        for (size_t l = 0; l < k; l++)
            a->w[j * a->ldw + l] = (int8_t)((int)rng_below(&rng, 3) - 1);
    for (size_t i = 0; i < m && k > 0; i++)
        fill_row(a->x + SHIFT + i * p->ldx, k, (enum row_kind)((i + kind) % ROW_KINDS), &rng);
    p->x = a->x + SHIFT;
    p->y = a->y + GUARD + SHIFT;
    return 0;
}

/* The largest magnitude of a row, at least 1e-5; NaN where the row has a NaN or an infinity. */
static float row_max(const float *x, size_t k)
{
    float most = 1e-5f;

    for (size_t l = 0; l < k; l++) {
        if (!isfinite(x[l]))
            return NAN;
        most = fabsf(x[l]) > most ? fabsf(x[l]) : most;
    }
    return most;
}

static int64_t quantised(float x, float most)
{
    return isnan(most) ? 0 : lrintf(x * (127.0f / most));
}

static float result(int64_t sum, float scale, float most)
{
    return (float)sum * (scale * (most / 127.0f));
}

static int check_entry(const struct gemm_ternary_problem *p, size_t n, size_t k, size_t i, size_t j, float want,
                       struct err *err)
{
    const float *got = p->y + i * p->ldy + j;

    if (memcmp(got, &want, sizeof(want)) == 0 || (isnan(*got) && isnan(want) && !canary_alive(got)))
        return 0;
    return err_set(err, ERR_HARNESS, "m=%zu n=%zu k=%zu: y[%zu][%zu] is %.9g, want %.9g", p->m, n, k, i, j,
                   (double)*got, (double)want);
}

static int check_row(const struct arena *a, size_t i, struct err *err)
{
    const float *x = a->p.x + i * a->p.ldx;
    float most = row_max(x, a->k);

    for (size_t j = 0; j < a->n; j++) {
        int64_t sum = 0;

        for (size_t l = 0; l < a->k; l++)
            sum += quantised(x[l], most) * a->w[j * a->ldw + l];
        if (check_entry(&a->p, a->n, a->k, i, j, a->k > 0 ? result(sum, a->scale, most) : 0, err) < 0)
            return -1;
    }
    return 0;
}

static int check_canaries(const struct arena *a, struct err *err)
{
    const struct canary_cage cage = { "y", a->y, a->y_len, GUARD + SHIFT, a->m, a->n, a->p.ldy };

    return canary_check(&cage, err) < 0 ? err_wrap(err, "m=%zu n=%zu k=%zu", a->m, a->n, a->k) : 0;
}

/* Packs, computes and compares. */
static int check_arena(struct arena *a, const struct gemm_ternary_impl *impl, struct team *team, struct err *err)
{
    struct gemm_ternary_weights *weights = gemm_ternary_pack(a->w, a->ldw, a->n, a->k, a->scale, err);
    struct gemm_ternary_work *work = NULL;
    int ret = -1;

    if (!weights)
        goto out;
    a->p.weights = weights;
    work = gemm_ternary_work_new(impl, a->m, a->k, team ? team_size(team) : 1, err);
    if (!work || gemm_ternary(&a->p, work, team, err) < 0 || check_canaries(a, err) < 0)
        goto out;
    for (size_t i = 0; i < a->m; i++)
        if (check_row(a, i, err) < 0)
            goto out;
    ret = 0;
out:
    gemm_ternary_work_free(work);
    gemm_ternary_weights_free(weights);
    return ret;
}

int gemm_ternary_check_size(const struct gemm_ternary_impl *impl, size_t m, size_t n, size_t k, uint64_t seed,
                            struct team *team, struct err *err)
{
    struct arena arena;
    int ret = arena_make(&arena, m, n, k, seed, err);

    if (ret == 0)
        ret = check_arena(&arena, impl, team, err);
    arena_free(&arena);
    return ret;
}

int gemm_ternary_check_worst(const struct gemm_ternary_impl *impl, int weight, size_t k, struct team *team,
                             struct err *err)
{
    enum { M = 2, N = 33 };
    struct arena arena;
    int ret = arena_make(&arena, M, N, k, 1, err);

    if (ret == 0) {
        memset(arena.w, weight, canary_span(N, k, arena.ldw));
        for (size_t i = 0; i < M; i++)
            for (size_t l = 0; l < k; l++)
                arena.x[SHIFT + i * arena.p.ldx + l] = i == 0 ? 3 : -3;
        ret = check_arena(&arena, impl, team, err);
    }
    arena_free(&arena);
    return ret;
}

int gemm_ternary_check(const struct gemm_ternary_impl *impl, uint64_t seed, struct team *team, struct err *err)
{
    static const struct {
        size_t m, n, k;
    } sizes[] = {
        { 1, 1, 1 },     { 1, 32, 16 },  { 1, 33, 17 },  { 2, 31, 15 },   { 3, 64, 33 },  { 4, 5, 2050 },
        { 5, 65, 47 },   { 6, 32, 271 }, { 7, 33, 129 }, { 8, 97, 100 },  { 11, 40, 64 }, { 14, 34, 256 },
        { 15, 31, 513 }, { 29, 70, 31 }, { 43, 37, 65 }, { 1, 301, 999 },
        { 30, 1, 27000 }, /* more than one group of rows */
        { 0, 5, 5 },     { 5, 0, 5 },    { 5, 5, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (gemm_ternary_check_size(impl, sizes[i].m, sizes[i].n, sizes[i].k, rng_mix(seed, i), team, err) < 0)
            return -1;
    for (int weight = -1; weight <= 1; weight++)
        if (gemm_ternary_check_worst(impl, weight, 32768, team, err) < 0)
            return err_wrap(err, "all weights %d", weight);
    return 0;
}

int gemm_ternary_check_entries(const struct gemm_ternary_problem *p, size_t m, size_t n, int entries, uint64_t seed,
                               struct err *err)
{
    const struct gemm_ternary_weights *w = p->weights;
    struct rng rng = rng_seed(seed);

    for (int e = 0; e < entries; e++) {
        size_t i = rng_below(&rng, m), j = rng_below(&rng, n);
        const float *x = p->x + i * p->ldx;
        float most = row_max(x, w->k);
        int64_t sum = 0;

        for (size_t l = 0; l < w->k; l++)
            sum += quantised(x[l], most) * gemm_ternary_weight(w, j, l);
        if (check_entry(p, w->n, w->k, i, j, result(sum, w->scale, most), err) < 0)
            return -1;
    }
    return 0;
}
