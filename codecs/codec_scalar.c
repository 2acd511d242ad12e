// SPDX-License-Identifier: MIT
/* codec_scalar.c -- scalar quantisation: each number by itself, in 8 or 4 bits.
 *
 * `scalar8` and `scalar4` take the first dimensions, one or two a byte; `scalar8_pca` and `scalar4_pca` the first
 * principal components. The levels of a number are equally far apart and centred on its mean; their distance is a
 * multiple of its standard deviation, one multiple for all numbers: the one of a fixed list that leaves the training
 * vectors the least error (for Gaussian data, that of J. Max, "Quantizing for minimum distortion", IRE Trans. Inf.
 * Theory 6, 1960). Ranked by the cosine with the reconstruction. */
#include "base/mem.h"
#include "codecs/coder.h"
#include "codecs/fields.h"
#include "codecs/pca.h"
#include "codecs/sample.h"

#include <math.h>
#include <stdlib.h>

struct scalar {
    size_t k, bits;
    float *middle, *step; /* (k) each; step > 0, or 0 for a number that never changes. `middle` owns both */
};

enum { SAMPLE = 8192 };

static void scalar_free(void *state)
{
    struct scalar *s = state;

    if (s)
        free(s->middle);
    free(s);
}

static struct scalar *scalar_new(size_t k, size_t bits, float *fields)
{
    struct scalar *s = mem_array(1, sizeof(*s));

    *s = (struct scalar){ .k = k, .bits = bits, .middle = fields, .step = fields + k };
    return s;
}

/* Level l, of 0 to levels - 1, stands for middle + (l - (levels - 1) / 2) step. fmaxf() comes first: it sorts out NaN.
 */
static unsigned level(float y, float middle, float step, float levels)
{
    float at = step > 0 ? (y - middle) / step + levels / 2 : 0;

    return (unsigned)fminf(fmaxf(at, 0), levels - 1);
}

static float value(unsigned l, float middle, float step, float levels)
{
    return middle + ((float)l - (levels - 1) / 2) * step;
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct scalar *s = state;
    size_t bytes = (s->k * s->bits + 7) / 8, per_byte = 8 / s->bits;
    float levels = (float)(1 << s->bits);

    (void)err;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->k; j++)
            codes[i * bytes + j / per_byte] |= (uint8_t)(level(y[i * s->k + j], s->middle[j], s->step[j], levels)
                                                         << s->bits * (j % per_byte));
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct scalar *s = state;
    size_t bytes = (s->k * s->bits + 7) / 8, per_byte = 8 / s->bits;
    float levels = (float)(1 << s->bits);

    (void)err;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->k; j++) {
            unsigned l = codes[i * bytes + j / per_byte] >> s->bits * (j % per_byte) & ((1u << s->bits) - 1);

            y[i * s->k + j] = value(l, s->middle[j], s->step[j], levels);
        }
    return 0;
}

static void save(const void *state, struct blob *out)
{
    const struct scalar *s = state;

    blob_u32(out, (uint32_t)s->bits);
    blob_f16s(out, s->middle, 2 * s->k);
}

static void *load_state(struct blob_reader *in, size_t k, size_t bytes)
{
    uint32_t bits = blob_get_u32(in);
    float *fields;

    if ((bits != 8 && bits != 4) || (k * bits + 7) / 8 != bytes)
        return NULL;
    fields = fields_halves(in, 2 * k);
    return fields ? scalar_new(k, bits, fields) : NULL;
}

static const struct quantiser scalar = { encode, decode, save, load_state, scalar_free };

/* Means to middle, standard deviations to step. */
static void moments(struct scalar *s, const float *y, size_t n)
{
    for (size_t j = 0; j < s->k; j++) {
        double sum = 0, squares = 0;

        for (size_t i = 0; i < n; i++)
            sum += y[i * s->k + j];
        s->middle[j] = (float)(sum / (double)n);
        for (size_t i = 0; i < n; i++)
            squares += pow(y[i * s->k + j] - s->middle[j], 2);
        s->step[j] = (float)sqrt(squares / (double)n);
    }
}

