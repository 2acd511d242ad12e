// SPDX-License-Identifier: MIT
/* naive_fixture.h -- small models of random weights, as GGUF files in memory, and what they compute, naively: one
 * position after the other from scratch, in double, without the engine's code. */
#pragma once

#include "base/rng.h"
#include "gguf_fixture.h"
#include "inference/model.h"

#include <stdio.h>

enum { FIXTURE_LAYERS_MAX = 4, FIXTURE_TENSORS_MAX = 64, FIXTURE_VOCAB_MAX = 64 };

struct fixture_spec {
    const char *arch;
    enum gguf_type type, ends; /* of the matrices; of the embedding and the output */
    size_t dim, layers, heads, kv_heads, ff, vocab;
    size_t rope_dim; /* 0: all of a head */
    bool sub_norms, tied, scales;
};

struct fixture_tensor {
    char name[64];
    size_t rows, cols;
    double *x;       /* what the file really holds, scale included */
    bool int8;       /* its activations are rounded to int8 by rows; by blocks of 32 where q8 */
    bool q8;
};

struct fixture {
    struct fixture_spec spec;
    struct fixture_tensor tensors[FIXTURE_TENSORS_MAX];
    size_t n_tensors;
    struct bytes file;
    void *aligned; /* a copy of it */
    struct gguf *gguf;
    struct model *model;
};

static inline void fixture_tensor(struct fixture *m, struct gguf_file *f, struct rng *rng, const char *base,
                                  size_t rows, size_t cols, enum gguf_type type)
{
    struct fixture_tensor *t = &m->tensors[m->n_tensors++];
    float *x = mem_array(rows * cols, sizeof(*x)), row[4096], scale = rows > 1 ? 0.75f / sqrtf((float)cols) : 1;
    float beside = rows > 1 && m->spec.scales && strncmp(base, "blk", 3) == 0 ? 0.5f : 1;
    struct bytes b;

    snprintf(t->name, sizeof(t->name), "%s.weight", base);
    t->rows = rows;
    t->cols = cols;
    t->int8 = gguf_type_ternary(type);
    t->q8 = type == GGUF_Q8_0;
    t->x = mem_array(rows * cols, sizeof(*t->x));
    for (size_t i = 0; i < rows * cols; i++)
        x[i] = rows == 1 ? 1 + 0.2f * (float)rng_normal(rng)
               : t->int8 ? ((float)rng_below(rng, 3) - 1) * scale
                         : scale * (float)rng_normal(rng);
    b = encode(type, x, rows * cols, scale);
    file_tensor(f, t->name, cols, rows, type, b.data, b.n);
    for (size_t r = 0; r < rows; r++) {
        gguf_row(type, b.data, rows, cols, r, row);
        for (size_t c = 0; c < cols; c++)
            t->x[r * cols + c] = (double)row[c] * (double)beside;
    }
    if (beside != 1) {
        char name[64];

        snprintf(name, sizeof(name), "%s.scale", base);
        file_tensor(f, name, 1, 1, GGUF_F32, &beside, sizeof(beside));
    }
    free(b.data);
    free(x);
}

static inline void fixture_metadata(const struct fixture_spec *s, struct gguf_file *f)
{
    const struct { const char *key; size_t value; } numbers[] = {
        { "embedding_length", s->dim },
        { "block_count", s->layers },
        { "feed_forward_length", s->ff },
        { "attention.head_count", s->heads },
        { "attention.head_count_kv", s->kv_heads },
        { "context_length", 128 },
        { "rope.dimension_count", s->rope_dim ? s->rope_dim : s->dim / s->heads },
        { "vocab_size", s->vocab },
    };
    char key[64];

    file_string(f, "general.architecture", s->arch);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        snprintf(key, sizeof(key), "%s.%s", s->arch, numbers[i].key);
        file_u32(f, key, (uint32_t)numbers[i].value);
    }
    snprintf(key, sizeof(key), "%s.attention.layer_norm_rms_epsilon", s->arch);
    file_f32(f, key, 1e-5f);
}

