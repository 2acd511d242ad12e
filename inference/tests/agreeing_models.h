// SPDX-License-Identifier: MIT
/* agreeing_models.h -- small models of random weights, made in memory, that say the same, mostly the same, or not. */
#pragma once

#include "base/mem.h"
#include "base/rng.h"
#include "declare/isa.h"
#include "inference/model.h"

#include <stdlib.h>
#include <string.h>

struct agreeing_source {
    struct model_shape shape;
    uint64_t seed;
    float noise; /* of other weights beside those of the seed: two models that mostly agree */
    struct gguf_tensor tensors[256];
    size_t n;
};

static const struct model_shape agreeing_shape = {
    .arch = "llama",
    .dim = 32,
    .layers = 3,
    .heads = 4,
    .kv_heads = 2,
    .head_dim = 8,
    .ff = 64,
    .vocab = 24,
    .context = 96,
    .rope_dim = 8,
    .rope_base = 10000,
    .norm_eps = 1e-5f,
    .activation = MODEL_SILU,
};

static inline bool agreeing_size(const struct model_shape *s, const char *name, size_t *rows, size_t *cols)
{
    const struct {
        const char *part;
        size_t rows, cols;
    } sizes[] = {
        { "token_embd.weight", s->vocab, s->dim },
        { "norm.weight", 1, s->dim },
        { "attn_q.weight", s->dim, s->dim },
        { "attn_k.weight", s->kv_heads * s->head_dim, s->dim },
        { "attn_v.weight", s->kv_heads * s->head_dim, s->dim },
        { "attn_output.weight", s->dim, s->dim },
        { "ffn_gate.weight", s->ff, s->dim },
        { "ffn_up.weight", s->ff, s->dim },
        { "ffn_down.weight", s->dim, s->ff },
    };

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (strstr(name, sizes[i].part) && !strstr(name, "sub_norm")) {
            *rows = sizes[i].rows;
            *cols = sizes[i].cols;
            return true;
        }
    return false;
}

static inline const struct gguf_tensor *agreeing_tensor(void *arg, const char *name, struct err *err)
{
    struct agreeing_source *src = arg;
    struct gguf_tensor *t = &src->tensors[src->n];
    uint64_t hash = 14695981039346656037u;
    size_t rows, cols;
    struct rng rng, other;
    float *x;

    *err = (struct err){ 0 };
    if (!agreeing_size(&src->shape, name, &rows, &cols))
        return NULL;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (uint64_t)*c) * 1099511628211u;
    rng = rng_seed(rng_mix(src->seed, hash));
    other = rng_seed(rng_mix(src->seed + 1, hash));
    *t = (struct gguf_tensor){
        .type = GGUF_F32, .n_dims = rows > 1 ? 2 : 1, .dims = { cols, rows, 1, 1 }, .bytes = rows * cols * sizeof(float)
    };
    x = mem_array(rows * cols, sizeof(*x));
    for (size_t i = 0; i < rows * cols; i++)
        x[i] = rows == 1 ? 1 : ((float)rng_normal(&rng) + src->noise * (float)rng_normal(&other)) * 0.3f;
    t->data = x;
    src->n++;
    return t;
}

static inline void agreeing_free(void *arg)
{
    struct agreeing_source *src = arg;

    for (size_t i = 0; i < src->n; i++)
        free((void *)src->tensors[i].data);
    free(src);
}

/* model_free() it. */
static inline struct model *agreeing_model(const struct model_shape *shape, uint64_t seed, float noise, struct err *err)
{
    struct agreeing_source *arg = mem_array(1, sizeof(*arg));
    struct model_source src = { .shape = *shape, .arg = arg, .tensor = agreeing_tensor };
    struct model *m;

    arg->shape = *shape;
    arg->seed = seed;
    arg->noise = noise;
    m = model_build(&src, isa_host(), err); /* it has copied what it needs */
    agreeing_free(arg);
    return m;
}
