// SPDX-License-Identifier: MIT
#include "codecs/evaluate.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "codecs/blas.h"
#include "codecs/bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { K = CORPUS_NEIGHBOURS, TOP = 10 };

void evaluation_free(struct evaluation *e)
{
    free(e->found_10);
    *e = (struct evaluation){ 0 };
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void evaluate_frame_free(struct evaluate_frame *frame)
{
    free(frame->mean);
    free(frame->variances);
    *frame = (struct evaluate_frame){ 0 };
}

static double *mean_of(const struct vectors *x)
{
    double *mean = mem_array(x->dim, sizeof(*mean));

    for (size_t i = 0; i < x->n; i++)
        for (size_t j = 0; j < x->dim; j++)
            mean[j] += x->data[i * x->dim + j];
    for (size_t j = 0; j < x->dim; j++)
        mean[j] /= (double)x->n;
    return mean;
}

/* The second moments about the mean, portion by portion. */
static int moments(const struct vectors *x, const float *mean, double *matrix, struct err *err)
{
    size_t dim = x->dim;
    float *centred = mem_aligned((size_t)EVALUATE_PORTION * dim, sizeof(*centred), MEM_LINE, err);
    float *gram = mem_aligned(dim * dim, sizeof(*gram), MEM_LINE, err);
    int ret = -1;

    if (!centred || !gram)
        goto out;
    for (size_t first = 0; first < x->n; first += EVALUATE_PORTION) {
        size_t n = x->n - first < EVALUATE_PORTION ? x->n - first : EVALUATE_PORTION;

        for (size_t i = 0; i < n * dim; i++)
            centred[i] = x->data[first * dim + i] - mean[i % dim];
        blas_gram(centred, n, dim, gram);
        for (size_t i = 0; i < dim * dim; i++)
            matrix[i] += (double)gram[i] / (double)x->n;
    }
    ret = 0;
out:
    free(centred);
    free(gram);
    return ret;
}

int evaluate_frame(const struct corpus *corpus, struct evaluate_frame *frame, struct err *err)
{
    size_t dim = corpus->base.dim;
    double *mean, *matrix = NULL;
    int ret = -1;

    *frame = (struct evaluate_frame){ .corpus = corpus };
    if (blas_load(err) < 0)
        return -1;
    mean = mean_of(&corpus->train);
    frame->mean = mem_array(dim, sizeof(*frame->mean));
    frame->variances = mem_array(dim, sizeof(*frame->variances));
    for (size_t j = 0; j < dim; j++)
        frame->mean[j] = (float)mean[j];
    matrix = mem_array(dim * dim, sizeof(*matrix));
    if (moments(&corpus->base, frame->mean, matrix, err) < 0 || blas_eigen(matrix, dim, frame->variances, err) < 0)
        goto out;
    for (size_t j = 0; j < dim; j++) {
        frame->variances[j] = fmax(0, frame->variances[j]); /* rounding */
        frame->energy += frame->variances[j] * (double)corpus->base.n;
    }
    ret = 0;
out:
    free(mean);
    free(matrix);
    if (ret < 0)
        evaluate_frame_free(frame);
    return ret;
}

/* The K best of each query so far, best first. */
struct ranking {
    float *scores;  /* (queries, K) */
    int32_t *found; /* (queries, K) */
    size_t n;       /* of them, the same for all queries */
};

/* As they come with rising indexes, an equal one is never better. */
static void rank(struct ranking *r, const float *scores, size_t n, size_t first, size_t n_queries)
{
    size_t total = first + n < K ? first + n : K;

    for (size_t q = 0; q < n_queries; q++) {
        float *best = r->scores + q * K;
        int32_t *found = r->found + q * K;
        size_t have = r->n;

        for (size_t i = 0; i < n; i++) {
            float score = scores[q * n + i];
            size_t at;

            if (have == K && !(score > best[K - 1]))
                continue;
            for (at = have < K ? have++ : K - 1; at > 0 && score > best[at - 1]; at--) {
                best[at] = best[at - 1];
                found[at] = found[at - 1];
            }
            best[at] = score;
            found[at] = (int32_t)(first + i);
        }
    }
    r->n = total;
}

static size_t common(const int32_t *a, const int32_t *b, size_t k)
{
    size_t n = 0;

    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            n += a[i] == b[j];
    return n;
}

/* The best TOP of the n found, by their originals. */
static void rescore(const struct corpus *corpus, size_t q, const int32_t *found, size_t n, int32_t *best)
{
    size_t dim = corpus->base.dim, have = 0, top = n < TOP ? n : TOP;
    const float *query = corpus->queries.data + q * dim;
    float scores[TOP];

    for (size_t i = 0; i < n; i++) {
        const float *x = corpus->base.data + (size_t)found[i] * dim;
        float score = 0;
        size_t at;

        for (size_t j = 0; j < dim; j++)
            score += query[j] * x[j];
        if (have == top && !(score > scores[top - 1]))
            continue;
        for (at = have < top ? have++ : top - 1; at > 0 && score > scores[at - 1]; at--) {
            scores[at] = scores[at - 1];
            best[at] = best[at - 1];
        }
        scores[at] = score;
        best[at] = found[i];
    }
}

static void judge_ranking(const struct corpus *corpus, const struct ranking *r, struct evaluation *e)
{
    size_t top = r->n < TOP ? r->n : TOP, queries = corpus->queries.n;
    double found_1 = 0, found_10 = 0, found_100 = 0, rescored = 0;

    e->found_10 = mem_array(queries, sizeof(*e->found_10));
    for (size_t q = 0; q < queries; q++) {
        const int32_t *found = r->found + q * K, *truth = corpus->truth + q * K;
        int32_t best[TOP];

        e->found_10[q] = (float)common(found, truth, top) / (float)top;
        found_10 += e->found_10[q];
        found_1 += found[0] == truth[0];
        found_100 += (double)common(found, truth, r->n) / (double)r->n;
        rescore(corpus, q, found, r->n, best);
        rescored += (double)common(best, truth, top) / (double)top;
    }
    e->recall_1 = found_1 / (double)queries;
    e->recall_10 = found_10 / (double)queries;
    e->recall_100 = found_100 / (double)queries;
    e->rescored_10 = rescored / (double)queries;
    e->candidates = (double)r->n / (double)corpus->base.n;
}

struct sums {
    double error, cosine, signs;
    double encode_s, decode_s, score_s;
    size_t bytes;
};

static void compare(const struct vectors *x, const struct vectors *y, struct sums *sums)
{
    for (size_t i = 0; i < x->n; i++) {
        double error = 0, xx = 0, yy = 0, xy = 0;
        size_t signs = 0;

        for (size_t j = 0; j < x->dim; j++) {
            double a = x->data[i * x->dim + j], b = y->data[i * x->dim + j];

            error += (a - b) * (a - b);
            xx += a * a;
            yy += b * b;
            xy += a * b;
            signs += (a > 0) == (b > 0);
        }
        sums->error += error;
        sums->signs += (double)signs / (double)x->dim;
        sums->cosine += xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
    }
}

static int portion(const struct evaluate_coder *coder, const struct corpus *corpus, size_t first, float *scores,
                   struct ranking *r, struct sums *sums, struct err *err)
{
    size_t left = corpus->base.n - first, n = left < EVALUATE_PORTION ? left : EVALUATE_PORTION;
    struct vectors x = { corpus->base.data + first * corpus->base.dim, n, corpus->base.dim }, decoded = { 0 };
    struct codes codes = { 0 };
    double start = now_s();
    int ret = -1;

    if (coder->encode(coder->model, &x, &codes, err) < 0)
        return -1;
    sums->encode_s += now_s() - start;
    sums->bytes += codes.n_bytes;
    start = now_s();
    if (coder->decode(coder->model, &codes, &decoded, err) < 0)
        goto out;
    sums->decode_s += now_s() - start;
    compare(&x, &decoded, sums);
    start = now_s();
    if (coder->score(coder->model, &corpus->queries, &codes, scores, err) < 0)
        goto out;
    sums->score_s += now_s() - start;
    rank(r, scores, n, first, corpus->queries.n);
    ret = 0;
out:
    vectors_free(&decoded);
    codes_free(&codes);
    return ret;
}

static void sum_up(const struct evaluate_coder *coder, const struct evaluate_frame *frame, const struct sums *sums,
                   struct evaluation *e)
{
    const struct corpus *corpus = frame->corpus;
    double n = (double)corpus->base.n, dim = (double)corpus->base.dim;

    e->n = corpus->base.n;
    e->n_queries = corpus->queries.n;
    e->bytes = (double)sums->bytes / n;
    e->side_bytes = coder->side_bytes;
    e->ratio = 4 * dim / e->bytes;
    e->mse = frame->energy > 0 ? sums->error / frame->energy : 0;
    e->bound_bytes = bound_bits(frame->variances, corpus->base.dim, sums->error / n) / 8;
    e->signs = sums->signs / n;
    e->cosine = sums->cosine / n;
    e->encode_per_s = n / sums->encode_s;
    e->decode_per_s = n / sums->decode_s;
    e->score_per_s = n * (double)corpus->queries.n / sums->score_s;
}

int evaluate_coder(const struct evaluate_coder *coder, const struct evaluate_frame *frame, struct evaluation *e,
                   struct err *err)
{
    const struct corpus *corpus = frame->corpus;
    size_t queries = corpus->queries.n;
    struct ranking r = { .scores = mem_array(queries * K, sizeof(*r.scores)),
                         .found = mem_array(queries * K, sizeof(*r.found)) };
    struct sums sums = { 0 };
    float *scores;
    int ret = -1;

    scores = mem_aligned(queries * EVALUATE_PORTION, sizeof(*scores), MEM_LINE, err);
    if (!scores)
        goto out;
    for (size_t first = 0; first < corpus->base.n; first += EVALUATE_PORTION)
        if (portion(coder, corpus, first, scores, &r, &sums, err) < 0)
            goto out;
    judge_ranking(corpus, &r, e);
    sum_up(coder, frame, &sums, e);
    ret = 0;
out:
    free(scores);
    free(r.scores);
    free(r.found);
    return ret;
}

static int model_encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    return codec_encode(model, x, codes, err);
}

