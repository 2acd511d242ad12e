// SPDX-License-Identifier: MIT
/* codec_transform_fixed.c -- the transform codec with as many bytes for every vector: code i is found at once.
 *
 * A vector that would need more is quantised with a higher lambda, one that needs less with a lower one, until it fills
 * its bytes; range coding with one state then takes all but a bit or two of them. What is lost against groups of 64 is
 * that a vector cannot give bytes to another one. Any bytes decode to something; ranking as for the transform codec. */
#include "codecs/codec.h"
#include "codecs/transform_group.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MIN = RANS_FIXED_MIN, BYTES_MAX = 512, ROUNDS = 8, ROUNDS_OF_MANY = 6, MANY = 256, RAISES = 12 };

/* What a vector loses, in bits: the coder's first state and the last step of the search. */
static const double EXTRA_BITS = 2;

/* What the coder takes beyond that at most, nearly always. */
static const double LOST_BITS = .7;

/* Bits of the strongest dimensions, which the coder starts from. */
static const double HEAD_BITS = 9;

/* Lambda goes from 1 / SPAN to SPAN times the model's. */
static const double SPAN = 32;

static bool fixed_has(size_t bytes, size_t dim)
{
    return bytes >= BYTES_MIN && bytes <= BYTES_MAX && dim >= 1;
}

static int fixed_train(const struct vectors *train, const struct codec_options *options, void **model, struct err *err)
{
    struct transform *t = NULL;

    if (transform_train(train, options, EXTRA_BITS, HEAD_BITS, &t, err) < 0)
        return -1;
    *model = t;
    return 0;
}

/* How many dimensions, the last of the walk, are the number that the coder starts from, and its radix. */
static size_t head(const struct transform *t, uint32_t *radix)
{
    size_t k = t->projection.k, heads = 0;

    *radix = 1;
    while (heads < t->heads) {
        const struct transform_dim *d = &t->dims[k - 1 - heads];
        uint32_t n = d->n[0] > d->n[1] ? d->n[0] : d->n[1];

        if (*radix * n > RANS_RADIX_MAX)
            break;
        *radix *= n;
        heads++;
    }
    return heads;
}

/* One vector's symbols, or -1 where they are too many. */
static int write_one(const struct transform *t, const uint32_t *places, struct rans_symbol *coded, uint8_t *out)
{
    uint32_t radix, number = 0;
    size_t k = t->projection.k, heads = head(t, &radix);

    for (size_t w = 0; w < k - heads; w++)
        coded[w] = t->symbols[places[w]];
    for (size_t w = k - heads; w < k; w++) {
        const struct transform_dim *d = &t->dims[w];
        bool second = places[w] - d->first[0] >= d->n[0]; /* the tables of quantiser 1 follow those of 0 */

        number = number * (d->n[0] > d->n[1] ? d->n[0] : d->n[1]) + places[w] - d->first[second];
    }
    return rans_fixed_encode(coded, k - heads, number, radix, out, t->bytes);
}

/* About what write_one() needs. Four sums, which need not wait for one another; all of them are exact. */
static double bits_of(const struct transform *t, const uint32_t *places)
{
    uint32_t radix;
    size_t rows = t->projection.k - head(t, &radix), w = 0;
    double sums[4] = { 0 };

    for (; w + 4 <= rows; w += 4)
        for (size_t i = 0; i < 4; i++)
            sums[i] += (double)t->bits[places[w + i]];
    for (; w < rows; w++)
        sums[0] += (double)t->bits[places[w]];
    return log2(radix) + sums[0] + sums[1] + sums[2] + sums[3] + LOST_BITS;
}

/* Bits fall about in proportion to lambda's logarithm, by this part of all of them for each unit of it: a first guess. */
static const double SLOPE = .15;

/* The search for one vector's lambda: what is known of lambda's logarithm. */
struct search {
    double at;        /* next to be tried */
    double low, high; /* too many bits; they fit */
    double low_bits, high_bits; /* 0: not found yet */
};

/* The next one to try, from what was found for `at`: along the line through both sides or, where one is not known yet,
 * through the last two. A little to the side that fits, where bits fall in steps. */
