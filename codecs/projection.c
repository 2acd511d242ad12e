// SPDX-License-Identifier: MIT
#include "codecs/projection.h"

#include "base/mem.h"
#include "codecs/blas.h"
#include "codecs/fields.h"
#include "codecs/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* c (m, n) = alpha a (m, k) op(b): with OpenBLAS where there is one, so that what was trained elsewhere works without.
 */
static void product(bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, const float *b, float *c)
{
    struct err none;

    if (blas_load(&none) == 0) {
        blas_sgemm(false, tb, m, n, k, alpha, a, k, b, tb ? k : n, 0, c, n);
        return;
    }
    memset(c, 0, m * n * sizeof(*c));
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t l = 0; l < k; l++)
                c[i * n + j] += alpha * a[i * k + l] * (tb ? b[j * k + l] : b[l * n + j]);
}

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static float gain_of(const struct vectors *x)
{
    double sum = 0;
    float gain;

    for (size_t i = 0; i < x->n * x->dim; i++)
        sum += (double)x->data[i] * x->data[i];
    gain = (float)sqrt(sum / (double)x->n);
    if (!(gain > 1e-30f && gain < 1e30f) || fabsf(gain - 1) < 0.01f)
        return 1;
    return gain;
}

/* What follows from the rest: by the same sums for a trained and a loaded one. */
static void derive(struct projection *p)
{
    free(p->offset);
    p->offset = mem_array(p->k, sizeof(*p->offset));
    p->mean_squared = 0;
    if (p->kind == PROJECTION_ROTATION && !p->rotation.signs)
        rotation_new(&p->rotation, p->dim, p->seed);
    if (!p->mean)
        return;
    for (size_t j = 0; j < p->dim; j++)
        p->mean_squared += p->mean[j] * p->mean[j];
    if (p->kind == PROJECTION_PREFIX)
        memcpy(p->offset, p->mean, p->k * sizeof(*p->offset));
    for (size_t i = 0; p->kind == PROJECTION_BASIS && i < p->k; i++)
        for (size_t j = 0; j < p->dim; j++)
            p->offset[i] += p->basis[i * p->dim + j] * p->mean[j];
    if (p->kind == PROJECTION_ROTATION) {
        float *turned = mem_array(p->rotation.padded, sizeof(*turned));

        memcpy(turned, p->mean, p->dim * sizeof(*turned));
        rotation_forward(&p->rotation, turned);
        memcpy(p->offset, turned, p->k * sizeof(*turned));
        free(turned);
    }
}

static void finish(struct projection *p)
{
    if (p->mean) {
        for (size_t j = 0; j < p->dim; j++)
            p->mean[j] /= p->gain;
        fields_round(p->mean, p->dim);
    }
    if (p->basis)
        fields_round(p->basis, p->k * p->dim);
    derive(p);
}

float projection_weight(float mean_squared, double typical_variance)
{
    double weight = sqrt(fmax(PROJECTION_MEAN * (double)mean_squared / typical_variance, 1));

    return (float)fmin(weight, PROJECTION_WEIGHT_MAX);
}

/* With C the covariance, a component of variance v counted by v has tr(C^2) / tr(C) on average; and tr(C^2) is the mean
 * of the squared product of two vectors about the mean that have nothing to do with each other. */
static float weight_of(const struct vectors *x, const float *mean)
{
    size_t dim = x->dim, half = x->n / 2;
    float squared = dot(mean, mean, dim);
    double variance = 0, squares = 0;

    for (size_t i = 0; i < half; i++) {
        const float *a = x->data + i * dim, *b = x->data + (half + i) * dim;
        double product = 0;

        for (size_t j = 0; j < dim; j++) {
            double u = a[j] - mean[j], v = b[j] - mean[j];

            product += u * v;
            variance += (u * u + v * v) / (2 * (double)half);
        }
        squares += product * product / (double)half;
    }
    return variance > 1e-10 * (double)squared ? projection_weight(squared, squares / variance) : 1;
}

void projection_prefix(const struct vectors *x, size_t k, bool centred, struct projection *p)
{
    *p = (struct projection){ .kind = PROJECTION_PREFIX, .dim = x->dim, .k = k, .gain = gain_of(x), .weight = 1 };
    if (centred) {
        p->mean = mem_array(p->dim, sizeof(*p->mean));
        pca_mean(x, p->mean);
    }
    finish(p);
}

void projection_rotation(const struct vectors *x, size_t k, bool stretched, uint64_t seed, struct projection *p)
{
    *p = (struct projection){
        .kind = PROJECTION_ROTATION, .dim = x->dim, .k = k, .gain = gain_of(x), .seed = seed, .weight = 1
    };
    p->mean = mem_array(p->dim, sizeof(*p->mean));
    pca_mean(x, p->mean);
    p->weight = stretched ? weight_of(x, p->mean) : 1;
    finish(p);
}

