// SPDX-License-Identifier: MIT
#include "codecs/residual.h"

#include "base/mem.h"
#include "declare/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEARCHED = 1024, /* vectors that pass a stage together: what they need of its tables is read from memory once */
    BLOCK = 96,      /* vectors whose products are made at a time */
};

int residual_new(struct residual *r, size_t k, size_t m, size_t beam, struct err *err)
{
    uint32_t isa = isa_host();

    *r = (struct residual){ .k = k, .m = m, .beam = beam, .isa = isa };
    r->scan = isa & ISA_AVX512F ? residual_scan_avx512 : isa & ISA_AVX2 ? residual_scan_avx2 : residual_scan_scalar;
    r->find = isa & ISA_AVX512F ? residual_find_avx512 : isa & ISA_AVX2 ? residual_find_avx2 : residual_find_scalar;
    r->books = mem_array(m * RESIDUAL_K * k, sizeof(*r->books));
    r->lengths = mem_array(m * RESIDUAL_K, sizeof(*r->lengths));
    r->unit = mem_array(m, sizeof(*r->unit));
    r->panels = mem_array(m, sizeof(*r->panels));
    r->cross = mem_huge(residual_cross(0, m) > 0 ? residual_cross(0, m) : 1, sizeof(*r->cross), err);
    if (r->cross)
        return 0;
    residual_free(r);
    return -1;
}

void residual_free(struct residual *r)
{
    for (size_t t = 0; r->panels && t < r->m; t++)
        panel_free(&r->panels[t]);
    free(r->panels);
    free(r->books);
    free(r->lengths);
    free(r->unit);
    free(r->cross);
    *r = (struct residual){ 0 };
}

size_t residual_cross(size_t s, size_t t)
{
    return t > 0 ? (t * (t - 1) / 2 + s) * RESIDUAL_K * RESIDUAL_K : 0;
}

static float longest(const struct residual *r, size_t first, size_t last)
{
    float most = 0;

    for (size_t i = first * RESIDUAL_K; i < last * RESIDUAL_K; i++)
        most = fmaxf(most, r->lengths[i]);
    return most;
}

/* Twice the inner products of two books. */
static void cross(struct residual *r, size_t s, size_t t)
{
    enum { ROWS = 16 };
    const float *book = r->books + s * RESIDUAL_K * r->k;
    int16_t *to = r->cross + residual_cross(s, t);
    float products[ROWS * RESIDUAL_K];

    for (size_t i = 0; i < RESIDUAL_K; i += ROWS) {
        panel_multiply(&r->panels[t], book + i * r->k, r->k, ROWS, products, r->isa);
        for (size_t j = 0; j < ROWS * RESIDUAL_K; j++)
            to[i * RESIDUAL_K + j] = (int16_t)lrintf(2 * products[j] / r->unit[t]);
    }
}

int residual_tables(struct residual *r, size_t first, size_t stages, struct err *err)
{
    size_t k = r->k;

    for (size_t i = first * RESIDUAL_K; i < stages * RESIDUAL_K; i++) {
        r->lengths[i] = 0;
        for (size_t j = 0; j < k; j++)
            r->lengths[i] += r->books[i * k + j] * r->books[i * k + j];
    }
    for (size_t t = first; t < stages; t++) {
        /* No inner product is larger than the lengths allow, nor, rounded, than 16 bits do. */
        float most = 2 * sqrtf(longest(r, 0, t)) * sqrtf(longest(r, t, t + 1));

        r->unit[t] = most > 0 ? most / (INT16_MAX - 3) : 1;
        panel_free(&r->panels[t]);
        if (panel_new(r->books + t * RESIDUAL_K * k, k, RESIDUAL_K, true, &r->panels[t], err) < 0)
            return -1;
        for (size_t s = 0; s < t; s++)
            cross(r, s, t);
    }
    return 0;
}

/* A limit that no less than `beam` of the costs are at or below: each of as many parts of the lanes has one that is. */
static float limit_of(const float *least, size_t beam)
{
    float limit = -INFINITY;

    for (size_t b = 0; b < beam; b++) {
        float low = INFINITY;

        for (size_t l = b; l < RESIDUAL_LANES; l += beam)
            low = fminf(low, least[l]);
        limit = fmaxf(limit, low);
    }
    return limit;
}

/* Puts `pick` among the cheapest of *n, in order; of equals, the earlier stays ahead. */
static void keep(uint16_t *best, size_t *n, size_t most, uint16_t pick, const float *costs)
{
    size_t at = *n < most ? (*n)++ : most - 1;

    for (; at > 0 && costs[best[at - 1]] > costs[pick]; at--)
        best[at] = best[at - 1];
    best[at] = pick;
}

