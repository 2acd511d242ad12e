// SPDX-License-Identifier: MIT
/* model_shape.c -- the metadata of the architectures that the engine knows. */
#include "inference/model.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct arch {
    const char *name;
    bool rope_halves;
    enum model_activation activation;
} archs[] = {
    { "llama", false, MODEL_SILU },
    { "bitnet", true, MODEL_SILU },
    { "bitnet-25", true, MODEL_RELU_SQUARED },
    { "bitnet-b1.58", true, MODEL_RELU_SQUARED },
};

/* What keeps every later product within an address space, and is far beyond any model. */
enum { DIM_MAX = 1 << 17, LAYERS_MAX = 1 << 10, VOCAB_MAX = 1 << 22, CONTEXT_MAX = 1 << 24 };

static int find_arch(const struct gguf *g, const struct arch **arch, struct err *err)
{
    const char *names[ARRAY_LEN(archs)], *near;
    struct gguf_string s = { 0 };
    char name[32];

    if (gguf_string(g, "general.architecture", &s, err) < 0)
        return -1;
    snprintf(name, sizeof(name), "%.*s", (int)(s.len < sizeof(name) ? s.len : sizeof(name) - 1), s.data);
    for (size_t i = 0; i < ARRAY_LEN(archs); i++) {
        names[i] = archs[i].name;
        *arch = &archs[i];
        if (s.len == strlen(archs[i].name) && !strcmp(name, archs[i].name))
            return 0;
    }
    for (char *c = name; *c; c++)
        *c = (char)(*c > ' ' && *c < 0x7f ? *c : '?');
    near = text_suggest(name, names, ARRAY_LEN(names));
    return err_set(err, ERR_CONFIG, "'%s': architecture '%s' is none of llama, bitnet, bitnet-25, bitnet-b1.58%s%s%s",
                   gguf_name(g), name, near ? " (near '" : "", near ? near : "", near ? "')" : "");
}

/* "ARCH.key", within [low, high]; `otherwise` where it is missing, if that is not 0. */
static int number(const struct gguf *g, const char *arch, const char *key, size_t low, size_t high, size_t otherwise,
                  size_t *out, struct err *err)
{
    char full[80];
    uint64_t value = otherwise;

    snprintf(full, sizeof(full), "%s.%s", arch, key);
    if ((gguf_has(g, full) || !otherwise) && gguf_uint(g, full, low, high, &value, err) < 0)
        return -1;
    *out = (size_t)value;
    return 0;
}

static int real(const struct gguf *g, const char *arch, const char *key, double low, double high, double otherwise,
                float *out, struct err *err)
{
    char full[80];
    double value = otherwise;

    snprintf(full, sizeof(full), "%s.%s", arch, key);
    if ((gguf_has(g, full) || otherwise < 0) && gguf_float(g, full, &value, err) < 0)
        return -1;
    if (value < low || value > high)
        return err_set(err, ERR_CONFIG, "'%s': key '%s' is %g, not within %g and %g", gguf_name(g), full, value, low,
                       high);
    *out = (float)value;
    return 0;
}

