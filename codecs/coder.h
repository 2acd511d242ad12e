// SPDX-License-Identifier: MIT
/* coder.h -- what most codecs are: a projection, and a quantiser that writes its k numbers into a fixed number of
 * bytes.
 *
 * A codec made of these two gives its own train() and quantiser; encoding, decoding, scoring and files are here. */
#pragma once

#include "codecs/codec.h"
#include "codecs/projection.h"

/* How decoded vectors x' are ranked for a query q. */
enum coder_rule {
    CODER_INNER,  /* <q, x'>: x' is the mean of all vectors that have this code, and this the mean of their scores */
    CODER_LENGTH, /* <q, x''>: quantisers shorten some vectors more than others, and the originals are all of one
                     length; so what is across the mean gets the length that makes x'' as long as they. Without a mean
                     that is the cosine, <q, x'> / |x'|. A cosine with one would carry all errors of the length into the
                     mean's part of the score, which in neural embeddings is most of it */
};

/* A quantiser of k floats into `bytes` bytes; state is its own. */
struct quantiser {
    /* n rows. The codes are zeros before. */
    int (*encode)(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err);
    /* -1 (ERR_CONFIG) where bytes are no codes. */
    int (*decode)(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err);
    void (*save)(const void *state, struct blob *out);
    /* Returns NULL where the model is not one for k floats in so many bytes. */
    void *(*load)(struct blob_reader *in, size_t k, size_t bytes);
    void (*free)(void *state);
};

struct coder {
    struct projection projection;
    enum coder_rule rule;
    size_t bytes; /* a code's */
    const struct quantiser *quantiser;
    void *state; /* owned */
};

void coder_free(void *coder); /* a malloced one; accepts NULL */

int coder_encode(const void *coder, const struct vectors *x, struct codes *codes, struct err *err);
int coder_decode(const void *coder, const struct codes *codes, float *out, struct err *err);
int coder_score(const void *coder, const struct vectors *queries, const struct codes *codes, float *scores,
                struct err *err);

/* Room for n codes of `bytes`, zeros. */
int coder_codes(struct codes *codes, size_t n, size_t bytes, struct err *err);

/* -1 where the codes are not n of `bytes` each. */
int coder_check(const struct codes *codes, size_t bytes, struct err *err);

void coder_save(const void *coder, struct blob *out);
size_t coder_dim(const void *coder);
/* The functions of a codec that are the same for all of them. */
#define CODER_FUNCTIONS                                                                                                \
    .free = coder_free, .encode = coder_encode, .decode = coder_decode, .score = coder_score, .save = coder_save,      \
    .dim = coder_dim

int coder_load(const struct quantiser *quantiser, struct blob_reader *in, void **coder, struct err *err);
