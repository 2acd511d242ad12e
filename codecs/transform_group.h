// SPDX-License-Identifier: MIT
/* transform_group.h -- up to TRANSFORM_GROUP vectors as bytes.
 *
 *     u16  how many words of 16 bits follow, little-endian
 *     the interleaved coder's states and words (rans.h): dimensions are rows, vectors are columns, without the head
 *     what of the head the seeds did not hold
 *
 * The head is the strongest components, coded last by a coder of one lane whose bytes go into the 16-bit seeds of the
 * interleaved one: so 16 lanes cost what one costs. Groups of less than 16 vectors have no head. */
#pragma once

#include "codecs/transform.h"

/* What a group costs beyond its symbols, in bits: the count, the head's lowest state, and the states' rounding. */
enum { TRANSFORM_GROUP_BITS = 48 };

struct transform_group {
    float *u, *room;     /* (k, TRANSFORM_GROUP); transform_room() */
    float *chunk;        /* (k, TRANSFORM_LANES) */
    uint32_t *places, *kept; /* (TRANSFORM_GROUP, k) each; `kept` is the caller's */
    struct rans_symbol *coded; /* (k, TRANSFORM_GROUP) */
    struct transform_walk *walk;
    uint8_t *bytes, *head; /* of a coded group; of its head, with room for the seeds behind */
};

int transform_group_new(const struct transform *t, struct transform_group *g, struct err *err);
void transform_group_free(struct transform_group *g);

/* Quantises u, what transform_forward() gave for n <= TRANSFORM_GROUP vectors, into g->places. lambda: by vector. */
void transform_group_quantise(const struct transform *t, const float *u, size_t n, const float *lambda,
                              struct transform_group *g);

/* g->places as g->bytes: how many. */
size_t transform_group_write(const struct transform *t, size_t n, struct transform_group *g);

/* u' (g->u) from at most `len` bytes: how many it took in *used. -1 where they are not a group of n vectors. */
int transform_group_read(const struct transform *t, const uint8_t *data, size_t len, size_t n,
                         struct transform_group *g, size_t *used, struct err *err);
