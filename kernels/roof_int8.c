// SPDX-License-Identifier: MIT
/* roof_int8.c -- the scenario kernels/roof_int8: how many int8 operations a second this host can do at best. */
#include "base/err.h"
#include "declare/isa.h"
#include "declare/scenario.h"
#include "kernels/roof.h"
#include "kernels/roof_ceiling.h"

static const struct axis axes[] = { AXIS_THREADS };

static const struct variant variants[] = {
    { .name = "sse2", .isa = ISA_ANY, .impl = &roof_int8_sse2, .role = ROLE_ROOF },
    { .name = "avx2", .isa = ISA_AVX2, .impl = &roof_int8_avx2, .role = ROLE_ROOF },
    { .name = "vnni256", .isa = ISA_AVXVNNI, .impl = &roof_vnni256, .role = ROLE_ROOF },
    { .name = "vnni256_evex", .isa = ISA_AVX512VNNI, .impl = &roof_vnni256_evex, .role = ROLE_ROOF },
    { .name = "vnni512", .isa = ISA_AVX512VNNI, .impl = &roof_vnni512, .role = ROLE_ROOF },
};

static const struct metric metrics[] = {
    { .name = "gops", .unit = "Gop/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = roof_ceiling_gops },
};

static int64_t scalar(int64_t n_products)
{
    static const uint8_t u[] = ROOF_U;
    static const int8_t s[] = ROOF_S;
    int64_t sum = 0;

    for (int64_t i = 0; i < n_products; i++)
        sum += u[i % 4] * s[i % 4];
    return sum;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    return roof_ceiling_check(state, variant, scalar, err);
}

const struct scenario scenario_roof_int8 = {
    .name = "kernels/roof_int8",
    .summary = "the host's ceiling of int8 multiply-adds, on registers",
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