static int model_decode(const void *model, const struct codes *codes, struct vectors *out, struct err *err)
{
    return codec_decode(model, codes, out, err);
}

static int model_score(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                       struct err *err)
{
    return codec_score(model, queries, codes, scores, err);
}

int evaluate_model(const struct codec_model *model, const struct evaluate_frame *frame, struct evaluation *e,
                   struct err *err)
{
    struct evaluate_coder coder = { model, model_encode, model_decode, model_score, codec_side_bytes(model) };

    *e = (struct evaluation){ .wanted = model->options.bytes };
    text_copy(e->name, sizeof(e->name), model->codec->name);
    if (evaluate_coder(&coder, frame, e, err) < 0) {
        evaluation_free(e);
        return -1;
    }
    return 0;
}

struct interval evaluate_difference(const struct evaluation *a, const struct evaluation *b, uint64_t seed)
{
    enum { RESAMPLES = 2000, TAIL = RESAMPLES / 40 };
    struct rng rng = rng_seed(seed);
    double *means = mem_array(RESAMPLES, sizeof(*means));
    struct interval out = { 0 };
    size_t n = a->n_queries;

    if (n == 0 || n != b->n_queries)
        BUG("%zu and %zu queries are not the same", n, b->n_queries);
    for (size_t q = 0; q < n; q++)
        out.value += (double)(a->found_10[q] - b->found_10[q]) / (double)n;
    for (size_t s = 0; s < RESAMPLES; s++)
        for (size_t i = 0; i < n; i++) {
            size_t q = (size_t)rng_below(&rng, n);

            means[s] += (double)(a->found_10[q] - b->found_10[q]) / (double)n;
        }
    stats_sort(means, RESAMPLES);
    out.low = means[TAIL];
    out.high = means[RESAMPLES - 1 - TAIL];
    free(means);
    return out;
}
