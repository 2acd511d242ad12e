// SPDX-License-Identifier: MIT
/* declare_fixture.h -- two scenarios that are well declared, to be spoilt by tests. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "declare/isa.h"
#include "declare/params.h"
#include "declare/registry.h"
#include "declare/result.h"
#include "declare/scenario.h"

#include <stdio.h>
#include <string.h>

static const int64_t sizes[] = { 64, 1024 }, descending[] = { 1024, 64 }, level[] = { 64, 64 }, zero[] = { 0, 1 };
static const struct axis axes[] = { { .name = "n", .values = sizes, .n_values = 2, .quick = 1u << 0 }, AXIS_THREADS };
static const struct variant variants[] = { { .name = "naive" }, { .name = "avx2", .isa = ISA_AVX2 } };

static void run(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    (void)n;
}

static int check(void *state, const struct variant *variant, struct err *err)
{
    (void)state;
    (void)variant;
    (void)err;
    return 0;
}

static double from_ns(const struct params *params, double ns)
{
    (void)params;
    return 1 / ns;
}

static int exact(void *state, const struct variant *variant, double *value, struct err *err)
{
    (void)state;
    (void)variant;
    (void)err;
    *value = 1;
    return 0;
}

static const struct metric metrics[] = {
    { "gflops", "GFLOP/s", METRIC_TIMED, METRIC_HIGHER_IS_BETTER, .from_ns = from_ns },
    { "recall@10", "", METRIC_EXACT, METRIC_HIGHER_IS_BETTER, .exact = exact },
};

static const struct scenario good = {
    .name = "kernels/gemm_f32",
    .summary = "a scenario like any other",
    .axes = axes, .n_axes = ARRAY_LEN(axes),
    .variants = variants, .n_variants = ARRAY_LEN(variants),
    .metrics = metrics, .n_metrics = ARRAY_LEN(metrics),
    .run = run, .check = check,
};

static const struct scenario other = {
    .name = "codecs/pq/encode", .summary = "no axes, no metrics", .variants = variants, .n_variants = 1,
    .run = run, .check = check,
};
