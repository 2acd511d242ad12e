// SPDX-License-Identifier: MIT
/* compare_private.h -- the parts of compare: figures of one program's blocks in compare.c, of pairs of blocks in
 * compare_pairs.c. */
#pragma once

#include "judge/compare.h"

/* What a variant's time is held against in its own round: the slowest of these variants; none: nothing. */
struct bases {
    int variants[ROOFS_MAX];
    int n;
};

/* Of speedup the reference, of roof_percent the variant's roofs; of other metrics none. */
struct bases compare_bases(const struct scenario *s, int variant, const struct metric *m);

/* One variant's samples in one block, and the figure made of each: its time, or its paired ratio. */
struct figures {
    double *values; /* owned by the caller */
    size_t n;
};

/* Sorted; without the disturbed ones unless they are the majority. */
struct figures compare_block_figures(const struct block *b, int variant, const struct bases *bases);

/* A new estimate of *r with room for so many blocks. */
struct estimate *compare_open(struct case_result *r, const struct metric *m, size_t n_blocks);

/* Closes the last estimate of `r`, or takes it back where no block said anything. Frees `spreads`. */
void compare_finish(struct case_result *r, struct estimate *e, double *spreads, double alpha);

/* "vs_ref" of *r: under a roof that both programs measured the time is counted in its time: the clock frequency of that half
 * second falls out. */
void compare_add_vs_ref(struct case_result *r, const struct comparison *c, int variant, const struct block *blocks,
                        size_t n_blocks, double alpha);

/* What befell the variant, or its reference, in the other program. */
void compare_add_ref_fault(struct case_result *r, int variant, const struct block *blocks, size_t n_blocks);
