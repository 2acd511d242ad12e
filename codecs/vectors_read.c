// SPDX-License-Identifier: MIT
/* vectors_read.c -- the three formats of vector files. Sizes are checked against the file before memory is asked for,
 * so that what a hostile header claims costs nothing. */
#include "codecs/vectors.h"

#include "base/mem.h"
#include "base/half.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    FILE *f;
    uint64_t size, at; /* bytes */
    size_t dim;        /* wanted; 0: any */
    struct err *err;
};

static int take(struct input *in, void *data, size_t n_bytes)
{
    if (fread(data, 1, n_bytes, in->f) != n_bytes)
        return err_set(in->err, ERR_CONFIG, "it cannot be read at byte %llu, or ends there",
                       (unsigned long long)in->at);
    in->at += n_bytes;
    return 0;
}

static int agree(struct input *in, size_t dim)
{
    if (dim < 1 || dim > VECTORS_DIM_MAX)
        return err_set(in->err, ERR_CONFIG, "vectors of %zu dimensions (1 to %d are possible)", dim, VECTORS_DIM_MAX);
    if (in->dim && in->dim != dim)
        return err_set(in->err, ERR_CONFIG, "its vectors have %zu dimensions, not %zu", dim, in->dim);
    return 0;
}

/* How many records of `record` bytes are left; -1 where that is no whole number, or none. */
static int count(struct input *in, size_t record, size_t *n)
{
    uint64_t left = in->size - in->at;

    if (left == 0)
        return err_set(in->err, ERR_CONFIG, "it holds no vectors");
    if (left % record)
        return err_set(in->err, ERR_CONFIG,
                       "it is cut short or ragged: %llu bytes, where vectors of %zu bytes begin at "
                       "byte %llu, leave %llu behind vector %llu",
                       (unsigned long long)in->size, record, (unsigned long long)in->at,
                       (unsigned long long)(left % record), (unsigned long long)(left / record));
    *n = (size_t)(left / record);
    return 0;
}

