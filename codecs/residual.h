// SPDX-License-Identifier: MIT
/* residual.h -- a residual quantiser: k numbers as a sum of m centroids, one of RESIDUAL_K from each of m stages (Chen,
 * Guan, Wang, "Approximate nearest neighbor search by residual vector quantization", Sensors 10(12), 2010).
 *
 * The best sum is searched for with a beam: after each stage the `beam` best sums so far are kept. What a sum costs is
 * |y - sum|^2 - |y|^2; a stage adds to it the centroid's squared length, -2 <y, centroid>, and twice its inner products
 * with those chosen before, which are tables (Babenko & Lempitsky, CVPR 2014). These are larger than a cache and read all
 * over: they hold whole numbers of 16 bits. A code is m bytes. Centroids are kept in half floats. */
#pragma once

#include "codecs/coder.h"
#include "codecs/panel.h"
#include "codecs/residual_scan_isa.h"

enum { RESIDUAL_STAGES_MAX = 24, RESIDUAL_BEAM_MAX = 32 };

struct residual {
    size_t k, m, beam;
    float *books;   /* (m, RESIDUAL_K, k), owned */
    float *lengths; /* (m, RESIDUAL_K), owned: squared */
    int16_t *cross; /* for each s < t, at residual_cross(s, t): (RESIDUAL_K of s, RESIDUAL_K of t), owned: twice the
                       inner products, in units of unit[t] */
    float *unit;    /* (m), owned */
    struct panel *panels; /* (m), owned: the books for products with rows of y */
    uint32_t isa;
    residual_scan_fn *scan;
    residual_find_fn *find;
};

/* Books of zeros. m <= RESIDUAL_STAGES_MAX, beam <= RESIDUAL_BEAM_MAX. -1 where memory lacks. */
int residual_new(struct residual *r, size_t k, size_t m, size_t beam, struct err *err);
void residual_free(struct residual *r); /* accepts {0} */

/* What follows from the books, for the stages from `first` to before `stages`. -1 where memory lacks. */
int residual_tables(struct residual *r, size_t first, size_t stages, struct err *err);
size_t residual_cross(size_t s, size_t t);

/* y: n rows of k floats, ld apart; codes: n rows of m bytes, code_ld apart: the best sums. */
int residual_encode(const struct residual *r, const float *y, size_t n, size_t ld, uint8_t *codes, size_t code_ld,
                    struct err *err);

/* The sums of the first `stages`. */
void residual_decode(const struct residual *r, size_t stages, const uint8_t *codes, size_t n, size_t code_ld, float *y,
                     size_t ld);

/* The search, a stage at a time, for at most as many vectors as it was made for: begin, extend by each stage of which
 * there are tables, and the best codes so far. */
struct residual_path {
    float cost;
    uint8_t code[RESIDUAL_STAGES_MAX];
};
struct residual_search {
    size_t n, stage;
    struct residual_path *now, *next; /* (n, beam) each, owned */
    size_t *count;                    /* (n), owned: how many paths a vector has */
    float *products, *costs;          /* owned */
    uint16_t *found;                  /* owned */
};
int residual_search_new(struct residual_search *b, const struct residual *r, size_t n, struct err *err);
void residual_search_free(struct residual_search *b);
void residual_search_begin(struct residual_search *b, const struct residual *r, size_t n);
void residual_search_extend(struct residual_search *b, const struct residual *r, const float *y, size_t ld);
void residual_search_best(const struct residual_search *b, const struct residual *r, uint8_t *codes, size_t code_ld);

/* Trains the books on y, n rows of k floats, ld apart (residual_train.c says how), and rounds them. */
int residual_train(struct residual *r, const float *y, size_t n, size_t ld, uint64_t seed, struct err *err);
