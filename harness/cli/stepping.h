// SPDX-License-Identifier: MIT
/* stepping.h -- the changes of level in the history, with what people have acknowledged: for all commands that speak of
 * them. */
#pragma once

#include "record/store_acks.h"
#include "report/steps.h"

struct stepping {
    struct stepped *all; /* one a series, in the history's order */
    size_t n;
    struct ack *acks; /* steps[].acked points into them */
    size_t n_acks;
};

/* `history` must outlive it. stepping_free() after success and failure alike. */
int stepping_find(struct store *store, const struct history *history, struct stepping *stepping, struct err *err);
void stepping_free(struct stepping *stepping);
