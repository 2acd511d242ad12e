// SPDX-License-Identifier: MIT
/* store_acks.h -- steps that somebody has explained: they stay quiet. Errors as in store.h. */
#pragma once

#include "record/store.h"

struct ack {
    char case_id[CASE_ID_MAX], metric[NAME_MAX_LEN], host_class[96];
    int64_t run; /* the first one at the new level */
    char reason[REASON_MAX], at[32];
};

/* A second acknowledgement of the same step takes the place of the first. */
int store_add_ack(struct store *store, const struct ack *ack, struct err *err);

/* All of them, oldest first; *acks is owned by the caller. */
int store_load_acks(struct store *store, struct ack **acks, size_t *n_acks, struct err *err);
