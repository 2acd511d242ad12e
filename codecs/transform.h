// SPDX-License-Identifier: MIT
/* transform.h -- the quantiser of the transform codecs: the direction of the mean and the principal components across
 * it, each scaled by what an error along it does to scores, a trellis-coded quantiser over them that weighs squared
 * error against bits, static tables for range coding.
 *
 * u = forward x - offset are the scaled components, in the order of the walk; x' = origin + back u', origin being the
 * last row of `back`. A symbol's point is the mean of the training values that were given it, its cost what its table
 * says, both by dimension and quantiser: components of real embeddings are skewed, and a quantiser that is symmetric
 * about zero loses 2 points of recall.
 *
 * Queries share the mean with the data, so that the mean's direction is the one along which an error moves every score;
 * it is no principal component, along which data merely vary. Where all training vectors have one length, decoded ones
 * get it back across that direction, and no error of what is across it touches what is along it.
 *
 * Components' tables are fitted to vectors that did not take part in finding the components where these are few
 * (cross-fitting): else variances, and with them rates, would be those of the training set and of no other. */
#pragma once

#include "codecs/panel.h"
#include "codecs/projection.h"
#include "codecs/rans.h"
#include "codecs/transform_isa.h"

enum { TRANSFORM_GROUP = TRANSFORM_LANES * TRANSFORM_CHUNKS, TRANSFORM_DIMS_MAX = 400 };

struct transform {
    struct projection projection;
    size_t bytes;  /* wanted */
    size_t heads;  /* how many dimensions, the last of the walk and first of the components, are coded apart */
    float lambda;  /* what a bit is worth, in u's units */
    float length;  /* of every vector; 0: they differ */
    float part;    /* of the way to it that scores go (transform_rank.h) */
    float *scale;  /* (k), by component */
    struct transform_dim *dims; /* (k), in the order of the walk */
    size_t n_symbols;
    float *points;                /* (n_symbols) */
    struct rans_symbol *symbols;  /* (n_symbols) */

    float *bits;      /* (n_symbols): the cost of each; derived, as all that follows */
    uint32_t *slices; /* (n_symbols): start | freq << 16 */
    struct panel forward, back;
    float *offset; /* (k) */
    float *stretch; /* (k): squared lengths in terms of u */
    float along;    /* <origin, the mean's direction> */
    transform_quantise_fn *quantise;
    uint32_t isa;
};

/* extra_bits: what a vector costs beyond its symbols. head_bits: how many the heads shall have at least. */
int transform_train(const struct vectors *train, const struct codec_options *options, double extra_bits,
                    double head_bits, struct transform **transform, struct err *err);
void transform_free(void *transform); /* accepts NULL */

/* The component at place w of the walk. */
static inline size_t transform_component(const struct transform *t, size_t w)
{
    return (w + t->heads) % t->projection.k;
}

/* And its place in the walk. */
static inline size_t transform_place(const struct transform *t, size_t component)
{
    return (component + t->projection.k - t->heads) % t->projection.k;
}

/* What the loops need, of what was trained or loaded. -1 where memory lacks. */
int transform_prepare(struct transform *t, struct err *err);

/* Which loops it uses from now on: those that need no more than `isa` (declare/isa.h); at first, the host's. */
void transform_use(struct transform *t, uint32_t isa);

void transform_save(const void *transform, struct blob *out);
int transform_load(struct blob_reader *in, void **transform, struct err *err);
size_t transform_dim_of(const void *transform);

/* u (k, TRANSFORM_GROUP) of n <= TRANSFORM_GROUP vectors; the other columns are zeros. room: transform_room(). */
void transform_forward(const struct transform *t, const float *x, size_t n, float *room, float *u);
/* out (n, dim) from u' (k, TRANSFORM_GROUP), which is overwritten. */
void transform_back(const struct transform *t, float *u, size_t n, float *room, float *out);
size_t transform_room(const struct transform *t); /* floats */

/* queries (n, dim) in terms of u: out is (n, k), base (n) the part that is the same for all codes. */
int transform_queries(const struct transform *t, const struct vectors *queries, float *out, float *base,
                      struct err *err);
/* scores[q * ld + i] of n <= TRANSFORM_GROUP decoded u' for all queries. room: n_queries * TRANSFORM_GROUP floats. */
void transform_score(const struct transform *t, const float *queries, const float *base, size_t n_queries,
                     float *u, size_t n, float *room, float *scores, size_t ld);

/* The place of the symbol of dimension w whose slice holds `slot`, for a vector in that state. */
static inline uint32_t transform_find(const struct transform *t, size_t w, unsigned state, uint32_t slot)
{
    uint32_t at = t->dims[w].first[state & 1], last = at + t->dims[w].n[state & 1] - 1u;

    while (at < last && t->symbols[at + 1].start <= slot)
        at++;
    return at;
}

static inline unsigned transform_next(const struct transform *t, size_t w, unsigned state, uint32_t place)
{
    const struct transform_dim *d = &t->dims[w];

    return transform_step(state, ((place - d->first[state & 1]) & 1) ^ d->odd[state & 1]);
}
