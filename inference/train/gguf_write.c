// SPDX-License-Identifier: MIT
/* gguf_write.c -- the format is ggml's, version 3: head, keys with values, a table of tensors, and behind the padding
 * their data. */
#include "inference/train/gguf_write.h"

#include "base/half.h"
#include "base/mem.h"
#include "base/replace.h"
#include "inference/problems.h"

#include <stdlib.h>

enum { ALIGNMENT = 32, BLOCK = 256, BLOCK_BYTES = 66, CONTEXT = 256 };
enum { TENSOR_F32 = 0, TENSOR_TQ2_0 = 35, FILE_F32 = 0, FILE_TQ2_0 = 37 };
enum { VALUE_UINT32 = 4, VALUE_INT32 = 5, VALUE_FLOAT32 = 6, VALUE_BOOL = 7, VALUE_STRING = 8, VALUE_ARRAY = 9 };
enum { TOKEN_NORMAL = 1, TOKEN_CONTROL = 3, TOKEN_UNUSED = 5 };

struct tensor {
    char name[64];
    const float *data;
    size_t rows, cols; /* rows 0: a vector of cols */
    float scale;       /* 0: F32; else ternary */
};

struct out { /* bytes in memory: the head of a file */
    uint8_t *data;
    size_t n, capacity;
    uint64_t keys;
};

static void put(struct out *out, const void *data, size_t n)
{
    out->data = mem_grow(out->data, &out->capacity, out->n + n, 1);
    memcpy(out->data + out->n, data, n);
    out->n += n;
}

static void put_uint32(struct out *out, uint32_t value)
{
    put(out, &value, sizeof(value));
}

static void put_uint64(struct out *out, uint64_t value)
{
    put(out, &value, sizeof(value));
}

static void put_string(struct out *out, const char *s)
{
    put_uint64(out, strlen(s));
    put(out, s, strlen(s));
}

static void key(struct out *out, const char *name, uint32_t type)
{
    put_string(out, name);
    put_uint32(out, type);
    out->keys++;
}

static void key_string(struct out *out, const char *name, const char *value)
{
    key(out, name, VALUE_STRING);
    put_string(out, value);
}

static void key_uint32(struct out *out, const char *name, size_t value)
{
    key(out, name, VALUE_UINT32);
    put_uint32(out, (uint32_t)value);
}

static void key_float(struct out *out, const char *name, float value)
{
    key(out, name, VALUE_FLOAT32);
    put(out, &value, sizeof(value));
}

static void key_false(struct out *out, const char *name)
{
    key(out, name, VALUE_BOOL);
    put(out, "", 1);
}

static void key_array(struct out *out, const char *name, uint32_t type, size_t n)
{
    key(out, name, VALUE_ARRAY);
    put_uint32(out, type);
    put_uint64(out, n);
}

static uint32_t token_type(int token)
{
    if (token <= PROBLEM_END)
        return TOKEN_CONTROL;
    return problem_tokens[token][1] ? TOKEN_UNUSED : TOKEN_NORMAL;
}

/* "gpt2" without merges: characters. Not "llama", which others take to have a token of every byte. */
static void put_tokenizer(struct out *out)
{
    key_string(out, "tokenizer.ggml.model", "gpt2");
    key_string(out, "tokenizer.ggml.pre", "gpt-2");
    key_array(out, "tokenizer.ggml.tokens", VALUE_STRING, PROBLEM_VOCABULARY);
    for (int i = 0; i < PROBLEM_VOCABULARY; i++)
        put_string(out, problem_tokens[i]);
    key_array(out, "tokenizer.ggml.token_type", VALUE_INT32, PROBLEM_VOCABULARY);
    for (int i = 0; i < PROBLEM_VOCABULARY; i++)
        put_uint32(out, token_type(i));
    key_array(out, "tokenizer.ggml.merges", VALUE_STRING, 0);
    key_uint32(out, "tokenizer.ggml.bos_token_id", PROBLEM_BEGIN);
    key_uint32(out, "tokenizer.ggml.eos_token_id", PROBLEM_END);
    key_false(out, "tokenizer.ggml.add_bos_token");
}

static void put_keys(struct out *out, const struct net_shape *s, const struct gguf_about *about)
{
    key_string(out, "general.architecture", "bitnet");
    key_string(out, "general.name", about->name);
    key_string(out, "general.description", about->description);
    key_string(out, "general.license", "mit");
    key_uint32(out, "general.quantization_version", 2);
    key_uint32(out, "general.file_type", s->ternary ? FILE_TQ2_0 : FILE_F32);
    key_uint32(out, "bitnet.context_length", CONTEXT);
    key_uint32(out, "bitnet.embedding_length", s->dim);
    key_uint32(out, "bitnet.block_count", s->layers);
    key_uint32(out, "bitnet.feed_forward_length", s->hidden);
    key_uint32(out, "bitnet.attention.head_count", s->heads);
    key_uint32(out, "bitnet.attention.head_count_kv", s->heads);
    key_uint32(out, "bitnet.rope.dimension_count", s->dim / s->heads);
    key_float(out, "bitnet.rope.freq_base", 10000);
    key_float(out, "bitnet.attention.layer_norm_rms_epsilon", OPS_EPSILON);
    if (s->exit)
        key_uint32(out, "pawl.early_exit_layers", s->exit);
    put_tokenizer(out);
}

