// SPDX-License-Identifier: MIT
/* sampler.h -- runs a plan: passes over all comparisons, one block each, until every one is decided.
 *
 * Passes visit the comparisons in a seeded order, so that what disturbs the host for a while touches all of them a
 * little. A variant that crashes, hangs or is wrong is left out of the later blocks of its comparison; a reference that
 * does, ends it. A worker that is lost before any variant was touched (the host ran out of memory, say) has a second
 * try, whose loss ends the comparison. With another program to compare with, a pass makes a pair of blocks, one of
 * each, with the same seeds and iteration counts, and the order changes from pair to pair. Who records and who decides
 * is the caller's: this room only measures. */
#pragma once

#include "measure/block.h"
#include "measure/plan.h"

struct sampler_progress {
    size_t done, total;   /* passes; the total is what is planned at least */
    const char *now;      /* the comparison in hand; NULL at the end */
    double seconds_left;  /* NAN: not known yet */
};

struct sampler_hooks {
    void *arg;
    /* A block is complete, or ended by a fault. Takes over what *block owns. -1 ends the run. */
    int (*add)(void *arg, size_t comparison, struct block *block, struct err *err);
    /* How many more passes this comparison needs for now; 0: it is decided. NULL: one each. */
    size_t (*wants)(void *arg, size_t comparison);
    void (*progress)(void *arg, const struct sampler_progress *progress);
    /* A block was lost before any variant was touched, and is run again; *block stays the sampler's. May be NULL. */
    void (*lost)(void *arg, size_t comparison, const struct block *block);
};

/* block_run(), or what stands in for it in a test. */
typedef int (*sampler_block_fn)(struct job *job, const struct block_options *options, int index, struct block *block,
                                struct err *err);

struct sampler_options {
    struct block_options block;
    double slowdown;   /* a drill: see struct job */
    const char *other; /* path of another program: its blocks take turns with ours, A B B A; NULL: none. Of foreign
                          programs that of our own: its workers run the other build */
    const int *pus; /* the domain's, in order; none: do not pin */
    int n_pus;      /* beyond JOB_PUS_MAX they are left unused */
    uint32_t isa_without; /* see struct job; 0: all of the host may be used */
    struct trial *trial; /* the plan has one comparison, of this trial's scenario; NULL: an ordinary plan */
    bool check_only;
    int rounds; /* of a block; 0: the first block of a comparison chooses, by what a round takes */
    double min_sample_ns;
    uint64_t seed;       /* of the inputs */
    uint64_t order_seed; /* of orders and layouts: another one every run, or its runs would all be of the same few layouts */
    double budget_s; /* no block is begun that would, by its comparison's mean, end after this; 0: none */
    sampler_block_fn run; /* NULL: block_run() */
};

/* -1: the harness or the host failed, or the run was interrupted: what was added stays added. *over_budget tells
 * whether blocks that were wanted were not measured. */
int sampler_run(const struct plan *plan, const struct sampler_options *options, const struct sampler_hooks *hooks,
                bool *over_budget, struct err *err);
