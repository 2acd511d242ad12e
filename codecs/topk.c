// SPDX-License-Identifier: MIT
#include "codecs/topk.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void swap(uint64_t *a, uint64_t *b)
{
    uint64_t keep = *a;

    *a = *b;
    *b = keep;
}

/* Lomuto's partition without a branch on the keys, which are random: where the pivot, the last key, ends up. */
static size_t partition(uint64_t *keys, size_t n)
{
    uint64_t pivot = keys[n - 1];
    size_t below = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        uint64_t key = keys[i];

        keys[i] = keys[below];
        keys[below] = key;
        below += key < pivot;
    }
    swap(keys + below, keys + n - 1);
    return below;
}

/* The median of three that are far apart to the end. A sorted input, which scans make, is then the best case. */
static void choose_pivot(uint64_t *keys, size_t n)
{
    uint64_t *a = keys, *b = keys + n / 2, *c = keys + n - 1;

    if (*a > *b)
        swap(a, b);
    if (*b > *c)
        swap(b, c);
    if (*a > *b)
        swap(a, b);
    swap(b, c);
}

/* Quickselect (Hoare, "Algorithm 65: find", CACM 4(7), 1961). */
void topk_select(uint64_t *keys, size_t n, size_t least)
{
    while (n > 1) {
        size_t at;

        choose_pivot(keys, n);
        at = partition(keys, n);
        if (at == least - 1)
            return;
        if (at >= least) {
            n = at;
        } else {
            keys += at + 1;
            n -= at + 1;
            least -= at + 1;
        }
    }
}

/* Quicksort down to pieces that insertion sorts faster. */
void topk_sort(uint64_t *keys, size_t n)
{
    enum { SHORT = 12 };

    while (n > SHORT) {
        size_t at;

        choose_pivot(keys, n);
        at = partition(keys, n);
        if (at < n - at) { /* the longer piece is not recursed into: the stack stays small */
            topk_sort(keys, at);
            keys += at + 1;
            n -= at + 1;
        } else {
            topk_sort(keys + at + 1, n - at - 1);
            n = at;
        }
    }
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;

        for (; j > 0 && keys[j - 1] > key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

size_t topk_keep(uint64_t *keys, size_t n, uint32_t most)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        keys[kept] = keys[i];
        kept += TOPK_ORDER(keys[i]) <= most;
    }
    return kept;
}

int tally_init(struct tally *t, size_t k, uint32_t room, struct err *err)
{
    *t = (struct tally){ .k = k, .room = room };
    t->counts = mem_aligned((size_t)room + 1, sizeof(*t->counts), MEM_LINE, err);
    return t->counts ? 0 : -1;
}

void tally_free(struct tally *t)
{
    free(t->counts);
    *t = (struct tally){ 0 };
}

void tally_clear(struct tally *t, uint32_t range)
{
    if (range > t->room)
        BUG("orders up to %u in a tally of %u", range, t->room);
    t->range = t->at = range;
    t->seen = 0;
    memset(t->counts, 0, ((size_t)range + 1) * sizeof(*t->counts));
}

void tally_add(struct tally *t, const uint64_t *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t order = TOPK_ORDER(keys[i]);

        t->counts[order]++;
        t->seen += order <= t->at;
    }
    while (t->seen >= t->k + t->counts[t->at])
        t->seen -= t->counts[t->at--];
}

int topk_init(struct topk *t, size_t k, size_t batch, struct err *err)
{
    *t = (struct topk){ .k = k, .limit = UINT32_MAX };
    if (k > SIZE_MAX / 64 || batch > SIZE_MAX / 64)
        return err_set(err, ERR_CONFIG, "the best %zu in batches of %zu do not fit into an address space", k, batch);
    t->keys = mem_aligned(3 * k + batch, sizeof(*t->keys), MEM_LINE, err);
    return t->keys ? 0 : -1;
}

void topk_free(struct topk *t)
{
    free(t->keys);
    *t = (struct topk){ 0 };
}

void topk_clear(struct topk *t)
{
    t->n = 0;
    t->limit = UINT32_MAX;
}

void topk_settle(struct topk *t)
{
    if (t->n >= 2 * t->k)
        topk_trim(t);
}

void topk_trim(struct topk *t)
{
    if (t->n < t->k)
        return;
    topk_select(t->keys, t->n, t->k);
    t->n = t->k;
    t->limit = TOPK_ORDER(t->keys[t->k - 1]);
}
