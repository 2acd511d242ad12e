// SPDX-License-Identifier: MIT
/* gguf_read.c -- the bytes of a GGUF file, none of which is believed before it was compared with what is there. */
#include "base/mem.h"
#include "inference/gguf_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_BYTES = 4, ALIGNMENT_DEFAULT = 32, SHOWN_MAX = 80 };

/* What is left of the file. */
struct cursor {
    const uint8_t *at;
    size_t left;
};

/* A key or name fit for a message. */
struct shown {
    char text[SHOWN_MAX];
};

static struct shown show(struct gguf_string s)
{
    struct shown shown;
    size_t n = s.len < SHOWN_MAX - 4 ? s.len : SHOWN_MAX - 4;

    for (size_t i = 0; i < n; i++)
        shown.text[i] = (char)(s.data[i] > ' ' && s.data[i] < 0x7f && s.data[i] != '\'' ? s.data[i] : '?');
    memcpy(shown.text + n, s.len > n ? "..." : "", s.len > n ? 4 : 1);
    return shown;
}

size_t gguf_value_bytes(enum gguf_value_type type)
{
    static const size_t bytes[GGUF_VALUE_TYPES] = {
        [GGUF_VALUE_U8] = 1,  [GGUF_VALUE_I8] = 1,  [GGUF_VALUE_U16] = 2, [GGUF_VALUE_I16] = 2,
        [GGUF_VALUE_U32] = 4, [GGUF_VALUE_I32] = 4, [GGUF_VALUE_F32] = 4, [GGUF_VALUE_BOOL] = 1,
        [GGUF_VALUE_U64] = 8, [GGUF_VALUE_I64] = 8, [GGUF_VALUE_F64] = 8,
    };

    return bytes[type];
}

int gguf_key_compare(const struct gguf_string *a, const struct gguf_string *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int c = n ? memcmp(a->data, b->data, n) : 0;

    return c ? c : (a->len > b->len) - (a->len < b->len);
}

static const uint8_t *take(struct cursor *c, size_t n)
{
    const uint8_t *p = c->at;

    if (n > c->left)
        return NULL;
    c->at += n;
    c->left -= n;
    return p;
}

static int take_u32(struct cursor *c, uint32_t *value, const char *what, struct err *err)
{
    const uint8_t *p = take(c, sizeof(*value));

    *value = 0;
    if (!p)
        return err_set(err, ERR_CONFIG, "the file ends inside %s", what);
    memcpy(value, p, sizeof(*value));
    return 0;
}

static int take_u64(struct cursor *c, uint64_t *value, const char *what, struct err *err)
{
    const uint8_t *p = take(c, sizeof(*value));

    *value = 0;
    if (!p)
        return err_set(err, ERR_CONFIG, "the file ends inside %s", what);
    memcpy(value, p, sizeof(*value));
    return 0;
}

/* A count of things that take `least` bytes each. */
static int take_count(struct cursor *c, uint64_t most, size_t least, uint64_t *n, const char *what, struct err *err)
{
    if (take_u64(c, n, what, err) < 0)
        return -1;
    if (*n > most)
        return err_set(err, ERR_CONFIG, "%s: a count of %llu, more than the %llu that are allowed", what,
                       (unsigned long long)*n, (unsigned long long)most);
    if (*n > c->left / least)
        return err_set(err, ERR_CONFIG, "%s: a count of %llu, but only %zu bytes are left in the file", what,
                       (unsigned long long)*n, c->left);
    return 0;
}

static int take_string(struct cursor *c, size_t most, struct gguf_string *s, const char *what, struct err *err)
{
    uint64_t len = 0;

    if (take_u64(c, &len, what, err) < 0)
        return -1;
    if (len > most || len > c->left)
        return err_set(err, ERR_CONFIG,
                       "%s: a string of %llu bytes, where %zu are allowed and %zu are left in the file", what,
                       (unsigned long long)len, most, c->left);
    s->len = (size_t)len;
    s->data = (const char *)take(c, s->len);
    return 0;
}

static int read_strings(struct cursor *c, struct gguf_entry *e, const char *what, struct err *err)
{
    e->strings = mem_zeroed(e->n ? e->n : 1, sizeof(*e->strings), err);
    if (!e->strings)
        return -1;
    for (size_t i = 0; i < e->n; i++)
        if (take_string(c, GGUF_STRING_MAX, &e->strings[i], what, err) < 0)
            return -1;
    return 0;
}

static int read_type(struct cursor *c, enum gguf_value_type *type, const char *what, struct err *err)
{
    uint32_t number = 0;

    if (take_u32(c, &number, what, err) < 0)
        return -1;
    if (number >= GGUF_VALUE_TYPES)
        return err_set(err, ERR_CONFIG, "%s: there is no value type %u", what, number);
    *type = (enum gguf_value_type)number;
    return 0;
}

