// SPDX-License-Identifier: MIT
/* model.c -- tensors by name into packed weights. */
#include "inference/model.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t kv_dim(const struct model_shape *s)
{
    return s->kv_heads * s->head_dim;
}

/* The tensor, whose shape must be exactly (rows, cols); for a vector rows is 1. NULL with *err {0} where there is none
 * and it may be missing. */
static const struct gguf_tensor *fetch(const struct model_source *src, const char *name, size_t rows, size_t cols,
                                       bool needed, struct err *err)
{
    const struct gguf_tensor *t = src->tensor(src->arg, name, err);

    if (!t) {
        if (err->code == ERR_NONE && needed)
            err_set(err, ERR_CONFIG, "tensor '%s' is missing", name);
        return NULL;
    }
    if (t->dims[0] == cols && t->dims[1] == rows && t->dims[2] == 1 && t->dims[3] == 1)
        return t;
    err_set(err, ERR_CONFIG, "tensor '%s' is %llu x %llu where the metadata say %zu x %zu", name,
            (unsigned long long)t->dims[0], (unsigned long long)t->dims[1], cols, rows);
    return NULL;
}

static void done(const struct model_source *src, const struct gguf_tensor *t)
{
    if (src->done)
        src->done(src->arg, t);
}

/* A vector of n floats. *out stays NULL where it is missing and may be. */
static int load_vector(struct model *m, const struct model_source *src, const char *name, size_t n, bool needed,
                       float **out, struct err *err)
{
    const struct gguf_tensor *t = fetch(src, name, 1, n, needed, err);

    if (!t)
        return err->code == ERR_NONE ? 0 : -1;
    if (gguf_type_ternary(t->type) || t->type == GGUF_Q8_0)
        return err_set(err, ERR_CONFIG, "tensor '%s' is a vector of type %s", name, gguf_type_name(t->type));
    *out = mem_aligned(n, sizeof(float), MEM_LINE, err);
    if (!*out)
        return -1;
    gguf_row(t->type, t->data, 1, n, 0, *out);
    done(src, t);
    for (size_t i = 0; i < n; i++)
        if (!isfinite((*out)[i]))
            return err_set(err, ERR_CONFIG, "tensor '%s': element %zu is not finite", name, i);
    m->weight_bytes += n * sizeof(float);
    return 0;
}

/* The scale of a matrix, which files converted from BitNet keep beside it: "blk.0.attn_q.scale". 1 where there is none.
 */
static int load_scale(const struct model_source *src, const char *base, float *scale, struct err *err)
{
    char name[GGUF_NAME_MAX];
    const struct gguf_tensor *t;

    snprintf(name, sizeof(name), "%s.scale", base);
    t = fetch(src, name, 1, 1, false, err);
    *scale = 1;
    if (!t)
        return err->code == ERR_NONE ? 0 : -1;
    if (t->type != GGUF_F32)
        return err_set(err, ERR_CONFIG, "tensor '%s' is of type %s, where F32 is wanted", name,
                       gguf_type_name(t->type));
    memcpy(scale, t->data, sizeof(*scale));
    done(src, t);
    return 0;
}

static int load_matrix(struct model *m, const struct model_source *src, const char *base, size_t rows, size_t cols,
                       struct linear **out, struct err *err)
{
    char name[GGUF_NAME_MAX];
    const struct gguf_tensor *t;
    float scale;

    if (load_scale(src, base, &scale, err) < 0)
        return -1;
    snprintf(name, sizeof(name), "%s.weight", base);
    t = fetch(src, name, rows, cols, true, err);
    if (!t)
        return -1;
    *out = linear_new(t->type, rows, cols, t->data, scale, m->isa, err);
    if (!*out)
        return err_wrap(err, "tensor '%s'", name);
    done(src, t);
    m->weight_bytes += linear_bytes(*out);
    return 0;
}

static int load_layer(struct model *m, const struct model_source *src, size_t i, struct err *err)
{
    const struct model_shape *s = &m->shape;
    struct model_layer *l = &m->layers[i];
    size_t inner = s->heads * s->head_dim;
    const struct { const char *name; size_t rows, cols; struct linear **out; } matrices[] = {
        { "attn_q", inner, s->dim, &l->q },     { "attn_k", kv_dim(s), s->dim, &l->k },
        { "attn_v", kv_dim(s), s->dim, &l->v }, { "attn_output", s->dim, inner, &l->o },
        { "ffn_gate", s->ff, s->dim, &l->gate }, { "ffn_up", s->ff, s->dim, &l->up },
        { "ffn_down", s->dim, s->ff, &l->down },
    };
    const struct { const char *name; size_t n; bool needed; float **out; } vectors[] = {
        { "attn_norm", s->dim, true, &l->attn_norm },
        { "ffn_norm", s->dim, true, &l->ffn_norm },
        { "attn_sub_norm", inner, false, &l->attn_sub_norm },
        { "ffn_sub_norm", s->ff, false, &l->ffn_sub_norm },
    };
    char name[GGUF_NAME_MAX];

    for (size_t k = 0; k < ARRAY_LEN(vectors); k++) {
        snprintf(name, sizeof(name), "blk.%zu.%s.weight", i, vectors[k].name);
        if (load_vector(m, src, name, vectors[k].n, vectors[k].needed, vectors[k].out, err) < 0)
            return -1;
    }
    for (size_t k = 0; k < ARRAY_LEN(matrices); k++) {
        snprintf(name, sizeof(name), "blk.%zu.%s", i, matrices[k].name);
        if (load_matrix(m, src, name, matrices[k].rows, matrices[k].cols, matrices[k].out, err) < 0)
            return -1;
    }
    return 0;
}

