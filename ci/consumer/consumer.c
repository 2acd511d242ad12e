// SPDX-License-Identifier: MIT
/* Somebody else's program: products through the installed headers, compared with a triple loop. Strict C17, none of
 * this project's flags, and functions of its own that have the names of the library's insides. */
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_f32.h"
#include "kernels/gemm_f32_packed.h"
#include "kernels/gemm_ternary.h"

#include <math.h>
#include <stdio.h>

enum { M = 37, N = 45, K = 53, LD = 64 };

static float a[M * LD], b[K * LD], c[M * LD];

/* Not the library's: were its own visible, this program would not link. */
void *mem_array(size_t n, size_t size);
void *mem_array(size_t n, size_t size)
{
    return n + size ? NULL : a;
}

int text_add = 1, rng_next = 2, scenario_gemm_f32 = 3;

static int differs(const char *name)
{
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double want = 0, magnitude = 0;

            for (size_t l = 0; l < K; l++) {
                want += (double)a[i * LD + l] * b[l * LD + j];
                magnitude += fabs((double)a[i * LD + l] * b[l * LD + j]);
            }
            if (!(fabs(c[i * LD + j] - want) <= K * 0x1p-23 * magnitude)) { /* the bound of kernels/gemm_f32.h */
                printf("%s: c[%zu][%zu] is %g, want %g\n", name, i, j, (double)c[i * LD + j], want);
                return 1;
            }
        }
    return 0;
}

static int lacks(const char *name, uint32_t isa)
{
    if (isa & ~isa_host())
        printf("%s: this host lacks it\n", name);
    return isa & ~isa_host() ? 1 : 0;
}

static void clear(void)
{
    for (size_t i = 0; i < M * LD; i++)
        c[i] = NAN;
}

static int try_one(const struct gemm_f32_impl *impl, struct team *team)
{
    struct gemm_f32_problem p = { .m = M, .n = N, .k = K, .a = a, .lda = LD, .b = b, .ldb = LD, .c = c, .ldc = LD };
    struct err err = { 0 };
    struct gemm_f32_work *work;
    int ret = 1;

    if (lacks(impl->name, impl->isa))
        return 0;
    clear();
    work = gemm_f32_work_new(impl, M, N, K, team_size(team), &err);
    if (!work || gemm_f32(&p, work, team, &err) < 0)
        printf("%s\n", err.msg);
    else
        ret = differs(impl->name);
    gemm_f32_work_free(work);
    if (!ret)
        printf("%s: right\n", impl->name);
    return ret;
}

static int try_packed(const struct gemm_f32_packed_impl *impl, struct team *team)
{
    struct err err = { 0 };
    struct gemm_f32_packed *weights;
    struct gemm_f32_packed_work *work;
    int ret = 1;

    if (lacks(impl->name, impl->isa))
        return 0;
    clear();
    weights = gemm_f32_packed_new(impl, K, N, b, LD, &err);
    work = gemm_f32_packed_work_new(M, K, &err);
    if (!weights || !work || gemm_f32_packed(weights, M, a, LD, c, LD, work, team, &err) < 0)
        printf("%s\n", err.msg);
    else
        ret = differs(impl->name);
    gemm_f32_packed_work_free(work);
    gemm_f32_packed_free(weights);
    if (!ret)
        printf("packed, %s: right\n", impl->name);
    return ret;
}

/* Whole numbers up to 127 and a scale of 1: quantised they stay what they are, and the sums are exact. */
static int try_ternary(const struct gemm_ternary_impl *impl, struct team *team)
{
    static int8_t w[N * K];
    static float x[M * K], y[M * N];
    struct gemm_ternary_problem p = { .m = M, .x = x, .ldx = K, .y = y, .ldy = N };
    struct gemm_ternary_weights *weights;
    struct gemm_ternary_work *work;
    struct err err = { 0 };
    int wrong = 0;

    if (lacks(impl->name, impl->isa))
        return 0;
    for (size_t i = 0; i < N * K; i++)
        w[i] = (int8_t)(i * 7 % 3) - 1;
    for (size_t i = 0; i < M * K; i++)
        x[i] = i % K ? (float)(i * 5 % 255) - 127 : 127;
    weights = gemm_ternary_pack(w, K, N, K, 1, &err);
    work = gemm_ternary_work_new(impl, M, K, team_size(team), &err);
    p.weights = weights;
    wrong = !weights || !work || gemm_ternary(&p, work, team, &err) < 0;
    for (size_t i = 0; i < M && !wrong; i++)
        for (size_t j = 0; j < N; j++) {
            float want = 0;

            for (size_t l = 0; l < K; l++)
                want += x[i * K + l] * (float)w[j * K + l];
            wrong |= y[i * N + j] != want;
        }
    printf("ternary, %s: %s\n", impl->name, err.code ? err.msg : wrong ? "wrong" : "right");
    gemm_ternary_work_free(work);
    gemm_ternary_weights_free(weights);
    return wrong;
}

int main(void)
{
    struct err err = { 0 };
    struct team *team = team_new(2, NULL, NULL, &err);
    int failed;

    if (!team) {
        printf("%s\n", err.msg);
        return 1;
    }
    for (size_t i = 0; i < M * LD; i++)
        a[i] = (float)sin((double)i);
    for (size_t i = 0; i < K * LD; i++)
        b[i] = (float)cos((double)i);
    failed = try_one(&gemm_f32_naive, team) | try_one(&gemm_f32_avx2, team) | try_one(&gemm_f32_avx512, team) |
             try_packed(&gemm_f32_packed_scalar, team) | try_packed(&gemm_f32_packed_avx2, team) |
             try_packed(&gemm_f32_packed_avx512, team) | try_ternary(&gemm_ternary_scalar, team) |
             try_ternary(&gemm_ternary_avx2, team) | try_ternary(gemm_ternary_best(isa_host()), team);
    team_free(team);
    return failed;
}
