// SPDX-License-Identifier: MIT
#include "codecs/train/net.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/blas.h"
#include "base/fast_exp.h"
#include "codecs/train/chunk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int parameters_new(const struct net_shape *s, struct net_parameters *p, struct err *err)
{
    size_t table = s->rows * s->width, w1 = s->hidden * s->width, w2 = s->dim * (s->width + s->hidden);

    p->n = table + w1 + s->hidden + w2 + s->dim;
    p->all = mem_aligned(p->n, sizeof(float), MEM_LINE, err);
    if (!p->all)
        return -1;
    memset(p->all, 0, p->n * sizeof(float));
    p->table = p->all;
    p->w1 = p->table + table;
    p->b1 = p->w1 + w1;
    p->w2 = p->b1 + s->hidden;
    p->b2 = p->w2 + w2;
    return 0;
}

int net_new(struct net *net, struct net_shape shape, size_t capacity, struct err *err)
{
    size_t mixed = shape.width + shape.hidden;

    *net = (struct net){ .shape = shape, .capacity = capacity };
    net->scale = mem_array(capacity, sizeof(float));
    net->mixed = mem_aligned(capacity * mixed, sizeof(float), MEM_LINE, err);
    net->before = mem_aligned(capacity * shape.hidden, sizeof(float), MEM_LINE, err);
    net->z = mem_aligned(capacity * shape.dim, sizeof(float), MEM_LINE, err);
    net->dz = mem_aligned(capacity * shape.dim, sizeof(float), MEM_LINE, err);
    net->dmixed = mem_aligned(capacity * mixed, sizeof(float), MEM_LINE, err);
    if (net->mixed && net->before && net->z && net->dz && net->dmixed && !parameters_new(&shape, &net->value, err) &&
        !parameters_new(&shape, &net->gradient, err) && !parameters_new(&shape, &net->mean, err) &&
        !parameters_new(&shape, &net->square, err))
        return 0;
    net_free(net);
    return -1;
}

void net_free(struct net *net)
{
    free(net->value.all);
    free(net->gradient.all);
    free(net->mean.all);
    free(net->square.all);
    free(net->scale);
    free(net->mixed);
    free(net->before);
    free(net->z);
    free(net->dz);
    free(net->dmixed);
    *net = (struct net){ 0 };
}

static void normal(struct rng *rng, float *v, size_t n, double deviation)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(rng_normal(rng) * deviation);
}

void net_init(struct net *net, const struct texts *texts, const struct net_features *features, uint64_t seed)
{
    const struct net_shape *s = &net->shape;
    struct rng rng = rng_seed(seed);
    double *seen = mem_array(s->rows, sizeof(*seen)), total = 0;

    for (size_t w = 0; w < texts->n_words; w++) {
        total += texts->count[w];
        for (uint32_t i = features->first[w]; i < features->first[w + 1]; i++)
            seen[features->rows[i]] += texts->count[w];
    }
    for (size_t row = 0; row < s->rows; row++)
        normal(&rng, net->value.table + row * s->width, s->width, 0.1 * 1e-3 / (1e-3 + seen[row] / total));
    normal(&rng, net->value.w1, s->hidden * s->width, 1 / sqrt((double)s->width));
    normal(&rng, net->value.w2, s->dim * (s->width + s->hidden), 1 / sqrt((double)(s->width + s->hidden)));
    free(seen);
}

struct pass {
    struct net *net;
    const struct net_features *features;
    const struct word_lists *lists;
    struct net_rates rates;
    float bias_mean, bias_square;
};

