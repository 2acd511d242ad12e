// SPDX-License-Identifier: MIT
/* codec_fixture.h -- a codec for tests of what is common to all: it writes the signs of a vector, a byte each, and has
 * the mean of the training vectors as its model. It is the only one in this program's list. */
#pragma once

#include "base/mem.h"
#include "codecs/codec.h"

#include <stdlib.h>
#include <string.h>

struct toy {
    size_t dim;
    float *mean;
};

static bool toy_has(size_t bytes, size_t dim)
{
    return bytes >= dim && dim <= 64;
}

static void toy_free(void *model)
{
    struct toy *t = model;

    if (t)
        free(t->mean);
    free(t);
}

static int toy_train(const struct vectors *train, const struct codec_options *options, void **model, struct err *err)
{
    struct toy *t = mem_array(1, sizeof(*t));

    (void)options, (void)err;
    *t = (struct toy){ train->dim, mem_array(train->dim, sizeof(float)) };
    for (size_t i = 0; i < train->n * train->dim; i++)
        t->mean[i % train->dim] += train->data[i] / (float)train->n;
    *model = t;
    return 0;
}

static int toy_encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    const struct toy *t = model;

    (void)err;
    *codes = (struct codes){ mem_array(x->n * t->dim, 1), x->n, x->n * t->dim, t->dim };
    for (size_t i = 0; i < codes->n_bytes; i++)
        codes->data[i] = x->data[i] > t->mean[i % t->dim];
    return 0;
}

static int toy_decode(const void *model, const struct codes *codes, float *out, struct err *err)
{
    const struct toy *t = model;

    if (codes->stride != t->dim)
        return err_set(err, ERR_CONFIG, "a stride of %zu", codes->stride);
    for (size_t i = 0; i < codes->n_bytes; i++) {
        if (codes->data[i] > 1)
            return err_set(err, ERR_CONFIG, "byte %zu is no sign", i);
        out[i] = codes->data[i] ? 1 : -1;
    }
    return 0;
}

static void toy_save(const void *model, struct blob *out)
{
    const struct toy *t = model;

    blob_u32(out, (uint32_t)t->dim);
    blob_f32s(out, t->mean, t->dim);
}

static int toy_load(struct blob_reader *in, void **model, struct err *err)
{
    uint32_t dim = blob_get_u32(in);
    struct toy *t;

    if (dim > 64)
        return err_set(err, ERR_CONFIG, "%u dimensions", dim);
    t = mem_array(1, sizeof(*t));
    *t = (struct toy){ dim, mem_array(dim, sizeof(float)) };
    if (blob_get_f32s(in, t->mean, dim) < 0) {
        toy_free(t);
        return err_set(err, ERR_CONFIG, "the mean is cut short");
    }
    *model = t;
    return 0;
}

static size_t toy_dim(const void *model)
{
    return ((const struct toy *)model)->dim;
}

static const struct codec toy = {
    .name = "toy", .summary = "signs", .source = "none", .has = toy_has, .train = toy_train, .free = toy_free,
    .encode = toy_encode, .decode = toy_decode, .save = toy_save, .load = toy_load,
    .dim = toy_dim
};

const struct codec *const codec_list[] = { &toy };
const size_t codec_list_n = 1;
