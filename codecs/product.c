// SPDX-License-Identifier: MIT
#include "codecs/product.h"

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/fields.h"
#include "codecs/kmeans.h"
#include "declare/isa.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };

static size_t centroids(const struct product *p)
{
    return (size_t)1 << p->bits;
}

size_t product_first(const struct product *p, size_t s)
{
    return s * p->k / p->m;
}

static size_t width(const struct product *p, size_t s)
{
    return product_first(p, s + 1) - product_first(p, s);
}

static float *book(const struct product *p, size_t s)
{
    return p->books + centroids(p) * product_first(p, s);
}

/* Tables have a row more than books: the lengths. */
static float *table(const struct product *p, size_t s)
{
    return p->tables + centroids(p) * (product_first(p, s) + s);
}

static void make_tables(struct product *p)
{
    for (size_t s = 0; s < p->m; s++)
        nearest_table(book(p, s), centroids(p), width(p, s), table(p, s));
}

static struct product *empty(size_t k, size_t m, size_t bits)
{
    struct product *p = mem_array(1, sizeof(*p));

    *p = (struct product){ .k = k, .m = m, .bits = bits, .nearest = nearest_for(isa_host()) };
    p->tables = mem_array(centroids(p) * (k + m), sizeof(*p->tables));
    return p;
}

struct product *product_new(size_t k, size_t m, size_t bits)
{
    struct product *p = empty(k, m, bits);

    p->books = mem_array(centroids(p) * k, sizeof(*p->books));
    return p;
}

void product_free(void *product)
{
    struct product *p = product;

    if (!p)
        return;
    free(p->books);
    free(p->tables);
    free(p);
}

int product_train(struct product *p, const float *y, size_t n, size_t iterations, uint64_t seed, bool warm,
                  struct err *err)
{
    for (size_t s = 0; s < p->m; s++) {
        struct kmeans_options options = { centroids(p), iterations, rng_mix(seed, s), warm };

        if (kmeans(y + product_first(p, s), n, width(p, s), p->k, &options, book(p, s), err) < 0)
            return -1;
    }
    make_tables(p);
    return 0;
}

void product_round(struct product *p)
{
    fields_round(p->books, centroids(p) * p->k);
    make_tables(p);
}

void product_find(const struct product *p, const float *y, size_t n, uint8_t *found)
{
    unsigned best[BLOCK];

    for (size_t first = 0; first < n; first += BLOCK) {
        size_t rows = n - first < BLOCK ? n - first : BLOCK;

        for (size_t s = 0; s < p->m; s++) {
            p->nearest(y + first * p->k + product_first(p, s), rows, p->k, width(p, s), table(p, s), centroids(p), best,
                       NULL);
            for (size_t i = 0; i < rows; i++)
                found[(first + i) * p->m + s] = (uint8_t)best[i];
        }
    }
}

void product_decode(const struct product *p, const uint8_t *found, size_t n, float *y)
{
    for (size_t s = 0; s < p->m; s++) {
        size_t d = width(p, s), at = product_first(p, s);

        for (size_t i = 0; i < n; i++)
            memcpy(y + i * p->k + at, book(p, s) + found[i * p->m + s] * d, d * sizeof(*y));
    }
}

static int encode(const void *state, const float *y, size_t n, uint8_t *codes, struct err *err)
{
    const struct product *p = state;
    size_t bytes = (p->m + 1) / 2;
    uint8_t *found;

    (void)err;
    if (p->bits == 8) {
        product_find(p, y, n, codes);
        return 0;
    }
    found = mem_array(n, p->m);
    product_find(p, y, n, found);
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < p->m; s++)
            codes[i * bytes + s / 2] |= (uint8_t)(found[i * p->m + s] << 4 * (s % 2));
    free(found);
    return 0;
}

static int decode(const void *state, const uint8_t *codes, size_t n, float *y, struct err *err)
{
    const struct product *p = state;
    size_t bytes = (p->m + 1) / 2;
    uint8_t *found;

    (void)err;
    if (p->bits == 8) {
        product_decode(p, codes, n, y);
        return 0;
    }
    found = mem_array(n, p->m);
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < p->m; s++)
            found[i * p->m + s] = codes[i * bytes + s / 2] >> 4 * (s % 2) & 15;
    product_decode(p, found, n, y);
    free(found);
    return 0;
}

static void save(const void *state, struct blob *out)
{
    const struct product *p = state;

    blob_u32(out, (uint32_t)p->bits);
    blob_u32(out, (uint32_t)p->m);
    blob_f16s(out, p->books, centroids(p) * p->k);
}

static void *load(struct blob_reader *in, size_t k, size_t bytes)
{
    uint32_t bits = blob_get_u32(in), m = blob_get_u32(in);
    struct product *p;
    float *books;

    if ((bits != 8 && bits != 4) || m == 0 || m > k || (bits == 8 ? m : (m + 1) / 2) != bytes)
        return NULL;
    books = fields_halves(in, k << bits);
    if (!books)
        return NULL;
    p = empty(k, m, bits);
    p->books = books;
    make_tables(p);
    return p;
}

const struct quantiser product_quantiser = { encode, decode, save, load, product_free };
