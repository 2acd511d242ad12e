// SPDX-License-Identifier: MIT
/* codec_rq.c -- residual vector quantisation with a beam (residual.h) of principal components.
 *
 * Up to 20 bytes one quantiser of a stage a byte, in 6 components a byte: at 16 bytes and 1,024 dimensions 96
 * components, so that components and centroids are less than a megabyte. Above, the components are shared out to
 * quantisers of at most 10 stages, so that each has about the same product of variances: one of 40 stages would be
 * slow. Ranked by the cosine with the reconstruction. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/allocate.h"
#include "codecs/fields.h"
#include "codecs/pca.h"
#include "codecs/residual.h"
#include "codecs/sample.h"

#include <stdlib.h>
#include <string.h>

enum {
    ALONE_MAX = 20,
    SHARED_MAX = 10,
    BYTES_MAX = 128,
    COMPONENTS = 6, /* a byte */
    BEAM = 5,
    SAMPLE = 65536,
    MIXTURES = 16 /* of a sample that is smaller, for each of its vectors */
};

struct group {
    struct residual residual;
    size_t y, code; /* where its numbers and its bytes begin */
};

struct rq {
    size_t k, bytes, n_groups;
    struct group group[BYTES_MAX / SHARED_MAX + 1];
};

static void rq_free(void *state)
{
    struct rq *q = state;

    for (size_t g = 0; q && g < q->n_groups; g++)
        residual_free(&q->group[g].residual);
    free(q);
}

static size_t groups(size_t k, size_t bytes)
{
    return bytes <= ALONE_MAX || k == 1 ? 1 : (bytes + SHARED_MAX - 1) / SHARED_MAX;
}

static struct rq *rq_new(size_t k, size_t bytes, size_t beam, struct err *err)
{
    struct rq *q = mem_array(1, sizeof(*q));
    size_t n = groups(k, bytes);

    q->k = k;
    q->bytes = bytes;
    for (size_t g = 0; g < n; g++) {
        struct group *group = &q->group[g];

        group->y = g * k / n;
        group->code = g * bytes / n;
        if (residual_new(&group->residual, (g + 1) * k / n - group->y, (g + 1) * bytes / n - group->code, beam, err) <
            0) {
            rq_free(q);
            return NULL;
        }
        q->n_groups++;
    }
    return q;
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct rq *q = state;

    for (size_t g = 0; g < q->n_groups; g++) {
        const struct group *group = &q->group[g];

        if (residual_encode(&group->residual, y + group->y, n, q->k, codes + group->code, q->bytes, err) < 0)
            return -1;
    }
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct rq *q = state;

    (void)err;
    for (size_t g = 0; g < q->n_groups; g++) {
        const struct group *group = &q->group[g];

        residual_decode(&group->residual, group->residual.m, codes + group->code, n, q->bytes, y + group->y, q->k);
    }
    return 0;
}

static void save(const void *state, struct blob *out)
{
    const struct rq *q = state;

    blob_u32(out, (uint32_t)q->group[0].residual.beam);
    for (size_t g = 0; g < q->n_groups; g++) {
        const struct residual *r = &q->group[g].residual;

        blob_f16s(out, r->books, r->m * RESIDUAL_K * r->k);
    }
}

static void *load_state(struct blob_reader *in, size_t k, size_t bytes)
{
    size_t beam = blob_get_u32(in), n = groups(k, bytes);
    struct err err;
    struct rq *q;

    /* No memory before it is sure that about as many books follow. */
    if (beam == 0 || beam > RESIDUAL_BEAM_MAX || bytes > BYTES_MAX || (k == 1 && bytes > RESIDUAL_STAGES_MAX) ||
        (in->len - in->at) / (2 * RESIDUAL_K) < n * (bytes / n) * (k / n))
        return NULL;
    q = rq_new(k, bytes, beam, &err);
    for (size_t g = 0; q && g < q->n_groups; g++) {
        struct residual *r = &q->group[g].residual;
        float *books = fields_halves(in, r->m * RESIDUAL_K * r->k);

        if (books) {
            free(r->books);
            r->books = books;
        }
        if (!books || residual_tables(r, 0, r->m, &err) < 0) {
            rq_free(q);
            return NULL;
        }
    }
    return q;
}

