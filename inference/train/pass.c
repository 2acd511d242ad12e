// SPDX-License-Identifier: MIT
/* pass.c -- one batch forward and backward: matrix products, and ops.h between them. */
#include "base/mem.h"
#include "codecs/blas.h"
#include "inference/train/net.h"
#include "inference/train/product.h"

#include <stdlib.h>

/* What a layer's backward pass wants to see again. Rows are tokens. */
struct kept {
    float *x;                                  /* (capacity, dim) what came in */
    float *normed, *qkv, *weights, *o, *o_sub; /* (dim), (3 dim), see attend(), (dim), (dim) */
    float *x2, *normed2, *gate_up, *a, *a_sub; /* (dim), (dim), (2 hidden), (hidden), (hidden) */
    float *inverse[4], *steps[4];              /* (capacity) of the four norms, in their order */
};

struct net_pass {
    size_t capacity;
    struct product_room *products;
    float *all;
    struct kept *layers;                 /* (layers) */
    float *x, *final, *logits, *inverse; /* (dim), (dim), (vocabulary), (1) at the end */
    float *exit_final, *exit_logits, *exit_inverse;
    float *dx, *dwide, *dnarrow, *room; /* (dim), (3 dim or 2 hidden), (hidden or dim), (NET_POSITIONS) */
};

