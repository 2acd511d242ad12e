// SPDX-License-Identifier: MIT
/* model.h -- the hyperparameters and weights of a decoder-only transformer.
 *
 * Per layer, with RMSNorm N (Zhang & Sennrich, NeurIPS 2019), rotary positions on q and k (Su et al., "RoFormer",
 * arXiv 2104.09864) and grouped-query attention A (Ainslie et al., EMNLP 2023):
 *
 *     x += Wo S1(A(Wq N(x), Wk N(x), Wv N(x)))        x += Wdown S2(f(Wgate N(x)) * (Wup N(x)))
 *
 *   llama                      f = SiLU, no sub-norms (S1, S2: identity), rotation of neighbours (2i, 2i + 1)
 *   bitnet                     f = SiLU, sub-norms, rotation of halves (i, i + rope_dim / 2)
 *   bitnet-25, bitnet-b1.58    as bitnet, with f = squared ReLU (BitNet b1.58 2B4T, arXiv 2504.12285)
 *
 * Sub-norms are used where the file has them. The output matrix is tied to the embedding where the file has none. */
#pragma once

#include "base/err.h"
#include "inference/gguf.h"
#include "inference/linear.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_activation { MODEL_SILU, MODEL_RELU_SQUARED };

struct model_shape {
    char arch[32];    /* general.architecture */
    size_t dim;       /* of the residual stream */
    size_t layers;
    size_t heads, kv_heads, head_dim; /* kv_heads divides heads; heads * head_dim = dim */
    size_t ff;        /* of the feed-forward part */
    size_t vocab;
    size_t context;   /* positions it was trained for */
    size_t rope_dim;  /* even, at most head_dim */
    float rope_base, norm_eps;
    bool rope_halves; /* rotation of halves (NEOX), not of neighbours */
    enum model_activation activation;
};

struct model_layer {
    float *attn_norm, *ffn_norm;         /* (dim) */
    float *attn_sub_norm, *ffn_sub_norm; /* (heads * head_dim), (ff); NULL: none */
    struct linear *q, *k, *v, *o, *gate, *up, *down;
};

struct model {
    struct model_shape shape;
    struct model_layer *layers;
    float *output_norm;    /* (dim) */
    struct linear *output; /* (vocab, dim) */
    bool tied;             /* it is the embedding's matrix, packed */
    struct gguf_tensor embedding; /* (vocab, dim): looked up row by row, as it is in the file */
    void *embedding_copy;         /* what it points into where there is no file; NULL: there is */
    bool borrowed;         /* the weights are another's: model_with() */
    uint32_t isa;          /* what the weights are packed for and the engine may use */
    size_t weight_bytes;   /* of everything that one token reads: packed matrices and norms */
};

/* Where weights come from: a file, or something computed. */
struct model_source {
    struct model_shape shape;
    void *arg;
    /* The tensor of that name, valid until the next call; NULL where there is none, or with *err filled. */
    const struct gguf_tensor *(*tensor)(void *arg, const char *name, struct err *err);
    void (*done)(void *arg, const struct gguf_tensor *tensor); /* it was copied; may be NULL */
    bool lasting; /* its tensors live as long as the model: the embedding need not be copied */
};

/* Checks the metadata and reads the shape; ERR_CONFIG where something is missing or makes no sense. */
int model_shape(const struct gguf *g, struct model_shape *shape, struct err *err);

/* Every required tensor must be there with its exact shape. `isa`: a mask of declare/isa.h; ISA_ANY: the scalar path.
 * The gguf must outlive the model. NULL with *err filled; model_free() accepts NULL. */
struct model *model_load(const struct gguf *g, uint32_t isa, struct err *err);
struct model *model_build(const struct model_source *source, uint32_t isa, struct err *err);
void model_free(struct model *model);

/* The same weights, which `model` goes on to own, as another ISA's: how variants are compared on one copy. */
struct model *model_with(const struct model *model, uint32_t isa);

size_t model_parameters(const struct model *model); /* of its matrices and norms; a tied output counts once */