static int read_fvecs(struct input *in, struct vectors *v)
{
    int32_t dim;
    size_t n, record;

    if (in->size == 0)
        return err_set(in->err, ERR_CONFIG, "it holds no vectors");
    if (take(in, &dim, sizeof(dim)) < 0)
        return -1;
    if (dim < 1 || dim > VECTORS_DIM_MAX)
        return err_set(in->err, ERR_CONFIG, "vector 0 has %d dimensions (byte 0; 1 to %d are possible)", dim,
                       VECTORS_DIM_MAX);
    record = sizeof(dim) + (size_t)dim * sizeof(float);
    rewind(in->f);
    in->at = 0;
    if (agree(in, (size_t)dim) < 0 || count(in, record, &n) < 0 || vectors_new(v, n, (size_t)dim, in->err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int32_t here;

        if (take(in, &here, sizeof(here)) < 0)
            return -1;
        if (here != dim)
            return err_set(in->err, ERR_CONFIG,
                           "it is ragged: vector %zu (byte %llu) has %d dimensions, vector 0 has %d", i,
                           (unsigned long long)(in->at - sizeof(here)), here, dim);
        if (take(in, v->data + i * v->dim, v->dim * sizeof(float)) < 0)
            return -1;
    }
    return 0;
}

static int read_raw(struct input *in, struct vectors *v)
{
    size_t n;

    if (in->dim == 0)
        return err_set(in->err, ERR_CONFIG, "it holds floats alone: tell how many make a vector (--dim)");
    if (agree(in, in->dim) < 0 || count(in, in->dim * sizeof(float), &n) < 0 || vectors_new(v, n, in->dim, in->err) < 0)
        return -1;
    return take(in, v->data, n * in->dim * sizeof(float));
}

/* The value of a key of the header, which is a Python dictionary of strings, booleans and tuples; NULL: not there. */
static const char *npy_value(const char *header, const char *key)
{
    const char *at = strstr(header, key);

    if (!at)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    return *at == ':' ? at + 1 + strspn(at + 1, " ") : NULL;
}

/* "(926, 1024)", "(926,)": how many sizes there are, at most 3. -1: none of these. */
static int npy_shape(const char *at, uint64_t shape[3])
{
    int n = 0;

    if (*at++ != '(')
        return -1;
    for (at += strspn(at, " "); *at != ')'; at += strspn(at, " ")) {
        char *end;

        if (*at < '0' || *at > '9' || n == 3)
            return -1;
        errno = 0;
        shape[n++] = strtoull(at, &end, 10);
        if (errno)
            return -1;
        at = end + strspn(end, " ");
        if (*at == ',')
            at++;
        else if (*at != ')')
            return -1;
    }
    return n;
}

static int npy_header(struct input *in, const char *header, size_t *item, uint64_t shape[2])
{
    const char *descr = npy_value(header, "'descr'"), *order = npy_value(header, "'fortran_order'"),
               *tuple = npy_value(header, "'shape'");
    uint64_t sizes[3];
    int n = tuple ? npy_shape(tuple, sizes) : -1;

    if (!descr || !order || n < 0)
        return err_set(in->err, ERR_CONFIG, "its header (byte 10) lacks a plain 'descr', 'fortran_order' or 'shape'");
    *item = !strncmp(descr, "'<f4'", 5) ? 4 : !strncmp(descr, "'<f2'", 5) ? 2 : 0;
    if (*item == 0)
        return err_set(in->err, ERR_CONFIG, "its numbers are %.*s (byte 10): only '<f4' and '<f2' are read",
                       (int)strcspn(descr, ","), descr);
    if (n < 1 || n > 2)
        return err_set(in->err, ERR_CONFIG, "its shape has %s dimensions (byte 10), not 1 or 2",
                       n ? "3 or more" : "no");
    if (n == 2 && strncmp(order, "False", 5))
        return err_set(in->err, ERR_CONFIG, "it is in Fortran order (byte 10): save numpy.ascontiguousarray() of it");
    shape[0] = n == 2 ? sizes[0] : 1;
    shape[1] = n == 2 ? sizes[1] : sizes[0];
    return 0;
}

/* Halves lie in the upper half of the room for floats: they are widened in place, first to last. */
static int read_halves(struct input *in, struct vectors *v)
{
    size_t n = v->n * v->dim;
    uint16_t *halves = (uint16_t *)v->data + n, h;

    if (take(in, halves, n * sizeof(h)) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        memcpy(&h, halves + i, sizeof(h));
        v->data[i] = half_to(h);
    }
    return 0;
}

static int read_npy(struct input *in, struct vectors *v)
{
    uint8_t magic[8], length[4] = { 0 };
    char *header;
    size_t len, item = 0, n;
    uint64_t shape[2] = { 0 };
    int ret = -1;

    if (take(in, magic, sizeof(magic)) < 0)
        return -1;
    if (memcmp(magic, "\x93NUMPY", 6) || magic[6] < 1 || magic[6] > 3)
        return err_set(in->err, ERR_CONFIG, "byte 0: this is no .npy file of version 1 to 3");
    if (take(in, length, magic[6] == 1 ? 2 : 4) < 0)
        return -1;
    len = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (len > in->size - in->at || len > 65535)
        return err_set(in->err, ERR_CONFIG, "byte 8: a header of %zu bytes", len);
    header = mem_array(len + 1, 1);
    if (take(in, header, len) < 0 || npy_header(in, header, &item, shape) < 0)
        goto out;
    if (agree(in, (size_t)shape[1]) < 0 || count(in, item * (size_t)shape[1], &n) < 0)
        goto out;
    if (n != shape[0]) {
        err_set(in->err, ERR_CONFIG, "its header tells of %llu vectors, it holds %zu (from byte %llu)",
                (unsigned long long)shape[0], n, (unsigned long long)in->at);
        goto out;
    }
    if (vectors_new(v, n, (size_t)shape[1], in->err) == 0)
        ret = item == 2 ? read_halves(in, v) : take(in, v->data, n * v->dim * sizeof(float));
out:
    free(header);
    return ret;
}

static const struct {
    const char *ending;
    int (*read)(struct input *in, struct vectors *v);
} formats[] = { { ".fvecs", read_fvecs }, { ".npy", read_npy }, { ".f32", read_raw }, { ".raw", read_raw } };

int vectors_read_from(FILE *f, const char *path, size_t dim, struct vectors *v, struct err *err)
{
    struct input in = { .f = f, .dim = dim, .err = err };
    const char *ending = strrchr(path, '.');
    size_t format = 0;
    off_t size;

    *v = (struct vectors){ 0 };
    while (format < ARRAY_LEN(formats) && (!ending || strcmp(ending, formats[format].ending)))
        format++;
    if (format == ARRAY_LEN(formats))
        return err_set(err, ERR_CONFIG, "'%s': vectors are read from .fvecs, .npy, .f32 and .raw files", path);
    size = fseeko(f, 0, SEEK_END) == 0 ? ftello(f) : -1;
    if (size < 0)
        return err_set(err, ERR_CONFIG, "cannot read '%s': it has no size: a file is wanted, not a pipe", path);
    rewind(f);
    in.size = (uint64_t)size;
    if (formats[format].read(&in, v) == 0 && vectors_check(v, err) == 0)
        return 0;
    vectors_free(v);
    return err_wrap(err, "cannot read '%s'", path);
}

int vectors_read(const char *path, size_t dim, struct vectors *v, struct err *err)
{
    FILE *f = fopen(path, "rb");
    int ret;

    *v = (struct vectors){ 0 };
    if (!f)
        return err_set(err, ERR_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    ret = vectors_read_from(f, path, dim, v, err);
    fclose(f);
    return ret;
}
