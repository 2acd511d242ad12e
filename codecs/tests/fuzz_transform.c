// SPDX-License-Identifier: MIT
/* fuzz_transform.c -- codes and models of the transform codecs made of any bytes.
 *
 * Byte 0: even for changes (a place of two bytes, then a value) to what a small model here wrote of 70 vectors, odd for
 * the bytes as they are; bit 1: codes of a fixed size; bit 2: a model instead of codes. What is read is used. */
#include "base/rng.h"
#include "codecs/codec.h"

#include <stdlib.h>
#include <string.h>

enum { DIM = 12, N = 70, BYTES = 6 };

extern const struct codec codec_transform, codec_transform_fixed;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codec_model models[2];
static struct codes written[2];
static struct blob saved[2];
static float values[N * DIM];
static const struct vectors x = { values, N, DIM };

static void start(void)
{
    static const struct codec *const codecs[] = { &codec_transform, &codec_transform_fixed };
    struct rng rng = rng_seed(1);
    struct err err;

    for (size_t i = 0; i < N * DIM; i++)
        values[i] = (float)(rng_normal(&rng) / (double)(1 + i % DIM));
    for (size_t c = 0; c < 2; c++) {
        if (codec_train(codecs[c], &x, &(struct codec_options){ BYTES, 1 }, &models[c], &err) < 0 ||
            codec_encode(&models[c], &x, &written[c], &err) < 0)
            BUG("%s", err.msg);
        codecs[c]->save(models[c].model, &saved[c]);
    }
}

static void use_model(const struct codec *codec, const uint8_t *data, size_t len)
{
    struct blob_reader in = { .data = data, .len = len };
    struct codec_model m = { .codec = codec, .dim = DIM };
    struct vectors out;
    struct codes codes;
    struct err err;

    if (codec->load(&in, &m.model, &err) < 0)
        return;
    if (codec->dim(m.model) == DIM && codec_encode(&m, &x, &codes, &err) == 0) {
        if (codec_decode(&m, &codes, &out, &err) == 0)
            vectors_free(&out);
        codes_free(&codes);
    }
    codec_model_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct vectors out;
    struct err err;
    uint8_t *copy;
    size_t len;
    bool raw, model;
    unsigned c;

    if (!started)
        start();
    started = true;
    if (size < 2)
        return 0;
    raw = data[0] & 1;
    c = data[0] >> 1 & 1;
    model = data[0] & 4;
    len = raw ? size - 1 : model ? saved[c].len : written[c].n_bytes;
    copy = malloc(len);
    if (!copy)
        return 0;
    memcpy(copy, raw ? data + 1 : model ? saved[c].data : written[c].data, len);
    for (size_t i = 1; !raw && i + 3 <= size; i += 3)
        copy[((size_t)data[i] << 8 | data[i + 1]) % len] = data[i + 2];
    if (model)
        use_model(models[c].codec, copy, len);
    else {
        struct codes codes = { copy, c ? len / BYTES : N, c ? len / BYTES * BYTES : len, c ? BYTES : 0 };

        if (codec_decode(&models[c], &codes, &out, &err) == 0)
            vectors_free(&out);
    }
    free(copy);
    return 0;
}