static size_t list_layer(struct tensor *t, const struct net *net, size_t l)
{
    const struct net_layer *w = &net->value.layers[l];
    const float *scale = net->scales + 7 * l;
    size_t dim = net->shape.dim, hidden = net->shape.hidden;
    const struct {
        const char *name;
        const float *data;
        size_t rows, cols;
        float scale;
    } list[] = {
        { "attn_norm", w->attention_norm, 0, dim, 0 },
        { "attn_q", w->qkv, dim, dim, scale[0] },
        { "attn_k", w->qkv + dim * dim, dim, dim, scale[1] },
        { "attn_v", w->qkv + 2 * dim * dim, dim, dim, scale[2] },
        { "attn_sub_norm", w->attention_sub, 0, dim, 0 },
        { "attn_output", w->o, dim, dim, scale[3] },
        { "ffn_norm", w->ffn_norm, 0, dim, 0 },
        { "ffn_gate", w->gate_up, hidden, dim, scale[4] },
        { "ffn_up", w->gate_up + hidden * dim, hidden, dim, scale[5] },
        { "ffn_sub_norm", w->ffn_sub, 0, hidden, 0 },
        { "ffn_down", w->down, dim, hidden, scale[6] },
    };

    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        t[i] = (struct tensor){ "", list[i].data, list[i].rows, list[i].cols, list[i].scale };
        snprintf(t[i].name, sizeof(t[i].name), "blk.%zu.%s.weight", l, list[i].name);
        if (list[i].rows) /* what the net computes with: rounded where it is ternary */
            t[i].data = net->used.all + (list[i].data - net->value.all);
    }
    return ARRAY_LEN(list);
}

static size_t tensor_bytes(const struct tensor *t)
{
    size_t n = (t->rows ? t->rows : 1) * t->cols;

    return t->scale > 0 ? n / BLOCK * BLOCK_BYTES : n * sizeof(float);
}

static size_t padded(size_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void put_tensors(struct out *out, const struct tensor *tensors, size_t n)
{
    size_t offset = 0;

    for (size_t i = 0; i < n; i++) {
        const struct tensor *t = &tensors[i];

        put_string(out, t->name);
        put_uint32(out, t->rows ? 2 : 1);
        put_uint64(out, t->cols);
        if (t->rows)
            put_uint64(out, t->rows);
        put_uint32(out, t->scale > 0 ? TENSOR_TQ2_0 : TENSOR_F32);
        put_uint64(out, offset);
        offset += padded(tensor_bytes(t));
    }
}

/* A block of TQ2_0: byte i of each half has, from its low bits up, 1 + the values i, i + 32, i + 64, i + 96 of 128. */
static void pack_block(const float *x, float scale, uint8_t *block)
{
    uint16_t half = half_from(scale);

    for (size_t i = 0; i < 64; i++) {
        block[i] = 0;
        for (size_t k = 0; k < 4; k++) {
            float v = x[i / 32 * 128 + k * 32 + i % 32];

            block[i] |= (uint8_t)((v > 0 ? 2 : v < 0 ? 0 : 1) << 2 * k);
        }
    }
    memcpy(block + 64, &half, sizeof(half));
}

static bool write_padding(FILE *f, size_t n)
{
    static const uint8_t zeros[ALIGNMENT];

    return fwrite(zeros, 1, padded(n) - n, f) == padded(n) - n;
}

static bool write_tensor(FILE *f, const struct tensor *t)
{
    size_t n = (t->rows ? t->rows : 1) * t->cols;
    uint8_t block[BLOCK_BYTES];

    if (t->scale > 0) {
        for (size_t i = 0; i < n; i += BLOCK) {
            pack_block(t->data + i, t->scale, block);
            if (fwrite(block, sizeof(block), 1, f) != 1)
                return false;
        }
    } else if (fwrite(t->data, sizeof(float), n, f) != n) {
        return false;
    }
    return write_padding(f, tensor_bytes(t));
}

struct file {
    struct out keys, table;
    struct tensor *tensors;
    uint64_t n_tensors;
};

static bool write_all(FILE *f, const void *arg)
{
    const struct file *file = arg;
    const uint32_t start[] = { 0x46554747, 3 }; /* "GGUF", version */
    const uint64_t counts[] = { file->n_tensors, file->keys.keys };
    size_t head = sizeof(start) + sizeof(counts) + file->keys.n + file->table.n;
    bool good = fwrite(start, sizeof(start), 1, f) == 1 && fwrite(counts, sizeof(counts), 1, f) == 1 &&
                fwrite(file->keys.data, 1, file->keys.n, f) == file->keys.n &&
                fwrite(file->table.data, 1, file->table.n, f) == file->table.n && write_padding(f, head);

    for (size_t i = 0; good && i < file->n_tensors; i++)
        good = write_tensor(f, &file->tensors[i]);
    return good;
}

int gguf_write(const char *path, const struct net *net, const struct gguf_about *about, struct err *err)
{
    const struct net_shape *s = &net->shape;
    struct file file = { .tensors = mem_array(2 + 11 * s->layers, sizeof(*file.tensors)) };
    int ret;

    if (s->ternary && (s->dim % BLOCK || s->hidden % BLOCK)) {
        free(file.tensors);
        return err_set(err, ERR_USAGE, "a ternary model of width %zu and %zu is no whole blocks of %d", s->dim,
                       s->hidden, BLOCK);
    }
    file.tensors[file.n_tensors++] = (struct tensor){ "token_embd.weight", net->value.embeddings, s->vocabulary, s->dim,
                                                      0 };
    for (size_t l = 0; l < s->layers; l++)
        file.n_tensors += list_layer(file.tensors + file.n_tensors, net, l);
    file.tensors[file.n_tensors++] = (struct tensor){ "output_norm.weight", net->value.out_norm, 0, s->dim, 0 };
    put_keys(&file.keys, s, about);
    put_tensors(&file.table, file.tensors, file.n_tensors);
    ret = replace_file(path, write_all, &file, err);
    free(file.keys.data);
    free(file.table.data);
    free(file.tensors);
    return ret;
}
