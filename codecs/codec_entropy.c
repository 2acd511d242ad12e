// SPDX-License-Identifier: MIT
/* codec_entropy.c -- entropy coding behind product quantisation, to show what it is worth there: next to nothing. k-means
 * makes all centroids about equally frequent, so a byte holds close to 8 bits.
 *
 * The codes of 256 vectors are a group: u32 length, then byte by byte of the code, each with its own static table, the
 * interleaved range coder's stream or Huffman's. Ranking is the inner codec's. */
#include "codecs/codec.h"

#include "base/mem.h"
#include "codecs/huffman.h"
#include "codecs/rans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 256, SYMBOLS = 256, BYTES_MAX = 512 };

extern const struct codec codec_pq;

struct entropy {
    bool huffman;
    size_t bytes; /* of an inner code */
    struct codec_model inner;
    struct rans_symbol (*tables)[SYMBOLS]; /* (bytes) */
    struct huffman *trees;                 /* (bytes) */
};

static void entropy_free(void *model)
{
    struct entropy *e = model;

    if (!e)
        return;
    codec_model_free(&e->inner);
    free(e->tables);
    free(e->trees);
    free(e);
}

/* One byte less than wanted at least: tables fitted to other vectors may not shorten, and a group has its header. */
static size_t inner_bytes(size_t bytes, size_t dim)
{
    size_t inner = bytes > 1 ? bytes - 1 : 0;

    while (inner > 0 && !codec_pq.has(inner, dim))
        inner--;
    return inner;
}

static bool entropy_has(size_t bytes, size_t dim)
{
    return bytes <= BYTES_MAX && inner_bytes(bytes, dim) > 0;
}

static void count_tables(struct entropy *e, const struct codes *codes)
{
    e->tables = mem_array(e->bytes, sizeof(*e->tables));
    e->trees = mem_array(e->bytes, sizeof(*e->trees));
    for (size_t b = 0; b < e->bytes; b++) {
        double counts[SYMBOLS];

        for (size_t s = 0; s < SYMBOLS; s++)
            counts[s] = .5; /* what training did not see can come */
        for (size_t i = 0; i < codes->n; i++)
            counts[codes->data[i * e->bytes + b]]++;
        rans_table(counts, SYMBOLS, e->tables[b]);
        huffman_new(counts, SYMBOLS, &e->trees[b]);
    }
}

static int train(const struct vectors *x, const struct codec_options *options, bool huffman, void **model,
                 struct err *err)
{
    struct codec_options inner = { inner_bytes(options->bytes, x->dim), options->seed };
    struct entropy *e = mem_array(1, sizeof(*e));
    struct codes codes = { 0 };

    e->huffman = huffman;
    if (codec_train(&codec_pq, x, &inner, &e->inner, err) < 0 || codec_encode(&e->inner, x, &codes, err) < 0) {
        entropy_free(e);
        return -1;
    }
    e->bytes = codes.stride;
    count_tables(e, &codes);
    codes_free(&codes);
    *model = e;
    return 0;
}

static int train_rans(const struct vectors *x, const struct codec_options *options, void **model, struct err *err)
{
    return train(x, options, false, model, err);
}

static int train_huffman(const struct vectors *x, const struct codec_options *options, void **model, struct err *err)
{
    return train(x, options, true, model, err);
}

static size_t group_bound(const struct entropy *e, size_t n)
{
    return 4 + 2 * n * e->bytes + 4 * RANS_LANES;
}

/* n codes to out, whose bytes are zeros: how many it wrote. */
static size_t write_group(const struct entropy *e, const uint8_t *codes, size_t n, struct rans_symbol *coded,
                          uint8_t *out)
{
    size_t len = 0;

    for (size_t b = 0; b < e->bytes; b++)
        for (size_t i = 0; i < n; i++) {
            uint8_t symbol = codes[i * e->bytes + b];

            if (e->huffman)
                huffman_put(&e->trees[b], symbol, out + 4, &len);
            else
                coded[b * n + i] = e->tables[b][symbol];
        }
    len = e->huffman ? (len + 7) / 8 : rans_encode(coded, e->bytes, n, NULL, out + 4);
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(len >> 8 * i);
    return 4 + len;
}

