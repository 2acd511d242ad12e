// SPDX-License-Identifier: MIT
/* quality.c -- the subject codecs/quality: what retrieval loses by each codec at each size, as exact metrics, and how
 * long it takes to score codes beside the exact scan of the floats. */
#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/quality_data.h"
#include "declare/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DIM = 1024, QUERIES = 8, CODES = 1024 }; /* one operation scores so many codes for so many queries */

extern const struct codec codec_mrl_f16, codec_scalar4_pca, codec_binary, codec_binary_itq_float, codec_sparse,
    codec_combined, codec_pq, codec_pq4, codec_opq, codec_rq, codec_rabitq, codec_entropy_rans, codec_transform,
    codec_transform_fixed;

static const int64_t sizes[] = { 12, 16, 20, 27, 32, 40, 48, 64, 82, 96, 128 };
static const struct axis quality_axes[] = {
    { .name = "bytes", .values = sizes, .n_values = ARRAY_LEN(sizes), .quick = 1u << 2 },
};

/* Of residual quantisation the small sizes: training, up to half a minute, is part of a cold block. */
enum { RQ_BYTES_MAX = 27 };

#define HAS(c)                                                                                                         \
    static bool has_##c(const struct params *params)                                                                   \
    {                                                                                                                  \
        return codec_##c.has((size_t)params_get(params, "bytes"), DIM) &&                                              \
               (&codec_##c != &codec_rq || params_get(params, "bytes") <= RQ_BYTES_MAX);                               \
    }
HAS(mrl_f16)
HAS(scalar4_pca)
HAS(binary)
HAS(binary_itq_float)
HAS(sparse)
HAS(combined)
HAS(pq)
HAS(pq4)
HAS(opq)
HAS(rq)
HAS(rabitq)
HAS(entropy_rans)
HAS(transform)
HAS(transform_fixed)

#define CODEC(c) { .name = #c, .impl = &codec_##c, .has = has_##c, .lacks = quality_data_lacks }

static const struct variant quality_variants[] = {
    { .name = "float32" },
    CODEC(mrl_f16),
    CODEC(scalar4_pca),
    CODEC(binary),
    CODEC(binary_itq_float),
    CODEC(sparse),
    CODEC(combined),
    CODEC(pq),
    CODEC(pq4),
    CODEC(opq),
    CODEC(rq),
    CODEC(rabitq),
    CODEC(entropy_rans),
    CODEC(transform),
    CODEC(transform_fixed),
};

struct trained {
    struct codec_model model;
    struct evaluation e;
    struct codes codes; /* of the first CODES base vectors */
    double encode_us;   /* what one of them took */
};

struct state {
    struct quality_data data;
    struct vectors queries, base; /* the first QUERIES and CODES of the data's, which own them */
    struct vectors random;        /* both, where there is no corpus: the reference runs everywhere */
    float *scores, *exact;        /* (QUERIES, CODES) */
    struct trained trained[ARRAY_LEN(quality_variants)];
    struct err why_not[ARRAY_LEN(quality_variants)]; /* code ERR_NONE: it can */
};

static void quality_teardown(void *arg)
{
    struct state *s = arg;

    if (!s)
        return;
    for (size_t i = 0; i < ARRAY_LEN(s->trained); i++) {
        codes_free(&s->trained[i].codes);
        codec_model_free(&s->trained[i].model);
    }
    free(s->scores);
    free(s->exact);
    vectors_free(&s->random);
    quality_data_close(&s->data);
    free(s);
}

/* The time of a scan does not depend on the numbers. */
static int random_vectors(const struct bench *bench, struct vectors *random, struct err *err)
{
    struct rng rng = rng_seed(bench->seed);

    if (vectors_new(random, QUERIES + CODES, DIM, err) < 0)
        return -1;
    for (size_t i = 0; i < random->n * DIM; i++)
        random->data[i] = (float)rng_normal(&rng);
    vectors_normalise(random);
    return 0;
}

static int open_vectors(const struct bench *bench, struct state *s, struct err *err)
{
    const float *queries, *base;

    if (quality_data_lacks()) {
        if (blas_load(err) < 0 || random_vectors(bench, &s->random, err) < 0)
            return -1;
        queries = s->random.data;
        base = s->random.data + QUERIES * DIM;
    } else {
        if (quality_data_open(&s->data, err) < 0)
            return -1;
        if (s->data.corpus.base.n < CODES || s->data.corpus.queries.n < QUERIES || s->data.corpus.base.dim != DIM)
            return err_set(err, ERR_HOST, "WordNet is too small here: %s", s->data.corpus.describe);
        queries = s->data.corpus.queries.data;
        base = s->data.corpus.base.data;
    }
    s->queries = (struct vectors){ (float *)queries, QUERIES, DIM };
    s->base = (struct vectors){ (float *)base, CODES, DIM };
    return 0;
}

/* What fails here, check() of that variant tells. */
static int prepare(struct state *s, size_t variant, size_t bytes, struct err *err)
{
    struct trained *t = &s->trained[variant];
    struct timespec began, end;
    int ret;

    if (quality_data_model(&s->data, quality_variants[variant].impl, bytes, &t->model, &t->e, err) < 0)
        return -1;
    clock_gettime(CLOCK_MONOTONIC, &began);
    ret = codec_encode(&t->model, &s->base, &t->codes, err);
    clock_gettime(CLOCK_MONOTONIC, &end);
    t->encode_us = ((double)(end.tv_sec - began.tv_sec) * 1e6 + (double)(end.tv_nsec - began.tv_nsec) * 1e-3) / CODES;
    return ret;
}

static void scan(const struct state *s, float *scores)
{
    blas_sgemm(false, true, QUERIES, CODES, DIM, 1, s->queries.data, DIM, s->base.data, DIM, 0, scores, CODES);
}

static int quality_setup(const struct bench *bench, void **out, struct err *err)
{
    struct state *s = mem_array(1, sizeof(*s));
    size_t bytes = (size_t)params_get(bench->params, "bytes");

    s->scores = mem_aligned(QUERIES * CODES, sizeof(*s->scores), MEM_LINE, err);
    s->exact = s->scores ? mem_aligned(QUERIES * CODES, sizeof(*s->exact), MEM_LINE, err) : NULL;
    if (!s->exact || open_vectors(bench, s, err) < 0)
        goto fail;
    scan(s, s->exact);
    for (size_t i = 1; i < ARRAY_LEN(quality_variants); i++)
        if (bench->variants & 1u << i)
            prepare(s, i, bytes, &s->why_not[i]);
    *out = s;
    return 0;
fail:
    quality_teardown(s);
    return -1;
}

static void quality_run(void *arg, const struct variant *variant, int64_t n)
{
    struct state *s = arg;
    const struct trained *t = &s->trained[variant - quality_variants];
    struct err err;

    for (int64_t i = 0; i < n; i++) {
        if (!variant->impl)
            scan(s, s->scores);
        else if (codec_score(&t->model, &s->queries, &t->codes, s->scores, &err) < 0)
            BUG("%s", err.msg);
    }
}

/* Pearson's, over all pairs of query and code. */
static double correlation(const float *x, const float *y, size_t n)
{
    double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;

    for (size_t i = 0; i < n; i++) {
        sx += x[i];
        sy += y[i];
        xx += (double)x[i] * x[i];
        yy += (double)y[i] * y[i];
        xy += (double)x[i] * y[i];
    }
    return (xy - sx * sy / (double)n) / sqrt((xx - sx * sx / (double)n) * (yy - sy * sy / (double)n));
}

/* The scan against plain dot products. */
static int check_scan(const struct state *s, struct err *err)
{
    for (size_t i = 0; i < QUERIES * CODES; i += 97) {
        double dot = 0;

        for (size_t j = 0; j < DIM; j++)
            dot += (double)s->queries.data[i / CODES * DIM + j] * s->base.data[i % CODES * DIM + j];
        if (fabs(dot - s->scores[i]) > 1e-5)
            return err_set(err, ERR_HARNESS, "query %zu, vector %zu: %g instead of %g", i / CODES, i % CODES,
                           (double)s->scores[i], dot);
    }
    return 0;
}

/* Codes no longer than wanted, and scores that go with the exact ones. The limit is low on purpose: it catches a scorer that
 * is broken, for which they would not go together at all; how good a codec is, recall says. */
static int quality_check(void *arg, const struct variant *variant, struct err *err)
{
    struct state *s = arg;
    size_t at = (size_t)(variant - quality_variants);
    const struct trained *t = &s->trained[at];
    double r;

    if (s->why_not[at].code) {
        *err = s->why_not[at];
        return -1;
    }
    memset(s->scores, 0xff, QUERIES * CODES * sizeof(*s->scores));
    quality_run(s, variant, 1);
    if (!variant->impl)
        return check_scan(s, err);
    if (t->codes.n_bytes > CODES * t->model.options.bytes)
        return err_set(err, ERR_HARNESS, "%d codes of %zu bytes take %zu bytes", CODES, t->model.options.bytes,
                       t->codes.n_bytes);
    r = correlation(s->scores, s->exact, QUERIES * CODES);
    if (!(r > 0.2))
        return err_set(err, ERR_HARNESS, "scores correlate with the exact ones by %.3f only", r);
    return 0;
}

static double million_scores(const struct params *params, double ns)
{
    (void)params;
    return QUERIES * CODES / ns * 1e3;
}

/* The reference is its own truth. */
#define EXACT(name, of_float, of_codec)                                                                                \
    static int exact_##name(void *arg, const struct variant *variant, double *value, struct err *err)                  \
    {                                                                                                                  \
        const struct state *s = arg;                                                                                   \
        const struct evaluation *e = &s->trained[variant - quality_variants].e;                                        \
                                                                                                                       \
        (void)err, (void)e;                                                                                   \
        *value = variant->impl ? (of_codec) : (of_float);                                                              \
        return 0;                                                                                                      \
    }
EXACT(recall_10, 1, e->recall_10)
EXACT(rescored_10, 1, e->rescored_10)
EXACT(recall_1, 1, e->recall_1)
EXACT(recall_100, 1, e->recall_100)
EXACT(bytes, 4 * DIM, e->bytes)
EXACT(ratio, 1, e->ratio)
EXACT(side, 0, (double)e->side_bytes)
EXACT(mse, 0, e->mse)
EXACT(bound, 4 * DIM, e->bound_bytes)

/* The reference keeps vectors as they are. */
static int encode_us(void *arg, const struct variant *variant, double *value, struct err *err)
{
    const struct state *s = arg;

    (void)err;
    *value = s->trained[variant - quality_variants].encode_us;
    return 0;
}

#define METRIC(n, u, b, f) { .name = n, .unit = u, .kind = METRIC_EXACT, .better = b, .exact = exact_##f }

static const struct metric quality_metrics[] = {
    METRIC("recall@10", "", METRIC_HIGHER_IS_BETTER, recall_10),
    METRIC("recall@10_rescored", "", METRIC_HIGHER_IS_BETTER, rescored_10),
    METRIC("bytes", "bytes", METRIC_LOWER_IS_BETTER, bytes),
    METRIC("ratio", "x", METRIC_HIGHER_IS_BETTER, ratio),
    METRIC("side_bytes", "bytes", METRIC_LOWER_IS_BETTER, side),
    METRIC("mse", "", METRIC_LOWER_IS_BETTER, mse),
    METRIC("bound_bytes", "bytes", METRIC_HIGHER_IS_BETTER, bound),
    METRIC("recall@1", "", METRIC_HIGHER_IS_BETTER, recall_1),
    METRIC("recall@100", "", METRIC_HIGHER_IS_BETTER, recall_100),
    { .name = "mscores", .unit = "M/s", .kind = METRIC_TIMED, .better = METRIC_HIGHER_IS_BETTER,
      .from_ns = million_scores },
    { .name = "encode_us", .unit = "us", .kind = METRIC_TIMED, .better = METRIC_LOWER_IS_BETTER, .timed = encode_us },
};

const struct scenario scenario_quality = {
    .name = "codecs/quality",
    .summary = "what retrieval loses by each codec, and the time to score its codes",
    .axes = quality_axes,
    .n_axes = ARRAY_LEN(quality_axes),
    .variants = quality_variants,
    .n_variants = ARRAY_LEN(quality_variants),
    .metrics = quality_metrics,
    .n_metrics = ARRAY_LEN(quality_metrics),
    .setup = quality_setup,
    .run = quality_run,
    .check = quality_check,
    .teardown = quality_teardown,
};
