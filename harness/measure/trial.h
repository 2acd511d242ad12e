// SPDX-License-Identifier: MIT
/* trial.h -- one variant, run with several choices of its tunables side by side, as a scenario of its own.
 *
 * Variant 0, the reference, runs with the variant's own choice ("default"), variant i with values[i]: ordinary blocks,
 * checks, samples and estimates then say how choices compare; the "speedup" of one is time(default) / time(it), paired.
 * Each has a state of its own, made from the same seed. A choice that cannot be set up fails its check. */
#pragma once

#include "declare/registry.h"
#include "declare/result.h"

struct trial {
    struct scenario scenario; /* what it looks like; its functions find the rest through it: never copy a trial */
    struct variant variants[VARIANTS_MAX];
    char names[VARIANTS_MAX][NAME_MAX_LEN * 2]; /* "mc=504,kc=256": what differs from the default */
    const struct scenario *of;
    size_t variant; /* of `of` */
    int64_t values[VARIANTS_MAX][TUNABLES_MAX]; /* values[0] is all zeros */
    int n;
};

/* n choices, values[0] all zeros, n at most VARIANTS_MAX. */
void trial_init(struct trial *trial, const struct scenario *of, size_t variant, const int64_t (*values)[TUNABLES_MAX],
                int n);

/* "kc=256,nc=3072"; "default" where all are 0. */
void trial_name(const struct scenario *of, const int64_t values[TUNABLES_MAX], char *buf, size_t size);
