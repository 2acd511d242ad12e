// SPDX-License-Identifier: MIT
/* fuzz_codec_file.c -- files of trained codecs and of codes, of every codec in the list, with checksums that fit.
 *
 * The first byte: 0: the rest is a codec's file; else the second byte chooses a codec and its size, of which a small
 * model is trained and vectors are encoded here, and the rest is changes (a place of two bytes, then a value) to the
 * file of the model (odd) or of its codes (even). What is read all the same is decoded, and a model also encodes. */
#include "base/rng.h"
#include "codecs/codec_file.h"
#include "codecs/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIM = 16, N = 64, SIZES = 4, CODECS_MAX = 64, FLOATS_MAX = 1 << 20, SUM = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
    uint8_t *data;
    size_t len;
};

static struct seed {
    bool tried;
    struct codec_model model;
    struct file files[2]; /* of the codes, of the model */
} seeds[CODECS_MAX][SIZES];

/* About a mean that is most of them: models have all that a model can have. */
static struct vectors vectors(void)
{
    static float data[N * DIM];
    struct rng rng = rng_seed(1);

    for (size_t i = 0; i < N * DIM; i++)
        data[i] = (float)(1 + rng_normal(&rng) / (1 + (double)(i % DIM)));
    return (struct vectors){ data, N, DIM };
}

static void slurp(const char *path, struct file *file)
{
    FILE *f = fopen(path, "rb");

    if (!f || fseek(f, 0, SEEK_END))
        BUG("cannot read '%s'", path);
    file->len = (size_t)ftell(f);
    file->data = malloc(file->len);
    rewind(f);
    if (!file->data || fread(file->data, 1, file->len, f) != file->len)
        BUG("cannot read '%s'", path);
    fclose(f);
}

/* A size that the codec has: the first from `size` on in this row. NULL where it has none, or cannot be trained here.
 */
static struct seed *seed_of(size_t codec, size_t size)
{
    static const size_t bytes[SIZES] = { 4, 8, 16, 64 };
    struct seed *s = &seeds[codec][size];
    struct vectors x = vectors();
    struct codes codes;
    struct err err;
    char path[] = "/tmp/pawl-fuzz-XXXXXX";
    int fd;

    if (s->tried)
        return s->files[0].data ? s : NULL;
    s->tried = true;
    if (!codec_list[codec]->has(bytes[size], DIM) ||
        codec_train(codec_list[codec], &x, &(struct codec_options){ bytes[size], 1 }, &s->model, &err) < 0)
        return NULL;
    fd = mkstemp(path);
    if (fd < 0 || codec_encode(&s->model, &x, &codes, &err) < 0 || codec_save(&s->model, path, &err) < 0)
        BUG("%s: %s", codec_list[codec]->name, err.msg);
    slurp(path, &s->files[1]);
    if (codes_save(&s->model, &codes, path, &err) < 0)
        BUG("%s: %s", codec_list[codec]->name, err.msg);
    slurp(path, &s->files[0]);
    codes_free(&codes);
    close(fd);
    unlink(path);
    return s;
}

static void repair(uint8_t *data, size_t len)
{
    uint64_t sum;

    if (len < SUM)
        return;
    sum = hash_bytes(data, len - SUM, 0);
    memcpy(data + len - SUM, &sum, SUM);
}

static void use_codes(const struct codec_model *model, const uint8_t *data, size_t len)
{
    struct codes codes;
    struct vectors out;
    struct err err = { 0 };

    if (codes_parse(data, len, model, &codes, &err) < 0)
        return;
    if (codes.n <= FLOATS_MAX / model->dim && codec_decode(model, &codes, &out, &err) == 0)
        vectors_free(&out);
    codes_free(&codes);
}

static void use_model(const uint8_t *data, size_t len)
{
    struct codec_model model;
    struct vectors x, out;
    struct codes codes;
    struct err err = { 0 };

    if (codec_parse(data, len, &model, &err) < 0)
        return;
    if (vectors_new(&x, 3, model.dim, &err) == 0) {
        for (size_t i = 0; i < 3 * model.dim; i++)
            x.data[i] = sinf((float)i);
        if (codec_encode(&model, &x, &codes, &err) == 0) {
            if (codec_decode(&model, &codes, &out, &err) == 0)
                vectors_free(&out);
            codes_free(&codes);
        }
        vectors_free(&x);
    }
    codec_model_free(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool whole = size > 0 && data[0] == 0, model;
    struct seed *seed = NULL;
    uint8_t *copy;
    size_t len;

    if (size < 2 || (!whole && codec_list_n == 0))
        return 0;
    model = data[0] & 1;
    if (!whole)
        seed = seed_of(data[1] % codec_list_n % CODECS_MAX, data[1] / codec_list_n % SIZES);
    if (!whole && !seed)
        return 0;
    len = whole ? size - 1 : seed->files[model].len;
    copy = malloc(len);
    if (!copy)
        return 0;
    memcpy(copy, whole ? data + 1 : seed->files[model].data, len);
    for (size_t i = 2; !whole && i + 3 <= size; i += 3)
        copy[((size_t)data[i] << 8 | data[i + 1]) % len] = data[i + 2];
    repair(copy, len);
    if (whole || model)
        use_model(copy, len);
    else
        use_codes(&seed->model, copy, len);
    free(copy);
    return 0;
}
