// SPDX-License-Identifier: MIT
/* sampler.h -- runs a plan: passes over all comparisons, one block each, until every one is decided.
 *
 * Passes visit the comparisons in a seeded order, so that what disturbs the host for a while touches all of them a
 * little. A variant that crashes, hangs or is wrong is left out of the later blocks of its comparison; a reference that
 * does, ends it. Who records and who decides is the caller's: this room only measures. */
#pragma once

#include "measure/block.h"
#include "measure/plan.h"

struct sampler_progress {
    size_t done, total;   /* blocks; the total is what is planned at least */
    const char *now;      /* the comparison in hand; NULL at the end */
    double seconds_left;  /* NAN: not known yet */
};

struct sampler_hooks {
    void *arg;
    /* A block is complete, or ended by a fault. Takes over what *block owns. -1 ends the run. */
    int (*add)(void *arg, size_t comparison, struct block *block, struct err *err);
    /* How many more blocks this comparison needs for now; 0: it is decided. NULL: one block each. */
    size_t (*wants)(void *arg, size_t comparison);
    void (*progress)(void *arg, const struct sampler_progress *progress);
};

struct sampler_options {
    struct block_options block;
    const int *pus; /* the domain's, in order; none: do not pin */
    int n_pus;
    bool check_only;
    int rounds;
    double min_sample_ns;
    uint64_t seed;
    double budget_s; /* no block is begun that would, by its comparison's mean, end after this; 0: none */
};

/* -1: the harness or the host failed, or the run was interrupted: what was added stays added. *over_budget tells
 * whether blocks that were wanted were not measured. */
int sampler_run(const struct plan *plan, const struct sampler_options *options, const struct sampler_hooks *hooks,
                bool *over_budget, struct err *err);
