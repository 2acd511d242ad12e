// SPDX-License-Identifier: MIT
#include "codecs/train/eval.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "codecs/pca.h"

#include <stdlib.h>
#include <string.h>

enum { BASE = 50000, QUERIES = 500, TOP = 10, BLOCK = 50 };

static const size_t dims[] = { 8, 12, 16, 20, 24, 32, 64, 128, 256, 512 };

/* Rows of q (n, d) against those of b (BASE, d): the TOP best of each, ties to the first. */
static void nearest(const float *q, const float *b, size_t d, size_t stride, float *scores, size_t *top)
{
    for (size_t first = 0; first < QUERIES; first += BLOCK) {
        blas_sgemm(false, true, BLOCK, BASE, d, 1, q + first * stride, stride, b, stride, 0, scores, BASE);
        for (size_t i = 0; i < BLOCK; i++) {
            const float *score = scores + i * BASE;
            size_t *best = top + (first + i) * TOP, n = 0;

            for (size_t j = 0; j < BASE; j++) {
                size_t at;

                if (n == TOP && score[j] <= score[best[TOP - 1]])
                    continue;
                for (at = n < TOP ? n++ : TOP - 1; at > 0 && score[j] > score[best[at - 1]]; at--)
                    best[at] = best[at - 1];
                best[at] = j;
            }
        }
    }
}

static double overlap(const size_t *a, const size_t *b)
{
    size_t same = 0;

    for (size_t i = 0; i < QUERIES * TOP; i++)
        for (size_t j = i / TOP * TOP; j < i / TOP * TOP + TOP; j++)
            same += a[i] == b[j];
    return (double)same / (QUERIES * TOP);
}

/* The first d floats of each vector at length 1, in place of `out` (n, d). */
static void prefixes(const struct vectors *x, size_t d, float *out)
{
    struct vectors cut = { .data = out, .n = x->n, .dim = d };

    for (size_t i = 0; i < x->n; i++)
        memcpy(out + i * d, x->data + i * x->dim, d * sizeof(float));
    vectors_normalise(&cut);
}

static void recalls(const struct vectors *x, const float *projected, size_t components, struct text *report,
                    float *scores, float *cut)
{
    size_t *truth = mem_array(QUERIES * TOP, sizeof(*truth)), *top = mem_array(QUERIES * TOP, sizeof(*top));
    double prefix[ARRAY_LEN(dims)], pca[ARRAY_LEN(dims)];

    nearest(x->data + (size_t)BASE * x->dim, x->data, x->dim, x->dim, scores, truth);
    for (size_t i = 0; i < ARRAY_LEN(dims); i++) {
        prefixes(x, dims[i], cut);
        nearest(cut + BASE * dims[i], cut, dims[i], dims[i], scores, top);
        prefix[i] = overlap(truth, top);
        nearest(projected + BASE * components, projected, dims[i], components, scores, top);
        pca[i] = overlap(truth, top);
    }
    text_addf(report, "recall@10 of %d queries among %d\n%-22s", QUERIES, BASE, "floats");
    for (size_t i = 0; i < ARRAY_LEN(dims); i++)
        text_addf(report, "%7zu", dims[i]);
    text_addf(report, "\n%-22s", "prefix");
    for (size_t i = 0; i < ARRAY_LEN(dims); i++)
        text_addf(report, "%7.3f", prefix[i]);
    text_addf(report, "\n%-22s", "principal components");
    for (size_t i = 0; i < ARRAY_LEN(dims); i++)
        text_addf(report, "%7.3f", pca[i]);
    text_add(report, "\n");
    free(truth);
    free(top);
}

static void spectrum(const struct pca *pca, const struct vectors *x, struct text *report)
{
    double total = 0, squares = 0, mean = 0, sum = 0;

    for (size_t j = 0; j < pca->k; j++) {
        total += pca->variance[j];
        squares += (double)pca->variance[j] * pca->variance[j];
        mean += (double)pca->mean[j] * pca->mean[j];
    }
    text_addf(report, "variance within components, of %zu vectors\n%-22s", x->n, "");
    for (size_t j = 0, i = 0; j < pca->k && i < ARRAY_LEN(dims); j++) {
        sum += pca->variance[j];
        if (j + 1 == dims[i]) {
            text_addf(report, "%7.3f", sum / total);
            i++;
        }
    }
    text_addf(report, "\nparticipation ratio %.0f of %zu; the mean holds %.3f of the energy\n", total * total / squares,
              pca->k, mean);
}

/* All texts in an order drawn once: base, then queries. */
static int encode_sample(const struct encoder *encoder, const struct texts *texts, struct vectors *x, struct err *err)
{
    int *order = mem_array(texts->n, sizeof(*order)), ret;
    char **strings = mem_array(BASE + QUERIES, sizeof(*strings));
    struct rng rng = rng_seed(1);

    for (size_t s = 0; s < texts->n; s++)
        order[s] = (int)s;
    rng_shuffle(&rng, order, texts->n);
    for (size_t i = 0; i < BASE + QUERIES; i++)
        strings[i] = eval_string(texts,
                                 (struct span){ texts->lemmas[order[i]].begin, texts->definition[order[i]].end });
    ret = encoder_encode(encoder, (const char *const *)strings, BASE + QUERIES, x, err);
    for (size_t i = 0; i < BASE + QUERIES; i++)
        free(strings[i]);
    free(strings);
    free(order);
    return ret;
}

int eval_shape(const struct encoder *encoder, const struct texts *texts, struct text *report, struct err *err)
{
    struct vectors x = { 0 };
    struct pca pca = { 0 };
    float *projected = NULL, *scores = NULL, *cut = NULL;
    int ret = -1;

    if (texts->n < BASE + QUERIES)
        return err_set(err, ERR_CONFIG, "this needs %d texts", BASE + QUERIES);
    if (encode_sample(encoder, texts, &x, err) < 0 || pca_train(&x, x.dim, 1, &pca, err) < 0)
        goto out;
    projected = mem_aligned(x.n * x.dim, sizeof(float), MEM_LINE, err);
    scores = mem_aligned(BLOCK * BASE, sizeof(float), MEM_LINE, err);
    cut = mem_aligned(x.n * dims[ARRAY_LEN(dims) - 1], sizeof(float), MEM_LINE, err);
    if (!projected || !scores || !cut)
        goto out;
    pca_project(&pca, x.data, x.n, projected);
    recalls(&x, projected, pca.k, report, scores, cut);
    spectrum(&pca, &x, report);
    ret = 0;
out:
    vectors_free(&x);
    pca_free(&pca);
    free(projected);
    free(scores);
    free(cut);
    return ret;
}