/* The embedding is looked up row by row: as it is in a file's mapping, or copied where the source is none. */
static int load_ends(struct model *m, const struct model_source *src, struct err *err)
{
    const struct model_shape *s = &m->shape;
    const struct gguf_tensor *t, *output = src->tensor(src->arg, "output.weight", err);

    m->tied = !output;
    if (err->code != ERR_NONE ||
        load_matrix(m, src, output ? "output" : "token_embd", s->vocab, s->dim, &m->output, err) < 0 ||
        load_vector(m, src, "output_norm.weight", s->dim, true, &m->output_norm, err) < 0)
        return -1;
    t = fetch(src, "token_embd.weight", s->vocab, s->dim, true, err);
    if (!t)
        return -1;
    m->embedding = *t;
    if (src->lasting)
        return 0;
    m->embedding_copy = mem_huge(t->bytes, 1, err);
    if (!m->embedding_copy)
        return -1;
    memcpy(m->embedding_copy, t->data, t->bytes);
    m->embedding.data = m->embedding_copy;
    return 0;
}

struct model *model_build(const struct model_source *source, uint32_t isa, struct err *err)
{
    struct model *m = mem_array(1, sizeof(*m));

    *err = (struct err){ 0 }; /* its code tells a tensor that is not there from one that is not sound */
    m->shape = source->shape;
    m->isa = isa;
    m->layers = mem_array(m->shape.layers, sizeof(*m->layers));
    if (load_ends(m, source, err) < 0)
        goto fail;
    for (size_t i = 0; i < m->shape.layers; i++)
        if (load_layer(m, source, i, err) < 0)
            goto fail;
    return m;
fail:
    model_free(m);
    return NULL;
}

static void free_layer(struct model_layer *l, bool borrowed)
{
    struct linear *matrices[] = { l->q, l->k, l->v, l->o, l->gate, l->up, l->down };

    for (size_t i = 0; i < ARRAY_LEN(matrices); i++)
        linear_free(matrices[i]);
    if (borrowed)
        return;
    free(l->attn_norm);
    free(l->ffn_norm);
    free(l->attn_sub_norm);
    free(l->ffn_sub_norm);
}

void model_free(struct model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->shape.layers; i++)
        free_layer(&m->layers[i], m->borrowed);
    free(m->layers);
    linear_free(m->output);
    if (!m->borrowed) {
        free(m->output_norm);
        free(m->embedding_copy);
    }
    free(m);
}

struct model *model_with(const struct model *model, uint32_t isa)
{
    struct model *m = mem_array(1, sizeof(*m));

    *m = *model;
    m->borrowed = true;
    m->isa = isa;
    m->output = linear_with(model->output, isa);
    m->layers = mem_array(m->shape.layers, sizeof(*m->layers));
    for (size_t i = 0; i < m->shape.layers; i++) {
        const struct model_layer *from = &model->layers[i];

        m->layers[i] = *from;
        m->layers[i].q = linear_with(from->q, isa);
        m->layers[i].k = linear_with(from->k, isa);
        m->layers[i].v = linear_with(from->v, isa);
        m->layers[i].o = linear_with(from->o, isa);
        m->layers[i].gate = linear_with(from->gate, isa);
        m->layers[i].up = linear_with(from->up, isa);
        m->layers[i].down = linear_with(from->down, isa);
    }
    return m;
}

struct file_source {
    const struct gguf *g;
    bool *used; /* (n_tensors): asked for, or known to be of no use */
};

static const struct gguf_tensor *from_file(void *arg, const char *name, struct err *err)
{
    struct file_source *f = arg;
    const struct gguf_tensor *t = gguf_tensor(f->g, name);

    (void)err;
    if (t)
        f->used[t - gguf_tensor_at(f->g, 0)] = true;
    return t;
}

static void forget(void *arg, const struct gguf_tensor *tensor)
{
    gguf_forget(((struct file_source *)arg)->g, tensor);
}

/* A tensor that nothing was made of (a bias, say) means another function than the one computed here. */
static int check_rest(const struct file_source *f, struct err *err)
{
    for (size_t i = 0; i < gguf_n_tensors(f->g); i++)
        if (!f->used[i])
            return err_set(err, ERR_CONFIG, "tensor '%s' is none that this architecture has here",
                           gguf_tensor_at(f->g, i)->name);
    return 0;
}

struct model *model_load(const struct gguf *g, uint32_t isa, struct err *err)
{
    struct file_source file = { g, mem_array(gguf_n_tensors(g) + 1, sizeof(bool)) };
    struct model_source source = { .arg = &file, .tensor = from_file, .done = forget, .lasting = true };
    struct model *m = NULL;

    if (model_shape(g, &source.shape, err) < 0)
        goto out;
    m = model_build(&source, isa, err);
    if (m && check_rest(&file, err) < 0) {
        model_free(m);
        m = NULL;
    }
    if (!m)
        err_wrap(err, "cannot load '%s'", gguf_name(g));
out:
    free(file.used);
    return m;
}

size_t model_parameters(const struct model *m)
{
    const struct model_shape *s = &m->shape;
    size_t inner = s->heads * s->head_dim, n = s->vocab * s->dim * (m->tied ? 1 : 2) + s->dim;

    for (size_t i = 0; i < s->layers; i++) {
        n += s->dim * (2 * inner + 2 * kv_dim(s) + 3 * s->ff) + 2 * s->dim;
        n += (m->layers[i].attn_sub_norm ? inner : 0) + (m->layers[i].ffn_sub_norm ? s->ff : 0);
    }
    return n;
}
