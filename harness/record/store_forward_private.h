// SPDX-License-Identifier: MIT
/* store_forward_private.h -- between the files of store_forward.h. */
#pragma once

#include "record/store_forward.h"
#include "record/store_private.h"

struct forward {
    struct store *from, *to;
    struct forwarded *out;
    char (*known)[STORE_UUID]; /* runs that `to` has, sorted */
    size_t n_known, known_capacity;
    int64_t *lacking; /* runs of `from` */
    size_t n_lacking, lacking_capacity;
    struct mapped {
        int64_t from, to;
    } *map; /* the numbers of cases, by `from` */
    size_t n_map, map_capacity;
    struct sql_stmt *run;
    int64_t batch_samples;
};

/* Runs of one transaction. */
struct batch {
    const int64_t *from;
    int64_t to[STORE_FORWARD_BATCH]; /* 0: left out, it was there */
    size_t n;
};

int forward_cases(struct forward *f, struct err *err); /* every case of `from` has a number in `to` then */
int forward_series(const struct forward *f, int64_t from, int64_t *to, struct err *err);
int forward_rest(struct forward *f, struct err *err); /* acknowledgements, drills, nights */
