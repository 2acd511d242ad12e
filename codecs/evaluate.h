// SPDX-License-Identifier: MIT
/* evaluate.h -- what a codec's codes lose, measured on a corpus: what they weigh, what retrieval still finds, and the
 * numbers that the original was judged by, which say little of either.
 *
 * recall@k is the share of a query's k exact neighbours (float32, inner product) among the k that the codes' scores rank
 * first; of equal scores the lower index is first. Base vectors are encoded, decoded and scored in portions of
 * EVALUATE_PORTION, so that a corpus of any size takes the same memory: what a codec writes once for all its codes is
 * counted once a portion. */
#pragma once

#include "base/stats.h"
#include "codecs/codec.h"
#include "codecs/corpus.h"

enum { EVALUATE_PORTION = 8192, EVALUATE_NAME = 48 };

struct evaluation {
    char name[EVALUATE_NAME];
    bool peer;            /* somebody else's */
    size_t n, n_queries;  /* base vectors, queries */
    size_t wanted;        /* bytes asked for */
    double bytes;         /* per vector as written: headers, padding, offsets in it */
    size_t side_bytes;    /* the model as saved */
    double ratio;         /* float32's bytes / bytes; the model not counted */
    double recall_1, recall_10, recall_100;
    double rescored_10;   /* recall@10 of the best `candidates` by the codes, ranked by the originals */
    double candidates;    /* CORPUS_NEIGHBOURS / n: the share of the originals that rescoring reads */
    double mse;           /* squared error / squared distance from the training vectors' mean, both summed over base */
    double bound_bytes;   /* what a Gaussian of this covariance needs for that error (bound.h); 0 where mse >= 1 */
    double signs, cosine; /* the original's "quality": numbers whose sign survives, mean cosine with the original */

    /* Wall time of this very run, on as many CPUs as it had: to plan by. The scenarios measure. */
    double train_s, encode_per_s, decode_per_s, score_per_s; /* vectors; score: codes x queries */

    size_t train_bytes; /* memory that training took beyond the training vectors (peak.h) */

    float *found_10; /* (n_queries) owned: recall@10 of each query, for evaluate_difference() */
};

void evaluation_free(struct evaluation *e); /* accepts {0} */

/* What evaluations of one corpus share. */
struct evaluate_frame {
    const struct corpus *corpus; /* not owned */
    float *mean;                 /* (dim) of the training vectors, owned */
    double *variances;           /* (dim) of the base vectors about that mean along their principal axes, owned */
    double energy;               /* sum of the base vectors' squared distances from that mean */
};

int evaluate_frame(const struct corpus *corpus, struct evaluate_frame *frame, struct err *err);
void evaluate_frame_free(struct evaluate_frame *frame); /* accepts {0} */

/* What is judged: a codec's model, or a peer's. All as in codec.h. */
struct evaluate_coder {
    const void *model;
    int (*encode)(const void *model, const struct vectors *x, struct codes *codes, struct err *err);
    int (*decode)(const void *model, const struct codes *codes, struct vectors *out, struct err *err);
    int (*score)(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                 struct err *err);
    size_t side_bytes;
};

/* Fills all of *e but its name, `wanted`, `peer`, train_s and train_bytes. */
int evaluate_coder(const struct evaluate_coder *coder, const struct evaluate_frame *frame, struct evaluation *e,
                   struct err *err);

int evaluate_model(const struct codec_model *model, const struct evaluate_frame *frame, struct evaluation *e,
                   struct err *err);

/* The mean of a's recall@10 less b's on the same queries, and its 95 % interval: percentiles of 2,000 resamples of the
 * queries (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). */
struct interval evaluate_difference(const struct evaluation *a, const struct evaluation *b, uint64_t seed);

/* The same of faiss, trained here on the corpus (peer_faiss.h); codes are ranked by the cosine with what they decode to,
 * the rule of pawl's own product quantisers. Fills all of *e. */
int evaluate_faiss(const char *kind, size_t bytes, const struct evaluate_frame *frame, struct evaluation *e,
                   struct err *err);

/* "faiss_pq", "faiss_opq", "faiss_rq", "faiss_sq8", "faiss_sq4"; NULL at the end. */
extern const char *const evaluate_faiss_kinds[];
bool evaluate_faiss_has(const char *kind, size_t bytes, size_t dim);
