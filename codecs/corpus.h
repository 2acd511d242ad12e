// SPDX-License-Identifier: MIT
/* corpus.h -- vectors to judge codecs by: train, base and queries, split by document, disjoint, deduplicated, with the
 * exact neighbours of every query. Unit vectors; the score is the inner product, which for them ranks as the cosine. */
#pragma once

#include "codecs/vectors.h"

enum { CORPUS_NEIGHBOURS = 100 };

struct corpus {
    char name[64];      /* "wordnet", "lsa", "synthetic", or the user's file */
    char describe[256]; /* sizes, dimension, where it came from: for reports */
    struct vectors train, base, queries;
    int32_t *truth; /* (queries.n, CORPUS_NEIGHBOURS): indexes in base, nearest first; fewer where base is smaller: -1 */
    bool matryoshka; /* trained so that a prefix of a vector is an embedding */
};

void corpus_free(struct corpus *corpus); /* accepts {0} */

/* How large: base vectors and queries to keep; 0: all. The training split is not cut. */
struct corpus_size {
    size_t base, queries;
};

/* WordNet glosses through the encoder of codecs/models, which the program carries. -1 (ERR_HOST) where WordNet is not
 * installed, with what to install. Encoded vectors and neighbours are cached by content in the user's XDG cache. */
int corpus_wordnet(struct corpus_size size, struct corpus *corpus, struct err *err);

/* Latent semantic analysis of the same text, U S^2.5, 1024 dimensions, cached alike. */
int corpus_lsa(struct corpus_size size, struct corpus *corpus, struct err *err);

/* The user's file: its vectors scaled to length 1, deduplicated (cosine > 0.995), split in the order of a hash of their
 * places: 1 in 18 for queries (1,000 at most), 45 % to train on (50,000 at most), the rest, up to 100,000 or what `size`
 * asks for, as base. */
int corpus_file(const char *path, size_t dim, struct corpus_size size, struct corpus *corpus, struct err *err);

/* Gaussian, the variances of its axes as j^-decay and 1 in sum, the axes turned at random: bound.h is exact for it. Not
 * unit vectors, then. */
void corpus_synthetic_spectrum(size_t dim, double decay, double *variances); /* (dim), largest first */
int corpus_synthetic(size_t n_train, size_t n_base, size_t n_queries, size_t dim, double decay, uint64_t seed,
                     struct corpus *corpus, struct err *err);

/* Exact neighbours of queries among base by inner product, blocked SGEMM; ties by the lower index. */
int corpus_neighbours(const struct vectors *base, const struct vectors *queries, int32_t *neighbours, size_t k,
                      struct err *err);
