// SPDX-License-Identifier: MIT
/* store_nights.h -- `pawl nightly` keeps account: which night, which of its parts are done. Errors as in store.h. */
#pragma once

#include "record/store.h"

struct night {
    int64_t id;
    char night[12], host_class[96], commit[64]; /* "2026-11-29": the UTC day on which it began */
    int64_t parts, done;                        /* how many it has, and how many of them are over */
    char started[32], finished[32];             /* finished "": at work, or cut short */
};

struct night_part {
    char part[CASE_ID_MAX]; /* a scenario */
    int64_t run;            /* 0: it came to no run */
    int exit;
};

/* All of a host class ("": of all), oldest first; *nights is owned by the caller. */
int store_load_nights(struct store *store, const char *host_class, struct night **nights, size_t *n, struct err *err);

/* Fills night->id; begun again, by two at once, it is the same. */
int store_begin_night(struct store *store, struct night *night, struct err *err);
int store_add_night_part(struct store *store, const struct night *night, const struct night_part *part,
                         struct err *err); /* again: takes the place of the first */
int store_load_night_parts(struct store *store, int64_t night, struct night_part **parts, size_t *n, struct err *err);
int store_finish_night(struct store *store, const struct night *night, const char *at, struct err *err);