static inline void fixture_layer(struct fixture *m, struct gguf_file *f, struct rng *rng, size_t layer)
{
    const struct fixture_spec *s = &m->spec;
    size_t kv = s->kv_heads * (s->dim / s->heads);
    const struct { const char *name; size_t rows, cols; } tensors[] = {
        { "attn_norm", 1, s->dim },   { "ffn_norm", 1, s->dim },  { "attn_q", s->dim, s->dim },
        { "attn_k", kv, s->dim },     { "attn_v", kv, s->dim },   { "attn_output", s->dim, s->dim },
        { "ffn_gate", s->ff, s->dim }, { "ffn_up", s->ff, s->dim }, { "ffn_down", s->dim, s->ff },
        { "attn_sub_norm", 1, s->dim }, { "ffn_sub_norm", 1, s->ff },
    };
    char name[64];

    for (size_t i = 0; i < ARRAY_LEN(tensors) - (s->sub_norms ? 0 : 2); i++) {
        snprintf(name, sizeof(name), "blk.%zu.%s", layer, tensors[i].name);
        fixture_tensor(m, f, rng, name, tensors[i].rows, tensors[i].cols, tensors[i].rows == 1 ? GGUF_F32 : s->type);
    }
}

static inline void fixture_free(struct fixture *m)
{
    model_free(m->model);
    gguf_close(m->gguf);
    for (size_t i = 0; i < m->n_tensors; i++)
        free(m->tensors[i].x);
    free(m->file.data);
    free(m->aligned);
}

static inline void fixture_new(struct fixture *m, const struct fixture_spec *spec, uint32_t isa, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    struct gguf_file f = { 0 };
    struct err err = { 0 };

    *m = (struct fixture){ .spec = *spec };
    fixture_metadata(spec, &f);
    fixture_tensor(m, &f, &rng, "token_embd", spec->vocab, spec->dim, spec->ends);
    fixture_tensor(m, &f, &rng, "output_norm", 1, spec->dim, GGUF_F32);
    if (!spec->tied)
        fixture_tensor(m, &f, &rng, "output", spec->vocab, spec->dim, spec->ends);
    for (size_t i = 0; i < spec->layers; i++)
        fixture_layer(m, &f, &rng, i);
    m->file = file_finish(&f);
    m->aligned = mem_aligned(m->file.n, 1, MEM_LINE, &err);
    memcpy(m->aligned, m->file.data, m->file.n);
    m->gguf = gguf_parse(m->aligned, m->file.n, "fixture", &err);
    m->model = m->gguf ? model_load(m->gguf, isa, &err) : NULL;
    if (!m->model)
        BUG("%s", err.msg);
}

static inline const struct fixture_tensor *fixture_find(const struct fixture *m, int layer, const char *name)
{
    char full[64];

    if (layer < 0)
        snprintf(full, sizeof(full), "%s.weight", name);
    else
        snprintf(full, sizeof(full), "blk.%d.%s.weight", layer, name);
    for (size_t i = 0; i < m->n_tensors; i++)
        if (!strcmp(m->tensors[i].name, full))
            return &m->tensors[i];
    return NULL;
}

static inline void naive_round(double *x, size_t n, bool clamp)
{
    double a = clamp ? 1e-5 : 0;

    for (size_t i = 0; i < n; i++)
        a = fmax(a, fabs(x[i]));
    for (size_t i = 0; i < n && a > 0; i++)
        x[i] = nearbyint(x[i] * 127 / a) * a / 127;
}

/* y (rows) = t x, with x rounded to int8 as the type wants it. */
static inline void naive_product(const struct fixture_tensor *t, const double *x, double *y)
{
    double *q = mem_array(t->cols, sizeof(*q));

    memcpy(q, x, t->cols * sizeof(*q));
    if (t->int8)
        naive_round(q, t->cols, true);
    for (size_t i = 0; i < t->cols && t->q8; i += 32)
        naive_round(q + i, 32, false);
    for (size_t r = 0; r < t->rows; r++) {
        y[r] = 0;
        for (size_t c = 0; c < t->cols; c++)
            y[r] += t->x[r * t->cols + c] * q[c];
    }
    free(q);
}

static inline void naive_norm(const struct fixture_tensor *t, const double *x, double *out)
{
    double sum = 0;

    for (size_t i = 0; i < t->cols; i++)
        sum += x[i] * x[i];
    for (size_t i = 0; i < t->cols; i++)
        out[i] = x[i] / sqrt(sum / (double)t->cols + 1e-5) * t->x[i];
}

static inline void naive_rope(double *head, size_t rope_dim, size_t position, bool halves)
{
    for (size_t i = 0; i < rope_dim / 2; i++) {
        double angle = (double)position * pow(10000, -2.0 * (double)i / (double)rope_dim);
        double *a = &head[halves ? i : 2 * i], *b = &head[halves ? i + rope_dim / 2 : 2 * i + 1], x = *a, y = *b;

        *a = x * cos(angle) - y * sin(angle);
        *b = x * sin(angle) + y * cos(angle);
    }
}

