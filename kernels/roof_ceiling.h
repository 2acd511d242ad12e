// SPDX-License-Identifier: MIT
/* roof_ceiling.h -- what the scenarios roof_fma and roof_int8 share: a variant's impl is a struct roof_compute. */
#pragma once

#include "base/err.h"
#include "declare/scenario.h"

/* Arithmetic of one operation of the scenario, per thread: a multiple of every step (112 to 3072 operations), so that
 * all variants do the same to the last; 0.1 to 6 ms. */
#define ROOF_CEILING_OPS (21504.0 * 8192)

double roof_ceiling_gops(const struct params *params, double ns); /* from_ns: 10^9 operations a second */

int roof_ceiling_setup(const struct bench *bench, void **state, struct err *err);
void roof_ceiling_run(void *state, const struct variant *variant, int64_t n);
void roof_ceiling_teardown(void *state);

/* Short runs, by the team and without: the sum must be what `scalar` gives for as many products, plain C summing them
 * one by one. */
int roof_ceiling_check(void *state, const struct variant *variant, int64_t (*scalar)(int64_t n_products),
                       struct err *err);
