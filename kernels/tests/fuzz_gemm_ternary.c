// SPDX-License-Identifier: MIT
/* Draws a product from the bytes: sizes, gaps, misalignment, threads and content; every implementation that the host
 * has must give the bits that the scalar one gives, and touch nothing else.
 *
 * Bytes: m, n, k (two), gap of x, gap of y, misalignment, threads, scale (four); then the content, repeated where it is
 * shorter than the matrices, two bits a weight and one or four bytes a float. */
#include "base/err.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_ternary.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 12, GUARD = 8 };

static const uint32_t canary = 0x7fc0beef;

struct content {
    const uint8_t *data;
    size_t size, at;
};

static uint8_t next(struct content *c)
{
    uint8_t byte = c->size ? c->data[c->at++ % c->size] : 0x5a;

    return (uint8_t)(byte + c->at / (c->size + 1)); /* another byte each time round */
}

/* Mostly small numbers, now and then any bit pattern at all. */
static float any_float(struct content *c)
{
    uint8_t kind = next(c), bytes[4];
    float f;

    if (kind >= 8)
        return (float)(int8_t)kind / 4;
    for (int i = 0; i < 4; i++)
        bytes[i] = next(c);
    memcpy(&f, bytes, sizeof(f));
    return f;
}

/* Y with canaries in all that is not Y; `len` floats. */
static float *new_y(size_t len)
{
    float *y = malloc(len * sizeof(*y));

    for (size_t i = 0; y && i < len; i++)
        memcpy(y + i, &canary, sizeof(canary));
    if (!y)
        abort();
    return y;
}

static bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static bool is_canary(float f)
{
    return memcmp(&f, &canary, sizeof(f)) == 0;
}

static void run(const struct gemm_ternary_impl *impl, struct gemm_ternary_problem p, size_t k, float *y, int threads)
{
    struct err err = { 0 };
    struct gemm_ternary_work *work = gemm_ternary_work_new(impl, p.m, k, threads, &err);
    struct team *team = threads > 1 ? team_new(threads, NULL, NULL, &err) : NULL;

    p.y = y;
    if (!work || gemm_ternary(&p, work, team, &err) < 0)
        abort();
    team_free(team);
    gemm_ternary_work_free(work);
}

static void compare(const float *want, const float *got, size_t len, const struct gemm_ternary_problem *p, size_t n,
                    size_t shift)
{
    for (size_t i = 0; i < len; i++) {
        size_t at = i - GUARD - shift;
        bool inside = i >= GUARD + shift && n > 0 && at / p->ldy < p->m && at % p->ldy < n;

        if (inside ? !same(want[i], got[i]) || is_canary(got[i]) : !is_canary(got[i]))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gemm_ternary_impl *const impls[] = { &gemm_ternary_avx2, &gemm_ternary_avxvnni,
                                                             &gemm_ternary_avx512vnni };
    struct content c = { data, size, HEAD };
    size_t m, n, k, shift, x_len, y_len;
    struct gemm_ternary_weights *weights;
    struct gemm_ternary_problem p;
    struct err err = { 0 };
    float scale, *x, *want;
    int8_t *w;

    if (size < HEAD)
        return 0;
    m = data[0] % 48;
    n = data[1] % 100;
    k = (size_t)(data[2] | data[3] << 8) % 600;
    p = (struct gemm_ternary_problem){ .m = m, .ldx = k + data[4] % 9, .ldy = n + data[5] % 9 };
    shift = data[6] % 16;
    memcpy(&scale, data + 8, sizeof(scale));
    w = malloc(n * k + 1);
    x_len = shift + m * p.ldx;
    x = new_y(x_len + 1);
    if (!w)
        abort();
    for (size_t i = 0; i < n * k; i++)
        w[i] = (int8_t)(next(&c) % 3 - 1);
    for (size_t i = shift; i < x_len; i++)
        if (p.ldx > 0 && (i - shift) % p.ldx < k)
            x[i] = any_float(&c);
    weights = gemm_ternary_pack(w, k, n, k, scale, &err);
    if (!weights && isfinite(scale))
        abort();
    if (weights) {
        p.x = x + shift;
        p.weights = weights;
        y_len = GUARD + shift + m * p.ldy + GUARD;
        want = new_y(y_len);
        run(&gemm_ternary_scalar, p, k, want + GUARD + shift, 1);
        compare(want, want, y_len, &p, n, shift);
        for (size_t i = 0; i < ARRAY_LEN(impls); i++)
            if (!(impls[i]->isa & ~isa_host())) {
                float *got = new_y(y_len);

                run(impls[i], p, k, got + GUARD + shift, data[7] % 8 == 0 ? 2 : 1); /* a team is slow to make */
                compare(want, got, y_len, &p, n, shift);
                free(got);
            }
        free(want);
    }
    gemm_ternary_weights_free(weights);
    free(w);
    free(x);
    return 0;
}
