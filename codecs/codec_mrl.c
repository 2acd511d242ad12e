// SPDX-License-Identifier: MIT
/* codec_mrl.c -- truncation: the first dimensions, as they are.
 *
 * `mrl` keeps the first bytes / 4 as floats, `mrl_f16` the first bytes / 2 as half floats (scalar.h has one byte and
 * half a byte each). That is Matryoshka representation learning (Kusupati et al., NeurIPS 2022) where the model was
 * trained for it; of any other model it is merely a prefix. `mrl_pca` and `mrl_pca_f16` keep the first principal
 * components instead, which is the best that a prefix can be. Ranked by the cosine with what was kept, the usual rule
 * for truncated embeddings; with principal components, the mean included. */
#include "base/mem.h"
#include "codecs/coder.h"
#include "base/half.h"
#include "codecs/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct floats {
    size_t k, size; /* size: bytes of each, 4 or 2 */
};

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct floats *s = state;

    (void)err;
    if (s->size == 4) {
        memcpy(codes, y, n * s->k * 4);
        return 0;
    }
    for (size_t i = 0; i < n * s->k; i++) {
        uint16_t half = half_from(fminf(fmaxf(y[i], -65504), 65504));

        memcpy(codes + 2 * i, &half, 2);
    }
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct floats *s = state;

    if (s->size == 4)
        memcpy(y, codes, n * s->k * 4);
    for (size_t i = 0; s->size == 2 && i < n * s->k; i++) {
        uint16_t half;

        memcpy(&half, codes + 2 * i, 2);
        y[i] = half_to(half);
    }
    for (size_t i = 0; i < n * s->k; i++)
        if (!isfinite(y[i]))
            return err_set(err, ERR_CONFIG, "code %zu is not finite at number %zu", i / s->k, i % s->k);
    return 0;
}

static void save(const void *state, struct blob *out)
{
    blob_u32(out, (uint32_t)((const struct floats *)state)->size);
}

static struct floats *floats_new(size_t k, size_t size)
{
    struct floats *s = mem_array(1, sizeof(*s));

    *s = (struct floats){ k, size };
    return s;
}

static void *load_state(struct blob_reader *in, size_t k, size_t bytes)
{
    uint32_t size = blob_get_u32(in);

    return (size == 4 || size == 2) && k * size == bytes ? floats_new(k, size) : NULL;
}

static const struct quantiser floats = { encode, decode, save, load_state, free };

static int train(const struct vectors *x, size_t wanted, size_t size, bool pca, uint64_t seed, void **model,
                 struct err *err)
{
    size_t k = wanted / size < x->dim ? wanted / size : x->dim;
    struct coder *c = mem_array(1, sizeof(*c));

    if (pca && k > PCA_DIM_MAX)
        k = PCA_DIM_MAX;
    *c = (struct coder){ .rule = CODER_LENGTH, .bytes = k * size, .quantiser = &floats, .state = floats_new(k, size) };
    if (!pca)
        projection_prefix(x, k, false, &c->projection);
    else if (projection_pca(x, k, seed, &c->projection, NULL, err) < 0) {
        coder_free(c);
        return -1;
    }
    *model = c;
    return 0;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&floats, in, model, err);
}

static bool has_f32(size_t bytes, size_t dim)
{
    return bytes >= 4 && dim > 0;
}

static bool has_f16(size_t bytes, size_t dim)
{
    return bytes >= 2 && dim > 0;
}

static int train_f32(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, o->bytes, 4, false, o->seed, model, err);
}

static int train_f16(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, o->bytes, 2, false, o->seed, model, err);
}

static int train_pca_f32(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, o->bytes, 4, true, o->seed, model, err);
}

static int train_pca_f16(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, o->bytes, 2, true, o->seed, model, err);
}

#define KUSUPATI "Kusupati et al. 2022"
#define PEARSON  "Pearson 1901"

const struct codec codec_mrl = {
    .name = "mrl",
    .summary = "the first dimensions as floats",
    .source = KUSUPATI,
    .has = has_f32,
    .train = train_f32,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_mrl_f16 = {
    .name = "mrl_f16",
    .summary = "the first dimensions as half floats",
    .source = KUSUPATI,
    .has = has_f16,
    .train = train_f16,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_mrl_pca = {
    .name = "mrl_pca",
    .summary = "the first principal components as floats",
    .source = PEARSON,
    .has = has_f32,
    .train = train_pca_f32,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_mrl_pca_f16 = {
    .name = "mrl_pca_f16",
    .summary = "the first principal components as half floats",
    .source = PEARSON,
    .has = has_f16,
    .train = train_pca_f16,
    .load = load,
    CODER_FUNCTIONS,
};