/* Positions stretched beyond the context that was trained would be another function than the one computed here. */
static int check_scaling(const struct gguf *g, const char *arch, struct err *err)
{
    static const char *const keys[] = { "rope.scaling.factor", "rope.scale_linear" };
    struct gguf_string type = { "none", 4 };
    char full[80];

    snprintf(full, sizeof(full), "%s.rope.scaling.type", arch);
    if (gguf_has(g, full) && gguf_string(g, full, &type, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        double factor = 1;

        snprintf(full, sizeof(full), "%s.%s", arch, keys[i]);
        if (gguf_has(g, full) && gguf_float(g, full, &factor, err) < 0)
            return -1;
        if (factor != 1 && !(type.len == 4 && !memcmp(type.data, "none", 4)))
            return err_set(err, ERR_CONFIG, "'%s': key '%s': scaled rotary positions are not supported", gguf_name(g),
                           full);
    }
    if (gguf_tensor(g, "rope_freqs.weight"))
        return err_set(err, ERR_CONFIG, "'%s': tensor 'rope_freqs.weight': scaled rotary positions are not supported",
                       gguf_name(g));
    return 0;
}

/* The vocabulary: as its tokens say, and the embedding must agree (model.c compares). */
static int vocabulary(const struct gguf *g, const char *arch, size_t *vocab, struct err *err)
{
    const struct gguf_string *tokens;
    const struct gguf_tensor *t;

    if (gguf_has(g, "tokenizer.ggml.tokens")) {
        if (gguf_strings(g, "tokenizer.ggml.tokens", &tokens, vocab, err) < 0)
            return -1;
        if (*vocab == 0 || *vocab > VOCAB_MAX)
            return err_set(err, ERR_CONFIG, "'%s': a vocabulary of %zu tokens", gguf_name(g), *vocab);
        return 0;
    }
    t = gguf_tensor(g, "token_embd.weight");
    return number(g, arch, "vocab_size", 1, VOCAB_MAX, t && t->dims[1] <= VOCAB_MAX ? (size_t)t->dims[1] : 0, vocab,
                  err);
}

static int heads(const struct gguf *g, struct model_shape *s, struct err *err)
{
    size_t key_length, value_length;

    if (s->dim % s->heads || s->heads % s->kv_heads)
        return err_set(err, ERR_CONFIG,
                       "'%s': dimension %zu, %zu heads, %zu key-value heads: each must be a multiple of the next",
                       gguf_name(g), s->dim, s->heads, s->kv_heads);
    s->head_dim = s->dim / s->heads;
    if (number(g, s->arch, "attention.key_length", 1, DIM_MAX, s->head_dim, &key_length, err) < 0 ||
        number(g, s->arch, "attention.value_length", 1, DIM_MAX, s->head_dim, &value_length, err) < 0 ||
        number(g, s->arch, "rope.dimension_count", 1, s->head_dim, s->head_dim, &s->rope_dim, err) < 0)
        return -1;
    if (key_length != s->head_dim || value_length != s->head_dim)
        return err_set(err, ERR_CONFIG,
                       "'%s': keys of %zu and values of %zu, where only %zu (dimension / heads) is supported",
                       gguf_name(g), key_length, value_length, s->head_dim);
    if (s->rope_dim % 2)
        return err_set(err, ERR_CONFIG, "'%s': key '%s.rope.dimension_count' is %zu, which is odd", gguf_name(g),
                       s->arch, s->rope_dim);
    return 0;
}

int model_shape(const struct gguf *g, struct model_shape *s, struct err *err)
{
    const struct arch *arch = NULL;

    if (find_arch(g, &arch, err) < 0)
        return -1;
    *s = (struct model_shape){ .rope_halves = arch->rope_halves, .activation = arch->activation };
    text_copy(s->arch, sizeof(s->arch), arch->name);
    if (number(g, s->arch, "embedding_length", 1, DIM_MAX, 0, &s->dim, err) < 0 ||
        number(g, s->arch, "block_count", 1, LAYERS_MAX, 0, &s->layers, err) < 0 ||
        number(g, s->arch, "feed_forward_length", 1, DIM_MAX, 0, &s->ff, err) < 0 ||
        number(g, s->arch, "attention.head_count", 1, DIM_MAX, 0, &s->heads, err) < 0 ||
        number(g, s->arch, "attention.head_count_kv", 1, s->heads, s->heads, &s->kv_heads, err) < 0 ||
        number(g, s->arch, "context_length", 1, CONTEXT_MAX, 0, &s->context, err) < 0 ||
        real(g, s->arch, "attention.layer_norm_rms_epsilon", 0, 1, -1, &s->norm_eps, err) < 0 ||
        real(g, s->arch, "rope.freq_base", 1, 1e12, 10000, &s->rope_base, err) < 0)
        return -1;
    return heads(g, s, err) < 0 || check_scaling(g, s->arch, err) < 0 ? -1 : vocabulary(g, s->arch, &s->vocab, err);
}
