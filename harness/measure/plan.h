// SPDX-License-Identifier: MIT
/* plan.h -- which comparisons a run makes: scenarios x parameters, the variants selected by globs. */
#pragma once

#include "declare/registry.h"
#include "declare/result.h"

struct plan_request {
    const struct registry *registry;
    const char *const *globs; /* over case ids; none: everything */
    size_t n_globs;
    uint32_t isa;    /* what may be used here */
    int max_threads; /* cores of the domain */
    bool quick;
};

struct plan {
    struct comparison *comparisons; /* in the registry's order, parameters in row-major order of the axes */
    size_t n;
};

/* The reference of a wanted variant is wanted too. A glob that selects no case is ERR_USAGE, with what may have been
 * meant. A variant that cannot run here stays in the plan with its reason in `skip`. */
int plan_build(const struct plan_request *request, struct plan *plan, struct err *err);
void plan_free(struct plan *plan);
