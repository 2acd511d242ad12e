// SPDX-License-Identifier: MIT
/* codec_binary.c -- one bit a number: its sign.
 *
 * `binary`, `binary_float`: the first 8 * bytes dimensions, raw. `binary_rot`, `binary_rot_float`: centred, turned at
 * random (rotation.h) and then the first. `binary_itq`, `binary_itq_float`: the first principal components, rotated so
 * that they are near the corners of a cube (iterative quantisation: Gong, Lazebnik, Gordo, Perronnin, TPAMI 35(12),
 * 2013). Without `_float` the query becomes bits as well and the score is minus the number of bits that differ; with it
 * the query stays floats, scores are products (CODER_LENGTH), and so the mean's direction is stretched where the mean
 * is large, which no number of bits could make use of. Never compare the two kinds in silence. */
#include "base/mem.h"
#include "codecs/bits.h"
#include "codecs/blas.h"
#include "codecs/pca.h"
#include "codecs/procrustes.h"
#include "codecs/sample.h"
#include "codecs/signs.h"

#include <stdlib.h>

enum { SAMPLE = 16384, ITQ_ITERATIONS = 30 };

enum kind { RAW, ROTATED, ITQ };

/* Rotates the components so that their signs, as +1 and -1, are near to what they are the signs of. */
static int quantise_iteratively(struct projection *p, const struct vectors *x, uint64_t seed, struct err *err)
{
    /* A large decomposition takes a second, and more dimensions need fewer: they start nearer to Gaussian. */
    size_t k = p->k, iterations = k <= 512 ? ITQ_ITERATIONS : ITQ_ITERATIONS / 3, n;
    float *y = sample_projected(p, x, SAMPLE, seed, &n, err), *rotation = mem_array(k * k, sizeof(*rotation));
    float *turned = mem_aligned(n * k, sizeof(*turned), MEM_LINE, err);
    int ret = -1;

    if (!y || !turned || procrustes_random(k, seed, rotation, err) < 0)
        goto out;
    for (size_t i = 0; i < iterations; i++) {
        blas_sgemm(false, true, n, k, k, 1, y, k, rotation, k, 0, turned, k);
        for (size_t j = 0; j < n * k; j++)
            turned[j] = turned[j] > 0 ? 1 : -1;
        if (procrustes(y, turned, n, k, rotation, err) < 0)
            goto out;
    }
    ret = projection_rotate(p, rotation, err);
out:
    free(y);
    free(rotation);
    free(turned);
    return ret;
}

static int project(enum kind kind, bool hamming, const struct vectors *x, size_t k, uint64_t seed, struct projection *p,
                   struct err *err)
{
    int ret;

    switch (kind) {
    case RAW:
        projection_prefix(x, k, false, p);
        return 0;
    case ROTATED:
        projection_rotation(x, k, !hamming, seed, p);
        return 0;
    case ITQ:
        ret = hamming ? projection_pca_plain(x, k, seed, p, err) : projection_pca(x, k, seed, p, NULL, err);
        if (ret < 0)
            return -1;
        return quantise_iteratively(p, x, seed, err);
    }
    BUG("no such kind of signs: %d", (int)kind);
}

static int train(const struct vectors *x, enum kind kind, bool hamming, const struct codec_options *o, void **model,
                 struct err *err)
{
    size_t k = 8 * o->bytes < x->dim ? 8 * o->bytes : x->dim, n;
    struct coder *c = mem_array(1, sizeof(*c));
    float *y;

    if (kind == ITQ && k > PCA_DIM_MAX)
        k = PCA_DIM_MAX;
    *c = (struct coder){ .rule = CODER_LENGTH, .bytes = (k + 7) / 8, .quantiser = &signs_quantiser };
    if (project(kind, hamming, x, k, o->seed, &c->projection, err) < 0)
        goto bad;
    y = sample_projected(&c->projection, x, SAMPLE, o->seed, &n, err);
    if (!y)
        goto bad;
    c->state = signs_new(y, n, k);
    free(y);
    *model = c;
    return 0;
bad:
    coder_free(c);
    return -1;
}

/* The queries as codes, and minus the bits that differ. */
static int score_hamming(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                         struct err *err)
{
    const struct coder *c = model;
    struct codes q;

    if (coder_check(codes, c->bytes, err) < 0 || coder_encode(c, queries, &q, err) < 0)
        return -1;
    for (size_t i = 0; i < q.n; i++)
        for (size_t j = 0; j < codes->n; j++)
            scores[i * codes->n + j] = -(float)bits_hamming(q.data + i * c->bytes, codes->data + j * c->bytes,
                                                            c->bytes);
    codes_free(&q);
    return 0;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&signs_quantiser, in, model, err);
}

static bool has(size_t bytes, size_t dim)
{
    return bytes > 0 && dim > 0;
}

static int train_raw(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, RAW, true, o, model, err);
}

static int train_rotated(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, ROTATED, true, o, model, err);
}

static int train_itq(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, ITQ, true, o, model, err);
}

static int train_rotated_float(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, ROTATED, false, o, model, err);
}

static int train_itq_float(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, ITQ, false, o, model, err);
}

#define HAMMING_FUNCTIONS                                                                                              \
    .free = coder_free, .encode = coder_encode, .decode = coder_decode, .score = score_hamming, .save = coder_save,    \
    .dim = coder_dim
#define RANDOM "Charikar 2002; Andoni et al. 2015"
#define GONG   "Gong, Lazebnik, Gordo, Perronnin 2013"

const struct codec codec_binary = {
    .name = "binary",
    .summary = "signs of the first dimensions, Hamming distance",
    .source = "Charikar 2002",
    .has = has,
    .train = train_raw,
    .load = load,
    HAMMING_FUNCTIONS,
};

const struct codec codec_binary_float = {
    .name = "binary_float",
    .summary = "signs of the first dimensions, float query",
    .source = "Charikar 2002",
    .has = has,
    .train = train_raw,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_binary_rot = {
    .name = "binary_rot",
    .summary = "signs after centring and a random rotation, Hamming distance",
    .source = RANDOM,
    .has = has,
    .train = train_rotated,
    .load = load,
    HAMMING_FUNCTIONS,
};

const struct codec codec_binary_rot_float = {
    .name = "binary_rot_float",
    .summary = "signs after centring and a random rotation, float query",
    .source = RANDOM,
    .has = has,
    .train = train_rotated_float,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_binary_itq = {
    .name = "binary_itq",
    .summary = "signs of principal components after iterative quantisation, Hamming distance",
    .source = GONG,
    .has = has,
    .train = train_itq,
    .load = load,
    HAMMING_FUNCTIONS,
};

const struct codec codec_binary_itq_float = {
    .name = "binary_itq_float",
    .summary = "signs of principal components after iterative quantisation, float query",
    .source = GONG,
    .has = has,
    .train = train_itq_float,
    .load = load,
    CODER_FUNCTIONS,
};
