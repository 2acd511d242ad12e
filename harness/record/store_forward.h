// SPDX-License-Identifier: MIT
/* store_forward.h -- hands what one store has and another lacks to the other: `push`, `pull` and `merge`. Errors as in store.h.
 *
 * What is handed on: finished runs, whole, and acknowledgements and drills; to a server nights that are over, too (in a
 * file they are the account of that host's own `nightly`). A run is known by its uuid, so that it is safe to repeat, to be
 * killed in the middle, and to be done by many at once: STORE_FORWARD_BATCH runs are one transaction, and whoever comes
 * second leaves them out. Nothing is ever changed: a case that is described otherwise there stays so, and is counted. */
#pragma once

#include "record/store.h"

enum { STORE_FORWARD_BATCH = 32 };

struct forwarded {
    int64_t runs, samples, nights, acks, drills; /* that are new there */
    int64_t known;                               /* runs that were there */
    int64_t unfinished;                          /* runs that stay behind: at work, or cut short */
    int64_t differ;                              /* cases that are described otherwise there */
    int64_t *ids;                                /* of the new runs there, oldest first; owned: free() it */
    size_t ids_capacity;
};

/* `progress` (NULL: none) hears after every transaction how many of the runs are there. */
typedef void (*store_forward_fn)(void *arg, int64_t done, int64_t of);
int store_forward(struct store *from, struct store *to, store_forward_fn progress, void *arg, struct forwarded *forwarded,
                  struct err *err);

/* What makes the roles of a server: SQL for its owner. */
extern const char store_roles_sql[];
