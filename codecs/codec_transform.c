// SPDX-License-Identifier: MIT
/* codec_transform.c -- principal components, trellis-coded quantisation, interleaved range coding, in groups of 64
 * vectors: the fewest bytes for a recall, in storage that is read by groups. transform.h and transform_group.h say how.
 *
 * Codes take no more than what was asked for on average, of few vectors as of many: lambda is raised until they do. Less
 * than 16 vectors by themselves pay for the coder's states, and lose by it.
 *
 * Ranking: the inner product with the reconstruction. Where training vectors have one length decoded ones have it, too,
 * and scores go a part of the way there (transform_rank.h). They are computed from components. */
#include "codecs/codec.h"
#include "codecs/transform_group.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES_MIN = 4,
    BYTES_MAX = 512,
    ATTEMPTS = 8, /* to make codes fit */
    SAMPLED = 8, /* groups that are tried first where there are many more */
    KEPT = 64, /* groups whose components stay for the next attempt, which begins with the first */
};

/* A rate so far below the wanted one that other vectors than those of training seldom exceed it. */
static const double SPARE = .006;

/* Of a vector's head: 64 of them fill the seeds of 16 lanes, and a little more. */
static const double HEAD_BITS = 4.25;

static bool transform_has(size_t bytes, size_t dim)
{
    return bytes >= BYTES_MIN && bytes <= BYTES_MAX && dim >= 1;
}

static int transform_codec_train(const struct vectors *train, const struct codec_options *options, void **model,
                                 struct err *err)
{
    double extra = SPARE * 8 * (double)options->bytes + (double)TRANSFORM_GROUP_BITS / TRANSFORM_GROUP;
    struct transform *t = NULL;

    if (transform_train(train, options, extra, HEAD_BITS, &t, err) < 0)
        return -1;
    *model = t;
    return 0;
}

/* A step of lambda's logarithm takes about a fifth of it off the size; less where symbols are as dense as with many bits a
 * component, and so ever longer ones. */
static float raised(float lambda, double excess, size_t attempt)
{
    return lambda * (float)exp(fmin((5 * excess + .01) * (double)(1u << attempt), 2));
}

/* The groups as they come, each by itself until all fit. */
struct groups {
    struct part {
        uint8_t *data; /* owned */
        size_t len;
    } * parts;
    size_t n, bytes; /* of parts; in all of them */
    float *kept;     /* (n or KEPT, k, TRANSFORM_GROUP), owned: u of the first ones */
};

static void groups_free(struct groups *groups)
{
    for (size_t i = 0; i < groups->n; i++)
        free(groups->parts[i].data);
    free(groups->parts);
    free(groups->kept);
}

static float *kept(const struct transform *t, const struct groups *groups, size_t slot)
{
    return groups->kept + slot * t->projection.k * TRANSFORM_GROUP;
}

static int encode_group(const struct transform *t, const struct vectors *x, size_t group, bool again, float lambda,
                        struct transform_group *g, struct groups *groups, struct err *err)
{
    size_t first = group * TRANSFORM_GROUP, n = x->n - first < TRANSFORM_GROUP ? x->n - first : TRANSFORM_GROUP, len;
    struct part *part = &groups->parts[group];
    float lambdas[TRANSFORM_GROUP], *u = group < KEPT ? kept(t, groups, group) : g->u;
    uint8_t *data;

    for (size_t i = 0; i < TRANSFORM_GROUP; i++)
        lambdas[i] = lambda;
    if (!again || u == g->u)
        transform_forward(t, x->data + first * x->dim, n, g->room, u);
    transform_group_quantise(t, u, n, lambdas, g);
    len = transform_group_write(t, n, g);
    data = realloc(part->data, len);
    if (!data)
        return err_set(err, ERR_HOST, "no memory for the codes of %zu vectors", x->n);
    memcpy(data, g->bytes, len);
    groups->bytes += len - part->len;
    *part = (struct part){ data, len };
    return 0;
}

/* Every group at the first lambda; then, while all are longer than wanted, one after another at higher ones. */
static int encode_groups(const struct transform *t, const struct vectors *x, float lambda, struct transform_group *g,
                         struct groups *groups, struct err *err)
{
    /* Less a part in 500, lest what is asked to be 82 bytes of 4,096 is 49.96 times smaller instead of 50. */
    size_t wanted = x->n * t->bytes - x->n * t->bytes / 500;

    for (size_t attempt = 0; attempt <= ATTEMPTS && (attempt == 0 || groups->bytes > wanted); attempt++) {
        if (attempt > 0) /* twice what all of them would need: half of them, then, are to be coded again */
            lambda = raised(lambda, 2 * ((double)groups->bytes / (double)wanted - 1), attempt);
        for (size_t i = 0; i < groups->n && (attempt == 0 || groups->bytes > wanted); i++)
            if (encode_group(t, x, i, attempt > 0, lambda, g, groups, err) < 0)
                return -1;
    }
    return 0;
}

static int join(const struct groups *groups, const struct vectors *x, struct codes *codes, struct err *err)
{
    uint8_t *data = malloc(groups->bytes > 0 ? groups->bytes : 1);
    size_t at = 0;

    if (!data)
        return err_set(err, ERR_HOST, "no memory for the codes of %zu vectors", x->n);
    for (size_t i = 0; i < groups->n; at += groups->parts[i++].len)
        memcpy(data + at, groups->parts[i].data, groups->parts[i].len);
    *codes = (struct codes){ data, x->n, groups->bytes, 0 };
    return 0;
}

