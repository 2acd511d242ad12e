// SPDX-License-Identifier: MIT
/* registry.h -- the scenarios of this program, checked once at start. */
#pragma once

#include "base/err.h"
#include "declare/scenario.h"

/* What a plan and a job have room for. */
enum { VARIANTS_MAX = 40, AXIS_VALUES_MAX = 32 };

struct registry {
    const struct scenario *const *scenarios;
    size_t n;
};

/* Names are made of [a-z0-9_] (scenarios with one or more '/' between words; metrics may have '@'), none twice; axes
 * have values, at most AXIS_VALUES_MAX, positive and ascending; a scenario has 1 to VARIANTS_MAX variants, and run();
 * the longest case id that follows from the names and values fits CASE_ID_MAX. What passes never meets a BUG() for its
 * size later. -1 names the scenario and what is wrong. */
int registry_check(const struct registry *registry, struct err *err);

/* Shows the file to the scenarios that are about one. The program keeps its path where its workers find it. */
#define REGISTRY_FILE_VARIABLE "PAWL_MODEL"
int registry_file(const struct registry *registry, const char *path, struct err *err);

const struct scenario *registry_find(const struct registry *registry, const char *name); /* NULL where unknown */

/* Where a scenario begins: a path from the top of the source tree, a line from 1, and the symbol that it defines. */
struct place {
    char file[120];
    int line;
    char symbol[72];
};

/* The place of the scenario that the case belongs to, whether or not the case itself is still there; `places` has one for
 * each scenario of the registry, in its order; NULL: they have none. NULL: no scenario of it, or no place. */
const struct place *registry_place(const struct registry *registry, const struct place *places, const char *case_id);
