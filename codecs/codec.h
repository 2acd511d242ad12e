// SPDX-License-Identifier: MIT
/* codec.h -- what an embedding codec is: a way to write a vector in few bytes, and to tell from these bytes how near it
 * is to a query.
 *
 * A codec is trained on vectors that are not those it will encode. The trained model is *side information*: it is
 * counted beside the codes, never forgotten. Vectors come as float32 of any length; those of retrieval are unit vectors.
 * Input that is NaN or infinite is refused by name; zero vectors, one dimension and VECTORS_DIM_MAX of them, fewer
 * training vectors than centroids and nothing but duplicates are all fine.
 *
 * Nothing here is thread-safe but what takes a const model: any number of threads may encode, decode and score with one
 * model. Functions that can fail return -1 with *err filled and leave no output behind. */
#pragma once

#include "codecs/vectors.h"

/* The codes of n vectors. With stride > 0 code i is the `stride` bytes at data + i * stride. With stride 0 the codes
 * have lengths of their own, or are packed in groups: only the codec's own functions can find one in them. n_bytes is
 * everything as written: headers of groups, offsets and padding included. */
struct codes {
    uint8_t *data; /* owned */
    size_t n, n_bytes, stride;
};

void codes_free(struct codes *codes); /* accepts {0} */

/* A growing string of bytes to save a model to, and a reader that never reads past the end. */
struct blob {
    uint8_t *data;
    size_t len, capacity;
};
struct blob_reader {
    const uint8_t *data;
    size_t len, at;
    bool failed; /* a read went past the end: all values since are zeros */
};

struct codec_options {
    size_t bytes;  /* wanted bytes per vector as written: the codec comes as near as it can without going above */
    uint64_t seed; /* the same seed, vectors and options give the same model, byte for byte, on the same host */
};

struct codec {
    const char *name;    /* [a-z0-9_]+: "opq" */
    const char *summary; /* what it does, in a line */
    const char *source;  /* the paper */

    /* Whether it can write vectors of `dim` in `bytes`. */
    bool (*has)(size_t bytes, size_t dim);

    int (*train)(const struct vectors *train, const struct codec_options *options, void **model, struct err *err);
    void (*free)(void *model); /* accepts NULL */

    int (*encode)(const void *model, const struct vectors *x, struct codes *codes, struct err *err);
    /* All of the codes: out is (codes->n, dim). -1 (ERR_CONFIG) where the bytes are not codes of this model. */
    int (*decode)(const void *model, const struct codes *codes, float *out, struct err *err);

    /* How near each code is to each query, higher is nearer: scores is (queries->n, codes->n). The queries stay floats
     * (asymmetric) unless the codec's summary says otherwise; the rule (inner product with the reconstruction, with its
     * length corrected, Hamming, ...) is fixed per codec and said in its header. NULL: codec_score() decodes and takes
     * the inner product. */
    int (*score)(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                 struct err *err);

    /* The model as bytes: exactly what a reader of codes needs, no more. Its length is the side information. */
    void (*save)(const void *model, struct blob *out);
    int (*load)(struct blob_reader *in, void **model, struct err *err); /* hostile bytes: -1 (ERR_CONFIG), no crash */

    /* Of the vectors that the model is for: a file whose head says otherwise is refused. NULL only where load() cannot
     * give a model that reads or writes another number of floats. */
    size_t (*dim)(const void *model);
};

/* A trained codec. */
struct codec_model {
    const struct codec *codec;
    void *model; /* owned */
    size_t dim;
    struct codec_options options;
};

/* All codecs, in the order of tables; and the one of that name, NULL where there is none. */
extern const struct codec *const codec_list[];
extern const size_t codec_list_n;
const struct codec *codec_find(const char *name);

/* The checks that every codec shares (finite input, dimension, has()), then its own function. */
int codec_train(const struct codec *codec, const struct vectors *train, const struct codec_options *options,
                struct codec_model *model, struct err *err);
void codec_model_free(struct codec_model *model); /* accepts {0} */
int codec_encode(const struct codec_model *model, const struct vectors *x, struct codes *codes, struct err *err);
int codec_decode(const struct codec_model *model, const struct codes *codes, struct vectors *out, struct err *err);
int codec_score(const struct codec_model *model, const struct vectors *queries, const struct codes *codes,
                float *scores, struct err *err);
size_t codec_side_bytes(const struct codec_model *model);

/* Files: magic, version, codec name, dimension, options, the model or the codes, and a checksum (XXH64 of all before).
 * Written by rename: all or nothing. Reading says what is wrong and at which byte. */
int codec_save(const struct codec_model *model, const char *path, struct err *err);
int codec_load(const char *path, struct codec_model *model, struct err *err);
int codes_save(const struct codec_model *model, const struct codes *codes, const char *path, struct err *err);
int codes_load(const char *path, const struct codec_model *model, struct codes *codes, struct err *err);

/* For codecs: the pieces of a model, little-endian. Reading an array checks its length against what is left: -1 and
 * zeros where it is longer, as in all reads after. */
void blob_u32(struct blob *b, uint32_t v);
void blob_u64(struct blob *b, uint64_t v);
void blob_f32s(struct blob *b, const float *v, size_t n);
void blob_f16s(struct blob *b, const float *v, size_t n); /* rounded to half precision (F16C's rule: nearest even) */
void blob_bytes(struct blob *b, const void *v, size_t n);
void blob_free(struct blob *b);
uint32_t blob_get_u32(struct blob_reader *r);
uint64_t blob_get_u64(struct blob_reader *r);
int blob_get_f32s(struct blob_reader *r, float *v, size_t n);
int blob_get_f16s(struct blob_reader *r, float *v, size_t n);
int blob_get_bytes(struct blob_reader *r, void *v, size_t n);
