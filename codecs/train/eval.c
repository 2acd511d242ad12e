// SPDX-License-Identifier: MIT
#include "codecs/train/eval.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "codecs/lsa.h"
#include "codecs/lsa_terms.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, KINDS = PAIR_HYPERNYM + 1, KS = 3 };

static const size_t ks[KS] = { 1, 10, 100 };

/* Definitions first, in the order of the synsets, then the queries. */
struct trial {
    const char **strings;
    size_t n_base, n_queries, n_of[KINDS];
    struct pair *pairs; /* (n_queries) */
    struct text *report;
};

char *eval_string(const struct texts *texts, struct span span)
{
    struct text t = { 0 };

    text_add(&t, "");
    for (uint32_t w = span.begin; w < span.end; w++)
        text_addf(&t, w > span.begin ? " %s" : "%s", texts->spelling[texts->words[w]]);
    return t.data ? t.data : mem_strdup("");
}

/* Of each kind about EVAL_QUERIES, evenly over the synsets. */
static void choose_queries(struct trial *t, const struct wordnet *wordnet, const struct texts *texts)
{
    size_t n, total[PAIR_KINDS] = { 0 }, seen[PAIR_KINDS] = { 0 };
    struct pair *pairs = texts_pairs(texts, wordnet, true, &n);

    for (size_t i = 0; i < n; i++)
        total[pairs[i].kind]++;
    t->pairs = mem_array(n, sizeof(*t->pairs));
    for (size_t i = 0; i < n; i++) {
        size_t kind = pairs[i].kind, at = seen[kind]++, stride = total[kind] / EVAL_QUERIES;

        if (kind >= KINDS || at % (stride ? stride : 1) || t->n_of[kind] == EVAL_QUERIES)
            continue;
        t->n_of[kind]++;
        t->pairs[t->n_queries++] = pairs[i];
    }
    free(pairs);
}

static void count(const struct trial *t, const float *scores, size_t first, size_t n, size_t found[KINDS][KS])
{
    for (size_t q = 0; q < n; q++) {
        const struct pair *p = &t->pairs[first + q];
        const float *score = scores + q * t->n_base, right = score[p->synset_y];
        size_t better = 0, equal = 0;

        for (size_t i = 0; i < t->n_base; i++) {
            better += score[i] > right && !(p->kind == PAIR_HYPERNYM && i == p->synset_x);
            equal += score[i] == right;
        }
        for (size_t k = 0; k < KS; k++)
            found[p->kind][k] += better + equal / 2 < ks[k];
    }
}

static void print_row(const struct trial *t, const char *name, size_t found[KINDS][KS])
{
    text_addf(t->report, "%-22s", name);
    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t k = 0; k < KS; k++)
            text_addf(t->report, "%s%6.3f", k ? "" : "  ", (double)found[kind][k] / (double)t->n_of[kind]);
    text_addf(t->report, "\n");
}

/* vectors: of all strings; unit vectors, of which the first `dims` floats count. */
static void by_vectors(const struct trial *t, const char *name, const struct vectors *all, size_t dims, float *scores)
{
    struct vectors cut = { .n = all->n, .dim = dims };
    size_t found[KINDS][KS] = { { 0 } };

    cut.data = mem_array(all->n * dims, sizeof(float));
    for (size_t i = 0; i < all->n; i++)
        memcpy(cut.data + i * dims, all->data + i * all->dim, dims * sizeof(float));
    vectors_normalise(&cut);
    for (size_t q = 0; q < t->n_queries; q += BLOCK) {
        size_t n = t->n_queries - q < BLOCK ? t->n_queries - q : BLOCK;

        blas_sgemm(false, true, n, t->n_base, dims, 1, cut.data + (t->n_base + q) * dims, dims, cut.data, dims, 0,
                   scores, t->n_base);
        count(t, scores, q, n, found);
    }
    print_row(t, name, found);
    vectors_free(&cut);
}

static void by_terms(const struct trial *t, float *scores)
{
    size_t found[KINDS][KS] = { { 0 } };
    struct lsa_matrix m, by_term;

    lsa_terms(t->strings, t->n_base + t->n_queries, &m);
    lsa_transpose(&m, &by_term);
    for (size_t q = 0; q < t->n_queries; q++) {
        size_t row = t->n_base + q;

        memset(scores, 0, t->n_base * sizeof(*scores));
        for (size_t i = m.start[row]; i < m.start[row + 1]; i++)
            for (size_t j = by_term.start[m.col[i]]; j < by_term.start[m.col[i] + 1]; j++)
                if (by_term.col[j] < t->n_base)
                    scores[by_term.col[j]] += m.value[i] * by_term.value[j];
        count(t, scores, q, 1, found);
    }
    print_row(t, "TF-IDF", found);
    lsa_matrix_free(&m);
    lsa_matrix_free(&by_term);
}

static int by_lsa(const struct trial *t, double exponent, float *scores, struct err *err)
{
    struct lsa_options options = { .dims = 1024, .oversample = 96, .iterations = 3, .exponent = exponent, .seed = 1 };
    struct vectors all;
    char name[32];

    if (lsa_embed(t->strings, t->n_base + t->n_queries, &options, &all, err) < 0)
        return -1;
    snprintf(name, sizeof(name), "LSA, U S^%.1f", exponent);
    by_vectors(t, name, &all, all.dim, scores);
    vectors_free(&all);
    return 0;
}

static int all_rows(const struct trial *t, const struct encoder *encoder, struct err *err)
{
    static const size_t dims[] = { 8, 16, 32, 64, 128, 256, 512, ENCODER_DIM };
    float *scores = mem_aligned(BLOCK * t->n_base, sizeof(*scores), MEM_LINE, err);
    struct vectors all = { 0 };
    int ret = -1;

    if (!scores || encoder_encode(encoder, t->strings, t->n_base + t->n_queries, &all, err) < 0)
        goto out;
    by_terms(t, scores);
    if (by_lsa(t, 0.5, scores, err) < 0 || by_lsa(t, 2.5, scores, err) < 0)
        goto out;
    for (size_t i = 0; i < ARRAY_LEN(dims); i++) {
        char name[32];

        snprintf(name, sizeof(name), "encoder, %zu floats", dims[i]);
        by_vectors(t, name, &all, dims[i], scores);
    }
    ret = 0;
out:
    vectors_free(&all);
    free(scores);
    return ret;
}

int eval_retrieval(const struct encoder *encoder, const struct wordnet *wordnet, const struct texts *texts,
                   struct text *report, struct err *err)
{
    struct trial t = { .n_base = texts->n, .report = report };
    size_t n;
    int ret;

    choose_queries(&t, wordnet, texts);
    n = t.n_base + t.n_queries;
    t.strings = mem_array(n, sizeof(*t.strings));
    for (size_t i = 0; i < n; i++)
        t.strings[i] = eval_string(texts, i < t.n_base ? texts->definition[i] : t.pairs[i - t.n_base].x);
    text_addf(report, "held-out queries, their definition among %zu: recall@1, @10, @100\n%-22s", t.n_base, "");
    for (size_t kind = 0; kind < KINDS; kind++)
        text_addf(report, "  %-8s n %6zu", pair_kind_names[kind], t.n_of[kind]);
    text_add(report, "\n");
    ret = all_rows(&t, encoder, err);
    for (size_t i = 0; i < n; i++)
        free((char *)t.strings[i]);
    free(t.strings);
    free(t.pairs);
    return ret;
}
