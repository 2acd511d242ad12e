// SPDX-License-Identifier: MIT
/* topk.h -- the k least of very many keys, exactly, in time that the scan before it does not notice.
 *
 * A key is a 32-bit order (a distance; less is nearer) above a 32-bit id: keys compare as numbers, so equal orders are
 * told apart by the lower id and no two keys are equal. Whoever scans appends what is below a limit to a plain array,
 * with no heap in the way; the limit falls as the k-th least order does. Of N keys that come in no particular order,
 * k (1 + ln(N / k)) are ever appended. The order of small whole numbers is kept by a tally, of any others by a struct
 * topk.
 *
 * No locks: one thread, one struct. */
#pragma once

#include "base/err.h"

#include <stdint.h>

#define TOPK_ID(key)    ((uint32_t)(key))
#define TOPK_ORDER(key) ((uint32_t)((key) >> 32))

/* Moves the `least` least of n keys to the front, in no order, the largest of them last. 0 < least <= n. */
void topk_select(uint64_t *keys, size_t n, size_t least);

void topk_sort(uint64_t *keys, size_t n); /* rising */

/* Moves those of an order of `most` or less to the front, in the order they have; returns how many. */
size_t topk_keep(uint64_t *keys, size_t n, uint32_t most);

/* The k-th least order of all that was added: `at`, `range` until there are k. */
struct tally {
    size_t k;
    uint32_t room, range, at;
    size_t seen;      /* orders up to `at` */
    uint32_t *counts; /* (room + 1), owned; of each order */
};

/* Orders of at most `room`. -1 with *err filled. */
int tally_init(struct tally *t, size_t k, uint32_t room, struct err *err);
void tally_free(struct tally *t); /* accepts {0} */
void tally_clear(struct tally *t, uint32_t range); /* range <= room: for orders up to that */
void tally_add(struct tally *t, const uint64_t *keys, size_t n);

struct topk {
    size_t k, n;    /* keys in use: append to keys[n] */
    uint64_t *keys; /* (3 k + batch), owned */
    uint32_t limit; /* k keys of this order or a lower one are here: UINT32_MAX until then */
};

/* Room for `batch` keys on top of what topk_settle() leaves. -1 with *err filled. */
int topk_init(struct topk *t, size_t k, size_t batch, struct err *err);
void topk_free(struct topk *t); /* accepts {0} */
void topk_clear(struct topk *t);

/* To be called after at most `batch` appended keys: less than 2 k are left after it. */
void topk_settle(struct topk *t);

/* Drops all but the min(k, n) least; where k are left, `limit` is the order of the last of them. */
void topk_trim(struct topk *t);