static int entropy_encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    const struct entropy *e = model;
    size_t groups = (x->n + GROUP - 1) / GROUP, len = 0;
    struct rans_symbol *coded;
    struct codes plain;
    uint8_t *data;

    if (codec_encode(&e->inner, x, &plain, err) < 0)
        return -1;
    if (plain.stride != e->bytes) { /* a file can say what it will */
        codes_free(&plain);
        return err_set(err, ERR_CONFIG, "tables for %zu bytes behind codes of %zu", e->bytes, plain.stride);
    }
    data = calloc(groups + 1, group_bound(e, GROUP));
    if (!data) {
        codes_free(&plain);
        return err_set(err, ERR_HOST, "no memory for the codes of %zu vectors", x->n);
    }
    coded = mem_array(GROUP * e->bytes, sizeof(*coded));
    for (size_t i = 0; i < x->n; i += GROUP)
        len += write_group(e, plain.data + i * e->bytes, x->n - i < GROUP ? x->n - i : GROUP, coded, data + len);
    free(coded);
    codes_free(&plain);
    *codes = (struct codes){ data, x->n, len, 0 };
    return 0;
}

static int read_rans(const struct entropy *e, const uint8_t *data, size_t len, size_t n, uint8_t *codes,
                     struct err *err)
{
    uint16_t seeds[RANS_LANES];
    struct rans_reader r;

    if (rans_open(&r, data, len, n, err) < 0)
        return -1;
    for (size_t b = 0; b < e->bytes; b++)
        for (size_t i = 0; i < n; i++) {
            size_t lane = i % r.lanes, low = 0, high = SYMBOLS - 1;

            while (low < high) { /* the last symbol that starts at or below the slot */
                size_t middle = (low + high + 1) / 2;

                if (e->tables[b][middle].start <= rans_slot(&r, lane))
                    low = middle;
                else
                    high = middle - 1;
            }
            codes[i * e->bytes + b] = (uint8_t)low;
            rans_next(&r, lane, e->tables[b][low]);
        }
    if (rans_close(&r, seeds, err) < 0)
        return -1;
    return r.at == r.end ? 0 : err_set(err, ERR_CONFIG, "a group has bytes too many");
}

static int read_huffman(const struct entropy *e, const uint8_t *data, size_t len, size_t n, uint8_t *codes,
                        struct err *err)
{
    struct huffman_bits in = { data, 8 * len, 0, false };

    for (size_t b = 0; b < e->bytes; b++)
        for (size_t i = 0; i < n; i++)
            codes[i * e->bytes + b] = huffman_get(&e->trees[b], &in);
    if (in.failed || (in.at + 7) / 8 != len)
        return err_set(err, ERR_CONFIG, "a group's bits are not whole");
    return 0;
}

/* The inner codes, to free with codes_free(). */
static int expand(const struct entropy *e, const struct codes *codes, struct codes *plain, struct err *err)
{
    size_t at = 0;

    *plain = (struct codes){ .n = codes->n, .n_bytes = codes->n * e->bytes, .stride = e->bytes };
    plain->data = mem_aligned(codes->n > 0 ? codes->n : 1, e->bytes, MEM_LINE, err);
    if (!plain->data)
        return -1;
    for (size_t i = 0; i < codes->n; i += GROUP) {
        size_t n = codes->n - i < GROUP ? codes->n - i : GROUP, left = codes->n_bytes - at, len = 0;
        uint8_t *to = plain->data + i * e->bytes;

        for (size_t b = 0; b < 4 && left >= 4; b++)
            len |= (size_t)codes->data[at + b] << 8 * b;
        if (left < 4 || len > left - 4) {
            err_set(err, ERR_CONFIG, "the group at byte %zu is cut off", at);
            goto bad;
        }
        if ((e->huffman ? read_huffman : read_rans)(e, codes->data + at + 4, len, n, to, err) < 0)
            goto bad;
        at += 4 + len;
    }
    if (at == codes->n_bytes)
        return 0;
    err_set(err, ERR_CONFIG, "%zu bytes follow the last group", codes->n_bytes - at);
bad:
    codes_free(plain);
    return -1;
}

static int entropy_decode(const void *model, const struct codes *codes, float *out, struct err *err)
{
    const struct entropy *e = model;
    struct codes plain;
    int ret;

    if (expand(e, codes, &plain, err) < 0)
        return -1;
    ret = e->inner.codec->decode(e->inner.model, &plain, out, err);
    codes_free(&plain);
    return ret;
}

