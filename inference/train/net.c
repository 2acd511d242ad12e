// SPDX-License-Identifier: MIT
#include "inference/train/net.h"

#include "base/half.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>

static size_t parameters_count(const struct net_shape *s)
{
    size_t layer = 4 * s->dim * s->dim + 3 * s->dim * s->hidden + 3 * s->dim + s->hidden;

    return s->vocabulary * s->dim + s->dim + s->layers * layer;
}

int net_parameters_new(struct net_parameters *p, const struct net_shape *shape, struct err *err)
{
    size_t dim = shape->dim, hidden = shape->hidden;
    float *at;

    p->n = parameters_count(shape);
    p->layers = mem_array(shape->layers, sizeof(*p->layers));
    p->all = at = mem_aligned(p->n, sizeof(*p->all), MEM_LINE, err);
    if (!at)
        return -1;
    memset(at, 0, p->n * sizeof(*at));
    p->embeddings = at;
    at += shape->vocabulary * dim;
    for (size_t l = 0; l < shape->layers; l++) {
        struct net_layer *layer = &p->layers[l];

        layer->qkv = at;
        layer->o = layer->qkv + 3 * dim * dim;
        layer->gate_up = layer->o + dim * dim;
        layer->down = layer->gate_up + 2 * hidden * dim;
        layer->attention_norm = layer->down + dim * hidden;
        layer->attention_sub = layer->attention_norm + dim;
        layer->ffn_norm = layer->attention_sub + dim;
        layer->ffn_sub = layer->ffn_norm + dim;
        at = layer->ffn_sub + hidden;
    }
    p->out_norm = at;
    return 0;
}

void net_parameters_free(struct net_parameters *p)
{
    free(p->all);
    free(p->layers);
}

static void list_matrices(struct net *net)
{
    size_t dim = net->shape.dim, hidden = net->shape.hidden, n = 0;

    net->matrices = mem_array(7 * net->shape.layers, sizeof(*net->matrices));
    for (size_t l = 0; l < net->shape.layers; l++) {
        const struct net_layer *layer = &net->value.layers[l];
        const struct net_matrix seven[] = {
            { (size_t)(layer->qkv - net->value.all), dim * dim },
            { (size_t)(layer->qkv - net->value.all) + dim * dim, dim * dim },
            { (size_t)(layer->qkv - net->value.all) + 2 * dim * dim, dim * dim },
            { (size_t)(layer->o - net->value.all), dim * dim },
            { (size_t)(layer->gate_up - net->value.all), hidden * dim },
            { (size_t)(layer->gate_up - net->value.all) + hidden * dim, hidden * dim },
            { (size_t)(layer->down - net->value.all), hidden * dim },
        };

        memcpy(net->matrices + n, seven, sizeof(seven));
        n += ARRAY_LEN(seven);
    }
    net->n_matrices = n;
    net->scales = mem_array(n, sizeof(*net->scales));
}

static void make_row_scales(struct net *net)
{
    size_t dim = net->shape.dim, hidden = net->shape.hidden;

    net->row_scales = mem_array(net->shape.layers, sizeof(*net->row_scales));
    for (size_t l = 0; l < net->shape.layers; l++) {
        struct net_scales *s = &net->row_scales[l];

        s->qkv = mem_array(5 * dim + 2 * hidden, sizeof(float));
        s->o = s->qkv + 3 * dim;
        s->down = s->o + dim;
        s->gate_up = s->down + dim;
    }
}

static void fill(float *x, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

static void fill_row_scales(struct net *net)
{
    size_t dim = net->shape.dim, hidden = net->shape.hidden;

    for (size_t l = 0; l < net->shape.layers; l++) {
        const float *seven = net->scales + 7 * l;
        struct net_scales *s = &net->row_scales[l];

        for (size_t i = 0; i < 3; i++)
            fill(s->qkv + i * dim, dim, seven[i]);
        fill(s->o, dim, seven[3]);
        fill(s->gate_up, hidden, seven[4]);
        fill(s->gate_up + hidden, hidden, seven[5]);
        fill(s->down, dim, seven[6]);
    }
}

/* Su et al., "RoFormer", arXiv:2104.09864: base 10000. */
static void make_angles(struct net *net)
{
    size_t half = net->heads.width / 2;
    float *sines;

    net->angles = mem_array(2 * NET_POSITIONS * half, sizeof(*net->angles));
    sines = net->angles + NET_POSITIONS * half;
    for (size_t p = 0; p < NET_POSITIONS; p++)
        for (size_t j = 0; j < half; j++) {
            double angle = (double)p * pow(10000, -(double)j / (double)half);

            net->angles[p * half + j] = (float)cos(angle);
            sines[p * half + j] = (float)sin(angle);
        }
    net->heads.cos = net->angles;
    net->heads.sin = sines;
}

int net_new(struct net *net, struct net_shape shape, struct err *err)
{
    *net = (struct net){ .shape = shape, .ops = train_ops_here() };
    net->heads = (struct ops_heads){ .heads = shape.heads, .width = shape.dim / shape.heads };
    if (net_parameters_new(&net->value, &shape, err) < 0 || net_parameters_new(&net->used, &shape, err) < 0) {
        net_free(net);
        return -1;
    }
    list_matrices(net);
    if (shape.ternary)
        make_row_scales(net);
    make_angles(net);
    return 0;
}

void net_free(struct net *net)
{
    net_parameters_free(&net->value);
    net_parameters_free(&net->used);
    for (size_t l = 0; net->row_scales && l < net->shape.layers; l++)
        free(net->row_scales[l].qkv);
    free(net->row_scales);
    free(net->matrices);
    free(net->scales);
    free(net->angles);
    *net = (struct net){ 0 };
}

/* Gains are 1, all else is normal: of embeddings 0.05, so that they are neither lost beside the layers' output nor
 * drown it; of the ternary ones the scale is learnt by way of their mean, and 0.02 lets weights change sides early. */
void net_init(struct net *net, uint64_t seed)
{
    struct rng rng = rng_seed(seed);
    size_t embeddings = net->shape.vocabulary * net->shape.dim;

    for (size_t i = 0; i < net->value.n; i++)
        net->value.all[i] = 1;
    for (size_t i = 0; i < embeddings; i++)
        net->value.embeddings[i] = 0.05f * (float)rng_normal(&rng);
    for (size_t m = 0; m < net->n_matrices; m++)
        for (size_t i = 0; i < net->matrices[m].n; i++)
            net->value.all[net->matrices[m].offset + i] = 0.02f * (float)rng_normal(&rng);
    net_round(net);
}

/* The scale is the mean of |w|, as the file's fp16 will hold it. */
void net_round(struct net *net)
{
    const float least = 1e-4f; /* of a matrix that is all but zero: fp16 still holds it */

    memcpy(net->used.all, net->value.all, net->value.n * sizeof(float));
    for (size_t m = 0; m < net->n_matrices && net->shape.ternary; m++) {
        const float *w = net->value.all + net->matrices[m].offset;
        float mean = (float)(net->ops->sum_of_magnitudes(w, net->matrices[m].n) / (double)net->matrices[m].n);

        net->scales[m] = half_to(half_from(mean > least ? mean : least));
        net->ops->ternary(w, net->matrices[m].n, net->scales[m], net->used.all + net->matrices[m].offset);
    }
    if (net->shape.ternary)
        fill_row_scales(net);
}
