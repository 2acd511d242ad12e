// SPDX-License-Identifier: MIT
/* registry.h -- the scenarios of this program, checked once at start. */
#pragma once

#include "base/err.h"
#include "declare/scenario.h"

struct registry {
    const struct scenario *const *scenarios;
    size_t n;
};

/* Names are made of [a-z0-9_] (scenarios with one or more '/'; metrics may have '@'), none twice; axes have values,
 * positive and ascending; a scenario has at least one variant, and run(). -1 names the scenario and what is wrong. */
int registry_check(const struct registry *registry, struct err *err);

const struct scenario *registry_find(const struct registry *registry, const char *name); /* NULL where unknown */
