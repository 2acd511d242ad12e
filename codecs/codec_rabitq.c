// SPDX-License-Identifier: MIT
/* codec_rabitq.c -- RaBitQ: signs of a randomly rotated vector and the factor that makes their inner product with any
 * query an unbiased estimate (Gao & Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound",
 * SIGMOD 2024).
 *
 * With c the mean, r = |x - c|, o = (x - c) / r and s the signs of the rotated o, scaled to length 1, <o, q> is
 * estimated by <s, q> / <s, o>. For an inner product the two factors of a vector are one, r / <s, o>, which is kept as
 * a half float: a code is 2 bytes and k bits. Where k is less than the dimension, the k first principal components are
 * rotated, and <x - c, q> loses what lies outside of them. The paper's queries are quantised as well; here they stay
 * floats. Ranked by the estimate of the inner product. */
#include "base/mem.h"
#include "codecs/bits.h"
#include "codecs/blas.h"
#include "codecs/coder.h"
#include "base/half.h"
#include "codecs/pca.h"
#include "codecs/procrustes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FACTOR_BYTES = 2 };

struct rabitq {
    size_t k;
};

static size_t code_bytes(size_t k)
{
    return FACTOR_BYTES + (k + 7) / 8;
}

/* r / <s, o> / sqrt(k): what each sign is multiplied with. It is |y|^2 over the sum of |y_j|. */
static float factor(const float *y, size_t k)
{
    double squared = 0, sum = 0;

    for (size_t j = 0; j < k; j++) {
        squared += (double)y[j] * y[j];
        sum += fabsf(y[j]);
    }
    return sum > 0 ? (float)(squared / sum) : 0;
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct rabitq *r = state;

    (void)err;
    for (size_t i = 0; i < n; i++, y += r->k, codes += code_bytes(r->k)) {
        uint16_t half = half_from(fminf(factor(y, r->k), 65504));

        memcpy(codes, &half, FACTOR_BYTES);
        bits_signs(y, r->k, codes + FACTOR_BYTES);
    }
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct rabitq *r = state;

    for (size_t i = 0; i < n; i++, y += r->k, codes += code_bytes(r->k)) {
        uint16_t half;
        float f;

        memcpy(&half, codes, FACTOR_BYTES);
        f = half_to(half);
        if (!isfinite(f))
            return err_set(err, ERR_CONFIG, "code %zu has a factor that is not finite", i);
        for (size_t j = 0; j < r->k; j++)
            y[j] = codes[FACTOR_BYTES + j / 8] >> j % 8 & 1 ? f : -f;
    }
    return 0;
}

static void save(const void *state, struct blob *out)
{
    (void)state; /* the projection is all there is */
    (void)out;
}

static void *rabitq_new(size_t k)
{
    struct rabitq *r = mem_array(1, sizeof(*r));

    r->k = k;
    return r;
}

static void *load_state(struct blob_reader *in, size_t k, size_t bytes)
{
    return !in->failed && bytes == code_bytes(k) ? rabitq_new(k) : NULL;
}

static const struct quantiser rabitq = { encode, decode, save, load_state, free };

static int components(const struct vectors *x, size_t k, uint64_t seed, struct projection *p, struct err *err)
{
    float *rotation = mem_aligned(k * k, sizeof(*rotation), MEM_LINE, err);
    int ret = -1;

    if (rotation && projection_pca(x, k, seed, p, NULL, err) == 0 && procrustes_random(k, seed, rotation, err) == 0)
        ret = projection_rotate(p, rotation, err);
    free(rotation);
    return ret;
}

static int train(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    size_t bits = 8 * (o->bytes - FACTOR_BYTES), k = bits < x->dim ? bits : x->dim;
    struct coder *c = mem_array(1, sizeof(*c));
    bool fast = k == x->dim && ((k & (k - 1)) == 0 || k > PCA_DIM_MAX); /* a rotation that needs no filling up */

    if (!fast && k > PCA_DIM_MAX)
        k = PCA_DIM_MAX;
    *c = (struct coder){ .rule = CODER_INNER, .bytes = code_bytes(k), .quantiser = &rabitq, .state = rabitq_new(k) };
    if (fast)
        projection_rotation(x, k, true, o->seed, &c->projection);
    else if (components(x, k, o->seed, &c->projection, err) < 0) {
        coder_free(c);
        return -1;
    }
    *model = c;
    return 0;
}

static bool has(size_t bytes, size_t dim)
{
    return bytes > FACTOR_BYTES && dim > 0;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&rabitq, in, model, err);
}

const struct codec codec_rabitq = {
    .name = "rabitq",
    .summary = "signs of the rotated, centred vector, and a factor: an unbiased estimate of inner products",
    .source = "Gao, Long 2024",
    .has = has,
    .train = train,
    .load = load,
    CODER_FUNCTIONS,
};
