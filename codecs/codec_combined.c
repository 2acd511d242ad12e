// SPDX-License-Identifier: MIT
/* codec_combined.c -- truncation, signs and sparse residuals, one after the other: 96 bytes are the signs of the first
 * 512 dimensions (64 bytes) and the 10 largest residuals that these leave (25 bits each).
 *
 * Two thirds of the bytes are signs (signs.h says what they decode to), the rest residuals of the dimensions that have
 * a sign (sparse.h). The recipe is the one that pawl's predecessor called "combined" and judged by the share of signs
 * that agree; its recall is why one should not. Ranked by the cosine with the reconstruction. */
#include "base/mem.h"
#include "codecs/coder.h"
#include "codecs/sample.h"
#include "codecs/signs.h"
#include "codecs/sparse.h"

#include <stdlib.h>

enum { SAMPLE = 16384 };

struct combined {
    struct signs *signs;
    struct sparse sparse;
};

static size_t sign_bytes(const struct combined *c)
{
    return (c->signs->k + 7) / 8;
}

static size_t code_bytes(const struct combined *c)
{
    return sign_bytes(c) + (c->sparse.keep * sparse_entry_bits(c->sparse.dim) + 7) / 8;
}

static void combined_free(void *state)
{
    struct combined *c = state;

    if (c)
        signs_quantiser.free(c->signs);
    free(c);
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct combined *c = state;
    size_t k = c->signs->k;
    float *rest = mem_aligned(k, sizeof(*rest), MEM_LINE, err);

    for (size_t i = 0; rest && i < n; i++, y += k, codes += code_bytes(c)) {
        signs_quantiser.encode(c->signs, y, 1, codes, err);
        signs_quantiser.decode(c->signs, codes, 1, rest, err);
        for (size_t j = 0; j < k; j++)
            rest[j] = y[j] - rest[j];
        sparse_encode(&c->sparse, rest, codes, 8 * sign_bytes(c));
    }
    free(rest);
    return rest ? 0 : -1;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct combined *c = state;

    for (size_t i = 0; i < n; i++, y += c->signs->k, codes += code_bytes(c)) {
        signs_quantiser.decode(c->signs, codes, 1, y, err);
        if (sparse_add(&c->sparse, codes, 8 * sign_bytes(c), y, err) < 0)
            return -1;
    }
    return 0;
}

static void save(const void *state, struct blob *out)
{
    const struct combined *c = state;

    blob_u32(out, (uint32_t)c->sparse.keep);
    signs_quantiser.save(c->signs, out);
}

static struct combined *combined_new(size_t k, size_t keep, struct signs *signs)
{
    struct combined *c = mem_array(1, sizeof(*c));

    *c = (struct combined){ .signs = signs, .sparse = { k, keep } };
    return c;
}

static void *load_state(struct blob_reader *in, size_t k, size_t bytes)
{
    size_t keep = blob_get_u32(in);
    struct combined *c;
    struct signs *signs;

    if (keep == 0 || keep > k)
        return NULL;
    signs = signs_quantiser.load(in, k, (k + 7) / 8);
    if (!signs)
        return NULL;
    c = combined_new(k, keep, signs);
    if (code_bytes(c) == bytes)
        return c;
    combined_free(c);
    return NULL;
}

static const struct quantiser combined = { encode, decode, save, load_state, combined_free };

/* The dimensions that have a sign, and the entries that fit into the bytes left; 0: none does. */
static size_t divide(size_t bytes, size_t dim, size_t *keep)
{
    size_t wanted = bytes * 2 / 3 * 8, k = wanted < dim ? wanted : dim;
    size_t fit = k > 0 ? 8 * (bytes - (k + 7) / 8) / sparse_entry_bits(k) : 0;

    *keep = fit < k ? fit : k;
    return k;
}

static int train(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    size_t n, keep, k = divide(o->bytes, x->dim, &keep);
    struct coder *c = mem_array(1, sizeof(*c));
    float *y;

    *c = (struct coder){ .rule = CODER_LENGTH, .quantiser = &combined };
    projection_prefix(x, k, false, &c->projection);
    y = sample_projected(&c->projection, x, SAMPLE, o->seed, &n, err);
    if (!y) {
        coder_free(c);
        return -1;
    }
    c->state = combined_new(k, keep, signs_new(y, n, k));
    c->bytes = code_bytes(c->state);
    free(y);
    *model = c;
    return 0;
}

static bool has(size_t bytes, size_t dim)
{
    size_t keep;

    return dim > 0 && divide(bytes, dim, &keep) > 0 && keep > 0;
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&combined, in, model, err);
}

const struct codec codec_combined = {
    .name = "combined",
    .summary = "signs of the first dimensions and the largest residuals that they leave",
    .source = "pawl's predecessor",
    .has = has,
    .train = train,
    .load = load,
    CODER_FUNCTIONS,
};