/* All continuations of n paths by a stage; products: of its centroids with y. */
static size_t extend(const struct residual *r, const struct residual_search *b, const float *products,
                     const struct residual_path *paths, size_t n, struct residual_path *next)
{
    const int16_t *rows[RESIDUAL_STAGES_MAX];
    float least[RESIDUAL_LANES];
    uint16_t best[RESIDUAL_BEAM_MAX];
    size_t kept = 0, found;

    for (size_t l = 0; l < RESIDUAL_LANES; l++)
        least[l] = INFINITY;
    for (size_t p = 0; p < n; p++) {
        struct residual_terms terms = { r->lengths + b->stage * RESIDUAL_K, products,
                                        rows, b->stage, r->unit[b->stage], paths[p].cost };

        for (size_t s = 0; s < b->stage; s++)
            rows[s] = r->cross + residual_cross(s, b->stage) + (size_t)paths[p].code[s] * RESIDUAL_K;
        r->scan(&terms, b->costs + p * RESIDUAL_K, least);
    }
    found = r->find(b->costs, n * RESIDUAL_K, limit_of(least, r->beam), b->found);
    for (size_t i = 0; i < found; i++)
        if (kept < r->beam || b->costs[b->found[i]] < b->costs[best[kept - 1]])
            keep(best, &kept, r->beam, b->found[i], b->costs);
    if (kept == 0) /* costs beyond the range of floats */
        best[kept++] = 0;
    for (size_t i = 0; i < kept; i++) {
        next[i] = paths[best[i] / RESIDUAL_K];
        next[i].code[b->stage] = (uint8_t)(best[i] % RESIDUAL_K);
        next[i].cost = b->costs[best[i]];
    }
    return kept;
}

/* Asks for what extend() will read of the tables. By itself it would be a function without effect to the compiler. */
static inline __attribute__((always_inline)) void fetch(const struct residual *r, size_t stage,
                                                        const struct residual_path *paths, size_t n)
{
    for (size_t p = 0; p < n; p++)
        for (size_t s = 0; s < stage; s++) {
            const int16_t *row = r->cross + residual_cross(s, stage) + (size_t)paths[p].code[s] * RESIDUAL_K;

            for (size_t i = 0; (p == 0 || paths[p].code[s] != paths[p - 1].code[s]) && i < RESIDUAL_K;
                 i += MEM_LINE / sizeof(*row))
                __builtin_prefetch(row + i);
        }
}

int residual_search_new(struct residual_search *b, const struct residual *r, size_t n, struct err *err)
{
    *b = (struct residual_search){ .n = n };
    b->now = mem_aligned(n * r->beam, sizeof(*b->now), MEM_LINE, err);
    b->next = mem_aligned(n * r->beam, sizeof(*b->next), MEM_LINE, err);
    b->count = mem_array(n, sizeof(*b->count));
    b->products = mem_aligned(BLOCK * RESIDUAL_K, sizeof(*b->products), MEM_LINE, err);
    b->costs = mem_aligned(r->beam * RESIDUAL_K, sizeof(*b->costs), MEM_LINE, err);
    b->found = mem_array(r->beam * RESIDUAL_K, sizeof(*b->found));
    if (!b->now || !b->next || !b->products || !b->costs) {
        residual_search_free(b);
        return -1;
    }
    return 0;
}

void residual_search_free(struct residual_search *b)
{
    free(b->now);
    free(b->next);
    free(b->count);
    free(b->products);
    free(b->costs);
    free(b->found);
    *b = (struct residual_search){ 0 };
}

void residual_search_begin(struct residual_search *b, const struct residual *r, size_t n)
{
    b->n = n;
    b->stage = 0;
    for (size_t i = 0; i < n; i++) {
        b->count[i] = 1;
        b->now[i * r->beam].cost = 0;
    }
}

void residual_search_extend(struct residual_search *b, const struct residual *r, const float *y, size_t ld)
{
    struct residual_path *next = b->next;

    for (size_t first = 0; first < b->n; first += BLOCK) {
        size_t n = b->n - first < BLOCK ? b->n - first : BLOCK;

        panel_multiply(&r->panels[b->stage], y + first * ld, ld, n, b->products, r->isa);
        for (size_t i = first; i < first + n; i++) {
            if (i + 1 < first + n)
                fetch(r, b->stage, b->now + (i + 1) * r->beam, b->count[i + 1]);
            b->count[i] = extend(r, b, b->products + (i - first) * RESIDUAL_K, b->now + i * r->beam, b->count[i],
                                 b->next + i * r->beam);
        }
    }
    b->next = b->now;
    b->now = next;
    b->stage++;
}

void residual_search_best(const struct residual_search *b, const struct residual *r, uint8_t *codes, size_t code_ld)
{
    for (size_t i = 0; i < b->n; i++)
        memcpy(codes + i * code_ld, b->now[i * r->beam].code, b->stage);
}

int residual_encode(const struct residual *r, const float *y, size_t n, size_t ld, uint8_t *codes, size_t code_ld,
                    struct err *err)
{
    struct residual_search b;

    if (residual_search_new(&b, r, n < SEARCHED ? n : SEARCHED, err) < 0)
        return -1;
    for (size_t first = 0; first < n; first += SEARCHED) {
        residual_search_begin(&b, r, n - first < SEARCHED ? n - first : SEARCHED);
        for (size_t stage = 0; stage < r->m; stage++)
            residual_search_extend(&b, r, y + first * ld, ld);
        residual_search_best(&b, r, codes + first * code_ld, code_ld);
    }
    residual_search_free(&b);
    return 0;
}

void residual_decode(const struct residual *r, size_t stages, const uint8_t *codes, size_t n, size_t code_ld, float *y,
                     size_t ld)
{
    for (size_t i = 0; i < n; i++) {
        float *out = y + i * ld;

        memset(out, 0, r->k * sizeof(*out));
        for (size_t s = 0; s < stages; s++) {
            const float *centroid = r->books + (s * RESIDUAL_K + codes[i * code_ld + s]) * r->k;

            for (size_t j = 0; j < r->k; j++)
                out[j] += centroid[j];
        }
    }
}
