// SPDX-License-Identifier: MIT
/* engine_step.c -- one batch through the layers. Every rank of the team runs engine_step(); between two barriers each
 * works on a part of its own: rows of the batch, heads, or columns of a product. */
#include "inference/engine_private.h"

#include "declare/team.h"

#include <math.h>
#include <string.h>

struct share {
    struct engine *e;
    int rank, size;
};

static void barrier(const struct share *s)
{
    if (s->size > 1)
        team_barrier(s->e->team);
}

/* Rows of the batch by turns: the very rows of linear_prepare(), so that no barrier is needed between the two. */
static void normalise(const struct share *s, const float *x, const float *weight, size_t n, size_t cols)
{
    for (size_t i = (size_t)s->rank; i < n; i += (size_t)s->size)
        s->e->ops->rms_norm(s->e->norm + i * cols, x + i * cols, weight, cols, s->e->model->shape.norm_eps);
}

struct product {
    const struct linear *w;
    float *y;
};

/* Products of the same n rows with one or more matrices. Each rank has its own rows of x ready before, and its share of
 * the columns of every y behind it. */
static void multiply(const struct share *s, const float *x, size_t n, const struct product *products, size_t n_products)
{
    struct engine *e = s->e;

    for (size_t i = 0; i < n_products; i++) {
        const struct linear *w = products[i].w;

        if (i == 0 || linear_form(w) != linear_form(products[i - 1].w)) {
            if (i > 0)
                barrier(s); /* the others may still read the other form */
            linear_prepare(e->linear, linear_form(w), x, n, linear_cols(w), e->model->isa, s->rank, s->size);
            barrier(s);
        }
        linear_forward(w, e->linear, products[i].y, s->rank, s->size);
    }
}

/* x += y, each rank in its share of the columns. */
static void add_product(const struct share *s)
{
    struct engine *e = s->e;
    size_t dim = e->model->shape.dim, begin, end;

    linear_share(dim, s->rank, s->size, &begin, &end);
    for (size_t i = 0; i < e->n; i++)
        e->ops->add(e->x + i * dim + begin, e->y + i * dim + begin, end - begin);
    barrier(s);
}

static void rotate(const struct engine *e, float *head, size_t position)
{
    size_t pairs = e->model->shape.rope_dim / 2;
    const float *cos = e->cos + position * pairs, *sin = e->sin + position * pairs;

    (e->model->shape.rope_halves ? e->ops->rope_halves : e->ops->rope_pairs)(head, cos, sin, pairs);
}

/* Turns the queries and keys of one row that belong to one key-value head, and caches the key and the value. */
static void place(const struct engine *e, size_t layer, size_t i, size_t kv_head)
{
    const struct model_shape *m = &e->model->shape;
    size_t kv_dim = m->kv_heads * m->head_dim, group = m->heads / m->kv_heads;
    float *q = e->q + i * m->dim + kv_head * group * m->head_dim;
    float *k = e->k + i * kv_dim + kv_head * m->head_dim, *v = e->v + i * kv_dim + kv_head * m->head_dim;

    for (size_t g = 0; g < group; g++)
        rotate(e, q + g * m->head_dim, e->positions[i]);
    e->ops->scale(q, 1.0f / sqrtf((float)m->head_dim), group * m->head_dim);
    rotate(e, k, e->positions[i]);
    kvcache_put(&e->cache, (size_t)e->rows[i].path, e->positions[i], layer, kv_head, k, v);
}

static void attend(const struct engine *e, size_t layer, size_t i, size_t kv_head, int rank)
{
    const struct model_shape *m = &e->model->shape;
    size_t group = m->heads / m->kv_heads, at = i * m->dim + kv_head * group * m->head_dim;
    const struct ops_attention a = {
        .q = e->q + at,
        .group = group,
        .head_dim = m->head_dim,
        .keys = kvcache_keys(&e->cache, layer, kv_head),
        .values = kvcache_values(&e->cache, layer, kv_head),
        .page_stride = e->cache.page_floats,
        .pages = kvcache_table(&e->cache, (size_t)e->rows[i].path),
        .length = e->positions[i] + 1,
        .value_stride = e->cache.value_stride,
        .weights = e->weights + 2 * (size_t)rank * e->cache.path_pages * KVCACHE_PAGE,
        .weights_stride = e->cache.path_pages * KVCACHE_PAGE,
        .out = e->mixed + at,
    };

    e->ops->attend(&a);
}

