// SPDX-License-Identifier: MIT
/* null.c -- a scenario that does nothing, twice: what it reports is the harness's own overhead, and the speedup of
 * `again` over `empty` is what an A/A comparison looks like on this host. */
#include "base/err.h"
#include "declare/scenario.h"

static void null_run(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)variant;
    for (int64_t i = 0; i < n; i++)
        __asm__ volatile("" ::: "memory"); /* the loop stays, one turn an iteration */
}

static const struct variant null_variants[] = {
    { .name = "empty" },
    { .name = "again", .role = ROLE_PEER }, /* a control: its speedup is the host's mood, and nothing to promise */
};

const struct scenario scenario_null = {
    .name = "harness/null",
    .summary = "an empty loop: the harness's own overhead, and an A/A comparison",
    .variants = null_variants,
    .n_variants = ARRAY_LEN(null_variants),
    .run = null_run,
};
