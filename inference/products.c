// SPDX-License-Identifier: MIT
/* products.c -- the subject inference/linear: activations times weights of every type that models come in, from memory,
 * for one row (decoding), a few (speculation, paths) and many (reading a prompt). */
#include "base/mem.h"
#include "declare/team.h"
#include "inference/products_ring.h"
#include "kernels/roof.h"

#include <stdlib.h>

static const int64_t bits[] = { 2, 8, 16, 32 };
static const int64_t batches[] = { 1, 4, 8, 64 };
static const struct axis products_axes[] = {
    { .name = "bits", .values = bits, .n_values = ARRAY_LEN(bits), .quick = 1u << 1 },
    { .name = "batch", .values = batches, .n_values = ARRAY_LEN(batches), .quick = 1u << 0 },
};

static double operations(const struct params *params)
{
    return 2.0 * (double)params_get(params, "batch") * PRODUCTS_ROWS * PRODUCTS_COLS;
}

static double gops(const struct params *params, double ns)
{
    return operations(params) / ns;
}

/* Of a plain product that is too slow to be timed whole: parts of the columns. */
static int64_t slices(const struct params *params)
{
    int64_t batch = params_get(params, "batch");

    return batch < 8 ? 4 * batch : 64;
}

enum { SCALAR, AVX2, AVX512, ROOF_256, ROOF_512, ROOF_READ, VARIANTS };

static const struct variant products_variants[] = {
    [SCALAR] = { .name = "scalar", .slices = slices },
    [AVX2] = { .name = "avx2", .isa = ISA_AVX2, .roofs = { "roof_256", "roof_read" } },
    [AVX512] = { .name = "avx512", .isa = ISA_AVX512F | ISA_AVX512VNNI, .roofs = { "roof_512", "roof_read" } },
    [ROOF_256] = { .name = "roof_256", .isa = ISA_AVX2, .role = ROLE_ROOF },
    [ROOF_512] = { .name = "roof_512", .isa = ISA_AVX512F | ISA_AVX512VNNI, .role = ROLE_ROOF },
    [ROOF_READ] = { .name = "roof_read", .role = ROLE_ROOF },
};

struct state {
    struct products_ring *ring;
    struct team *team;
    double operations, weights;
    bool floats;
    size_t batch, slices;
};

static int intensity(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *state = arg;

    (void)variant;
    (void)err;
    *value = state->operations / ((double)products_ring_bytes(state->ring) +
                                  sizeof(float) * (double)state->batch * (PRODUCTS_ROWS + PRODUCTS_COLS));
    return 0;
}

static const struct metric products_metrics[] = {
    { .name = "gops", .unit = "Gop/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER, .from_ns = gops },
    { .name = "intensity",
      .unit = "op/byte",
      .kind = METRIC_EXACT,
      .better = METRIC_HIGHER_IS_BETTER,
      .exact = intensity },
};

static void products_teardown(void *arg)
{
    struct state *state = arg;

    if (!state)
        return;
    products_ring_free(state->ring);
    free(state);
}

static int products_setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *state = mem_array(1, sizeof(*state));

    state->team = bench->team;
    state->operations = operations(bench->params);
    state->floats = params_get(bench->params, "bits") >= 16;
    state->batch = (size_t)params_get(bench->params, "batch");
    state->slices = (size_t)slices(bench->params);
    state->ring = products_ring_new(bench, state->batch, err);
    if (!state->ring) {
        products_teardown(state);
        return -1;
    }
    *out = state;
    return 0;
}

/* The arithmetic at the host's peak: multiply-adds of floats, or of bytes. */
static int64_t run_roof(const struct state *state, const struct variant *variant, double ops)
{
    bool narrow = variant == &products_variants[ROOF_256];

    return roof_compute_run(state->floats ? (narrow ? &roof_fma256 : &roof_fma512)
                                          : (narrow ? &roof_int8_avx2 : &roof_vnni512),
                            ops, state->team);
}

/* What the variant may use is what it needs, and what comes with that. */
static uint32_t kernels_of(const struct variant *variant)
{
    return variant->isa & ISA_AVX512F ? variant->isa | ISA_AVX2 : variant->isa;
}

static void products_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *state = arg;

    for (int64_t i = 0; i < n; i++) {
        if (variant == &products_variants[ROOF_READ])
            products_ring_read(state->ring);
        else if (variant->role == ROLE_ROOF)
            run_roof(state, variant, state->operations);
        else
            products_ring_run(state->ring, kernels_of(variant), variant->slices ? state->slices : 1);
    }
}

/* The sums of the roofs tell that they did something; that they do what they say is the business of kernels/roof_*. */
static int products_check(void *arg, const struct variant *variant, struct err *err)
{
    struct state *state = arg;

    if (variant->role != ROLE_ROOF)
        return products_ring_check(state->ring, kernels_of(variant), state->batch, err);
    if (variant == &products_variants[ROOF_READ] ? products_ring_read(state->ring) != 0
                                                 : run_roof(state, variant, 1e6) > 0)
        return 0;
    return err_set(err, ERR_HARNESS, "'%s' did nothing", variant->name);
}

const struct scenario scenario_products = {
    .name = "inference/linear",
    .summary = "activations times weights of 2, 8, 16 and 32 bits from memory, for batches of tokens",
    .axes = products_axes,
    .n_axes = ARRAY_LEN(products_axes),
    .variants = products_variants,
    .n_variants = ARRAY_LEN(products_variants),
    .metrics = products_metrics,
    .n_metrics = ARRAY_LEN(products_metrics),
    .setup = products_setup,
    .run = products_run,
    .check = products_check,
    .teardown = products_teardown,
};
