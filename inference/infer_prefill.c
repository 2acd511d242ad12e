// SPDX-License-Identifier: MIT
/* infer_prefill.c -- the scenario inference/prefill: a prompt of 64 tokens, up to the first token that follows. */
#include "inference/passes.h"
#include "kernels/roof.h"

static double tokens_s(const struct params *params, double ns)
{
    (void)params;
    return PASSES_AT * 1e9 / ns;
}

static double ttft_ms(const struct params *params, double ns)
{
    (void)params;
    return ns * 1e-6;
}

static int64_t slices(const struct params *params)
{
    return passes_slices(params, PASSES_AT);
}

static bool has(const struct params *params)
{
    return passes_has(params) && (params_get(params, "bits") == 2 || params_get(params, "mparams") == 168);
}

static bool in_codes(const struct params *params)
{
    return params_get(params, "bits") <= 8;
}

static bool in_floats(const struct params *params)
{
    return !in_codes(params);
}

static const int64_t sizes[] = { 3, 168, 680 }, bits[] = { 2, 8, 32 };
static const struct axis axes[] = {
    { .name = "mparams", .values = sizes, .n_values = ARRAY_LEN(sizes), .quick = 1u << 0 },
    { .name = "bits", .values = bits, .n_values = ARRAY_LEN(bits), .quick = 1u << 0 },
    AXIS_THREADS_QUICK_ONE,
};

enum { VNNI512 = PASSES_VARIANTS, FMA512 };

static const struct variant variants[] = {
    [PASSES_SCALAR] = { .name = "scalar", .slices = slices },
    [PASSES_AVX2] = { .name = "avx2", .isa = ISA_AVX2 },
    [PASSES_AVX512] = {
        .name = "avx512", .isa = ISA_AVX2 | ISA_AVX512F | ISA_AVX512VNNI, .roofs = { "vnni512", "fma512" },
    },
    [VNNI512] = {
        .name = "vnni512", .isa = ISA_AVX512VNNI, .impl = &roof_vnni512, .role = ROLE_ROOF, .has = in_codes,
    },
    [FMA512] = {
        .name = "fma512", .isa = ISA_AVX512F, .impl = &roof_fma512, .role = ROLE_ROOF, .has = in_floats,
    },
};

static const struct metric metrics[] = {
    { .name = "tokens_s",
      .unit = "tokens/s",
      .kind = METRIC_TIMED,
      .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = tokens_s },
    { .name = "ttft_ms", .unit = "ms", .kind = METRIC_TIMED, .better = METRIC_LOWER_IS_BETTER, .from_ns = ttft_ms },
    { .name = "weight_mb",
      .unit = "MB",
      .kind = METRIC_EXACT,
      .better = METRIC_LOWER_IS_BETTER,
      .exact = passes_weight_mb },
};

static int setup(const struct bench *bench, void **state, struct err *err)
{
    return passes_setup(bench, PASSES_AT, state, err);
}

const struct scenario scenario_infer_prefill = {
    .name = "inference/prefill",
    .summary = "a prompt of 64 tokens and the first token of the answer: models of several sizes and weights",
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