static void search_on(struct search *s, double bits, double wanted)
{
    double slope = SLOPE * wanted, last = bits <= wanted ? s->high_bits : s->low_bits,
           last_at = bits <= wanted ? s->high : s->low;

    if (last > 0 && fabs(s->at - last_at) > 1e-3)
        slope = fmin(fmax((last - bits) / (s->at - last_at), slope / 4), slope * 2);
    if (bits <= wanted) {
        s->high = s->at;
        s->high_bits = bits;
    } else {
        s->low = s->at;
        s->low_bits = bits;
    }
    if (s->low_bits > 0 && s->high_bits > 0) {
        double share = (s->low_bits - wanted) / (s->low_bits - s->high_bits);

        s->at = s->low + (s->high - s->low) * fmin(fmax(share, .1), .9);
    } else {
        s->at += (bits - wanted + .004 * wanted) / slope;
        s->at = fmin(fmax(s->at, s->low), s->high);
    }
}

/* Up to TRANSFORM_GROUP vectors (g->u), each with the lowest lambda that was found for it. What should fit and does not
 * is quantised with ever higher ones; zeros are what is left for a vector unlike any of training. */
static void encode_group(const struct transform *t, size_t n, struct transform_group *g, uint8_t *out)
{
    struct search search[TRANSFORM_GROUP];
    float lambda[TRANSFORM_GROUP];
    size_t k = t->projection.k, missing = 0;
    bool done[TRANSFORM_GROUP] = { false };

    for (size_t i = 0; i < n; i++) {
        double middle = log(fmax((double)t->lambda, 1e-30));

        search[i] = (struct search){ .at = middle, .low = middle - log(SPAN), .high = middle + log(SPAN) };
    }
    for (size_t round = 0; round < (k > MANY ? ROUNDS_OF_MANY : ROUNDS); round++) {
        for (size_t i = 0; i < n; i++)
            lambda[i] = (float)exp(search[i].at);
        transform_group_quantise(t, g->u, n, lambda, g);
        for (size_t i = 0; i < n; i++) {
            double bits = bits_of(t, g->places + i * k), wanted = 8.0 * (double)t->bytes;

            if (bits <= wanted && search[i].at <= search[i].high)
                memcpy(g->kept + i * k, g->places + i * k, k * sizeof(*g->kept));
            search_on(&search[i], bits, wanted);
        }
    }
    for (size_t i = 0; i < n; i++) {
        lambda[i] = (float)exp(search[i].high_bits > 0 ? search[i].high + .05 : search[i].at);
        done[i] = search[i].high_bits > 0 && write_one(t, g->kept + i * k, g->coded, out + i * t->bytes) == 0;
        missing += !done[i];
    }
    for (size_t round = 0; round < RAISES && missing > 0; round++) {
        transform_group_quantise(t, g->u, n, lambda, g);
        for (size_t i = 0; i < n; i++) {
            if (!done[i] && write_one(t, g->places + i * k, g->coded, out + i * t->bytes) == 0) {
                done[i] = true;
                missing--;
            }
            lambda[i] *= done[i] ? 1 : 1 + .05f * (float)(1u << round);
        }
    }
    for (size_t i = 0; i < n; i++)
        if (!done[i])
            memset(out + i * t->bytes, 0, t->bytes);
}

static int fixed_encode(const void *model, const struct vectors *x, struct codes *codes, struct err *err)
{
    const struct transform *t = model;
    struct transform_group g;
    uint8_t *data;

    if (transform_group_new(t, &g, err) < 0)
        return -1;
    data = mem_aligned(x->n > 0 ? x->n : 1, t->bytes, MEM_LINE, err);
    for (size_t i = 0; data && i < x->n; i += TRANSFORM_GROUP) {
        size_t n = x->n - i < TRANSFORM_GROUP ? x->n - i : TRANSFORM_GROUP;

        transform_forward(t, x->data + i * x->dim, n, g.room, g.u);
        encode_group(t, n, &g, data + i * t->bytes);
    }
    transform_group_free(&g);
    if (!data)
        return -1;
    *codes = (struct codes){ data, x->n, x->n * t->bytes, t->bytes };
    return 0;
}

