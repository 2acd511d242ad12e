// SPDX-License-Identifier: MIT
/* replica_random.c -- weights that mean nothing, of any shape, made at the speed of memory. */
#include "base/half.h"
#include "base/mem.h"
#include "base/rng.h"
#include "inference/replica.h"

#include <stdlib.h>
#include <string.h>

struct noise {
    const struct model_shape *shape;
    enum gguf_type type;
    struct rng rng;
    struct gguf_tensor tensor; /* the last one made, which owns its data */
};

static void drop(void *arg, const struct gguf_tensor *tensor)
{
    struct noise *p = arg;

    (void)tensor;
    free((void *)p->tensor.data);
    p->tensor.data = NULL;
}

/* Four codes of 2 bits a byte, where 3 means nothing: such a pair becomes a 2. */
static uint64_t ternary_word(uint64_t word)
{
    return word & ~(word >> 1 & word & 0x5555555555555555);
}

static void fill_floats(struct rng *rng, float *x, size_t n, float spread)
{
    for (size_t i = 0; i < n; i++)
        x[i] = spread * ((float)(rng_next(rng) >> 40) * 0x1p-23f - 1);
}

/* Words of noise, then what the type wants in each block: such scales that vectors keep their length. */
static void fill_blocks(struct rng *rng, enum gguf_type type, uint8_t *data, size_t bytes, float spread)
{
    size_t block_bytes = gguf_type_block_bytes(type);
    uint16_t scale = half_from(type == GGUF_Q8_0 ? spread / 127 : spread);

    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = rng_next(rng);

        if (type == GGUF_TQ2_0)
            word = ternary_word(word);
        memcpy(data + i, &word, bytes - i < sizeof(word) ? bytes - i : sizeof(word));
    }
    for (size_t i = 0; i < bytes; i += block_bytes) {
        if (type == GGUF_TQ2_0) /* the words do not begin where blocks do, but pairs of bits do */
            memcpy(data + i + block_bytes - sizeof(scale), &scale, sizeof(scale));
        else
            memcpy(data + i, &scale, sizeof(scale));
    }
}

static int fill(struct noise *p, enum gguf_type type, size_t rows, size_t cols, struct err *err)
{
    float spread = 1;
    uint8_t *data;
    size_t bytes = 0;

    for (size_t n = 1; n * n < cols; n++) /* 1 / sqrt(cols), near enough */
        spread = 1 / (float)n;
    if (!gguf_type_bytes(type, rows, cols, &bytes))
        return err_set(err, ERR_USAGE, "rows of %zu are no whole blocks of %s", cols, gguf_type_name(type));
    data = mem_huge(bytes, 1, err);
    if (!data)
        return -1;
    p->tensor =
        (struct gguf_tensor){ .type = type, .n_dims = 2, .dims = { cols, rows, 1, 1 }, .data = data, .bytes = bytes };
    if (type == GGUF_F32)
        fill_floats(&p->rng, (float *)data, rows * cols, spread);
    else
        fill_blocks(&p->rng, type, data, bytes, spread);
    return 0;
}

static int fill_ones(struct noise *p, size_t n, struct err *err)
{
    float *data = mem_aligned(n, sizeof(*data), MEM_LINE, err);

    if (!data)
        return -1;
    for (size_t i = 0; i < n; i++)
        data[i] = 1;
    p->tensor = (struct gguf_tensor){ .type = GGUF_F32, .n_dims = 1, .dims = { n, 1, 1, 1 }, .data = data,
                                      .bytes = n * sizeof(*data) };
    return 0;
}

static const struct gguf_tensor *make(void *arg, const char *name, struct err *err)
{
    struct noise *p = arg;
    const struct model_shape *s = p->shape;
    size_t kv = s->kv_heads * s->head_dim;
    const struct { const char *part; size_t rows, cols; } tensors[] = { /* a vector has no rows; the first that fits */
        { "token_embd", s->vocab, s->dim }, { "ffn_sub_norm", 0, s->ff },   { "norm", 0, s->dim },
        { "attn_q", s->dim, s->dim },       { "attn_k", kv, s->dim },       { "attn_v", kv, s->dim },
        { "attn_output", s->dim, s->dim },  { "ffn_gate", s->ff, s->dim },  { "ffn_up", s->ff, s->dim },
        { "ffn_down", s->dim, s->ff },
    };
    bool bitnet = strncmp(s->arch, "bitnet", 6) == 0;

    drop(p, NULL);
    if (!strstr(name, ".weight") || !strcmp(name, "output.weight") || (strstr(name, "sub_norm") && !bitnet))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(tensors); i++) {
        bool embedding = i == 0; /* in floats: ternary vectors are no embedding */

        if (!strstr(name, tensors[i].part))
            continue;
        if ((tensors[i].rows == 0 ? fill_ones(p, tensors[i].cols, err)
                                  : fill(p, embedding && p->type == GGUF_TQ2_0 ? GGUF_F32 : p->type, tensors[i].rows,
                                         tensors[i].cols, err)) < 0)
            return NULL;
        return &p->tensor;
    }
    BUG("no tensor '%s' in a transformer", name);
}

struct model *replica_random(const struct model_shape *shape, enum gguf_type type, uint64_t seed, uint32_t isa,
                             struct err *err)
{
    struct noise p = { .shape = shape, .type = type, .rng = rng_seed(seed) };
    struct model_source source = { .shape = *shape, .arg = &p, .tensor = make, .done = drop };
    struct model *m;

    if (type != GGUF_TQ2_0 && type != GGUF_Q8_0 && type != GGUF_F32) {
        err_set(err, ERR_USAGE, "random weights of type %s", gguf_type_name(type));
        return NULL;
    }
    m = model_build(&source, isa, err);
    drop(&p, NULL);
    return m;
}
