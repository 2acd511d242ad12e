// SPDX-License-Identifier: MIT
/* batch.c -- the subject inference/batch: what a batch of tokens costs beside as many steps of one token, with the same
 * kernels: whether it pays to check several drafts, or to follow several paths, at once. The speedup is k / R(k), with
 * R(k) the time of k rows over the time of one. */
#include "base/mem.h"
#include "inference/products_ring.h"

#include <stdlib.h>

static const int64_t bits[] = { 2, 8, 16, 32 };
static const int64_t batches[] = { 2, 4, 8, 16 };
static const struct axis batch_axes[] = {
    { .name = "bits", .values = bits, .n_values = ARRAY_LEN(bits), .quick = 1u << 1 },
    { .name = "batch", .values = batches, .n_values = ARRAY_LEN(batches), .quick = 1u << 2 },
};

enum { SINGLE, AVX2, AVX512 };

/* The reference uses the best kernels there are, each of the others those of its name. */
static const struct variant batch_variants[] = {
    [SINGLE] = { .name = "single" },
    [AVX2] = { .name = "avx2", .isa = ISA_AVX2 },
    [AVX512] = { .name = "avx512", .isa = ISA_AVX512F | ISA_AVX512VNNI },
};

struct state {
    struct products_ring *ring;
    uint32_t isa;
    size_t batch;
};

static double rows_per_s(const struct params *params, double ns)
{
    return (double)params_get(params, "batch") * 1e9 / ns;
}

static const struct metric batch_metrics[] = {
    { .name = "rows_per_s",
      .unit = "rows/s",
      .kind = METRIC_TIMED,
      .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = rows_per_s },
};

static void batch_teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    products_ring_free(state->ring);
    free(state);
}

static int batch_setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));

    state->isa = bench->isa;
    state->batch = (size_t)params_get(bench->params, "batch");
    state->ring = products_ring_new(bench, state->batch, err);
    if (!state->ring) {
        batch_teardown(state);
        return -1;
    }
    *out = state;
    return 0;
}

static size_t at_once(const struct state *state, const struct variant *variant)
{
    return variant == &batch_variants[SINGLE] ? 1 : state->batch;
}

static uint32_t kernels_of(const struct state *state, const struct variant *variant)
{
    return variant == &batch_variants[AVX2] ? ISA_AVX2 : state->isa;
}

/* One operation makes `batch` rows of Y. A step of one row reads a matrix of its own, as in a model the same matrix is
 * read again only when all others were. */
static void batch_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;

    for (int64_t i = 0; i < n; i++)
        products_ring_rows(state->ring, kernels_of(state, variant), at_once(state, variant));
}

static int batch_check(void *arg, const struct variant *variant, struct err *err)
{
    const struct state *state = arg;

    return products_ring_check(state->ring, kernels_of(state, variant), at_once(state, variant), err);
}

const struct scenario scenario_batch = {
    .name = "inference/batch",
    .summary = "a batch of tokens beside as many steps of one token: weights of 2 to 32 bits from memory",
    .axes = batch_axes,
    .n_axes = ARRAY_LEN(batch_axes),
    .variants = batch_variants,
    .n_variants = ARRAY_LEN(batch_variants),
    .metrics = batch_metrics,
    .n_metrics = ARRAY_LEN(batch_metrics),
    .setup = batch_setup,
    .run = batch_run,
    .check = batch_check,
    .teardown = batch_teardown,
};
