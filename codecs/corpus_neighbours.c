// SPDX-License-Identifier: MIT
#include "codecs/corpus.h"

#include "base/mem.h"
#include "codecs/blas.h"

#include <stdlib.h>

enum { QUERIES = 256, STRIP = 4096 }; /* their scores stay in the second-level cache */

/* A score that is not above the last of a full list is no neighbour; an equal one came later, that is, higher up. */
static void offer(float score, int32_t index, float *scores, int32_t *indexes, size_t k, size_t *n)
{
    size_t at = *n < k ? (*n)++ : k - 1;

    for (; at > 0 && scores[at - 1] < score; at--) {
        scores[at] = scores[at - 1];
        indexes[at] = indexes[at - 1];
    }
    scores[at] = score;
    indexes[at] = index;
}

struct search {
    const struct vectors *base, *queries;
    size_t k, n[QUERIES];
    float *products;     /* (QUERIES, STRIP) */
    float *scores;       /* (QUERIES, k) */
    int32_t *neighbours; /* (QUERIES, k) of the result */
};

static void search(struct search *s, size_t first, size_t count)
{
    size_t dim = s->base->dim, k = s->k;

    for (size_t i = 0; i < count; i++)
        s->n[i] = 0;
    for (size_t strip = 0; strip < s->base->n; strip += STRIP) {
        size_t width = s->base->n - strip < STRIP ? s->base->n - strip : STRIP;

        blas_sgemm(false, true, count, width, dim, 1, s->queries->data + first * dim, dim, s->base->data + strip * dim,
                   dim, 0, s->products, STRIP);
        for (size_t i = 0; i < count; i++) {
            const float *row = s->products + i * STRIP;
            float *scores = s->scores + i * k;

            for (size_t j = 0; j < width; j++)
                if (s->n[i] < k || row[j] > scores[k - 1])
                    offer(row[j], (int32_t)(strip + j), scores, s->neighbours + i * k, k, &s->n[i]);
        }
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = s->n[i]; j < k; j++)
            s->neighbours[i * k + j] = -1;
}

int corpus_neighbours(const struct vectors *base, const struct vectors *queries, int32_t *neighbours, size_t k,
                      struct err *err)
{
    struct search s = { .base = base, .queries = queries, .k = k };
    int ret = -1;

    if (base->n > INT32_MAX || base->dim != queries->dim)
        return err_set(err, ERR_CONFIG, "no neighbours among %zu vectors of %zu dimensions for queries of %zu", base->n,
                       base->dim, queries->dim);
    if (k == 0)
        return 0;
    if (blas_load(err) < 0)
        return -1;
    s.products = mem_aligned((size_t)QUERIES * STRIP, sizeof(*s.products), MEM_LINE, err);
    s.scores = s.products ? mem_aligned(QUERIES * k, sizeof(*s.scores), MEM_LINE, err) : NULL;
    if (!s.scores)
        goto out;
    for (size_t first = 0; first < queries->n; first += QUERIES) {
        s.neighbours = neighbours + first * k;
        search(&s, first, queries->n - first < QUERIES ? queries->n - first : QUERIES);
    }
    ret = 0;
out:
    free(s.products);
    free(s.scores);
    return ret;
}