/* Attention of the last of n positions over all of them; k, v (n, kv). */
static inline void naive_attention(const struct fixture_spec *s, const double *q, const double *k, const double *v,
                                   size_t n, double *out)
{
    size_t hd = s->dim / s->heads, kv = s->kv_heads * hd;
    double *w = mem_array(n, sizeof(*w));

    for (size_t h = 0; h < s->heads; h++) {
        size_t at = h / (s->heads / s->kv_heads) * hd;
        double most = -INFINITY, sum = 0;

        for (size_t t = 0; t < n; t++) {
            w[t] = 0;
            for (size_t e = 0; e < hd; e++)
                w[t] += q[h * hd + e] * k[t * kv + at + e];
            w[t] /= sqrt((double)hd);
            most = fmax(most, w[t]);
        }
        for (size_t t = 0; t < n; t++)
            sum += w[t] = exp(w[t] - most);
        for (size_t e = 0; e < hd; e++) {
            out[h * hd + e] = 0;
            for (size_t t = 0; t < n; t++)
                out[h * hd + e] += w[t] / sum * v[t * kv + at + e];
        }
    }
    free(w);
}

struct naive_cache {
    double *k[FIXTURE_LAYERS_MAX], *v[FIXTURE_LAYERS_MAX]; /* (128, kv) */
};

static inline void naive_layer(const struct fixture *m, int layer, size_t position, struct naive_cache *cache,
                               double *x)
{
    const struct fixture_spec *s = &m->spec;
    size_t hd = s->dim / s->heads, kv = s->kv_heads * hd, rope = s->rope_dim ? s->rope_dim : hd;
    bool halves = strcmp(s->arch, "llama") != 0, squared = halves && strcmp(s->arch, "bitnet") != 0;
    double *k = cache->k[layer] + position * kv, *v = cache->v[layer] + position * kv;
    double norm[1024], q[1024], mixed[1024], y[1024], gate[1024], up[1024];

    naive_norm(fixture_find(m, layer, "attn_norm"), x, norm);
    naive_product(fixture_find(m, layer, "attn_q"), norm, q);
    naive_product(fixture_find(m, layer, "attn_k"), norm, k);
    naive_product(fixture_find(m, layer, "attn_v"), norm, v);
    for (size_t h = 0; h < s->heads; h++)
        naive_rope(q + h * hd, rope, position, halves);
    for (size_t h = 0; h < s->kv_heads; h++)
        naive_rope(k + h * hd, rope, position, halves);
    naive_attention(s, q, cache->k[layer], cache->v[layer], position + 1, mixed);
    if (s->sub_norms)
        naive_norm(fixture_find(m, layer, "attn_sub_norm"), mixed, mixed);
    naive_product(fixture_find(m, layer, "attn_output"), mixed, y);
    for (size_t i = 0; i < s->dim; i++)
        x[i] += y[i];
    naive_norm(fixture_find(m, layer, "ffn_norm"), x, norm);
    naive_product(fixture_find(m, layer, "ffn_gate"), norm, gate);
    naive_product(fixture_find(m, layer, "ffn_up"), norm, up);
    for (size_t i = 0; i < s->ff; i++)
        gate[i] = (squared ? pow(fmax(gate[i], 0), 2) : gate[i] / (1 + exp(-gate[i]))) * up[i];
    if (s->sub_norms)
        naive_norm(fixture_find(m, layer, "ffn_sub_norm"), gate, gate);
    naive_product(fixture_find(m, layer, "ffn_down"), gate, y);
    for (size_t i = 0; i < s->dim; i++)
        x[i] += y[i];
}

/* Logits (n, vocab) of all positions, after `layers` layers. */
static inline void naive_logits(const struct fixture *m, const int32_t *tokens, size_t n, size_t layers, double *logits)
{
    const struct fixture_spec *s = &m->spec;
    size_t kv = s->kv_heads * (s->dim / s->heads);
    struct naive_cache cache;
    double x[1024];

    for (size_t l = 0; l < layers; l++) {
        cache.k[l] = mem_array(n * kv, sizeof(double));
        cache.v[l] = mem_array(n * kv, sizeof(double));
    }
    for (size_t t = 0; t < n; t++) {
        memcpy(x, fixture_find(m, -1, "token_embd")->x + (size_t)tokens[t] * s->dim, s->dim * sizeof(*x));
        for (size_t l = 0; l < layers; l++)
            naive_layer(m, (int)l, t, &cache, x);
        naive_norm(fixture_find(m, -1, "output_norm"), x, x);
        naive_product(fixture_find(m, -1, s->tied ? "token_embd" : "output"), x, logits + t * s->vocab);
    }
    for (size_t l = 0; l < layers; l++) {
        free(cache.k[l]);
        free(cache.v[l]);
    }
}