static const struct quantiser rq = { encode, decode, save, load_state, rq_free };

static int share_out(struct projection *p, const struct rq *q, const float *variance, struct err *err)
{
    size_t widths[ARRAY_LEN(q->group)];
    float *rotation;
    int ret;

    if (q->n_groups == 1)
        return 0;
    for (size_t g = 0; g < q->n_groups; g++)
        widths[g] = q->group[g].residual.k;
    rotation = mem_array(q->k * q->k, sizeof(*rotation));
    allocate(variance, q->k, widths, q->n_groups, rotation);
    ret = projection_rotate(p, rotation, err);
    free(rotation);
    return ret;
}

/* A residual quantiser of 16 stages has 4,096 centroids: with a few thousand vectors to train on it learns these by
 * heart and is worse than a product quantiser. So the sample is filled up with vectors some of whose components, which
 * have no covariance, come from others: from one or two of them to nearly all. Frees y. */
static float *augment(float *y, size_t *n, size_t k, uint64_t seed, struct err *err)
{
    struct rng rng = rng_seed(rng_mix(seed, *n));
    size_t want = *n < SAMPLE / MIXTURES ? *n * MIXTURES : SAMPLE;
    float *all = mem_aligned(want * k, sizeof(*all), MEM_LINE, err);

    if (all)
        memcpy(all, y, *n * k * sizeof(*y));
    for (size_t i = *n; all && i < want; i++) {
        size_t from = rng_below(&rng, *n), foreign = rng_below(&rng, 256);

        for (size_t j = 0; j < k; j++) {
            uint64_t draw = rng_next(&rng);

            all[i * k + j] = y[((draw & 255) < foreign ? (draw >> 32) % *n : from) * k + j];
        }
    }
    free(y);
    *n = want;
    return all;
}

static int fit(struct coder *c, const struct vectors *x, const float *variance, uint64_t seed, struct err *err)
{
    struct rq *q = c->state;
    float *y = NULL;
    size_t n;
    int ret = -1;

    if (share_out(&c->projection, q, variance, err) < 0)
        return -1;
    y = sample_projected(&c->projection, x, SAMPLE, seed, &n, err);
    if (y && n < SAMPLE)
        y = augment(y, &n, q->k, seed, err);
    for (size_t g = 0; y && g < q->n_groups; g++) {
        ret = residual_train(&q->group[g].residual, y + q->group[g].y, n, q->k, seed + g, err);
        if (ret < 0)
            break;
    }
    free(y);
    return ret;
}

static int train(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    size_t most = x->dim < PCA_DIM_MAX ? x->dim : PCA_DIM_MAX,
           k = COMPONENTS * o->bytes < most ? COMPONENTS * o->bytes : most;
    /* A single number has no use for more stages than a quantiser can have. */
    size_t bytes = k == 1 && o->bytes > RESIDUAL_STAGES_MAX ? RESIDUAL_STAGES_MAX : o->bytes;
    struct coder *c = mem_array(1, sizeof(*c));
    float *variance = mem_array(k, sizeof(*variance));
    int ret = -1;

    *c = (struct coder){ .rule = CODER_LENGTH, .bytes = bytes, .quantiser = &rq, .state = rq_new(k, bytes, BEAM, err) };
    if (c->state && projection_pca(x, k, o->seed, &c->projection, variance, err) == 0)
        ret = fit(c, x, variance, o->seed, err);
    free(variance);
    if (ret < 0) {
        coder_free(c);
        return -1;
    }
    *model = c;
    return 0;
}

static bool has(size_t bytes, size_t dim)
{
    return bytes > 0 && bytes <= BYTES_MAX && dim > 0;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&rq, in, model, err);
}

const struct codec codec_rq = {
    .name = "rq",
    .summary = "principal components, residual quantisation with a beam, books fitted together",
    .source = "Chen, Guan, Wang 2010; Babenko, Lempitsky 2014",
    .has = has,
    .train = train,
    .load = load,
    CODER_FUNCTIONS,
};
