// SPDX-License-Identifier: MIT
#include "codecs/residual.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "declare/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 }; /* vectors that pass a stage together: its tables stay in the cache meanwhile */

int residual_new(struct residual *r, size_t k, size_t m, size_t beam, struct err *err)
{
    uint32_t isa = isa_host();

    *r = (struct residual){ .k = k, .m = m, .beam = beam };
    if (blas_load(err) < 0)
        return -1;
    r->scan = isa & ISA_AVX512F ? residual_scan_avx512 : isa & ISA_AVX2 ? residual_scan_avx2 : residual_scan_scalar;
    r->books = mem_array(m * RESIDUAL_K * k, sizeof(*r->books));
    r->lengths = mem_array(m * RESIDUAL_K, sizeof(*r->lengths));
    r->cross = mem_aligned(residual_cross(0, m) > 0 ? residual_cross(0, m) : 1, sizeof(*r->cross), MEM_LINE, err);
    if (r->cross)
        return 0;
    residual_free(r);
    return -1;
}

void residual_free(struct residual *r)
{
    free(r->books);
    free(r->lengths);
    free(r->cross);
    *r = (struct residual){ 0 };
}

size_t residual_cross(size_t s, size_t t)
{
    return t > 0 ? (t * (t - 1) / 2 + s) * RESIDUAL_K * RESIDUAL_K : 0;
}

void residual_tables(struct residual *r, size_t first, size_t stages)
{
    size_t k = r->k, book = RESIDUAL_K * k;

    for (size_t i = first * RESIDUAL_K; i < stages * RESIDUAL_K; i++) {
        r->lengths[i] = 0;
        for (size_t j = 0; j < k; j++)
            r->lengths[i] += r->books[i * k + j] * r->books[i * k + j];
    }
    for (size_t t = first; t < stages; t++)
        for (size_t s = 0; s < t; s++)
            blas_sgemm(false, true, RESIDUAL_K, RESIDUAL_K, k, 2, r->books + s * book, k, r->books + t * book, k, 0,
                       r->cross + residual_cross(s, t), RESIDUAL_K);
}

/* Puts a path among the best of *n, cheapest first; of equals, the earlier stays ahead. */
static void keep(struct residual_path *best, size_t *n, size_t most, const struct residual_path *from, size_t stage,
                 unsigned code, float cost)
{
    size_t at = *n < most ? (*n)++ : most - 1;

    for (; at > 0 && best[at - 1].cost > cost; at--)
        best[at] = best[at - 1];
    memcpy(best[at].code, from->code, stage);
    best[at].code[stage] = (uint8_t)code;
    best[at].cost = cost;
}

/* All continuations of n paths by a stage; base: its lengths less twice the inner products with y. */
static size_t extend(const struct residual *r, size_t stage, const float *base, const struct residual_path *paths,
                     size_t n, struct residual_path *best)
{
    const float *rows[RESIDUAL_STAGES_MAX];
    float sums[RESIDUAL_K];
    unsigned found[RESIDUAL_K];
    size_t kept = 0;

    for (size_t p = 0; p < n; p++) {
        float limit = kept < r->beam ? INFINITY : best[kept - 1].cost;
        size_t below;

        for (size_t s = 0; s < stage; s++)
            rows[s] = r->cross + residual_cross(s, stage) + (size_t)paths[p].code[s] * RESIDUAL_K;
        below = r->scan(base, rows, stage, paths[p].cost, limit, sums, found);
        for (size_t i = 0; i < below; i++)
            if (kept < r->beam || sums[found[i]] < best[kept - 1].cost)
                keep(best, &kept, r->beam, &paths[p], stage, found[i], sums[found[i]]);
    }
    if (kept == 0) /* sums beyond the range of floats */
        keep(best, &kept, r->beam, &paths[0], stage, 0, paths[0].cost);
    return kept;
}

int residual_search_new(struct residual_search *b, const struct residual *r, size_t n, struct err *err)
{
    *b = (struct residual_search){ .n = n };
    b->now = mem_aligned(n * r->beam, sizeof(*b->now), MEM_LINE, err);
    b->next = mem_aligned(n * r->beam, sizeof(*b->next), MEM_LINE, err);
    b->count = mem_array(n, sizeof(*b->count));
    b->base = mem_aligned(BLOCK * RESIDUAL_K, sizeof(*b->base), MEM_LINE, err);
    if (!b->now || !b->next || !b->base) {
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
    free(b->base);
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
    const float *book = r->books + b->stage * RESIDUAL_K * r->k;

    for (size_t first = 0; first < b->n; first += BLOCK) {
        size_t n = b->n - first < BLOCK ? b->n - first : BLOCK;

        for (size_t i = 0; i < n; i++)
            memcpy(b->base + i * RESIDUAL_K, r->lengths + b->stage * RESIDUAL_K, RESIDUAL_K * sizeof(*b->base));
        blas_sgemm(false, true, n, RESIDUAL_K, r->k, -2, y + first * ld, ld, book, r->k, 1, b->base, RESIDUAL_K);
        for (size_t i = first; i < first + n; i++)
            b->count[i] = extend(r, b->stage, b->base + (i - first) * RESIDUAL_K, b->now + i * r->beam, b->count[i],
                                 b->next + i * r->beam);
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

    if (blas_load(err) < 0 || residual_search_new(&b, r, n < BLOCK ? n : BLOCK, err) < 0)
        return -1;
    for (size_t first = 0; first < n; first += BLOCK) {
        residual_search_begin(&b, r, n - first < BLOCK ? n - first : BLOCK);
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
