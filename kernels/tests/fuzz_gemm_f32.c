// SPDX-License-Identifier: MIT
/* fuzz_gemm_f32.c -- draws sizes, gaps, alignment, blocks and the number of threads from the input, and wants a right
 * result, and not a float beside C written, of every implementation that the host has. */
#include "base/mem.h"
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_f32_check.h"
#include "kernels/gemm_f32_packed_check.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct draw {
    const uint8_t *data;
    size_t size;
};

/* Below `limit`, of the next two bytes; 0 when there are no more. */
static size_t draw(struct draw *d, size_t limit)
{
    size_t value;

    if (d->size < 2)
        return 0;
    value = (size_t)d->data[0] | (size_t)d->data[1] << 8;
    d->data += 2;
    d->size -= 2;
    return value % limit;
}

struct way {
    const struct gemm_f32_impl *impl;
    struct gemm_f32_blocks blocks;
    struct team *team;
};

static int multiply(void *arg, const struct gemm_f32_problem *p, struct err *err)
{
    const struct way *way = arg;
    int threads = way->team ? team_size(way->team) : 1;
    struct gemm_f32_work *work = gemm_f32_work_new_blocks(way->impl, &way->blocks, p->m, p->n, p->k, threads, err);
    int ret = work ? gemm_f32(p, work, way->team, err) : -1;

    gemm_f32_work_free(work);
    return ret;
}

/* Each implementation that the host has, on the same product. */
static void try_all(const struct gemm_f32_check_case *c, struct way *way)
{
    static const struct gemm_f32_impl *const impls[] = {
        &gemm_f32_naive, &gemm_f32_naive_ikj, &gemm_f32_avx2, &gemm_f32_avx512,
    };
    static const struct gemm_f32_packed_impl *const packed[] = {
        &gemm_f32_packed_scalar, &gemm_f32_packed_avx2, &gemm_f32_packed_avx512,
    };
    struct err err = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(impls); i++) {
        way->impl = impls[i];
        if (!(impls[i]->isa & ~isa_host()) && gemm_f32_check_product(c, multiply, way, &err) < 0)
            BUG("%s: %s", impls[i]->name, err.msg);
    }
    for (size_t i = 0; i < ARRAY_LEN(packed); i++)
        if (!(packed[i]->isa & ~isa_host()) && gemm_f32_packed_check_case(packed[i], c, way->team, &err) < 0)
            BUG("packed %s: %s", packed[i]->name, err.msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct team *team; /* for the life of the process */
    struct draw d = { data, size };
    struct gemm_f32_check_case c = { .m = draw(&d, 40), .n = draw(&d, 100), .k = draw(&d, 300) };
    struct way way = { 0 };
    struct err err = { 0 };

    c.gap_a = draw(&d, 20);
    c.gap_b = draw(&d, 20);
    c.gap_c = draw(&d, 20);
    c.shift = draw(&d, 16);
    c.seed = draw(&d, 1 << 16);
    way.blocks.mc = draw(&d, 50);
    way.blocks.kc = draw(&d, 150);
    way.blocks.nc = draw(&d, 110);
    if (!team)
        team = team_new(2, NULL, NULL, &err);
    if (!team)
        BUG("%s", err.msg);
    way.team = draw(&d, 2) ? team : NULL;
    try_all(&c, &way);
    return 0;
}