/* Takes what it needs of the components. */
static void take(const struct vectors *x, struct pca *pca, struct projection *p, float *variance)
{
    *p = (struct projection){ .kind = PROJECTION_BASIS, .dim = x->dim, .k = pca->k, .gain = gain_of(x), .weight = 1 };
    p->mean = pca->mean;
    p->basis = pca->basis;
    pca->mean = pca->basis = NULL;
    for (size_t i = 0; variance && i < pca->k; i++)
        variance[i] = pca->variance[i] / (p->gain * p->gain);
    pca_free(pca);
    finish(p);
}

int projection_pca_plain(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, struct err *err)
{
    struct pca pca;

    if (pca_train(x, k, seed, &pca, err) < 0)
        return -1;
    take(x, &pca, p, NULL);
    return 0;
}

/* out = W x, about the mean. */
static int stretch(const struct vectors *x, const float *mean, float weight, struct vectors *out, struct err *err)
{
    size_t dim = x->dim;
    float squared = dot(mean, mean, dim);

    if (vectors_new(out, x->n, dim, err) < 0)
        return -1;
    for (size_t i = 0; i < x->n; i++) {
        const float *from = x->data + i * dim;
        float *to = out->data + i * dim, along = (weight - 1) * (dot(from, mean, dim) / squared - 1);

        for (size_t j = 0; j < dim; j++)
            to[j] = from[j] + along * mean[j];
    }
    return 0;
}

int projection_pca(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, float *variance,
                   struct err *err)
{
    float *mean = mem_array(x->dim, sizeof(*mean)), weight;
    struct vectors stretched = { 0 };
    struct pca pca;
    int ret;

    pca_mean(x, mean);
    weight = weight_of(x, mean);
    if (weight > 1)
        ret = stretch(x, mean, weight, &stretched, err) < 0 ? -1 : pca_train(&stretched, k, seed, &pca, err);
    else
        ret = pca_train(x, k, seed, &pca, err);
    if (ret == 0) {
        take(x, &pca, p, variance);
        p->weight = weight;
    }
    vectors_free(&stretched);
    free(mean);
    return ret;
}

int projection_pca_across(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, struct err *err)
{
    struct pca pca;

    if (pca_train_across(x, k, seed, &pca, err) < 0)
        return -1;
    take(x, &pca, p, NULL);
    return 0;
}

int projection_rotate(struct projection *p, const float *rotation, struct err *err)
{
    float *basis = mem_aligned(p->k * p->dim, sizeof(*basis), MEM_LINE, err);

    if (!basis)
        return -1;
    product(false, p->k, p->dim, p->k, 1, rotation, p->basis, basis);
    fields_round(basis, p->k * p->dim);
    free(p->basis);
    p->basis = basis;
    derive(p);
    return 0;
}

void projection_free(struct projection *p)
{
    free(p->mean);
    free(p->basis);
    free(p->offset);
    rotation_free(&p->rotation);
    *p = (struct projection){ 0 };
}

static int rotate(const struct projection *p, const float *x, size_t n, bool centred, float *y, struct err *err)
{
    float *buf = mem_aligned(p->rotation.padded, sizeof(*buf), MEM_LINE, err);

    for (size_t i = 0; buf && i < n; i++) {
        for (size_t j = 0; j < p->dim; j++)
            buf[j] = x[i * p->dim + j] / p->gain - (centred && p->mean ? p->mean[j] : 0);
        memset(buf + p->dim, 0, (p->rotation.padded - p->dim) * sizeof(*buf));
        rotation_forward(&p->rotation, buf);
        memcpy(y + i * p->k, buf, p->k * sizeof(*y));
    }
    free(buf);
    return buf ? 0 : -1;
}

/* y = B x becomes B W x, or of queries B W^-1 x. */
static void weigh(const struct projection *p, const float *x, size_t n, bool centred, float *y)
{
    float factor = centred ? p->weight - 1 : 1 / p->weight - 1;

    if (p->weight <= 1 || p->mean_squared <= 0)
        return;
    for (size_t i = 0; i < n; i++) {
        float along = 0;

        for (size_t j = 0; j < p->dim; j++)
            along += x[i * p->dim + j] * p->mean[j];
        along = factor * (along / p->gain / p->mean_squared - (centred ? 1 : 0));
        for (size_t c = 0; c < p->k; c++)
            y[i * p->k + c] += along * p->offset[c];
    }
}

int projection_forward(const struct projection *p, const float *x, size_t n, bool centred, float *y, struct err *err)
{
    if (p->kind == PROJECTION_ROTATION) {
        if (rotate(p, x, n, centred, y, err) < 0)
            return -1;
        weigh(p, x, n, centred, y);
        return 0;
    }
    if (p->kind == PROJECTION_BASIS) {
        product(true, n, p->k, p->dim, 1 / p->gain, x, p->basis, y);
        for (size_t i = 0; centred && i < n * p->k; i += p->k)
            for (size_t j = 0; j < p->k; j++)
                y[i + j] -= p->offset[j];
        weigh(p, x, n, centred, y);
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p->k; j++)
            y[i * p->k + j] = x[i * p->dim + j] / p->gain - (centred && p->mean ? p->mean[j] : 0);
    return 0;
}

