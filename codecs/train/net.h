// SPDX-License-Identifier: MIT
/* net.h -- the encoder as it is trained: float32, with its gradient and its optimiser (Adam; Kingma & Ba, "Adam: a
 * method for stochastic optimization", ICLR 2015, with decoupled weight decay of the dense layers).
 *
 * p = rms_normalised(sum over words of the sum over its rows of coefficient * table[row])        (width)
 * h = gelu(w1 p + b1), gelu(a) = a sigmoid(1.702 a)                                              (hidden)
 * z = w2 [p; h] + b2                                                                             (1024)
 * (GELU's sigmoid form: Hendrycks & Gimpel, arXiv:1606.08415.) The embedding is z / |z|. */
#pragma once

#include "codecs/train/texts.h"
#include "declare/team.h"

struct net_shape {
    size_t rows, width, hidden, dim; /* dim 1024 */
};

/* The rows that a word is the sum of, by word: rows and coefficients from first[w] to first[w + 1]. */
struct net_features {
    size_t n_words;
    uint32_t *first, *rows;
    float *coefficients;
};

/* Words from `least` occurrences on get rows of their own: `known` maps a word to its row or UINT32_MAX. */
struct net_vocabulary {
    size_t n_known, buckets;
    uint32_t *known; /* (texts->n_words) */
};

struct net_parameters {
    float *all;                       /* owned: what follows points into it */
    float *table, *w1, *b1, *w2, *b2; /* (rows, width), (hidden, width), (hidden), (dim, width + hidden), (dim) */
    size_t n;
};

struct net {
    struct net_shape shape;
    struct net_parameters value, gradient, mean, square; /* mean, square: Adam's moments */
    size_t capacity, steps;

    /* of the batch in hand, (n, ...) */
    float *scale, *mixed, *before, *z, *dz, *dmixed; /* mixed: [p; h], before: w1 p + b1 */
};

void net_vocabulary(const struct texts *texts, size_t most_words, size_t buckets, struct net_vocabulary *vocabulary);
void net_features(const struct texts *texts, const struct net_vocabulary *vocabulary, struct net_features *features);
void net_vocabulary_free(struct net_vocabulary *vocabulary);
void net_features_free(struct net_features *features);

/* For batches of up to `capacity` texts. */
int net_new(struct net *net, struct net_shape shape, size_t capacity, struct err *err);
void net_free(struct net *net);
/* Rows of frequent words start short, a / (a + p) with a = 0.001 (Arora et al., "A simple but tough-to-beat baseline
 * for sentence embeddings", ICLR 2017). */
void net_init(struct net *net, const struct texts *texts, const struct net_features *features, uint64_t seed);

/* Lists of words, n of them: list i is words[first[i]] to words[first[i + 1]]. */
struct word_lists {
    uint32_t *words, *first;
    size_t n;
};

/* Fills net->z. */
void net_forward(struct net *net, struct team *team, const struct net_features *features,
                 const struct word_lists *lists);
/* Fills net->gradient from net->dz. */
void net_backward(struct net *net, struct team *team, const struct net_features *features,
                  const struct word_lists *lists);

struct net_rates {
    float table, dense, decay;
};
void net_step(struct net *net, struct team *team, struct net_rates rates);
