// SPDX-License-Identifier: MIT
/* roof_fma.c -- the scenario kernels/roof_fma: how many float32 operations a second this host can do at best. */
#include "base/err.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "kernels/roof.h"
#include "kernels/roof_ceiling.h"

static const struct axis axes[] = { AXIS_THREADS };

static const struct variant variants[] = {
    { .name = "sse2", .isa = ISA_ANY, .impl = &roof_fma_sse2, .role = ROLE_ROOF },
    { .name = "fma256", .isa = ISA_AVX2, .impl = &roof_fma256, .role = ROLE_ROOF },
    { .name = "fma512", .isa = ISA_AVX512F, .impl = &roof_fma512, .role = ROLE_ROOF },
};

static const struct metric metrics[] = {
    { .name = "gflops", .unit = "GFLOP/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = roof_ceiling_gops },
};

static int64_t scalar(int64_t n_products)
{
    double sum = 0;

    for (int64_t i = 0; i < n_products; i++)
        sum += (double)(ROOF_A * ROOF_B);
    return (int64_t)sum;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    return roof_ceiling_check(state, variant, scalar, err);
}

const struct scenario scenario_roof_fma = {
    .name = "kernels/roof_fma",
    .summary = "the host's ceiling of float32 multiply-adds, on registers",
    .axes = axes,
    .n_axes = ARRAY_LEN(axes),
    .variants = variants,
    .n_variants = ARRAY_LEN(variants),
    .metrics = metrics,
    .n_metrics = ARRAY_LEN(metrics),
    .setup = roof_ceiling_setup,
    .run = roof_ceiling_run,
    .check = check,
    .teardown = roof_ceiling_teardown,
};