static int rotate_back(const struct projection *p, const float *y, size_t n, float *x, struct err *err)
{
    float *buf = mem_aligned(p->rotation.padded, sizeof(*buf), MEM_LINE, err);

    for (size_t i = 0; buf && i < n; i++) {
        memcpy(buf, y + i * p->k, p->k * sizeof(*buf));
        memset(buf + p->k, 0, (p->rotation.padded - p->k) * sizeof(*buf));
        rotation_back(&p->rotation, buf);
        memcpy(x + i * p->dim, buf, p->dim * sizeof(*x));
    }
    free(buf);
    return buf ? 0 : -1;
}

int projection_back(const struct projection *p, const float *y, size_t n, float *x, struct err *err)
{
    if (p->kind == PROJECTION_BASIS) {
        product(false, n, p->dim, p->k, 1, y, p->basis, x);
    } else if (p->kind == PROJECTION_ROTATION) {
        if (rotate_back(p, y, n, x, err) < 0)
            return -1;
    } else {
        for (size_t i = 0; i < n; i++) {
            memcpy(x + i * p->dim, y + i * p->k, p->k * sizeof(*x));
            memset(x + i * p->dim + p->k, 0, (p->dim - p->k) * sizeof(*x));
        }
    }
    for (size_t i = 0; i < n; i++) {
        float mean = p->weight > 1 ? 1 + (1 / p->weight - 1) * dot(y + i * p->k, p->offset, p->k) / p->mean_squared : 1;

        for (size_t j = 0; j < p->dim; j++)
            x[i * p->dim + j] = p->gain * (x[i * p->dim + j] + (p->mean ? mean * p->mean[j] : 0));
    }
    return 0;
}

struct projection_parts projection_parts(const struct projection *p, const float *y)
{
    float length = sqrtf(p->mean_squared), along = length > 0 ? dot(y, p->offset, p->k) / length : 0;

    return (struct projection_parts){ along / p->weight, sqrtf(fmaxf(dot(y, y, p->k) - along * along, 0)) };
}

float projection_constant(const struct projection *p, const float *q)
{
    float sum = 0;

    for (size_t j = 0; p->mean && j < p->dim; j++)
        sum += q[j] * p->mean[j];
    return sum;
}

void projection_save(const struct projection *p, struct blob *out)
{
    blob_u32(out, (uint32_t)p->kind | (p->mean ? 1u << 8 : 0) | (p->weight > 1 ? 1u << 9 : 0));
    blob_u32(out, (uint32_t)p->dim);
    blob_u32(out, (uint32_t)p->k);
    blob_f32s(out, &p->gain, 1);
    if (p->weight > 1)
        blob_f32s(out, &p->weight, 1);
    if (p->mean)
        blob_f16s(out, p->mean, p->dim);
    if (p->kind == PROJECTION_BASIS)
        blob_f16s(out, p->basis, p->k * p->dim);
    if (p->kind == PROJECTION_ROTATION) {
        blob_u32(out, (uint32_t)p->seed);
        blob_u32(out, (uint32_t)(p->seed >> 32));
    }
}

int projection_load(struct blob_reader *in, struct projection *p, struct err *err)
{
    uint32_t head = blob_get_u32(in);
    size_t dim = blob_get_u32(in), k = blob_get_u32(in);
    int bad = head & ~0x3ffu || (head & 255) > PROJECTION_ROTATION || (head >> 8) == 2 || dim == 0 ||
              dim > VECTORS_DIM_MAX || k == 0 || k > dim;

    *p = (struct projection){ .kind = head & 255, .dim = dim, .k = k, .weight = 1 };
    bad = bad || blob_get_f32s(in, &p->gain, 1) < 0 || !(p->gain > 0 && p->gain < INFINITY);
    if (!bad && head >> 9)
        bad = blob_get_f32s(in, &p->weight, 1) < 0 || !(p->weight >= 1 && p->weight <= PROJECTION_WEIGHT_MAX);
    if (!bad && head >> 8)
        bad = !(p->mean = fields_halves(in, dim));
    if (!bad && p->kind == PROJECTION_BASIS)
        bad = !(p->basis = fields_halves(in, k * dim));
    if (!bad && p->kind == PROJECTION_ROTATION) {
        p->seed = blob_get_u32(in);
        p->seed |= (uint64_t)blob_get_u32(in) << 32;
        bad = in->failed;
    }
    if (bad) {
        projection_free(p);
        return err_set(err, ERR_CONFIG, "not a projection");
    }
    derive(p);
    return 0;
}
