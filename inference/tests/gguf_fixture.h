// SPDX-License-Identifier: MIT
/* gguf_fixture.h -- GGUF files made in memory, sound or not: what a test adds is what stands there. */
#pragma once

#include "base/half.h"
#include "base/mem.h"
#include "inference/gguf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *data;
    size_t n, capacity;
};

struct gguf_file {
    struct bytes keys, infos, tensors;
    uint64_t n_keys, n_tensors;
    size_t alignment;
    uint32_t version;
};

static inline void bytes_add(struct bytes *b, const void *p, size_t n)
{
    b->data = mem_grow(b->data, &b->capacity, b->n + n + 1, 1);
    if (n)
        memcpy(b->data + b->n, p, n);
    b->n += n;
}

static inline void bytes_u32(struct bytes *b, uint32_t x)
{
    bytes_add(b, &x, sizeof(x));
}

static inline void bytes_u64(struct bytes *b, uint64_t x)
{
    bytes_add(b, &x, sizeof(x));
}

static inline void bytes_string(struct bytes *b, const char *s)
{
    bytes_u64(b, strlen(s));
    bytes_add(b, s, strlen(s));
}

static inline void file_key(struct gguf_file *f, const char *key, uint32_t type, const void *value, size_t n)
{
    bytes_string(&f->keys, key);
    bytes_u32(&f->keys, type);
    bytes_add(&f->keys, value, n);
    f->n_keys++;
}

static inline void file_u32(struct gguf_file *f, const char *key, uint32_t x)
{
    file_key(f, key, 4, &x, sizeof(x));
}

static inline void file_f32(struct gguf_file *f, const char *key, float x)
{
    file_key(f, key, 6, &x, sizeof(x));
}

static inline void file_bool(struct gguf_file *f, const char *key, uint8_t x)
{
    file_key(f, key, 7, &x, sizeof(x));
}

static inline void file_string(struct gguf_file *f, const char *key, const char *s)
{
    struct bytes value = { 0 };

    bytes_string(&value, s);
    file_key(f, key, 8, value.data, value.n);
    free(value.data);
}

static inline void file_array(struct gguf_file *f, const char *key, uint32_t type, uint64_t n, const void *p,
                              size_t bytes)
{
    struct bytes value = { 0 };

    bytes_u32(&value, type);
    bytes_u64(&value, n);
    bytes_add(&value, p, bytes);
    file_key(f, key, 9, value.data, value.n);
    free(value.data);
}

static inline void file_strings(struct gguf_file *f, const char *key, const char *const *s, size_t n)
{
    struct bytes all = { 0 };

    for (size_t i = 0; i < n; i++)
        bytes_string(&all, s[i]);
    file_array(f, key, 8, n, all.data, all.n);
    free(all.data);
}

/* What a file says of a tensor, whatever is true. */
static inline void file_info(struct gguf_file *f, const char *name, uint32_t n_dims, const uint64_t *dims,
                             uint32_t type, uint64_t offset)
{
    bytes_string(&f->infos, name);
    bytes_u32(&f->infos, n_dims);
    bytes_add(&f->infos, dims, n_dims * sizeof(*dims));
    bytes_u32(&f->infos, type);
    bytes_u64(&f->infos, offset);
    f->n_tensors++;
}

static inline void bytes_pad(struct bytes *b, size_t alignment)
{
    while (b->n % alignment)
        bytes_add(b, "", 1);
}

static inline void file_tensor(struct gguf_file *f, const char *name, uint64_t cols, uint64_t rows, uint32_t type,
                               const void *p, size_t n)
{
    uint64_t dims[] = { cols, rows };

    bytes_pad(&f->tensors, f->alignment ? f->alignment : 32);
    file_info(f, name, rows > 1 ? 2 : 1, dims, type, f->tensors.n);
    bytes_add(&f->tensors, p, n);
}

/* All of it, behind one another; frees what the file held. To be freed. */
static inline struct bytes file_finish(struct gguf_file *f)
{
    struct bytes out = { 0 };

    bytes_add(&out, "GGUF", 4);
    bytes_u32(&out, f->version ? f->version : 3);
    bytes_u64(&out, f->n_tensors);
    bytes_u64(&out, f->n_keys);
    bytes_add(&out, f->keys.data, f->keys.n);
    bytes_add(&out, f->infos.data, f->infos.n);
    if (f->tensors.n)
        bytes_pad(&out, f->alignment ? f->alignment : 32);
    bytes_add(&out, f->tensors.data, f->tensors.n);
    free(f->keys.data);
    free(f->infos.data);
    free(f->tensors.data);
    *f = (struct gguf_file){ 0 };
    return out;
}

/* n values, rows of `cols`, as a tensor of that type; ternary ones must be -scale, 0 or scale. */
static inline struct bytes encode(enum gguf_type type, const float *x, size_t n, float scale)
{
    size_t block = gguf_type_block(type);
    struct bytes out = { 0 };
    uint16_t half = half_from(scale);

    for (size_t i = 0; i < n; i += block) {
        uint8_t b[66] = { 0 };
        float most = 0;
        uint32_t bits;

        for (size_t k = 0; k < block; k++)
            most = fmaxf(most, fabsf(x[i + k]));
        memcpy(&bits, &x[i], sizeof(bits));
        if (type == GGUF_F32)
            memcpy(b, &bits, 4);
        if (type == GGUF_F16)
            memcpy(b, &(uint16_t){ half_from(x[i]) }, 2);
        if (type == GGUF_BF16)
            memcpy(b, &(uint16_t){ (uint16_t)(bits >> 16) }, 2);
        if (type == GGUF_Q8_0) {
            half = half_from(most / 127);
            memcpy(b, &half, 2);
            for (size_t k = 0; k < block; k++)
                b[2 + k] = (uint8_t)(int8_t)fmaxf(-127,
                                                  fminf(127, rintf(half_to(half) > 0 ? x[i + k] / half_to(half) : 0)));
        }
        for (size_t k = 0; k < block && gguf_type_ternary(type); k++) {
            static const uint8_t powers[] = { 81, 27, 9, 3, 1 };
            uint8_t code = x[i + k] > 0 ? 2 : x[i + k] < 0 ? 0 : 1;
            size_t digit = k < 160 ? k / 32 : k < 240 ? (k - 160) / 16 : (k - 240) / 4;
            size_t at = k < 160 ? k % 32 : k < 240 ? 32 + (k - 160) % 16 : 48 + (k - 240) % 4;

            if (type == GGUF_TQ1_0)
                b[at] = (uint8_t)(b[at] + code * powers[digit]); /* the number in base 3; below made a fraction */
            else if (type == GGUF_TQ2_0)
                b[k / 128 * 32 + k % 32] |= (uint8_t)(code << k % 128 / 32 * 2);
            else
                b[k % 32] |= (uint8_t)(code << (6 - k / 32 * 2));
        }
        for (size_t k = 0; k < 52 && type == GGUF_TQ1_0; k++)
            b[k] = (uint8_t)((b[k] * 256 + 242) / 243); /* rounded up: times 3^(n + 1) / 256 its digits come back */
        if (type == GGUF_TQ1_0 || type == GGUF_TQ2_0)
            memcpy(b + gguf_type_block_bytes(type) - 2, &half, 2);
        bytes_add(&out, b, gguf_type_block_bytes(type));
    }
    if (type == GGUF_I2_S) {
        uint8_t tail[32] = { 0 };

        memcpy(tail, &scale, sizeof(scale));
        bytes_add(&out, tail, sizeof(tail));
    }
    return out;
}
