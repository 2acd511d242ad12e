// SPDX-License-Identifier: MIT
#include "codecs/corpus_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/cache.h"
#include "codecs/dedup.h"

#include <stdlib.h>
#include <string.h>

struct place {
    uint64_t hash;
    uint32_t row;
};

static int by_hash(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : (x->row > y->row) - (x->row < y->row);
}

/* The hash depends on the document alone: neither on how many there are nor on their order. */
static uint32_t *order_of(const uint64_t *documents, size_t n)
{
    struct place *places = mem_array(n, sizeof(*places));
    uint32_t *order = mem_array(n, sizeof(*order));

    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){ rng_mix(documents[i], 0x73706c6974), (uint32_t)i };
    qsort(places, n, sizeof(*places), by_hash);
    for (size_t i = 0; i < n; i++)
        order[i] = places[i].row;
    free(places);
    return order;
}

static bool kept_from_cache(const char *name, uint64_t key, size_t n, size_t want, uint32_t *kept, size_t *n_kept)
{
    struct blob blob;
    bool good = cache_get(name, key, &blob) && blob.len % sizeof(*kept) == 0 && blob.len / sizeof(*kept) <= want;

    if (good) {
        *n_kept = blob.len / sizeof(*kept);
        memcpy(kept, blob.data, blob.len);
        for (size_t i = 0; i < *n_kept; i++)
            good = good && kept[i] < n;
    }
    blob_free(&blob);
    return good;
}

static int find_kept(const struct corpus_source *source, const struct vectors *all, const uint64_t *documents,
                     size_t want, uint32_t *kept, size_t *n_kept, struct err *err)
{
    uint64_t key = rng_mix(source->key, want);
    struct blob blob = { 0 };
    struct err no_cache;
    uint32_t *order;
    char name[48];
    int ret;

    snprintf(name, sizeof(name), "%.32s-kept", source->name);
    if (!source->keep && kept_from_cache(name, key, all->n, want, kept, n_kept))
        return 0;
    order = order_of(documents, all->n);
    ret = dedup_take(all, order, want, kept, n_kept, err);
    free(order);
    if (ret == 0 && !source->keep) {
        blob_bytes(&blob, kept, *n_kept * sizeof(*kept));
        cache_put(name, key, &blob, &no_cache);
        blob_free(&blob);
    }
    return ret;
}

static int gather(const struct vectors *all, const uint32_t *rows, size_t n, struct vectors *out, struct err *err)
{
    if (vectors_new(out, n, all->dim, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        memcpy(out->data + i * all->dim, all->data + rows[i] * all->dim, all->dim * sizeof(*all->data));
    return 0;
}

/* The first place from `at` on where another document begins. */
static size_t whole_document(const uint64_t *documents, const uint32_t *kept, size_t n, size_t at)
{
    while (at > 0 && at < n && documents[kept[at]] == documents[kept[at - 1]])
        at++;
    return at;
}

static size_t at_least_one(double share)
{
    return share < 1 ? 1 : (size_t)share;
}

int corpus_split(const struct corpus_source *source, struct vectors *all, const uint64_t *documents,
                 struct corpus *corpus, struct err *err)
{
    size_t want = source->train + source->base + source->queries, n = 0, base, train;
    uint32_t *kept;
    double share;
    int ret = -1;

    vectors_normalise(all);
    want = want < all->n ? want : all->n;
    kept = mem_array(want, sizeof(*kept));
    if (find_kept(source, all, documents, want, kept, &n, err) < 0)
        goto out;
    share = (double)n / (double)(source->train + source->base + source->queries);
    base = whole_document(documents, kept, n, at_least_one(share * (double)source->queries));
    train = whole_document(documents, kept, n, base + at_least_one(share * (double)source->base));
    if (train >= n) {
        err_set(err, ERR_CONFIG, "%zu vectors that differ are too few to train on some and search among others", n);
        goto out;
    }
    if (gather(all, kept, base, &corpus->queries, err) == 0 &&
        gather(all, kept + base, train - base, &corpus->base, err) == 0)
        ret = gather(all, kept + train, n - train, &corpus->train, err);
out:
    free(kept);
    return ret;
}
