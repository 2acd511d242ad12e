// SPDX-License-Identifier: MIT
/* codec_sparse.c -- the k largest numbers of a vector, with where they are; the rest is zero.
 *
 * k is as large as the bytes allow (sparse.h): at 1,024 dimensions an entry has 26 bits, so that k of 4, 8, 16 and 32
 * take 13, 26, 52 and 104 bytes. Raw, not centred: it is what the mean adds that is large. Ranked by the cosine with
 * the reconstruction. */
#include "base/mem.h"
#include "codecs/coder.h"
#include "codecs/sparse.h"

#include <stdlib.h>
#include <string.h>

static size_t code_bytes(const struct sparse *s)
{
    return (s->keep * sparse_entry_bits(s->dim) + 7) / 8;
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct sparse *s = state;

    (void)err;
    for (size_t i = 0; i < n; i++)
        sparse_encode(s, y + i * s->dim, codes + i * code_bytes(s), 0);
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct sparse *s = state;

    memset(y, 0, n * s->dim * sizeof(*y));
    for (size_t i = 0; i < n; i++)
        if (sparse_add(s, codes + i * code_bytes(s), 0, y + i * s->dim, err) < 0)
            return -1;
    return 0;
}

static void save(const void *state, struct blob *out)
{
    blob_u32(out, (uint32_t)((const struct sparse *)state)->keep);
}

static struct sparse *sparse_new(size_t dim, size_t keep)
{
    struct sparse *s = mem_array(1, sizeof(*s));

    *s = (struct sparse){ dim, keep };
    return s;
}

static void *load_state(struct blob_reader *in, size_t k, size_t bytes)
{
    struct sparse s = { k, blob_get_u32(in) };

    return s.keep > 0 && s.keep <= k && code_bytes(&s) == bytes ? sparse_new(k, s.keep) : NULL;
}

static const struct quantiser sparse = { encode, decode, save, load_state, free };

static int train(const struct vectors *x, const struct codec_options *o, void **model, struct err *err)
{
    size_t fit = 8 * o->bytes / sparse_entry_bits(x->dim);
    struct sparse *s = sparse_new(x->dim, fit < x->dim ? fit : x->dim);
    struct coder *c = mem_array(1, sizeof(*c));

    (void)err;
    *c = (struct coder){ .rule = CODER_LENGTH, .bytes = code_bytes(s), .quantiser = &sparse, .state = s };
    projection_prefix(x, x->dim, false, &c->projection);
    *model = c;
    return 0;
}

static bool has(size_t bytes, size_t dim)
{
    return dim > 0 && 8 * bytes >= sparse_entry_bits(dim);
}

static int load(struct blob_reader *in, void **model, struct err *err)
{
    return coder_load(&sparse, in, model, err);
}

const struct codec codec_sparse = {
    .name = "sparse",
    .summary = "the largest numbers, packed indexes and half floats",
    .source = "thresholding, as old as transforms",
    .has = has,
    .train = train,
    .load = load,
    CODER_FUNCTIONS,
};