/* The error of numbers whose standard deviations are `deviation`, at a step of so many deviations. */
static double error_at(const struct scalar *s, const float *y, size_t n, const float *deviation, float multiple)
{
    float levels = (float)(1 << s->bits);
    double error = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->k; j++) {
            float x = y[i * s->k + j], step = deviation[j] * multiple;
            float off = x - value(level(x, s->middle[j], step, levels), s->middle[j], step, levels);

            error += off * off;
        }
    return error;
}

static void choose_steps(struct scalar *s, const float *y, size_t n)
{
    /* Half the range in standard deviations: 2.7 for a Gaussian at 4 bits, 3.9 at 8; heavier tails want more. */
    static const float ranges[] = { 2.0f, 2.3f, 2.5f, 2.7f, 2.9f, 3.2f, 3.6f, 4.0f, 4.5f, 5.0f, 6.0f, 8.0f };
    float best = 0, levels = (float)(1 << s->bits);
    double least = INFINITY;

    moments(s, y, n);
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        double error = error_at(s, y, n, s->step, 2 * ranges[i] / levels);

        if (error < least) {
            least = error;
            best = 2 * ranges[i] / levels;
        }
    }
    for (size_t j = 0; j < s->k; j++)
        s->step[j] *= best;
}

static int train(const struct vectors *x, size_t bits, bool pca, const struct codec_options *o, void **model,
                 struct err *err)
{
    size_t wanted = o->bytes * 8 / bits, k = wanted < x->dim ? wanted : x->dim, n;
    struct coder *c = mem_array(1, sizeof(*c));
    struct scalar *s;
    float *y = NULL;

    if (pca && k > PCA_DIM_MAX)
        k = PCA_DIM_MAX;
    s = scalar_new(k, bits, mem_array(2 * k, sizeof(float)));
    *c = (struct coder){ .rule = CODER_LENGTH, .bytes = (k * bits + 7) / 8, .quantiser = &scalar, .state = s };
    if (!pca)
        projection_prefix(x, k, false, &c->projection);
    else if (projection_pca(x, k, o->seed, &c->projection, NULL, err) < 0)
        goto bad;
    y = sample_projected(&c->projection, x, SAMPLE, o->seed, &n, err);
    if (!y)
        goto bad;
    choose_steps(s, y, n);
    fields_round(s->middle, 2 * k);
    free(y);
    *model = c;
    return 0;
bad:
    coder_free(c);
    return -1;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&scalar, in, model, err);
}

static bool has(size_t bytes, size_t dim)
{
    return bytes > 0 && dim > 0;
}

static int train_8(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, 8, false, o, model, err);
}

static int train_4(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, 4, false, o, model, err);
}

static int train_pca_8(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, 8, true, o, model, err);
}

static int train_pca_4(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    return train(x, 4, true, o, model, err);
}

const struct codec codec_scalar8 = {
    .name = "scalar8",
    .summary = "the first dimensions in 8 bits each",
    .source = "Max 1960",
    .has = has,
    .train = train_8,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_scalar4 = {
    .name = "scalar4",
    .summary = "the first dimensions in 4 bits each",
    .source = "Max 1960",
    .has = has,
    .train = train_4,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_scalar8_pca = {
    .name = "scalar8_pca",
    .summary = "the first principal components in 8 bits each",
    .source = "Max 1960",
    .has = has,
    .train = train_pca_8,
    .load = load,
    CODER_FUNCTIONS,
};

const struct codec codec_scalar4_pca = {
    .name = "scalar4_pca",
    .summary = "the first principal components in 4 bits each",
    .source = "Max 1960",
    .has = has,
    .train = train_pca_4,
    .load = load,
    CODER_FUNCTIONS,
};