static float *take(float **at, size_t n)
{
    float *p = *at;

    *at += (n + 15) / 16 * 16; /* whole lines */
    return p;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Hands out the parts of *at, moving it on: from NULL it counts. */
static void lay_out(struct net_pass *pass, const struct net_shape *s, float **at)
{
    size_t n = pass->capacity;

    for (size_t l = 0; l < s->layers; l++) {
        struct kept *k = &pass->layers[l];

        k->x = take(at, n * s->dim);
        k->normed = take(at, n * s->dim);
        k->qkv = take(at, 3 * n * s->dim);
        k->weights = take(at, n * NET_POSITIONS * s->heads);
        k->o = take(at, n * s->dim);
        k->o_sub = take(at, n * s->dim);
        k->x2 = take(at, n * s->dim);
        k->normed2 = take(at, n * s->dim);
        k->gate_up = take(at, 2 * n * s->hidden);
        k->a = take(at, n * s->hidden);
        k->a_sub = take(at, n * s->hidden);
        for (size_t i = 0; i < ARRAY_LEN(k->inverse); i++)
            k->inverse[i] = take(at, n), k->steps[i] = take(at, n);
    }
    pass->x = take(at, n * s->dim);
    pass->final = take(at, n * s->dim);
    pass->exit_final = take(at, n * s->dim);
    pass->logits = take(at, n * s->vocabulary);
    pass->exit_logits = take(at, n * s->vocabulary);
    pass->inverse = take(at, n);
    pass->exit_inverse = take(at, n);
    pass->dx = take(at, n * s->dim);
    pass->dwide = take(at, n * most(3 * s->dim, 2 * s->hidden));
    pass->dnarrow = take(at, n * most(s->dim, s->hidden));
    pass->room = take(at, NET_POSITIONS);
}

static size_t widest(const struct net_shape *s)
{
    return most(3 * s->dim, 2 * s->hidden) + 32; /* and what panels are filled up with */
}

static size_t floats_needed(struct net_pass *pass, const struct net_shape *s)
{
    float *const none = (float *)(uintptr_t)MEM_LINE;
    float *at = none;

    lay_out(pass, s, &at);
    return (size_t)(at - none);
}

struct net_pass *net_pass_new(const struct net *net, size_t capacity, struct err *err)
{
    struct net_pass *pass = mem_array(1, sizeof(*pass));
    float *at;

    pass->capacity = capacity;
    pass->layers = mem_array(net->shape.layers, sizeof(*pass->layers));
    pass->all = at = mem_huge(floats_needed(pass, &net->shape), sizeof(float), err);
    pass->products = at ? product_room_new(widest(&net->shape) * (capacity + net->shape.dim + net->shape.hidden), err)
                        : NULL;
    if (!pass->products) {
        net_pass_free(pass);
        return NULL;
    }
    lay_out(pass, &net->shape, &at);
    return pass;
}

void net_pass_free(struct net_pass *pass)
{
    if (!pass)
        return;
    product_room_free(pass->products);
    free(pass->all);
    free(pass->layers);
    free(pass);
}

/* y = x w' (+ y): x (n, in), w (out, in); with their scales by row, where they have some. */
struct factor {
    const float *data, *steps;
};

static void multiply(struct net_pass *pass, struct factor x, struct factor w, size_t n, size_t in, size_t out, bool add,
                     float *y)
{
    const struct product p = { .m = n,
                               .n = out,
                               .k = in,
                               .tb = true,
                               .a = x.data,
                               .b = w.data,
                               .a_step = x.steps,
                               .b_step = w.steps,
                               .add = add,
                               .c = y };

    product_run(&p, pass->products);
}

/* dw += dy' x, dx = dy w. */
static void multiply_back(struct net_pass *pass, const float *dy, const float *x, const float *w, size_t n, size_t in,
                          size_t out, float *dw, float *dx)
{
    const struct product of_w = { .m = out, .n = in, .k = n, .ta = true, .a = dy, .b = x, .add = true, .c = dw };
    const struct product of_x = { .m = n, .n = in, .k = out, .a = dy, .b = w, .c = dx };

    product_run(&of_w, pass->products);
    product_run(&of_x, pass->products);
}

static void attention(const struct net *net, const struct net_batch *batch, struct kept *k)
{
    size_t dim = net->shape.dim;

    net->ops->rope(k->qkv, batch->positions, batch->n, &net->heads, 0);
    for (size_t s = 0; s < batch->n_sequences; s++) {
        size_t at = batch->first[s], n = batch->first[s + 1] - at;

        net->ops->attend(k->qkv + 3 * at * dim, n, &net->heads, k->weights + at * NET_POSITIONS * net->shape.heads,
                         k->o + at * dim);
    }
}

/* dqkv from do. */
static void attention_back(const struct net *net, struct net_pass *pass, const struct net_batch *batch,
                           const struct kept *k, const float *d, float *dqkv)
{
    size_t dim = net->shape.dim;

    for (size_t s = 0; s < batch->n_sequences; s++) {
        size_t at = batch->first[s], n = batch->first[s + 1] - at;

        net->ops->attend_back(k->qkv + 3 * at * dim, k->weights + at * NET_POSITIONS * net->shape.heads, d + at * dim,
                              n, &net->heads, pass->room, dqkv + 3 * at * dim);
    }
    net->ops->rope(dqkv, batch->positions, batch->n, &net->heads, 1);
}

/* One of a layer's four norms; rounded to steps if the net is ternary. */
static struct factor normed(const struct net *net, const float *x, const float *gain, size_t n, size_t d,
                            struct kept *k, size_t which, float *y)
{
    float *steps = net->shape.ternary ? k->steps[which] : NULL;

    net->ops->norm(x, gain, n, d, k->inverse[which], steps, y);
    return (struct factor){ y, steps };
}

/* From k->x to `out`. */
static void layer_forward(const struct net *net, struct net_pass *pass, size_t l, const struct net_batch *batch,
                          float *out)
{
    static const struct net_scales none = { 0 };
    const struct net_layer *w = &net->used.layers[l];
    const struct net_scales *s = net->row_scales ? &net->row_scales[l] : &none;
    size_t n = batch->n, dim = net->shape.dim, hidden = net->shape.hidden;
    struct kept *k = &pass->layers[l];
    struct factor x = normed(net, k->x, w->attention_norm, n, dim, k, 0, k->normed);

    multiply(pass, x, (struct factor){ w->qkv, s->qkv }, n, dim, 3 * dim, false, k->qkv);
    attention(net, batch, k);
    x = normed(net, k->o, w->attention_sub, n, dim, k, 1, k->o_sub);
    memcpy(k->x2, k->x, n * dim * sizeof(float));
    multiply(pass, x, (struct factor){ w->o, s->o }, n, dim, dim, true, k->x2);

    x = normed(net, k->x2, w->ffn_norm, n, dim, k, 2, k->normed2);
    multiply(pass, x, (struct factor){ w->gate_up, s->gate_up }, n, dim, 2 * hidden, false, k->gate_up);
    net->ops->gated(k->gate_up, n, hidden, k->a);
    x = normed(net, k->a, w->ffn_sub, n, hidden, k, 3, k->a_sub);
    memcpy(out, k->x2, n * dim * sizeof(float));
    multiply(pass, x, (struct factor){ w->down, s->down }, n, hidden, dim, true, out);
}

/* pass->dx of what came out becomes that of what came in. */
static void layer_backward(const struct net *net, struct net_pass *pass, const struct net_layer *w,
                           const struct net_batch *batch, const struct kept *k, struct net_layer *g)
{
    size_t n = batch->n, dim = net->shape.dim, hidden = net->shape.hidden;
    float *da = pass->dwide; /* (hidden); free while dnarrow is made from it */

    multiply_back(pass, pass->dx, k->a_sub, w->down, n, hidden, dim, g->down, pass->dnarrow);
    memset(da, 0, n * hidden * sizeof(float));
    net->ops->norm_back(k->a, w->ffn_sub, k->inverse[3], pass->dnarrow, n, hidden, da, g->ffn_sub);
    memcpy(pass->dnarrow, da, n * hidden * sizeof(float));
    net->ops->gated_back(k->gate_up, pass->dnarrow, n, hidden, pass->dwide);
    multiply_back(pass, pass->dwide, k->normed2, w->gate_up, n, dim, 2 * hidden, g->gate_up, pass->dnarrow);
    net->ops->norm_back(k->x2, w->ffn_norm, k->inverse[2], pass->dnarrow, n, dim, pass->dx, g->ffn_norm);

    multiply_back(pass, pass->dx, k->o_sub, w->o, n, dim, dim, g->o, pass->dnarrow);
    memset(pass->dwide, 0, n * dim * sizeof(float));
    net->ops->norm_back(k->o, w->attention_sub, k->inverse[1], pass->dnarrow, n, dim, pass->dwide, g->attention_sub);
    memcpy(pass->dnarrow, pass->dwide, n * dim * sizeof(float));
    attention_back(net, pass, batch, k, pass->dnarrow, pass->dwide);
    multiply_back(pass, pass->dwide, k->normed, w->qkv, n, dim, 3 * dim, g->qkv, pass->dnarrow);
    net->ops->norm_back(k->x, w->attention_norm, k->inverse[0], pass->dnarrow, n, dim, pass->dx, g->attention_norm);
}

/* Where logits are taken: from x. */
struct head {
    const float *x;
    float *final, *logits, *inverse;
};

static double head_forward(const struct net *net, const struct net_batch *batch, const struct head *h, float weight,
                           uint8_t *right)
{
    size_t n = batch->n, dim = net->shape.dim;

    net->ops->norm(h->x, net->used.out_norm, n, dim, h->inverse, NULL, h->final);
    blas_sgemm(false, true, n, net->shape.vocabulary, dim, 1, h->final, dim, net->used.embeddings, dim, 0, h->logits,
               net->shape.vocabulary); /* not rounded to bfloat16: the engine does not either */
    return net->ops->cross_entropy(h->logits, batch->targets, n, net->shape.vocabulary, weight, right);
}

/* Adds to pass->dx. */
static void head_backward(const struct net *net, struct net_pass *pass, const struct net_batch *batch,
                          const struct head *h, struct net_parameters *gradient)
{
    size_t n = batch->n, dim = net->shape.dim;

    multiply_back(pass, h->logits, h->final, net->used.embeddings, n, dim, net->shape.vocabulary, gradient->embeddings,
                  pass->dnarrow);
    net->ops->norm_back(h->x, net->used.out_norm, h->inverse, pass->dnarrow, n, dim, pass->dx, gradient->out_norm);
}

static void embed(const struct net *net, const struct net_batch *batch, float *x)
{
    size_t dim = net->shape.dim;

    for (size_t i = 0; i < batch->n; i++)
        memcpy(x + i * dim, net->used.embeddings + (size_t)batch->tokens[i] * dim, dim * sizeof(float));
}

static void embed_back(const struct net *net, const struct net_batch *batch, const float *dx, float *gradient)
{
    size_t dim = net->shape.dim;

    for (size_t i = 0; i < batch->n; i++) {
        float *g = gradient + (size_t)batch->tokens[i] * dim;

        for (size_t j = 0; j < dim; j++)
            g[j] += dx[i * dim + j];
    }
}

void net_run(const struct net *net, struct net_pass *pass, const struct net_batch *batch, float weight,
             float exit_weight, struct net_parameters *gradient, struct net_loss *loss, uint8_t *right)
{
    size_t layers = net->shape.layers, leaves = net->shape.exit;
    struct head end = { pass->x, pass->final, pass->logits, pass->inverse };
    struct head early = { leaves ? pass->layers[leaves].x : NULL, pass->exit_final, pass->exit_logits,
                          pass->exit_inverse };

    if (batch->n > pass->capacity)
        BUG("%zu tokens in a pass of %zu", batch->n, pass->capacity);
    embed(net, batch, pass->layers[0].x);
    for (size_t l = 0; l < layers; l++)
        layer_forward(net, pass, l, batch, l + 1 < layers ? pass->layers[l + 1].x : pass->x);
    loss->sum += head_forward(net, batch, &end, weight, right);
    if (leaves)
        loss->exit_sum += head_forward(net, batch, &early, weight * exit_weight, NULL);
    for (size_t i = 0; i < batch->n; i++)
        loss->n += batch->targets[i] >= 0;
    if (!gradient)
        return;
    memset(pass->dx, 0, batch->n * net->shape.dim * sizeof(float));
    head_backward(net, pass, batch, &end, gradient);
    for (size_t l = layers; l-- > 0;) {
        if (leaves && l + 1 == leaves)
            head_backward(net, pass, batch, &early, gradient);
        layer_backward(net, pass, &net->used.layers[l], batch, &pass->layers[l], &gradient->layers[l]);
    }
    embed_back(net, batch, pass->dx, gradient->embeddings);
}