/* Rows x key-value heads, by turns. A later row of the batch sees the keys of earlier ones: all are placed first. */
static void attention(const struct share *s, size_t layer)
{
    struct engine *e = s->e;
    size_t kv_heads = e->model->shape.kv_heads, items = e->n * kv_heads;

    for (size_t item = (size_t)s->rank; item < items; item += (size_t)s->size)
        place(e, layer, item / kv_heads, item % kv_heads);
    if (e->n > 1)
        barrier(s);
    for (size_t item = (size_t)s->rank; item < items; item += (size_t)s->size)
        attend(e, layer, item / kv_heads, item % kv_heads, s->rank);
    barrier(s);
}

static void attention_block(const struct share *s, size_t layer)
{
    struct engine *e = s->e;
    const struct model_layer *l = &e->model->layers[layer];
    size_t dim = e->model->shape.dim;
    const struct product qkv[] = { { l->q, e->q }, { l->k, e->k }, { l->v, e->v } };

    normalise(s, e->x, l->attn_norm, e->n, dim);
    multiply(s, e->norm, e->n, qkv, ARRAY_LEN(qkv));
    barrier(s);
    attention(s, layer);
    if (l->attn_sub_norm)
        normalise(s, e->mixed, l->attn_sub_norm, e->n, dim);
    multiply(s, l->attn_sub_norm ? e->norm : e->mixed, e->n, &(struct product){ l->o, e->y }, 1);
    add_product(s);
}

static void feed_forward_block(const struct share *s, size_t layer)
{
    struct engine *e = s->e;
    const struct model_layer *l = &e->model->layers[layer];
    size_t dim = e->model->shape.dim, ff = e->model->shape.ff, begin, end;
    bool relu = e->model->shape.activation == MODEL_RELU_SQUARED;
    const struct product gate_up[] = { { l->gate, e->gate }, { l->up, e->up } };

    normalise(s, e->x, l->ffn_norm, e->n, dim);
    multiply(s, e->norm, e->n, gate_up, ARRAY_LEN(gate_up));
    linear_share(ff, s->rank, s->size, &begin, &end);
    for (size_t i = 0; i < e->n; i++)
        (relu ? e->ops->relu_squared_mul : e->ops->silu_mul)(e->gate + i * ff + begin, e->up + i * ff + begin,
                                                             end - begin);
    barrier(s);
    if (l->ffn_sub_norm)
        normalise(s, e->gate, l->ffn_sub_norm, e->n, ff);
    multiply(s, l->ffn_sub_norm ? e->norm : e->gate, e->n, &(struct product){ l->down, e->y }, 1);
    add_product(s);
}

/* The rows that asked, side by side in `norm`, times the output matrix. */
static void make_logits(const struct share *s)
{
    struct engine *e = s->e;
    const struct model_shape *m = &e->model->shape;

    if (e->n_logits == 0 || !e->ends)
        return;
    for (size_t i = (size_t)s->rank; i < e->n_logits; i += (size_t)s->size)
        e->ops->rms_norm(e->norm + i * m->dim, e->x + e->logits_rows[i] * m->dim, e->model->output_norm, m->dim,
                         m->norm_eps);
    multiply(s, e->norm, e->n_logits, &(struct product){ e->model->output, e->logits }, 1);
}

void engine_step(void *engine, int rank, int size)
{
    struct share s = { engine, rank, size };
    struct engine *e = s.e;
    const struct gguf_tensor *t = &e->model->embedding;
    size_t dim = e->model->shape.dim;

    for (size_t i = (size_t)rank; i < e->n && e->first == 0; i += (size_t)size)
        gguf_row(t->type, t->data, e->model->shape.vocab, dim, (size_t)e->rows[i].token, e->x + i * dim);
    for (size_t layer = e->first; layer < e->last; layer++) {
        attention_block(&s, layer);
        feed_forward_block(&s, layer);
    }
    make_logits(&s);
}
