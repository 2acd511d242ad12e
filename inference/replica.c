// SPDX-License-Identifier: MIT
#include "inference/replica.h"

#include "base/mem.h"
#include "inference/replica_encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICA_MAX = 64 };

struct replica {
    const struct gguf *gguf;
    size_t r;
    enum gguf_type type;
    struct gguf_tensor tensor; /* the last one made, which owns its data */
    float scale;               /* the last one's */
};

static void drop(void *arg, const struct gguf_tensor *tensor)
{
    struct replica *p = arg;

    (void)tensor;
    if (p->tensor.data != &p->scale)
        free((void *)p->tensor.data);
    p->tensor.data = NULL;
}

static bool is_matrix(const char *name)
{
    return strstr(name, "norm") == NULL;
}

/* One row of the original, `times` over, at `out`. The scale of ternary weights is the file's: where blocks differ in
 * theirs, model_build() is told 1 and each row keeps its own. */
static int tile_row(const struct replica *p, const struct gguf_tensor *from, size_t row, size_t times, float *x,
                    int8_t *codes, uint8_t *out, struct err *err)
{
    size_t cols = (size_t)from->dims[0], rows = (size_t)from->dims[1];
    enum gguf_type type = p->tensor.type;

    if (gguf_type_ternary(type)) {
        size_t blocks = cols / gguf_type_block(from->type);
        float scale = 0;

        gguf_row_codes(from->type, from->data, cols, row, codes);
        for (size_t b = 0; b < blocks; b++) {
            float d = gguf_ternary_scale(from->type, from->data, rows, cols, row * blocks + b);

            if (d != 0 && scale != 0 && d != scale)
                return err_set(err, ERR_CONFIG,
                               "tensor '%s': row %zu has several scales, which replicas are not made of", from->name,
                               row);
            scale = d != 0 ? d : scale;
        }
        for (size_t i = 1; i < times; i++)
            memcpy(codes + i * cols, codes, cols);
        replica_encode_codes(type, codes, scale, times * cols, out);
        return 0;
    }
    gguf_row(from->type, from->data, rows, cols, row, x);
    for (size_t i = 1; i < times; i++)
        memcpy(x + i * cols, x, cols * sizeof(*x));
    replica_encode_row(type, x, times * cols, out);
    return 0;
}

/* The tensor `down` x `across` times over, as p->tensor. */
static int tile(struct replica *p, const struct gguf_tensor *from, size_t down, size_t across, enum gguf_type type,
                struct err *err)
{
    size_t rows = (size_t)from->dims[1], cols = (size_t)from->dims[0] * across, row_bytes = 0, bytes = 0;
    float *x = mem_aligned(cols, sizeof(*x), MEM_LINE, err);
    int8_t *codes = mem_aligned(cols, 1, MEM_LINE, err);
    uint8_t *data = NULL;
    int ret = -1;

    if (!x || !codes)
        goto out;
    if (gguf_type_ternary(type) && !gguf_type_ternary(from->type)) {
        err_set(err, ERR_USAGE, "tensor '%s' is of type %s, of which no %s can be made", from->name,
                gguf_type_name(from->type), gguf_type_name(type));
        goto out;
    }
    if (!gguf_type_bytes(type, 1, cols, &row_bytes) || !gguf_type_bytes(type, rows * down, cols, &bytes)) {
        err_set(err, ERR_USAGE, "tensor '%s': rows of %zu are no whole blocks of %s", from->name, cols,
                gguf_type_name(type));
        goto out;
    }
    data = mem_huge(bytes, 1, err);
    if (!data)
        goto out;
    p->tensor = *from;
    p->tensor.type = type;
    p->tensor.dims[0] = cols;
    p->tensor.dims[1] = rows * down;
    p->tensor.bytes = bytes;
    for (size_t row = 0; row < rows; row++)
        if (tile_row(p, from, row, across, x, codes, data + row * row_bytes, err) < 0)
            goto out;
    for (size_t i = 1; i < down; i++)
        memcpy(data + i * rows * row_bytes, data, rows * row_bytes);
    p->tensor.data = data;
    ret = 0;
out:
    if (ret < 0)
        free(data);
    free(x);
    free(codes);
    return ret;
}

/* The scale of a matrix: its own, where the file has one, over r. */
static const struct gguf_tensor *make_scale(struct replica *p, const char *name)
{
    const struct gguf_tensor *own = gguf_tensor(p->gguf, name);

    p->scale = 1;
    if (own && own->type == GGUF_F32)
        memcpy(&p->scale, own->data, sizeof(p->scale));
    p->scale /= (float)p->r;
    p->tensor = (struct gguf_tensor){ .type = GGUF_F32, .n_dims = 1, .dims = { 1, 1, 1, 1 }, .data = &p->scale,
                                      .bytes = sizeof(p->scale) };
    return &p->tensor;
}

static const struct gguf_tensor *make(void *arg, const char *name, struct err *err)
{
    struct replica *p = arg;
    const struct gguf_tensor *from = gguf_tensor(p->gguf, name);
    size_t len = strlen(name);
    bool output = !strcmp(name, "output.weight"), embedding = !strcmp(name, "token_embd.weight");

    drop(p, NULL); /* nobody has asked for more of it */
    if (len > 6 && !strcmp(name + len - 6, ".scale"))
        return make_scale(p, name);
    if (output && !from) /* tied in the file; here it has a scale of its own */
        from = gguf_tensor(p->gguf, "token_embd.weight");
    if (!from)
        return NULL;
    if (from->dims[0] > SIZE_MAX / REPLICA_MAX / sizeof(float) || from->dims[1] > SIZE_MAX / REPLICA_MAX) {
        err_set(err, ERR_USAGE, "tensor '%s' is too large", name);
        return NULL;
    }
    if (tile(p, from, is_matrix(name) && !output && !embedding ? p->r : 1, p->r,
             is_matrix(name) && !embedding && !(output && gguf_type_ternary(p->type)) ? p->type : from->type, err) < 0)
        return NULL;
    return &p->tensor;
}

struct model *replica_new(const struct gguf *g, size_t r, enum gguf_type type, uint32_t isa, struct err *err)
{
    struct replica p = { .gguf = g, .r = r, .type = type };
    struct model_source source = { .arg = &p, .tensor = make, .done = drop };
    struct model_shape *s = &source.shape;
    struct model *m;

    if (r == 0 || r > REPLICA_MAX || (r & (r - 1)))
        BUG("a replica of %zu times the width", r);
    if (model_shape(g, s, err) < 0)
        return NULL;
    s->dim *= r;
    s->ff *= r;
    s->heads *= r;
    s->kv_heads *= r;
    m = model_build(&source, isa, err);
    drop(&p, NULL);
    return m;
}
