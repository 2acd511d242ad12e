// SPDX-License-Identifier: MIT
/* tuning.h -- the search for better tunables (declare/scenario.h), and the file that keeps what was found on a class of
 * hosts: baselines/<host-class>.tuned.json. Pure functions, but for the file; who measures is cli/. */
#pragma once

#include "declare/registry.h"
#include "declare/result.h"

/* What is kept is better than the default by more than this over the whole interval; so it is not kept for noise, nor
 * for a gain that the next change of the code moves elsewhere. */
#define TUNING_MARGIN 0.01

/* How near the default is promised to be to the best that the search finds. */
#define TUNING_PROMISE 0.03

/* A coordinate search: one tunable after the other, all its candidates side by side with the default and the best so
 * far; then all tunables once more, if anything was found. Start from {0} with candidates filled in. */
struct tuning_search {
    size_t n; /* tunables */
    int64_t candidates[TUNABLES_MAX][TUNABLE_VALUES_MAX];
    size_t n_candidates[TUNABLES_MAX];
    int64_t best[TUNABLES_MAX]; /* 0: the variant's own choice */
    size_t at, sweep;           /* where the search is */
    bool found;                 /* in this sweep */
};

/* The choices to be measured next, side by side; choices[0] is the default. Returns how many, 0: the search is over. */
int tuning_next(struct tuning_search *search, int64_t choices[VARIANTS_MAX][TUNABLES_MAX]);

/* What was measured of them: time of the default / time of each, speedups[0] is 1; NAN: it failed. */
void tuning_learn(struct tuning_search *search, int64_t choices[VARIANTS_MAX][TUNABLES_MAX], const double *speedups, int n);

struct tuned_case {
    char id[CASE_ID_MAX];
    char names[TUNABLES_MAX][NAME_MAX_LEN]; /* of the tunables that are not the default's */
    int64_t values[TUNABLES_MAX];
    size_t n;
    struct interval speedup; /* over the default, measured after the search, of which it takes nothing over */
    char commit[64], date[32];
};

struct tuning {
    char host_class[96];
    struct tuned_case *cases; /* sorted by id */
    size_t n, capacity;
};

/* baselines/<host-class>.tuned.json */
void tuning_path(const char *baselines, const char *host_class, char *path, size_t size);

/* 1: read; 0: there is no such file; -1: ERR_CONFIG, what is not a tuning of this host class. */
int tuning_read(const char *path, const char *host_class, struct tuning *tuning, struct err *err);
int tuning_write(const char *path, const struct tuning *tuning, struct err *err); /* as baseline_write() */
void tuning_free(struct tuning *tuning);

void tuning_keep(struct tuning *tuning, const struct tuned_case *c); /* in place of what it has for that case */
bool tuning_drop(struct tuning *tuning, const char *id);             /* whether there was one */

/* Sets what the wanted variants of `c` are to be run with, and adds "CASE VALUES" for each to *words, with "; " between
 * them. -1: ERR_CONFIG, a tunable that the scenario does not have. */
struct text;
int tuning_apply(const struct tuning *tuning, struct comparison *c, struct text *words, struct err *err);
