// SPDX-License-Identifier: MIT
#include "codecs/coder.h"

#include "base/mem.h"
#include "codecs/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 }; /* vectors at a time: their floats stay in the cache between the two halves */

void coder_free(void *coder)
{
    struct coder *c = coder;

    if (!c)
        return;
    if (c->state)
        c->quantiser->free(c->state);
    projection_free(&c->projection);
    free(c);
}

int coder_codes(struct codes *codes, size_t n, size_t bytes, struct err *err)
{
    uint8_t *data = mem_aligned(n > 0 ? n : 1, bytes, MEM_LINE, err);

    if (!data)
        return -1;
    memset(data, 0, n * bytes);
    *codes = (struct codes){ .data = data, .n = n, .n_bytes = n * bytes, .stride = bytes };
    return 0;
}

int coder_check(const struct codes *codes, size_t bytes, struct err *err)
{
    if (codes->stride == bytes && codes->n_bytes / bytes >= codes->n)
        return 0;
    return err_set(err, ERR_CONFIG, "%zu codes of %zu bytes in %zu for a model that writes %zu a vector", codes->n,
                   codes->stride, codes->n_bytes, bytes);
}

int coder_encode(const void *coder, const struct vectors *x, struct codes *codes, struct err *err)
{
    const struct coder *c = coder;
    size_t k = c->projection.k, block = x->n < BLOCK ? x->n : BLOCK;
    float *y = mem_aligned(block > 0 ? block * k : 1, sizeof(*y), MEM_LINE, err);
    int ret = -1;

    if (!y || coder_codes(codes, x->n, c->bytes, err) < 0)
        goto out;
    for (size_t first = 0; first < x->n; first += block) {
        size_t n = x->n - first < block ? x->n - first : block;

        if (projection_forward(&c->projection, x->data + first * x->dim, n, true, y, err) < 0 ||
            c->quantiser->encode(c->state, y, n, codes->data + first * c->bytes, err) < 0) {
            codes_free(codes);
            goto out;
        }
    }
    ret = 0;
out:
    free(y);
    return ret;
}

int coder_decode(const void *coder, const struct codes *codes, float *out, struct err *err)
{
    const struct coder *c = coder;
    size_t k = c->projection.k, block = codes->n < BLOCK ? codes->n : BLOCK;
    float *y;
    int ret = -1;

    if (coder_check(codes, c->bytes, err) < 0)
        return -1;
    y = mem_aligned(block > 0 ? block * k : 1, sizeof(*y), MEM_LINE, err);
    if (!y)
        return -1;
    for (size_t first = 0; first < codes->n; first += block) {
        size_t n = codes->n - first < block ? codes->n - first : block;

        if (c->quantiser->decode(c->state, codes->data + first * c->bytes, n, y, err) < 0 ||
            projection_back(&c->projection, y, n, out + first * c->projection.dim, err) < 0)
            goto out;
    }
    ret = 0;
out:
    free(y);
    return ret;
}

/* What is across the mean shall be that many times as long; y is about the mean. */
static float lengthening(const struct projection *p, struct projection_parts parts)
{
    float mean = sqrtf(p->mean_squared) + parts.along, wanted = 1 - mean * mean; /* in units of gain */

    return parts.across > 1e-6f ? sqrtf(fmaxf(wanted, 1e-3f)) / parts.across : 1;
}

/* scores of n codes from `first` on: <q, y> for all queries, then what makes it the rule's. */
static void rank(const struct coder *c, const float *q, const float *constant, size_t n_queries, const float *y,
                 size_t first, size_t n, size_t n_codes, float *scores)
{
    const struct projection *p = &c->projection;
    float times[BLOCK], means[BLOCK], mean = sqrtf(p->mean_squared);

    blas_sgemm(false, true, n_queries, n, p->k, 1, q, p->k, y, p->k, 0, scores + first, n_codes);
    for (size_t i = 0; i < n; i++) {
        struct projection_parts parts = projection_parts(p, y + i * p->k);

        times[i] = c->rule == CODER_LENGTH ? lengthening(p, parts) : 1;
        means[i] = mean > 0 ? 1 + (1 - times[i]) * parts.along / mean : 1; /* <q, y> has its part along the mean, too */
    }
    for (size_t i = 0; i < n_queries; i++)
        for (size_t j = 0; j < n; j++) {
            float *score = scores + i * n_codes + first + j;

            *score = *score * p->gain * times[j] + constant[i] * means[j];
        }
}

int coder_score(const void *coder, const struct vectors *queries, const struct codes *codes, float *scores,
                struct err *err)
{
    const struct coder *c = coder;
    size_t k = c->projection.k, dim = c->projection.dim;
    float *y = NULL, *constant = NULL;
    int ret = -1;

    if (coder_check(codes, c->bytes, err) < 0 || blas_load(err) < 0)
        return -1;
    y = mem_aligned((queries->n + BLOCK) * k, sizeof(*y), MEM_LINE, err);
    constant = mem_array(queries->n, sizeof(*constant));
    if (!y || projection_forward(&c->projection, queries->data, queries->n, false, y + BLOCK * k, err) < 0)
        goto out;
    for (size_t i = 0; i < queries->n; i++)
        constant[i] = projection_constant(&c->projection, queries->data + i * dim);
    for (size_t first = 0; first < codes->n; first += BLOCK) {
        size_t n = codes->n - first < BLOCK ? codes->n - first : BLOCK;

        if (c->quantiser->decode(c->state, codes->data + first * c->bytes, n, y, err) < 0)
            goto out;
        rank(c, y + BLOCK * k, constant, queries->n, y, first, n, codes->n, scores);
    }
    ret = 0;
out:
    free(y);
    free(constant);
    return ret;
}

void coder_save(const void *coder, struct blob *out)
{
    const struct coder *c = coder;

    blob_u32(out, (uint32_t)c->bytes);
    blob_u32(out, (uint32_t)c->rule);
    projection_save(&c->projection, out);
    c->quantiser->save(c->state, out);
}

size_t coder_dim(const void *coder)
{
    return ((const struct coder *)coder)->projection.dim;
}

int coder_load(const struct quantiser *quantiser, struct blob_reader *in, void **coder, struct err *err)
{
    struct coder *c = mem_array(1, sizeof(*c));
    uint32_t rule;

    c->quantiser = quantiser;
    c->bytes = blob_get_u32(in);
    rule = blob_get_u32(in);
    c->rule = rule;
    if (c->bytes == 0 || c->bytes > 8 * VECTORS_DIM_MAX || rule > CODER_LENGTH) {
        err_set(err, ERR_CONFIG, "not a model: codes of %zu bytes, rule %u", c->bytes, rule);
        goto bad;
    }
    if (projection_load(in, &c->projection, err) < 0)
        goto bad;
    c->state = quantiser->load(in, c->projection.k, c->bytes);
    if (!c->state) {
        err_set(err, ERR_CONFIG, "not a quantiser of %zu numbers in %zu bytes", c->projection.k, c->bytes);
        goto bad;
    }
    *coder = c;
    return 0;
bad:
    coder_free(c);
    return -1;
}
