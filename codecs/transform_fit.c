// SPDX-License-Identifier: MIT
#include "codecs/transform_fit.h"

#include "base/mem.h"
#include "codecs/fields.h"
#include "declare/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* LAMBDA: squared error (in steps) that a bit is worth. From .3 to .8 recall@10 is the same at the same rate, since the step
 * makes up for it; at .15 it is up to a point less at 40 bytes. */
static const double LAMBDA = .3;

enum {
    COARSE = 8, FINE = 12, TUNE = 10, /* halvings: of the step from nothing, near the end, of lambda */
    COARSE_N = 1024,                  /* vectors for the first */
    FINEST = 70,                      /* steps in a deviation: what 255 symbols can span */
};

struct fit {
    struct transform *t;
    const float *y; /* (n, k), scaled by component, in walk order */
    size_t n, k;
    float *bits;    /* (n_symbols) */
    double *count, *sum; /* (n_symbols) */
    struct transform_walk *walk;
    transform_quantise_fn *quantise;
};

static double point_at(size_t q, int index)
{
    return q ? 2 * index - 1 : 2 * index;
}

/* The tables of a normal distribution whose deviation is `sigma` steps. */
static void start_dim(struct fit *f, size_t w, double sigma)
{
    struct transform *t = f->t;
    int most = (int)fmin(ceil(3.6 * sigma / 2), TRANSFORM_SYMBOLS_MAX / 2);

    most = most < 1 ? 1 : most;
    for (size_t q = 0; q < 2; q++) {
        struct transform_dim *d = &t->dims[w];
        int low = -most;
        double total = 0;

        d->first[q] = (uint32_t)t->n_symbols;
        d->n[q] = (uint16_t)(most - low + 1);
        d->odd[q] = low & 1;
        for (int i = low; i <= most; i++) {
            double x = point_at(q, i), reach = sigma * 1.41421356 + 1e-9;
            double p = (erfc((x - 1) / reach) - erfc((x + 1) / reach)) / 2 + 1e-6;

            t->points[t->n_symbols] = (float)x;
            f->count[t->n_symbols] = p;
            total += p;
            t->n_symbols++;
        }
        for (size_t i = d->first[q]; i < t->n_symbols; i++)
            f->bits[i] = (float)-log2(f->count[i] / total);
    }
}

static void start(struct fit *f, const double *sigma, double step)
{
    f->t->n_symbols = 0;
    for (size_t w = 0; w < f->k; w++)
        start_dim(f, w, sigma[w] / step);
}

/* Quantises the first n vectors; counts and sums by symbol. Returns the bits a vector. */
static double pass(struct fit *f, size_t n, double step, double lambda)
{
    const struct transform *t = f->t;
    float *u = (float *)(f->walk + f->k), multiplier[TRANSFORM_LANES];
    uint32_t *places = (uint32_t *)(u + f->k * TRANSFORM_LANES);
    double total = 0;

    memset(f->count, 0, t->n_symbols * sizeof(*f->count));
    memset(f->sum, 0, t->n_symbols * sizeof(*f->sum));
    for (size_t l = 0; l < TRANSFORM_LANES; l++)
        multiplier[l] = (float)lambda;
    for (size_t i = 0; i < n; i += TRANSFORM_LANES) {
        size_t lanes = n - i < TRANSFORM_LANES ? n - i : TRANSFORM_LANES;

        for (size_t w = 0; w < f->k; w++)
            for (size_t l = 0; l < TRANSFORM_LANES; l++)
                u[w * TRANSFORM_LANES + l] = l < lanes ? (float)(f->y[(i + l) * f->k + w] / step) : 0;
        f->quantise(t->dims, f->k, t->points, f->bits, u, multiplier, f->walk, places);
        for (size_t l = 0; l < lanes; l++) {
            for (size_t w = 0; w < f->k; w++) {
                uint32_t place = places[l * f->k + w];

                f->count[place]++;
                f->sum[place] += u[w * TRANSFORM_LANES + l];
                total += f->bits[place];
            }
        }
    }
    return total / (double)n;
}

/* Costs and points from what pass() counted; the old ones weigh as a few vectors, lest a symbol that was rare vanishes. */
static void update(struct fit *f)
{
    struct transform *t = f->t;

    for (size_t w = 0; w < f->k; w++)
        for (size_t q = 0; q < 2; q++) {
            size_t first = t->dims[w].first[q], n = t->dims[w].n[q];
            double total = 0;

            for (size_t i = first; i < first + n; i++) {
                t->points[i] = (float)((f->sum[i] + 10 * t->points[i]) / (f->count[i] + 10));
                f->count[i] += 8 * exp2(-f->bits[i]) + .02;
                total += f->count[i];
            }
            for (size_t i = first; i < first + n; i++)
                f->bits[i] = (float)-log2(f->count[i] / total);
        }
}

static double largest(const double *v, size_t n)
{
    double most = v[0];

    for (size_t i = 1; i < n; i++)
        most = fmax(most, v[i]);
    return most;
}