static void pool_one(const struct pass *pass, size_t i, float *p)
{
    const struct net_features *f = pass->features;
    size_t width = pass->net->shape.width;
    float sum = 0;

    memset(p, 0, width * sizeof(*p));
    for (uint32_t w = pass->lists->first[i]; w < pass->lists->first[i + 1]; w++) {
        uint32_t word = pass->lists->words[w];

        for (uint32_t r = f->first[word]; r < f->first[word + 1]; r++) {
            const float *row = pass->net->value.table + f->rows[r] * width;
            float c = f->coefficients[r];

            for (size_t j = 0; j < width; j++)
                p[j] += c * row[j];
        }
    }
    for (size_t j = 0; j < width; j++)
        sum += p[j] * p[j];
    pass->net->scale[i] = 1 / sqrtf(sum / (float)width + 1e-12f);
    for (size_t j = 0; j < width; j++)
        p[j] *= pass->net->scale[i];
}

static void pool(void *arg, int rank, int size)
{
    const struct pass *pass = arg;
    size_t mixed = pass->net->shape.width + pass->net->shape.hidden;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(pass->lists->n, c);

        for (size_t i = rows.begin; i < rows.end; i++)
            pool_one(pass, i, pass->net->mixed + i * mixed);
    }
}

static void activate(void *arg, int rank, int size)
{
    const struct pass *pass = arg;
    struct net *net = pass->net;
    size_t width = net->shape.width, hidden = net->shape.hidden;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(pass->lists->n, c);

        for (size_t i = rows.begin; i < rows.end; i++) {
            float *a = net->before + i * hidden, *h = net->mixed + i * (width + hidden) + width;

            for (size_t j = 0; j < hidden; j++) {
                a[j] += net->value.b1[j];
                h[j] = a[j] / (1 + fast_exp(-1.702f * a[j]));
            }
            for (size_t j = 0; j < net->shape.dim; j++)
                net->z[i * net->shape.dim + j] = net->value.b2[j];
        }
    }
}

void net_forward(struct net *net, struct team *team, const struct net_features *features,
                 const struct word_lists *lists)
{
    struct pass pass = { .net = net, .features = features, .lists = lists };
    size_t width = net->shape.width, hidden = net->shape.hidden, mixed = width + hidden, dim = net->shape.dim;

    team_run(team, pool, &pass);
    blas_sgemm(false, true, lists->n, hidden, width, 1, net->mixed, mixed, net->value.w1, width, 0, net->before,
               hidden);
    team_run(team, activate, &pass);
    blas_sgemm(false, true, lists->n, dim, mixed, 1, net->mixed, mixed, net->value.w2, mixed, 1, net->z, dim);
}

/* dh becomes the gradient of w1 p + b1, in place. */
static void activate_backward(void *arg, int rank, int size)
{
    const struct pass *pass = arg;
    struct net *net = pass->net;
    size_t width = net->shape.width, hidden = net->shape.hidden;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(pass->lists->n, c);

        for (size_t i = rows.begin; i < rows.end; i++) {
            const float *a = net->before + i * hidden;
            float *d = net->dmixed + i * (width + hidden) + width;

            for (size_t j = 0; j < hidden; j++) {
                float gate = 1 / (1 + fast_exp(-1.702f * a[j]));

                d[j] *= gate * (1 + 1.702f * a[j] * (1 - gate));
            }
        }
    }
}

static void normalise_backward(void *arg, int rank, int size)
{
    const struct pass *pass = arg;
    struct net *net = pass->net;
    size_t width = net->shape.width, mixed = width + net->shape.hidden;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk rows = train_chunk(pass->lists->n, c);

        for (size_t i = rows.begin; i < rows.end; i++) {
            const float *p = net->mixed + i * mixed;
            float *d = net->dmixed + i * mixed, along = 0;

            for (size_t j = 0; j < width; j++)
                along += p[j] * d[j];
            for (size_t j = 0; j < width; j++)
                d[j] = (d[j] - p[j] * along / (float)width) * net->scale[i];
        }
    }
}

