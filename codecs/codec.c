// SPDX-License-Identifier: MIT
#include "codecs/codec.h"

#include "codecs/blas.h"

#include <stdlib.h>
#include <string.h>

void codes_free(struct codes *codes)
{
    free(codes->data);
    *codes = (struct codes){ 0 };
}

const struct codec *codec_find(const char *name)
{
    for (size_t i = 0; i < codec_list_n; i++)
        if (!strcmp(codec_list[i]->name, name))
            return codec_list[i];
    return NULL;
}

int codec_train(const struct codec *codec, const struct vectors *train, const struct codec_options *options,
                struct codec_model *model, struct err *err)
{
    void *trained = NULL;

    *model = (struct codec_model){ 0 };
    if (train->n == 0)
        return err_set(err, ERR_CONFIG, "%s: no vectors to train on", codec->name);
    if (!codec->has(options->bytes, train->dim))
        return err_set(err, ERR_CONFIG, "%s cannot write a vector of %zu dimensions in %zu bytes", codec->name,
                       train->dim, options->bytes);
    if (vectors_check(train, err) < 0 || codec->train(train, options, &trained, err) < 0)
        return err_wrap(err, "cannot train %s", codec->name);
    *model = (struct codec_model){ codec, trained, train->dim, *options };
    return 0;
}

void codec_model_free(struct codec_model *model)
{
    if (model->codec)
        model->codec->free(model->model);
    *model = (struct codec_model){ 0 };
}

static int same_dim(const struct codec_model *model, const struct vectors *x, const char *what, struct err *err)
{
    if (x->dim == model->dim)
        return 0;
    return err_set(err, ERR_CONFIG, "%s of %zu dimensions for a model of %s that was trained on %zu", what, x->dim,
                   model->codec->name, model->dim);
}

int codec_encode(const struct codec_model *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    *codes = (struct codes){ 0 };
    if (same_dim(model, x, "vectors", err) < 0)
        return -1;
    if (vectors_check(x, err) < 0 || model->codec->encode(model->model, x, codes, err) < 0)
        return err_wrap(err, "cannot encode with %s", model->codec->name);
    return 0;
}

int codec_decode(const struct codec_model *model, const struct codes *codes, struct vectors *out, struct err *err)
{
    if (vectors_new(out, codes->n, model->dim, err) < 0)
        return -1;
    if (model->codec->decode(model->model, codes, out->data, err) < 0) {
        vectors_free(out);
        return err_wrap(err, "cannot decode with %s", model->codec->name);
    }
    return 0;
}

int codec_score(const struct codec_model *model, const struct vectors *queries, const struct codes *codes,
                float *scores, struct err *err)
{
    struct vectors decoded = { 0 };

    if (same_dim(model, queries, "queries", err) < 0)
        return -1;
    if (vectors_check(queries, err) < 0)
        return err_wrap(err, "cannot score with %s", model->codec->name);
    if (model->codec->score) {
        if (model->codec->score(model->model, queries, codes, scores, err) < 0)
            return err_wrap(err, "cannot score with %s", model->codec->name);
        return 0;
    }
    if (blas_load(err) < 0 || codec_decode(model, codes, &decoded, err) < 0)
        return -1;
    blas_sgemm(false, true, queries->n, codes->n, model->dim, 1, queries->data, model->dim, decoded.data, model->dim, 0,
               scores, codes->n);
    vectors_free(&decoded);
    return 0;
}

size_t codec_side_bytes(const struct codec_model *model)
{
    struct blob b = { 0 };
    size_t len;

    model->codec->save(model->model, &b);
    len = b.len;
    blob_free(&b);
    return len;
}
