// SPDX-License-Identifier: MIT
/* infer_decode.c -- the scenario inference/decode: one token at a time, behind a prompt of 64. */
#include "inference/passes.h"
#include "kernels/roof.h"

static double tokens_s(const struct params *params, double ns)
{
    (void)params;
    return 1e9 / ns;
}

static int64_t slices(const struct params *params)
{
    return passes_slices(params, 1);
}

static bool has(const struct params *params)
{
    return passes_has(params) && (params_get(params, "mparams") != 680 || params_get(params, "bits") == 2);
}

static const int64_t sizes[] = { 3, 168, 680 }, bits[] = { 2, 8, 32 };
static const struct axis axes[] = {
    { .name = "mparams", .values = sizes, .n_values = ARRAY_LEN(sizes), .quick = 1u << 0 },
    { .name = "bits", .values = bits, .n_values = ARRAY_LEN(bits), .quick = 1u << 0 },
    AXIS_THREADS_QUICK_ONE,
};

enum { READ256 = PASSES_VARIANTS, READ512 };

static const struct variant variants[] = {
    [PASSES_SCALAR] = { .name = "scalar", .slices = slices },
    [PASSES_AVX2] = { .name = "avx2", .isa = ISA_AVX2, .roofs = { "read256" } },
    [PASSES_AVX512] = { .name = "avx512", .isa = ISA_AVX2 | ISA_AVX512F | ISA_AVX512VNNI, .roofs = { "read512" } },
    [READ256] = { .name = "read256", .isa = ISA_AVX2, .impl = &roof_read256, .role = ROLE_ROOF },
    [READ512] = { .name = "read512", .isa = ISA_AVX512F, .impl = &roof_read512, .role = ROLE_ROOF },
};

static const struct metric metrics[] = {
    { .name = "tokens_s",
      .unit = "tokens/s",
      .kind = METRIC_TIMED,
      .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = tokens_s },
    { .name = "weight_mb",
      .unit = "MB",
      .kind = METRIC_EXACT,
      .better = METRIC_LOWER_IS_BETTER,
      .exact = passes_weight_mb },
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    return passes_setup(bench, 1, state, err);
}

const struct scenario scenario_infer_decode = {
    .name = "inference/decode",
    .summary = "one token after a prompt of 64: models of several sizes and weights",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .has = has,
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = setup,
    .run = passes_run,
    .check = passes_check,
    .teardown = passes_teardown,
};
