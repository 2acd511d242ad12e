// SPDX-License-Identifier: MIT
#include "codecs/corpus_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "codecs/cache.h"
#include "codecs/hash.h"
#include "codecs/progress.h"

#include <stdlib.h>
#include <string.h>

/* To be raised whenever order, deduplication or splits change: what the cache holds is then another corpus's. */
enum { SPLIT_CODE = 1 };

void corpus_free(struct corpus *corpus)
{
    vectors_free(&corpus->train);
    vectors_free(&corpus->base);
    vectors_free(&corpus->queries);
    free(corpus->truth);
    *corpus = (struct corpus){ 0 };
}

static void put_vectors(struct blob *b, const struct vectors *v)
{
    blob_u64(b, v->n);
    blob_u64(b, v->dim);
    blob_f16s(b, v->data, v->n * v->dim);
}

/* False also where memory is short: then the error comes from making it anew. */
static bool get_vectors(struct blob_reader *r, struct vectors *v)
{
    size_t n = (size_t)blob_get_u64(r), dim = (size_t)blob_get_u64(r);
    struct err err;

    return !r->failed && n > 0 && dim > 0 && n <= r->len / dim && vectors_new(v, n, dim, &err) == 0 &&
           blob_get_f16s(r, v->data, n * dim) == 0;
}

static bool from_cache(const struct corpus_source *source, uint64_t key, struct corpus *corpus)
{
    struct blob_reader r = { 0 };
    struct blob blob;
    bool good;

    if (!cache_get(source->name, key, &blob))
        return false;
    r.data = blob.data;
    r.len = blob.len;
    good = get_vectors(&r, &corpus->train) && get_vectors(&r, &corpus->base) && get_vectors(&r, &corpus->queries);
    blob_free(&blob);
    if (!good)
        corpus_free(corpus);
    return good;
}

/* What was made is rounded as what is read back, so that the first run sees the same vectors as the second. */
static void to_cache(const struct corpus_source *source, uint64_t key, struct corpus *corpus)
{
    struct vectors *parts[] = { &corpus->train, &corpus->base, &corpus->queries };
    struct blob blob = { 0 };
    struct blob_reader r = { 0 };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        put_vectors(&blob, parts[i]);
    r.data = blob.data;
    r.len = blob.len;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        r.at += 16;
        blob_get_f16s(&r, parts[i]->data, parts[i]->n * parts[i]->dim);
    }
    if (cache_put(source->name, key, &blob, &err) < 0)
        progress_say("it will be made anew next time: %s", err.msg);
    blob_free(&blob);
}

int corpus_build(const struct corpus_source *source, struct corpus_size size, struct corpus *corpus, struct err *err)
{
    uint64_t key = rng_mix(source->key, SPLIT_CODE), *documents = NULL;
    struct vectors all = { 0 };
    int ret = -1;

    *corpus = (struct corpus){ 0 };
    if (!source->keep || !from_cache(source, key, corpus)) {
        if (source->make(source->arg, &all, &documents, err) < 0 ||
            corpus_split(source, &all, documents, corpus, err) < 0)
            goto out;
        if (source->keep)
            to_cache(source, key, corpus);
    }
    text_copy(corpus->name, sizeof(corpus->name), source->name);
    corpus->matryoshka = source->matryoshka;
    vectors_normalise(&corpus->train); /* halves are not of unit length any more */
    vectors_normalise(&corpus->base);
    vectors_normalise(&corpus->queries);
    ret = corpus_finish(source->origin, size, corpus, err);
out:
    vectors_free(&all);
    free(documents);
    progress_say("%s", "");
    if (ret < 0)
        corpus_free(corpus);
    return ret;
}

static uint64_t hash_vectors(const struct vectors *v, uint64_t seed)
{
    return hash_bytes(v->data, v->n * v->dim * sizeof(*v->data), seed ^ v->dim);
}

static int find_truth(struct corpus *corpus, struct err *err)
{
    size_t n = corpus->queries.n * CORPUS_NEIGHBOURS;
    uint64_t key = hash_vectors(&corpus->base, hash_vectors(&corpus->queries, CORPUS_NEIGHBOURS));
    struct blob blob = { 0 };
    struct err no_cache;
    bool good;

    corpus->truth = mem_array(n, sizeof(*corpus->truth));
    good = cache_get("neighbours", key, &blob) && blob.len == n * sizeof(*corpus->truth);
    if (good)
        memcpy(corpus->truth, blob.data, blob.len);
    blob_free(&blob);
    if (good)
        return 0;
    progress_say("finding the neighbours of %zu queries among %zu vectors", corpus->queries.n, corpus->base.n);
    if (corpus_neighbours(&corpus->base, &corpus->queries, corpus->truth, CORPUS_NEIGHBOURS, err) < 0)
        return -1;
    blob_bytes(&blob, corpus->truth, n * sizeof(*corpus->truth));
    cache_put("neighbours", key, &blob, &no_cache);
    blob_free(&blob);
    return 0;
}

/* The splits are in the order of a hash: their first vectors are as good a choice as any. */
int corpus_finish(const char *origin, struct corpus_size size, struct corpus *corpus, struct err *err)
{
    if (size.base && size.base < corpus->base.n)
        corpus->base.n = size.base;
    if (size.queries && size.queries < corpus->queries.n)
        corpus->queries.n = size.queries;
    snprintf(corpus->describe, sizeof(corpus->describe), "%.150s: %zu train, %zu base, %zu queries, %zu dimensions",
             origin, corpus->train.n, corpus->base.n, corpus->queries.n, corpus->base.dim);
    return find_truth(corpus, err);
}
