// SPDX-License-Identifier: MIT
/* subject.c -- a chain of multiplications: bound by nothing but its length. */
#include "declare/scenario.h"
#include "work.h"

#include <string.h>

enum { PLAIN = 1000 };

static double x = 1;

static void chain(int64_t n)
{
    double y = x;

    for (int64_t i = 0; i < n; i++)
        y = y * 0.999 + 0.001;
    *(volatile double *)&x = y;
}

static void run(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    chain(n * (strcmp(variant->name, "fast") == 0 ? WORK : PLAIN));
}

static const struct variant variants[] = { { .name = "plain" }, { .name = "fast" } };

const struct scenario scenario_mini = {
    .name = "mini/chain",
    .summary = "multiplications, one after the other",
    .variants = variants,
    .n_variants = 2,
    .run = run,
};