static int read_value(struct cursor *c, struct gguf_entry *e, const char *what, struct err *err)
{
    uint64_t n = 1;

    if (read_type(c, &e->type, what, err) < 0)
        return -1;
    e->array = e->type == GGUF_VALUE_ARRAY;
    if (e->array) {
        if (read_type(c, &e->type, what, err) < 0)
            return -1;
        if (e->type == GGUF_VALUE_ARRAY)
            return err_set(err, ERR_CONFIG, "%s: an array of arrays", what);
        if (take_count(c, GGUF_ARRAY_MAX, e->type == GGUF_VALUE_STRING ? 8 : gguf_value_bytes(e->type), &n, what,
                       err) < 0)
            return -1;
    }
    e->n = (size_t)n;
    if (e->type == GGUF_VALUE_STRING)
        return read_strings(c, e, what, err);
    e->data = take(c, e->n * gguf_value_bytes(e->type));
    if (!e->data)
        return err_set(err, ERR_CONFIG, "the file ends inside %s", what);
    for (size_t i = 0; i < e->n && e->type == GGUF_VALUE_BOOL; i++)
        if (e->data[i] > 1)
            return err_set(err, ERR_CONFIG, "%s: a boolean of %u", what, e->data[i]);
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return gguf_key_compare(&((const struct gguf_entry *)a)->key, &((const struct gguf_entry *)b)->key);
}

static int read_entries(struct gguf *g, struct cursor *c, uint64_t n, struct err *err)
{
    char what[SHOWN_MAX + 16];

    g->entries = mem_zeroed(n ? (size_t)n : 1, sizeof(*g->entries), err);
    if (!g->entries)
        return -1;
    for (uint64_t i = 0; i < n; i++) {
        struct gguf_entry *e = &g->entries[g->n_entries++];

        if (take_string(c, GGUF_KEY_MAX, &e->key, "a key", err) < 0)
            return -1;
        if (e->key.len == 0)
            return err_set(err, ERR_CONFIG, "an empty key");
        snprintf(what, sizeof(what), "key '%s'", show(e->key).text);
        if (read_value(c, e, what, err) < 0)
            return -1;
    }
    qsort(g->entries, g->n_entries, sizeof(*g->entries), by_key);
    for (size_t i = 1; i < g->n_entries; i++)
        if (by_key(&g->entries[i - 1], &g->entries[i]) == 0)
            return err_set(err, ERR_CONFIG, "key '%s' stands there twice", show(g->entries[i].key).text);
    return 0;
}

static int read_alignment(const struct gguf *g, size_t *alignment, struct err *err)
{
    uint64_t value = ALIGNMENT_DEFAULT;

    if (gguf_has(g, "general.alignment") &&
        gguf_uint(g, "general.alignment", 1, GGUF_ALIGNMENT_MAX, &value, err) < 0)
        return -1;
    if (value & (value - 1))
        return err_set(err, ERR_CONFIG, "key 'general.alignment': %llu is no power of two", (unsigned long long)value);
    *alignment = (size_t)value;
    return 0;
}

/* One tensor's line; its offset goes into *offset. */
static int read_tensor(struct cursor *c, struct gguf_tensor *t, uint64_t *offset, struct err *err)
{
    struct gguf_string name;
    uint32_t n_dims = 0, type = 0;
    uint64_t rows = 1;

    if (take_string(c, GGUF_NAME_MAX - 1, &name, "a tensor's name", err) < 0)
        return -1;
    if (name.len == 0 || memchr(name.data, 0, name.len))
        return err_set(err, ERR_CONFIG, "a tensor's name is empty or has a NUL in it");
    memcpy(t->name, name.data, name.len);
    if (take_u32(c, &n_dims, "a tensor", err) < 0)
        return -1;
    if (n_dims > GGUF_DIMS_MAX)
        return err_set(err, ERR_CONFIG, "tensor '%s': %u dimensions, more than %d", show(name).text, n_dims,
                       GGUF_DIMS_MAX);
    t->n_dims = (int)n_dims;
    for (int i = 0; i < GGUF_DIMS_MAX; i++) {
        t->dims[i] = 1;
        if (i < t->n_dims && take_u64(c, &t->dims[i], "a tensor", err) < 0)
            return -1;
        if (t->dims[i] == 0)
            return err_set(err, ERR_CONFIG, "tensor '%s': dimension %d is 0", show(name).text, i);
        if (i > 0 && __builtin_mul_overflow(rows, t->dims[i], &rows))
            return err_set(err, ERR_CONFIG, "tensor '%s': its size overflows", show(name).text);
    }
    if (take_u32(c, &type, "a tensor", err) < 0 || take_u64(c, offset, "a tensor", err) < 0)
        return -1;
    if (type > INT32_MAX || !gguf_type_name((int)type))
        return err_set(err, ERR_CONFIG,
                       "tensor '%s' is of type %u, which is none of F32, F16, BF16, Q8_0, TQ1_0, TQ2_0, I2_S",
                       show(name).text, type);
    t->type = (enum gguf_type)type;
    if (!gguf_type_bytes(t->type, rows, t->dims[0], &t->bytes))
        return err_set(err, ERR_CONFIG, "tensor '%s': rows of %llu are no whole blocks of %zu, or its size overflows",
                       show(name).text, (unsigned long long)t->dims[0], gguf_type_block(t->type));
    return 0;
}