/* Column `column` of u from one code. */
static void read_one(const struct transform *t, const uint8_t *code, float *u, size_t column)
{
    struct rans_fixed r = rans_fixed_open(code, t->bytes);
    uint32_t radix, number;
    size_t k = t->projection.k, heads = head(t, &radix);
    unsigned state = 0;

    for (size_t w = 0; w < k - heads; w++) {
        uint32_t place = transform_find(t, w, state, rans_fixed_slot(&r));

        rans_fixed_next(&r, t->symbols[place]);
        u[w * TRANSFORM_GROUP + column] = t->points[place];
        state = transform_next(t, w, state, place);
    }
    number = rans_fixed_number(&r, radix);
    for (size_t w = k - heads; w < k; w++) {
        const struct transform_dim *d = &t->dims[w];
        uint32_t index, n = d->n[state & 1];

        radix /= d->n[0] > d->n[1] ? d->n[0] : d->n[1];
        index = number / radix;
        number %= radix;
        index = index < n ? index : n - 1; /* of bytes that nobody wrote */
        u[w * TRANSFORM_GROUP + column] = t->points[d->first[state & 1] + index];
        state = transform_next(t, w, state, d->first[state & 1] + index);
    }
}

static int check(const struct transform *t, const struct codes *codes, struct err *err)
{
    if (codes->stride != t->bytes || codes->n_bytes / t->bytes != codes->n || codes->n_bytes % t->bytes)
        return err_set(err, ERR_CONFIG, "%zu bytes are not %zu codes of %zu", codes->n_bytes, codes->n, t->bytes);
    return 0;
}

/* Where decoded groups go: vectors, or the scores of queries. */
struct sink {
    float *out;
    float *queries, *base, *room;
    size_t n_queries;
};

static int read_all(const struct transform *t, const struct codes *codes, const struct sink *sink, struct err *err)
{
    struct transform_group g;

    if (check(t, codes, err) < 0 || transform_group_new(t, &g, err) < 0)
        return -1;
    memset(g.u, 0, t->projection.k * TRANSFORM_GROUP * sizeof(*g.u));
    for (size_t i = 0; i < codes->n; i += TRANSFORM_GROUP) {
        size_t n = codes->n - i < TRANSFORM_GROUP ? codes->n - i : TRANSFORM_GROUP;

        for (size_t j = 0; j < n; j++)
            read_one(t, codes->data + (i + j) * t->bytes, g.u, j);
        if (sink->queries)
            transform_score(t, sink->queries, sink->base, sink->n_queries, g.u, n, sink->room, sink->out + i, codes->n);
        else
            transform_back(t, g.u, n, g.room, sink->out + i * t->projection.dim);
    }
    transform_group_free(&g);
    return 0;
}

static int fixed_decode(const void *model, const struct codes *codes, float *out, struct err *err)
{
    return read_all(model, codes, &(struct sink){ .out = out }, err);
}

static int fixed_score(const void *model, const struct vectors *queries, const struct codes *codes, float *scores,
                       struct err *err)
{
    const struct transform *t = model;
    struct sink s = { .out = scores, .n_queries = queries->n };
    int ret = -1;

    s.queries = mem_aligned(queries->n * t->projection.k, sizeof(float), MEM_LINE, err);
    s.room = mem_aligned(queries->n * TRANSFORM_GROUP, sizeof(float), MEM_LINE, err);
    s.base = mem_array(queries->n, sizeof(*s.base));
    if (s.queries && s.room && transform_queries(t, queries, s.queries, s.base, err) == 0)
        ret = read_all(t, codes, &s, err);
    free(s.queries);
    free(s.room);
    free(s.base);
    return ret;
}

static int fixed_load(struct blob_reader *in, void **model, struct err *err)
{
    void *t = NULL;

    if (transform_load(in, &t, err) < 0)
        return -1;
    if (!fixed_has(((struct transform *)t)->bytes, 1)) {
        transform_free(t);
        return err_set(err, ERR_CONFIG, "codes of a size that there is not");
    }
    *model = t;
    return 0;
}

const struct codec codec_transform_fixed = {
    .name = "transform_fixed",
    .summary = "the transform codec with as many bytes for every vector: random access",
    .source = "as transform",
    .has = fixed_has,
    .train = fixed_train,
    .free = transform_free,
    .encode = fixed_encode,
    .decode = fixed_decode,
    .score = fixed_score,
    .save = transform_save,
    .load = fixed_load,
    .dim = transform_dim_of,
};
