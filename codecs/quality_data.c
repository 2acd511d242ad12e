// SPDX-License-Identifier: MIT
#include "codecs/quality_data.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/cache.h"
#include "codecs/encoder.h"
#include "codecs/hash.h"
#include "codecs/wordnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* VECTORS_CODE is to be raised when the same encoder and text make other vectors, or another split. */
enum { SEED = 1, VECTORS_CODE = 1 };

static const char *const wordnet_files[] = { WORDNET_FOLDER "/data.noun", WORDNET_FOLDER "/data.verb",
                                             WORDNET_FOLDER "/data.adj", WORDNET_FOLDER "/data.adv" };

const char *quality_data_lacks(void)
{
    for (size_t i = 0; i < ARRAY_LEN(wordnet_files); i++)
        if (access(wordnet_files[i], R_OK) < 0)
            return "WordNet is not installed: apt install wordnet-base";
    return NULL;
}

static int hash_file(const char *path, uint64_t *hash, struct err *err)
{
    enum { CHUNK = 1 << 20 };
    FILE *f = fopen(path, "rb");
    uint8_t *chunk;
    size_t n;

    if (!f)
        return err_set(err, ERR_HOST, "cannot read '%s': %m", path);
    chunk = mem_array(CHUNK, 1);
    while ((n = fread(chunk, 1, CHUNK, f)) > 0)
        *hash = hash_bytes(chunk, n, *hash);
    free(chunk);
    fclose(f);
    return 0;
}

static struct corpus_size size(void)
{
    return (struct corpus_size){ QUALITY_BASE, QUALITY_QUERIES };
}

/* Once for all that is to be trained. */
static int need_frame(struct quality_data *data, struct err *err)
{
    struct corpus whole;

    if (data->corpus.train.n == 0) {
        if (corpus_wordnet(size(), &whole, err) < 0)
            return -1;
        data->corpus.train = whole.train;
        whole.train = (struct vectors){ 0 };
        corpus_free(&whole);
        if (data->corpus.train.n > QUALITY_TRAIN)
            data->corpus.train.n = QUALITY_TRAIN;
    }
    return data->frame.mean ? 0 : evaluate_frame(&data->corpus, &data->frame, err);
}

static bool get(struct blob_reader *r, struct corpus *corpus)
{
    size_t base = blob_get_u32(r), queries = blob_get_u32(r), dim = blob_get_u32(r);
    struct err err;

    if (r->failed || base == 0 || base > QUALITY_BASE || queries == 0 || queries > QUALITY_QUERIES || dim == 0 ||
        dim > VECTORS_DIM_MAX)
        return false;
    corpus->truth = mem_array(queries * CORPUS_NEIGHBOURS, sizeof(*corpus->truth));
    return vectors_new(&corpus->base, base, dim, &err) == 0 && vectors_new(&corpus->queries, queries, dim, &err) == 0 &&
           blob_get_f32s(r, corpus->base.data, base * dim) == 0 &&
           blob_get_f32s(r, corpus->queries.data, queries * dim) == 0 &&
           blob_get_bytes(r, corpus->truth, queries * CORPUS_NEIGHBOURS * sizeof(*corpus->truth)) == 0;
}

static void put(uint64_t key, const struct corpus *corpus)
{
    struct blob b = { 0 };
    struct err no_cache;

    blob_u32(&b, (uint32_t)corpus->base.n);
    blob_u32(&b, (uint32_t)corpus->queries.n);
    blob_u32(&b, (uint32_t)corpus->base.dim);
    blob_f32s(&b, corpus->base.data, corpus->base.n * corpus->base.dim);
    blob_f32s(&b, corpus->queries.data, corpus->queries.n * corpus->queries.dim);
    blob_bytes(&b, corpus->truth, corpus->queries.n * CORPUS_NEIGHBOURS * sizeof(*corpus->truth));
    cache_put("quality-base", key, &b, &no_cache);
    blob_free(&b);
}

/* What the vectors depend on, and what is made of them besides. */
static int find_keys(struct quality_data *data, uint64_t *vectors, struct err *err)
{
    struct encoder *encoder;

    if (encoder_builtin(&encoder, err) < 0)
        return -1;
    *vectors = rng_mix(encoder_hash(encoder), VECTORS_CODE);
    encoder_free(encoder);
    for (size_t i = 0; i < ARRAY_LEN(wordnet_files); i++)
        if (hash_file(wordnet_files[i], vectors, err) < 0)
            return -1;
    data->key = rng_mix(*vectors, quality_code);
    return 0;
}

static bool from_cache(struct quality_data *data, uint64_t key)
{
    struct blob blob;
    bool good = cache_get("quality-base", key, &blob);
    struct blob_reader r = { blob.data, blob.len, 0, false };

    good = good && get(&r, &data->corpus);
    blob_free(&blob);
    if (!good)
        corpus_free(&data->corpus);
    return good;
}

int quality_data_open(struct quality_data *data, struct err *err)
{
    uint64_t key;

    *data = (struct quality_data){ 0 };
    if (quality_data_lacks())
        return err_set(err, ERR_HOST, "%s", quality_data_lacks());
    if (blas_load(err) < 0 || find_keys(data, &key, err) < 0)
        return -1;
    if (from_cache(data, key))
        return 0;
    if (corpus_wordnet(size(), &data->corpus, err) < 0)
        return -1;
    if (data->corpus.train.n > QUALITY_TRAIN)
        data->corpus.train.n = QUALITY_TRAIN;
    put(key, &data->corpus);
    return 0;
}

void quality_data_close(struct quality_data *data)
{
    evaluate_frame_free(&data->frame);
    corpus_free(&data->corpus);
}

static uint64_t key_of(const struct quality_data *data, const char *name, size_t bytes)
{
    return rng_mix(data->key, hash_bytes(name, strlen(name), bytes));
}

static int make_model(struct quality_data *data, const struct codec *codec, size_t bytes, struct codec_model *model,
                      struct evaluation *e, struct err *err)
{
    struct codec_options options = { bytes, SEED };
    struct blob b = { 0 };
    struct err no_cache;

    if (need_frame(data, err) < 0 || codec_train(codec, &data->corpus.train, &options, model, err) < 0)
        return -1;
    if (evaluate_model(model, &data->frame, e, err) < 0) {
        codec_model_free(model);
        return -1;
    }
    free(e->found_10);
    e->found_10 = NULL;
    blob_bytes(&b, e, sizeof(*e));
    codec->save(model->model, &b);
    cache_put("quality-model", key_of(data, codec->name, bytes), &b, &no_cache);
    blob_free(&b);
    return 0;
}

int quality_data_model(struct quality_data *data, const struct codec *codec, size_t bytes, struct codec_model *model,
                       struct evaluation *e, struct err *err)
{
    struct codec_model found = { codec, NULL, data->corpus.base.dim, { bytes, SEED } };
    struct blob_reader r = { 0 };
    struct blob blob;
    struct err bad;
    bool good = cache_get("quality-model", key_of(data, codec->name, bytes), &blob);

    r = (struct blob_reader){ blob.data, blob.len, 0, false };
    good = good && blob_get_bytes(&r, e, sizeof(*e)) == 0 && codec->load(&r, &found.model, &bad) == 0;
    blob_free(&blob);
    if (!good)
        return make_model(data, codec, bytes, model, e, err);
    *model = found;
    return 0;
}