static size_t padding(size_t at, size_t alignment)
{
    return -at & (alignment - 1);
}

/* The tensors lie one behind the other, each begun at a multiple of the alignment. */
static int place(struct gguf *g, const uint64_t *offsets, const struct cursor *c, struct err *err)
{
    size_t alignment = 0, start = g->size - c->left, at = 0;

    if (read_alignment(g, &alignment, err) < 0)
        return -1;
    if (g->n_tensors && padding(start, alignment) > c->left)
        return err_set(err, ERR_CONFIG, "the file ends before its tensors");
    start += padding(start, alignment);
    for (size_t i = 0; i < g->n_tensors; i++) {
        struct gguf_tensor *t = &g->tensors[i];

        at += padding(at, alignment); /* at <= size - start <= SSIZE_MAX: no overflow */
        if (offsets[i] != at)
            return err_set(err, ERR_CONFIG, "tensor '%s' begins at %llu, where the one before it ends at %zu", t->name,
                           (unsigned long long)offsets[i], at);
        if (at > g->size - start || t->bytes > g->size - start - at)
            return err_set(err, ERR_CONFIG, "tensor '%s' has %zu bytes from %zu on, behind the end of the file",
                           t->name, t->bytes, start + at);
        t->data = g->data + start + at;
        at += t->bytes;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct gguf_tensor *const *)a)->name, (*(const struct gguf_tensor *const *)b)->name);
}

static int read_tensors(struct gguf *g, struct cursor *c, uint64_t n, struct err *err)
{
    uint64_t *offsets = mem_zeroed(n ? (size_t)n : 1, sizeof(*offsets), err);
    int ret = -1;

    g->tensors = mem_zeroed(n ? (size_t)n : 1, sizeof(*g->tensors), err);
    g->by_name = mem_zeroed(n ? (size_t)n : 1, sizeof(*g->by_name), err);
    if (!offsets || !g->tensors || !g->by_name)
        goto out;
    for (; g->n_tensors < n; g->n_tensors++) {
        if (read_tensor(c, &g->tensors[g->n_tensors], &offsets[g->n_tensors], err) < 0)
            goto out;
        g->by_name[g->n_tensors] = &g->tensors[g->n_tensors];
    }
    qsort(g->by_name, g->n_tensors, sizeof(*g->by_name), by_name);
    for (size_t i = 1; i < g->n_tensors; i++)
        if (by_name(&g->by_name[i - 1], &g->by_name[i]) == 0) {
            err_set(err, ERR_CONFIG, "tensor '%s' stands there twice", g->by_name[i]->name);
            goto out;
        }
    ret = place(g, offsets, c, err);
out:
    free(offsets);
    return ret;
}

int gguf_read(struct gguf *g, struct err *err)
{
    struct cursor c = { g->data, g->size };
    const uint8_t *magic = take(&c, MAGIC_BYTES);
    uint64_t n_tensors = 0, n_entries = 0;
    uint32_t version = 0;

    if (!magic || memcmp(magic, "GGUF", MAGIC_BYTES) != 0)
        return err_set(err, ERR_CONFIG, "this is no GGUF file: it does not begin with 'GGUF'");
    if (take_u32(&c, &version, "the header", err) < 0)
        return -1;
    if (version == __builtin_bswap32(2) || version == __builtin_bswap32(3))
        return err_set(err, ERR_CONFIG, "a big-endian file: convert it to little-endian");
    if (version != 2 && version != 3)
        return err_set(err, ERR_CONFIG, "version %u of the format, where 2 and 3 are known: convert it anew", version);
    /* The least that one takes: a tensor has a name, a count, a type and an offset; an entry a key, a type, a byte. */
    if (take_count(&c, GGUF_TENSORS_MAX, 8 + 4 + 4 + 8, &n_tensors, "the tensors", err) < 0 ||
        take_count(&c, GGUF_KEYS_MAX, 8 + 4 + 1, &n_entries, "the keys", err) < 0)
        return -1;
    return read_entries(g, &c, n_entries, err) < 0 ? -1 : read_tensors(g, &c, n_tensors, err);
}
