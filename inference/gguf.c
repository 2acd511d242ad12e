// SPDX-License-Identifier: MIT
#include "inference/gguf_private.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void gguf_close(struct gguf *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_entries; i++)
        free(g->entries[i].strings);
    free(g->entries);
    free(g->tensors);
    free(g->by_name);
    if (g->mapped)
        munmap((void *)g->data, g->size);
    free(g->name);
    free(g);
}

static struct gguf *parse(const void *data, size_t size, bool mapped, const char *name, struct err *err)
{
    struct gguf *g = mem_array(1, sizeof(*g));

    g->name = mem_strdup(name);
    g->data = data;
    g->size = size;
    g->mapped = mapped;
    if (gguf_read(g, err) == 0)
        return g;
    err_wrap(err, "cannot read '%s'", name);
    gguf_close(g);
    return NULL;
}

struct gguf *gguf_parse(const void *data, size_t size, const char *name, struct err *err)
{
    return parse(data, size, false, name, err);
}

struct gguf *gguf_open(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *data;

    if (fd < 0 || fstat(fd, &st) < 0) {
        err_set(err, ERR_CONFIG, "cannot read '%s': %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        err_set(err, ERR_CONFIG, "cannot read '%s': it is %s", path, S_ISREG(st.st_mode) ? "empty" : "no regular file");
        close(fd);
        return NULL;
    }
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED) {
        err_set(err, ERR_HOST, "cannot map '%s': %s", path, strerror(errno));
        return NULL;
    }
    return parse(data, (size_t)st.st_size, true, path, err);
}

const char *gguf_name(const struct gguf *g)
{
    return g->name;
}

size_t gguf_size(const struct gguf *g)
{
    return g->size;
}

size_t gguf_n_tensors(const struct gguf *g)
{
    return g->n_tensors;
}

const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i)
{
    return &g->tensors[i];
}

const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name)
{
    size_t low = 0, high = g->n_tensors;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(name, g->by_name[mid]->name);

        if (c == 0)
            return g->by_name[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

void gguf_forget(const struct gguf *g, const struct gguf_tensor *tensor)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)tensor->data, end = begin + tensor->bytes;

    begin = (begin + page - 1) & -page;
    end &= -page;
    if (g->mapped && begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED); /* a hint: without it the pages stay a while */
}

static const struct gguf_entry *find(const struct gguf *g, const char *key)
{
    struct gguf_string wanted = { key, strlen(key) };
    size_t low = 0, high = g->n_entries;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = gguf_key_compare(&wanted, &g->entries[mid].key);

        if (c == 0)
            return &g->entries[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

bool gguf_has(const struct gguf *g, const char *key)
{
    return find(g, key) != NULL;
}

static bool is_whole(enum gguf_value_type type)
{
    return type <= GGUF_VALUE_I32 || type == GGUF_VALUE_U64 || type == GGUF_VALUE_I64;
}

static bool is_float(enum gguf_value_type type)
{
    return type == GGUF_VALUE_F32 || type == GGUF_VALUE_F64;
}

/* The entry of that key, where `fits` says so of its type; else NULL with *err filled. */
static const struct gguf_entry *want(const struct gguf *g, const char *key, bool array,
                                     bool (*fits)(enum gguf_value_type type), const char *what, struct err *err)
{
    const struct gguf_entry *e = find(g, key);

    if (e && e->array == array && fits(e->type))
        return e;
    err_set(err, ERR_CONFIG, e ? "'%s': key '%s' is no %s" : "'%s' has no key '%s' (%s)", g->name, key, what);
    return NULL;
}

static uint64_t load(const uint8_t *p, size_t bytes)
{
    uint64_t value = 0;

    memcpy(&value, p, bytes); /* little-endian, as is every x86 */
    return value;
}

/* The bits as a signed number of that many bytes. */
static int64_t sign(uint64_t value, size_t bytes)
{
    unsigned shift = 64 - 8 * (unsigned)bytes;

    return (int64_t)(value << shift) >> shift;
}

static bool is_signed(enum gguf_value_type type)
{
    return type == GGUF_VALUE_I8 || type == GGUF_VALUE_I16 || type == GGUF_VALUE_I32 || type == GGUF_VALUE_I64;
}

int gguf_uint(const struct gguf *g, const char *key, uint64_t low, uint64_t high, uint64_t *value, struct err *err)
{
    const struct gguf_entry *e = want(g, key, false, is_whole, "whole number", err);
    size_t bytes;

    if (!e)
        return -1;
    bytes = gguf_value_bytes(e->type);
    *value = load(e->data, bytes);
    if ((is_signed(e->type) && sign(*value, bytes) < 0) || *value < low || *value > high)
        return err_set(err, ERR_CONFIG, "'%s': key '%s' is %lld, not within %llu and %llu", g->name, key,
                       (long long)(is_signed(e->type) ? sign(*value, bytes) : (int64_t)*value),
                       (unsigned long long)low, (unsigned long long)high);
    return 0;
}

static double to_float(enum gguf_value_type type, const uint8_t *p)
{
    float narrow;
    double wide;

    if (type == GGUF_VALUE_F32) {
        memcpy(&narrow, p, sizeof(narrow));
        return (double)narrow;
    }
    memcpy(&wide, p, sizeof(wide));
    return wide;
}

int gguf_float(const struct gguf *g, const char *key, double *value, struct err *err)
{
    const struct gguf_entry *e = want(g, key, false, is_float, "float", err);

    if (!e)
        return -1;
    *value = to_float(e->type, e->data);
    if (!isfinite(*value))
        return err_set(err, ERR_CONFIG, "'%s': key '%s' is not finite", g->name, key);
    return 0;
}

static bool is_bool(enum gguf_value_type type)
{
    return type == GGUF_VALUE_BOOL;
}

int gguf_bool(const struct gguf *g, const char *key, bool *value, struct err *err)
{
    const struct gguf_entry *e = want(g, key, false, is_bool, "boolean", err);

    if (!e)
        return -1;
    *value = e->data[0];
    return 0;
}

static bool is_string(enum gguf_value_type type)
{
    return type == GGUF_VALUE_STRING;
}

int gguf_string(const struct gguf *g, const char *key, struct gguf_string *value, struct err *err)
{
    const struct gguf_entry *e = want(g, key, false, is_string, "string", err);

    if (!e)
        return -1;
    *value = e->strings[0];
    return 0;
}

int gguf_strings(const struct gguf *g, const char *key, const struct gguf_string **values, size_t *n, struct err *err)
{
    const struct gguf_entry *e = want(g, key, true, is_string, "array of strings", err);

    if (!e)
        return -1;
    *values = e->strings;
    *n = e->n;
    return 0;
}

int gguf_numbers(const struct gguf *g, const char *key, bool whole, struct gguf_array *array, struct err *err)
{
    const struct gguf_entry *e = want(g, key, true, whole ? is_whole : is_float,
                                      whole ? "array of whole numbers" : "array of floats", err);

    if (!e)
        return -1;
    *array = (struct gguf_array){ e->data, e->n, e->type };
    return 0;
}

double gguf_array_float(const struct gguf_array *array, size_t i)
{
    enum gguf_value_type type = (enum gguf_value_type)array->type;

    return to_float(type, array->data + i * gguf_value_bytes(type));
}

int64_t gguf_array_int(const struct gguf_array *array, size_t i)
{
    enum gguf_value_type type = (enum gguf_value_type)array->type;
    size_t bytes = gguf_value_bytes(type);
    uint64_t value = load(array->data + i * bytes, bytes);

    if (is_signed(type))
        return sign(value, bytes);
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}
