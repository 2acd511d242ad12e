// SPDX-License-Identifier: MIT
/* baseline.h -- baselines/<host-class>.json: what was last accepted on this class of host, and why.
 *
 * Sorted by case id, one figure a line, so that a diff shows what an acceptance changes. Only what is judged is kept:
 * the paired ratio of each variant of ours, with its value in every block and, where several runs were accepted together,
 * in every run, and the exact metrics. */
#pragma once

#include "declare/result.h"

struct accepted {
    char id[CASE_ID_MAX];
    char commit[64], date[32], reason[REASON_MAX];
    char epoch[16]; /* the host's, when it was measured; "": not known */
    struct estimate *estimates;
    size_t n_estimates;
};

struct baseline {
    char host_class[96];
    struct accepted *cases; /* sorted by id */
    size_t n, capacity;
};

/* 1: read; 0: there is no such file; -1: ERR_CONFIG with file and line or case: what is not a baseline of this host
 * class, or promises nothing, or has a metric that is not kept in one. */
int baseline_read(const char *path, const char *host_class, struct baseline *baseline, struct err *err);

/* Written beside the file and renamed over it: a reader never sees half of it. */
int baseline_write(const char *path, const struct baseline *baseline, struct err *err);

/* Takes over what `run` measured, for the given reason. Cases that the run lacks stay, unless `replace`. Refuses
 * (ERR_CONFIG) a run of another host class, and one with a wrong, crashed or timed-out case or a figure without an
 * interval, and of a build with sanitizers or without optimisation unless `any_build`: nothing has changed then. The
 * reason must be UTF-8 that fits. *changed counts the cases taken over. */
int baseline_accept(struct baseline *baseline, const struct run_result *run, const char *reason, bool replace,
                    bool any_build, size_t *changed, struct err *err);

/* How many of its cases were accepted in another epoch of the host than `epoch`. */
size_t baseline_other_epochs(const struct baseline *baseline, const char *epoch);

/* The commit at which most of its cases under these globs were accepted, of several such the last in its order; NULL where
 * none was accepted from a clean tree. *others counts those that were accepted elsewhere. */
const char *baseline_commit(const struct baseline *baseline, const char *const *globs, size_t n_globs, size_t *others);

const struct accepted *baseline_find(const struct baseline *baseline, const char *id); /* NULL where absent */
const struct estimate *accepted_estimate(const struct accepted *accepted, const char *metric);

/* Is this figure held to its baseline? Exact ones are. Of the timed ones the paired one whose partner is quieter: the
 * percentage of the roof where the variant has one (a loop over registers or memory that no change of the reference
 * touches), else the speedup over the reference. */
bool baseline_judges(const struct case_result *c, const struct estimate *e);
void baseline_free(struct baseline *baseline);
