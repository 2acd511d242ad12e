// SPDX-License-Identifier: MIT
/* net.h -- the decoder-only transformer as it is trained: float32, with its gradient.
 *
 * The architecture `bitnet` of GGUF programs, by layer
 *     x += Wo subnorm(attention(rope(Wq n), rope(Wk n), Wv n)),    n = norm(x)
 *     x += Wd subnorm(silu(Wg m) * Wu m),                          m = norm(x)
 * and logits = E norm(x), E the embeddings as well. norm: root mean square, with a gain. If `ternary`, the matrices W
 * are rounded to -s, 0, s and what they are multiplied with to int8 steps by token, as the engine computes it;
 * gradients pass the rounding as if it were not there (Bengio et al., arXiv:1308.3432; Ma et al., arXiv:2402.17764).
 *
 * Of the layer `exit` the logits are taken too, by the same norm and embeddings, and trained to say the same: whoever
 * stops there has a draft of the answer (Elhoushi et al., "LayerSkip", arXiv:2404.16710). */
#pragma once

#include "base/err.h"
#include "inference/train/ops.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_shape {
    size_t dim, layers, heads, hidden, vocabulary;
    size_t exit; /* layers before the early exit; 0: none */
    bool ternary;
};

enum { NET_POSITIONS = 64 }; /* the longest sequence that is trained on */

/* One array, and names for its parts. The matrices that share an input stand together: Wq, Wk, Wv; Wg, Wu. */
struct net_parameters {
    float *all;
    size_t n;
    float *embeddings, *out_norm; /* (vocabulary, dim), (dim) */
    struct net_layer {
        float *qkv, *o, *gate_up, *down; /* (3 dim, dim), (dim, dim), (2 hidden, dim), (dim, hidden) */
        float *attention_norm, *attention_sub, *ffn_norm, *ffn_sub; /* (dim), (dim), (dim), (hidden) */
    } * layers;
};

/* Some token sequences behind each other, none longer than NET_POSITIONS. */
struct net_batch {
    size_t n, n_sequences;
    int32_t *tokens, *positions, *targets; /* (n); targets: the token to come, -1: not asked for */
    size_t *first;                         /* (n_sequences + 1) */
};

struct net_matrix { /* to walk over all of them: where, and its size */
    size_t offset, n;
};

struct net {
    struct net_shape shape;
    const struct train_ops *ops;
    struct net_parameters value, used; /* used: with the matrices rounded */
    struct net_matrix *matrices;       /* (n_matrices) each has a scale of its own */
    float *scales;                     /* (n_matrices) */
    struct net_scales {                /* the same by row of a matrix, as struct net_layer has them */
        float *qkv, *o, *gate_up, *down;
    } * row_scales; /* (layers); NULL if not ternary */
    size_t n_matrices;
    struct ops_heads heads;
    float *angles; /* what heads points into */
};

int net_new(struct net *net, struct net_shape shape, struct err *err);
void net_free(struct net *net); /* accepts {0} */
void net_init(struct net *net, uint64_t seed);
void net_round(struct net *net); /* used from value: before a pass, after a step */

int net_parameters_new(struct net_parameters *p, const struct net_shape *shape, struct err *err);
void net_parameters_free(struct net_parameters *p);

/* What a pass over one batch of up to `capacity` tokens needs; one for each thread. */
struct net_pass;
struct net_pass *net_pass_new(const struct net *net, size_t capacity, struct err *err);
void net_pass_free(struct net_pass *pass); /* accepts NULL */

struct net_loss {
    double sum, exit_sum; /* of -log p over the targets: at the end, at the early exit */
    size_t n;             /* targets */
};

/* Adds the batch's loss, and weight times its gradient (exit_weight times weight of the exit's) to `gradient`, where
 * that is not NULL. right: (n), NULL or which targets were the likeliest. */
void net_run(const struct net *net, struct net_pass *pass, const struct net_batch *batch, float weight,
             float exit_weight, struct net_parameters *gradient, struct net_loss *loss, uint8_t *right);