/* The step, by bisection of its logarithm: first with tables made anew for each, then with tables that follow. */
static double find_step(struct fit *f, const double *sigma, double bits)
{
    size_t n = f->n < COARSE_N ? f->n : COARSE_N;
    double low = log(largest(sigma, f->k) / FINEST), high = low + log(FINEST * 8.0), step = 0;

    for (size_t i = 0; i < COARSE; i++) {
        step = (low + high) / 2;
        start(f, sigma, exp(step));
        for (size_t j = 0; j < 3; j++) {
            pass(f, n, exp(step), LAMBDA);
            update(f);
        }
        *(pass(f, n, exp(step), LAMBDA) > bits ? &low : &high) = step;
    }
    low = step - .15;
    high = step + .15;
    for (size_t i = 0; i < FINE; i++) {
        step = (low + high) / 2;
        pass(f, f->n, exp(step), LAMBDA);
        update(f);
        *(pass(f, f->n, exp(step), LAMBDA) > bits ? &low : &high) = step;
        update(f);
    }
    return exp(step);
}

/* Tables as the coder will use them, points as half floats. */
static void settle(struct fit *f)
{
    struct transform *t = f->t;

    for (size_t w = 0; w < f->k; w++)
        for (size_t q = 0; q < 2; q++)
            rans_table(f->count + t->dims[w].first[q], t->dims[w].n[q], t->symbols + t->dims[w].first[q]);
    for (size_t i = 0; i < t->n_symbols; i++)
        f->bits[i] = rans_cost_bits(t->symbols[i]);
    fields_round(t->points, t->n_symbols);
}

static double find_lambda(struct fit *f, double step, double bits)
{
    double low = log(LAMBDA / 3), high = log(LAMBDA * 3), middle = 0;

    for (size_t i = 0; i < TUNE; i++) {
        middle = (low + high) / 2;
        *(pass(f, f->n, step, exp(middle)) > bits ? &low : &high) = middle;
    }
    return exp(high);
}

/* How many components make up the head: by the bits they get at that many steps a deviation. */
static size_t count_heads(const double *sigma, size_t k, double bits, double head_bits)
{
    double spent = 0, level = 0;
    size_t heads = 0;

    for (double step = largest(sigma, k) * 4;; step /= 1.05) { /* reverse water-filling, roughly: bits in all at this step */
        level = 0;
        for (size_t c = 0; c < k; c++)
            level += fmax(0, log2(sigma[c] / step));
        spent = log2(sigma[0] / step);
        if (level >= bits || spent > 12) {
            while (heads < k && spent < head_bits) {
                heads++;
                if (heads < k)
                    spent += fmax(0, log2(sigma[heads] / step));
            }
            return heads < k ? heads + 1 : k;
        }
    }
}

static int fit_all(struct fit *f, const float *y, double bits, double head_bits, struct err *err)
{
    struct transform *t = f->t;
    size_t most = f->k * 2 * (TRANSFORM_SYMBOLS_MAX + 1);
    double *sigma = mem_array(2 * f->k, sizeof(*sigma)), step;
    float *scaled = mem_aligned(f->n * f->k, sizeof(*scaled), MEM_LINE, err);

    if (!scaled) {
        free(sigma);
        return -1;
    }
    for (size_t c = 0; c < f->k; c++) {
        for (size_t i = 0; i < f->n; i++)
            sigma[c] += pow((double)y[i * f->k + c] * t->scale[c], 2);
        sigma[c] = fmax(sqrt(sigma[c] / (double)f->n), 1e-6);
    }
    t->heads = count_heads(sigma, f->k, bits, head_bits);
    for (size_t w = 0; w < f->k; w++) {
        size_t c = transform_component(t, w);

        sigma[f->k + w] = sigma[c];
        for (size_t i = 0; i < f->n; i++)
            scaled[i * f->k + w] = y[i * f->k + c] * t->scale[c];
    }
    f->y = scaled;
    t->dims = mem_array(f->k, sizeof(*t->dims));
    t->points = mem_array(most, sizeof(*t->points));
    t->symbols = mem_array(most, sizeof(*t->symbols));
    step = find_step(f, sigma + f->k, bits);
    settle(f);
    t->lambda = (float)find_lambda(f, step, bits);
    for (size_t c = 0; c < f->k; c++)
        t->scale[c] = (float)(t->scale[c] / step);
    free(scaled);
    free(sigma);
    return 0;
}

int transform_fit(struct transform *t, const float *y, size_t n, double bits, double head_bits,
                  struct err *err)
{
    size_t k = t->projection.k, most = k * 2 * (TRANSFORM_SYMBOLS_MAX + 1);
    uint32_t isa = isa_host();
    struct fit f = { .t = t, .n = n, .k = k };
    int ret = -1;

    f.quantise = isa & ISA_AVX512F ? transform_quantise_avx512 :
                 isa & ISA_AVX2    ? transform_quantise_avx2 :
                                     transform_quantise_base;
    f.bits = mem_array(most, sizeof(*f.bits));
    f.count = mem_array(most, sizeof(*f.count));
    f.sum = mem_array(most, sizeof(*f.sum));
    f.walk = mem_aligned(k, sizeof(*f.walk) + 2 * TRANSFORM_LANES * sizeof(float), MEM_LINE, err);
    if (f.walk)
        ret = fit_all(&f, y, bits, head_bits, err);
    free(f.bits);
    free(f.count);
    free(f.sum);
    free(f.walk);
    return ret;
}
