// SPDX-License-Identifier: MIT
#include "codecs/codec.h"

#include "base/mem.h"
#include "base/half.h"

#include <stdlib.h>
#include <string.h>

/* Room for n more bytes: where to write them. */
static uint8_t *more(struct blob *b, size_t n)
{
    b->data = mem_grow(b->data, &b->capacity, b->len + n, 1);
    b->len += n;
    return b->data + b->len - n;
}

void blob_u32(struct blob *b, uint32_t v)
{
    uint8_t *p = more(b, 4);

    for (size_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

void blob_u64(struct blob *b, uint64_t v)
{
    blob_u32(b, (uint32_t)v);
    blob_u32(b, (uint32_t)(v >> 32));
}

/* x86-64 is little-endian: floats are written as they lie in memory. */
void blob_f32s(struct blob *b, const float *v, size_t n)
{
    blob_bytes(b, v, n * sizeof(*v));
}

void blob_f16s(struct blob *b, const float *v, size_t n)
{
    uint8_t *p = more(b, 2 * n);

    for (size_t i = 0; i < n; i++) {
        uint16_t h = half_from(v[i]);

        memcpy(p + 2 * i, &h, sizeof(h));
    }
}

void blob_bytes(struct blob *b, const void *v, size_t n)
{
    if (n > 0)
        memcpy(more(b, n), v, n);
}

void blob_free(struct blob *b)
{
    free(b->data);
    *b = (struct blob){ 0 };
}

/* The next n * size bytes; NULL, for good, where there are not as many. */
static const uint8_t *take(struct blob_reader *r, size_t n, size_t size)
{
    const uint8_t *p = r->data ? r->data + r->at : (const uint8_t *)"";

    if (r->failed || (n > 0 && size > (r->len - r->at) / n)) {
        r->failed = true;
        return NULL;
    }
    r->at += n * size;
    return p;
}

uint32_t blob_get_u32(struct blob_reader *r)
{
    const uint8_t *p = take(r, 1, 4);

    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t blob_get_u64(struct blob_reader *r)
{
    uint64_t low = blob_get_u32(r);

    return low | (uint64_t)blob_get_u32(r) << 32;
}

static int get(struct blob_reader *r, void *v, size_t n, size_t size)
{
    const uint8_t *p = take(r, n, size);

    if (n > 0 && p)
        memcpy(v, p, n * size);
    else if (n > 0)
        memset(v, 0, n * size);
    return p ? 0 : -1;
}

int blob_get_f32s(struct blob_reader *r, float *v, size_t n)
{
    return get(r, v, n, sizeof(*v));
}

int blob_get_f16s(struct blob_reader *r, float *v, size_t n)
{
    const uint8_t *p = take(r, n, 2);

    for (size_t i = 0; i < n; i++) {
        uint16_t h = 0;

        if (p)
            memcpy(&h, p + 2 * i, sizeof(h));
        v[i] = half_to(h);
    }
    return p ? 0 : -1;
}

int blob_get_bytes(struct blob_reader *r, void *v, size_t n)
{
    return get(r, v, n, 1);
}