/* A lambda at which some of the groups, evenly spread, are no longer than wanted. */
static float try_groups(const struct transform *t, const struct vectors *x, struct transform_group *g,
                        const struct groups *groups)
{
    size_t whole = x->n / TRANSFORM_GROUP, wanted = SAMPLED * TRANSFORM_GROUP * t->bytes;
    float lambda = t->lambda, lambdas[TRANSFORM_GROUP];

    for (size_t s = 0; s < SAMPLED; s++)
        transform_forward(t, x->data + whole * s / SAMPLED * TRANSFORM_GROUP * x->dim, TRANSFORM_GROUP, g->room,
                          kept(t, groups, s));
    for (size_t i = 0; i < ATTEMPTS; i++) {
        size_t bytes = 0;

        for (size_t l = 0; l < TRANSFORM_GROUP; l++)
            lambdas[l] = lambda;
        for (size_t s = 0; s < SAMPLED; s++) {
            transform_group_quantise(t, kept(t, groups, s), TRANSFORM_GROUP, lambdas, g);
            bytes += transform_group_write(t, TRANSFORM_GROUP, g);
        }
        if (bytes <= wanted)
            break;
        lambda = raised(lambda, (double)bytes / (double)wanted - 1, i);
    }
    return lambda;
}

static int transform_encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    const struct transform *t = model;
    struct groups groups = { .n = (x->n + TRANSFORM_GROUP - 1) / TRANSFORM_GROUP };
    struct transform_group g;
    float lambda = t->lambda;
    int ret = -1;

    if (transform_group_new(t, &g, err) < 0)
        return -1;
    groups.parts = mem_array(groups.n, sizeof(*groups.parts));
    groups.kept = mem_aligned((groups.n < KEPT ? groups.n : KEPT) * t->projection.k, TRANSFORM_GROUP * sizeof(float),
                              MEM_LINE, err);
    if (groups.kept && x->n >= 2 * SAMPLED * TRANSFORM_GROUP)
        lambda = try_groups(t, x, &g, &groups);
    if (groups.kept && encode_groups(t, x, lambda, &g, &groups, err) == 0)
        ret = join(&groups, x, codes, err);
    groups_free(&groups);
    transform_group_free(&g);
    return ret;
}

typedef void group_fn(const struct transform *t, struct transform_group *g, size_t first, size_t n, void *to);

/* Calls `each` for every group, decoded. */
static int read_all(const struct transform *t, const struct codes *codes, group_fn *each, void *to, struct err *err)
{
    struct transform_group g;
    size_t at = 0;
    int ret = -1;

    if (transform_group_new(t, &g, err) < 0)
        return -1;
    for (size_t i = 0; i < codes->n; i += TRANSFORM_GROUP) {
        size_t n = codes->n - i < TRANSFORM_GROUP ? codes->n - i : TRANSFORM_GROUP, used;

        if (transform_group_read(t, codes->data + at, codes->n_bytes - at, n, &g, &used, err) < 0) {
            err_wrap(err, "vectors from %zu on, byte %zu", i, at);
            goto out;
        }
        each(t, &g, i, n, to);
        at += used;
    }
    if (at < codes->n_bytes) {
        err_set(err, ERR_CONFIG, "%zu bytes follow the last group", codes->n_bytes - at);
        goto out;
    }
    ret = 0;
out:
    transform_group_free(&g);
    return ret;
}

static void to_vectors(const struct transform *t, struct transform_group *g, size_t first, size_t n, void *to)
{
    transform_back(t, g->u, n, g->room, (float *)to + first * t->projection.dim);
}

static int transform_decode(const void *model, const struct codes *codes, float *out, struct err *err)
{
    return read_all(model, codes, to_vectors, out, err);
}

struct to_scores {
    float *queries, *base, *room, *scores;
    size_t n_queries, n;
};

static void to_scores(const struct transform *t, struct transform_group *g, size_t first, size_t n, void *to)
{
    struct to_scores *s = to;

    transform_score(t, s->queries, s->base, s->n_queries, g->u, n, s->room, s->scores + first, s->n);
}

static int transform_codec_score(const void *model, const struct vectors *queries, const struct codes *codes,
                                 float *scores, struct err *err)
{
    const struct transform *t = model;
    struct to_scores s = { .scores = scores, .n_queries = queries->n, .n = codes->n };
    int ret = -1;

    s.queries = mem_aligned(queries->n * t->projection.k, sizeof(float), MEM_LINE, err);
    s.room = mem_aligned(queries->n * TRANSFORM_GROUP, sizeof(float), MEM_LINE, err);
    s.base = mem_array(queries->n, sizeof(*s.base));
    if (s.queries && s.room && transform_queries(t, queries, s.queries, s.base, err) == 0)
        ret = read_all(t, codes, to_scores, &s, err);
    free(s.queries);
    free(s.room);
    free(s.base);
    return ret;
}

static int transform_codec_load(struct blob_reader *in, void **model, struct err *err)
{
    void *t = NULL;

    if (transform_load(in, &t, err) < 0)
        return -1;
    if (!transform_has(((struct transform *)t)->bytes, 1)) {
        transform_free(t);
        return err_set(err, ERR_CONFIG, "codes of a size that there is not");
    }
    *model = t;
    return 0;
}

const struct codec codec_transform = {
    .name = "transform",
    .summary = "principal components, trellis-coded quantisation, range coding, in groups of 64",
    .source = "Marcellin & Fischer 1990 (trellis-coded quantisation); Duda 2013 (range coding)",
    .has = transform_has,
    .train = transform_codec_train,
    .free = transform_free,
    .encode = transform_encode,
    .decode = transform_decode,
    .score = transform_codec_score,
    .save = transform_save,
    .load = transform_codec_load,
    .dim = transform_dim_of,
};