static int entropy_score(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                         struct err *err)
{
    const struct entropy *e = model;
    struct codes plain;
    int ret;

    if (expand(e, codes, &plain, err) < 0)
        return -1;
    ret = codec_score(&e->inner, queries, &plain, scores, err);
    codes_free(&plain);
    return ret;
}

static void entropy_save(const void *model, struct blob *out)
{
    const struct entropy *e = model;

    blob_u32(out, (uint32_t)e->inner.dim);
    blob_u32(out, (uint32_t)e->bytes);
    for (size_t b = 0; b < e->bytes; b++)
        if (e->huffman)
            blob_bytes(out, e->trees[b].length, SYMBOLS);
        else
            for (size_t s = 0; s < SYMBOLS; s++)
                blob_bytes(out, &e->tables[b][s].freq, sizeof(e->tables[b][s].freq));
    e->inner.codec->save(e->inner.model, out);
}

static int load_table(struct blob_reader *in, struct rans_symbol *table)
{
    uint32_t start = 0;

    for (size_t s = 0; s < SYMBOLS; s++) {
        if (blob_get_bytes(in, &table[s].freq, sizeof(table[s].freq)) < 0 || table[s].freq == 0)
            return -1;
        table[s].start = (uint16_t)start;
        start += table[s].freq;
        if (start > RANS_TOTAL)
            return -1;
    }
    return start == RANS_TOTAL ? 0 : -1;
}

static int load_all(struct blob_reader *in, struct entropy *e, struct err *err)
{
    e->inner.codec = &codec_pq;
    e->inner.dim = blob_get_u32(in);
    e->bytes = blob_get_u32(in);
    if (e->inner.dim < 1 || e->bytes < 1 || e->bytes > BYTES_MAX || !codec_pq.has(e->bytes, e->inner.dim))
        return err_set(err, ERR_CONFIG, "not a model of an entropy codec");
    e->inner.options.bytes = e->bytes;
    e->tables = mem_array(e->bytes, sizeof(*e->tables));
    e->trees = mem_array(e->bytes, sizeof(*e->trees));
    for (size_t b = 0; b < e->bytes; b++) {
        uint8_t lengths[SYMBOLS];
        int bad;

        if (e->huffman)
            bad = blob_get_bytes(in, lengths, SYMBOLS) < 0 || memchr(lengths, 0, SYMBOLS) ||
                  huffman_from_lengths(lengths, SYMBOLS, &e->trees[b]) < 0;
        else
            bad = load_table(in, e->tables[b]) < 0;
        if (bad)
            return err_set(err, ERR_CONFIG, "table %zu of the entropy coder is not whole", b);
    }
    if (codec_pq.load(in, &e->inner.model, err) < 0)
        return -1;
    if (codec_pq.dim && codec_pq.dim(e->inner.model) != e->inner.dim)
        return err_set(err, ERR_CONFIG, "the inner model is not one for %zu dimensions", e->inner.dim);
    return 0;
}

static size_t entropy_dim(const void *model)
{
    return ((const struct entropy *)model)->inner.dim;
}

static int load(struct blob_reader *in, bool huffman, void **model, struct err *err)
{
    struct entropy *e = mem_array(1, sizeof(*e));

    e->huffman = huffman;
    if (load_all(in, e, err) < 0) {
        entropy_free(e);
        return -1;
    }
    *model = e;
    return 0;
}

static int load_rans(struct blob_reader *in, void **model, struct err *err)
{
    return load(in, false, model, err);
}

static int load_huffman(struct blob_reader *in, void **model, struct err *err)
{
    return load(in, true, model, err);
}

#define ENTROPY_FUNCTIONS                                                                                              \
    .has = entropy_has, .free = entropy_free, .encode = entropy_encode, .decode = entropy_decode,                      \
    .score = entropy_score, .save = entropy_save, .dim = entropy_dim

const struct codec codec_entropy_rans = {
    .name = "entropy_rans",
    .summary = "range coding behind product quantisation of a byte less",
    .source = "Duda, arXiv:1311.2540",
    .train = train_rans,
    .load = load_rans,
    ENTROPY_FUNCTIONS,
};

const struct codec codec_entropy_huffman = {
    .name = "entropy_huffman",
    .summary = "Huffman codes behind product quantisation of a byte less",
    .source = "Huffman, Proc. IRE 40(9), 1952",
    .train = train_huffman,
    .load = load_huffman,
    ENTROPY_FUNCTIONS,
};