/* By columns: no two threads write the same element, and the order of additions is that of the texts. */
static void table_backward(void *arg, int rank, int size)
{
    const struct pass *pass = arg;
    const struct net_features *f = pass->features;
    struct net *net = pass->net;
    size_t width = net->shape.width, mixed = width + net->shape.hidden;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk columns = train_chunk(width, c);
        size_t n = columns.end - columns.begin;

        for (size_t i = 0; i < pass->lists->n; i++) {
            const float *d = net->dmixed + i * mixed + columns.begin;

            for (uint32_t w = pass->lists->first[i]; w < pass->lists->first[i + 1]; w++) {
                uint32_t word = pass->lists->words[w];

                for (uint32_t r = f->first[word]; r < f->first[word + 1]; r++) {
                    float *g = net->gradient.table + f->rows[r] * width + columns.begin, k = f->coefficients[r];

                    for (size_t j = 0; j < n; j++)
                        g[j] += k * d[j];
                }
            }
        }
    }
}

static void bias_gradient(const float *d, size_t stride, size_t n, size_t width, float *sum)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++)
            sum[j] += d[i * stride + j];
}

void net_backward(struct net *net, struct team *team, const struct net_features *features,
                  const struct word_lists *lists)
{
    struct pass pass = { .net = net, .features = features, .lists = lists };
    size_t width = net->shape.width, hidden = net->shape.hidden, mixed = width + hidden, dim = net->shape.dim;
    size_t n = lists->n;
    float *dh = net->dmixed + width;

    memset(net->gradient.all, 0, net->gradient.n * sizeof(float));
    bias_gradient(net->dz, dim, n, dim, net->gradient.b2);
    blas_sgemm(true, false, dim, mixed, n, 1, net->dz, dim, net->mixed, mixed, 0, net->gradient.w2, mixed);
    blas_sgemm(false, false, n, mixed, dim, 1, net->dz, dim, net->value.w2, mixed, 0, net->dmixed, mixed);
    team_run(team, activate_backward, &pass);
    bias_gradient(dh, mixed, n, hidden, net->gradient.b1);
    blas_sgemm(true, false, hidden, width, n, 1, dh, mixed, net->mixed, mixed, 0, net->gradient.w1, width);
    blas_sgemm(false, false, n, width, hidden, 1, dh, mixed, net->value.w1, width, 1, net->dmixed, mixed);
    team_run(team, normalise_backward, &pass);
    team_run(team, table_backward, &pass);
}

static void adam(void *arg, int rank, int size)
{
    const float keep_mean = 0.9f, keep_square = 0.999f;
    const struct pass *pass = arg;
    struct net *net = pass->net;
    size_t table = net->shape.rows * net->shape.width;

    for (size_t c = (size_t)rank; c < TRAIN_CHUNKS; c += (size_t)size) {
        struct chunk all = train_chunk(net->value.n, c);
        float *restrict value = net->value.all, *restrict mean = net->mean.all, *restrict square = net->square.all;
        const float *restrict gradient = net->gradient.all;

        for (size_t part = 0; part < 2; part++) {
            size_t begin = part && all.begin < table ? table : all.begin;
            size_t end = !part && all.end > table ? table : all.end;
            float rate = (part ? pass->rates.dense : pass->rates.table) / pass->bias_mean;
            float shrink = part ? 1 - pass->rates.dense * pass->rates.decay : 1;

            for (size_t i = begin; i < end; i++) {
                mean[i] = keep_mean * mean[i] + (1 - keep_mean) * gradient[i];
                square[i] = keep_square * square[i] + (1 - keep_square) * gradient[i] * gradient[i];
                value[i] = value[i] * shrink - rate * mean[i] / (sqrtf(square[i] * pass->bias_square) + 1e-8f);
            }
        }
    }
}

void net_step(struct net *net, struct team *team, struct net_rates rates)
{
    struct pass pass = { .net = net, .rates = rates };

    net->steps++;
    pass.bias_mean = 1 - powf(0.9f, (float)net->steps);
    pass.bias_square = 1 / (1 - powf(0.999f, (float)net->steps));
    team_run(team, adam, &pass);
}
