// SPDX-License-Identifier: MIT
/* gguf.h -- a GGUF file (ggml's format, its specification version 3; version 2 has the same layout), read-only, from a
 * mapping. A file may come from anybody: what gguf_open() accepts is sound in every byte that the functions here touch,
 * and what it refuses it refuses with one error that says what is wrong with which key or tensor.
 *
 * Refused: another magic or version, big-endian files; counts, strings and arrays that reach beyond the file; unknown
 * value types, nested arrays; empty, repeated or overlong keys and names; an alignment that is no power
 * of two; more than 4 dimensions, an empty one, sizes that overflow, rows that are no whole blocks; tensor types other
 * than those below; tensors that are misaligned, overlap, leave gaps beyond the padding, or end behind the file.
 *
 * Whatever a function returns points into the struct gguf and lives as long. All of it may be read by any number of
 * threads at once. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GGUF_NAME_MAX = 64,         /* of a tensor's name, with the NUL */
    GGUF_KEY_MAX = 256,         /* bytes of a key */
    GGUF_STRING_MAX = 1 << 20,  /* bytes of a string value */
    GGUF_ARRAY_MAX = 1 << 24,   /* elements of an array */
    GGUF_KEYS_MAX = 1 << 12,
    GGUF_TENSORS_MAX = 1 << 16,
    GGUF_ALIGNMENT_MAX = 1 << 20,
    GGUF_DIMS_MAX = 4,
};

/* Tensor types by their numbers in the file. 36 is I2_S in Microsoft's fork. */
enum gguf_type {
    GGUF_F32 = 0,
    GGUF_F16 = 1,
    GGUF_Q8_0 = 8,   /* 32 values: f16 scale, 32 int8 */
    GGUF_BF16 = 30,
    GGUF_TQ1_0 = 34, /* 256 ternary values in 54 bytes: 48 + 4 bytes of base-3 digits, f16 scale */
    GGUF_TQ2_0 = 35, /* 256 ternary values in 66 bytes: 64 bytes of 2 bits, f16 scale */
    GGUF_I2_S = 36,  /* 128 ternary values in 32 bytes; one f32 scale a tensor, in 32 bytes behind the last */
};

/* "TQ2_0"; NULL for a number that is none of them. */
const char *gguf_type_name(int type);

/* Of the type's blocks: elements and bytes. */
size_t gguf_type_block(enum gguf_type type);
size_t gguf_type_block_bytes(enum gguf_type type);

/* Bytes of a tensor of `rows` rows of `cols` elements, cols a multiple of the block; false where that overflows or the
 * row is no whole blocks. */
bool gguf_type_bytes(enum gguf_type type, uint64_t rows, uint64_t cols, size_t *bytes);

struct gguf_tensor {
    char name[GGUF_NAME_MAX];
    enum gguf_type type;
    int n_dims;
    uint64_t dims[GGUF_DIMS_MAX]; /* dims[0] is the contiguous one: a matrix has dims[1] rows; 1 beyond n_dims */
    const void *data;             /* of a file: aligned as it says, to 32 bytes by default */
    size_t bytes;
};

struct gguf;

/* ERR_CONFIG where the file is not sound, with `path` and what is wrong. NULL then. gguf_close() accepts NULL. */
struct gguf *gguf_open(const char *path, struct err *err);
void gguf_close(struct gguf *g);

/* The same of `size` bytes in memory, which must outlive the result; `name` is for errors. */
struct gguf *gguf_parse(const void *data, size_t size, const char *name, struct err *err);

const char *gguf_name(const struct gguf *g); /* the path, for errors */
size_t gguf_size(const struct gguf *g);      /* of the file, in bytes */

size_t gguf_n_tensors(const struct gguf *g);
const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i);
const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name); /* NULL where there is none */

/* That the tensor's pages are no longer needed in memory (they come back from the file when they are): so that weights
 * which were repacked are not held twice. Nothing for gguf_parse(). */
void gguf_forget(const struct gguf *g, const struct gguf_tensor *tensor);

/* Metadata. The getters fill *value, or fail with ERR_CONFIG that names file and key: absent, of another type, out of
 * [low, high]. Whole numbers of every width are read as one kind, so are both widths of floats. */
bool gguf_has(const struct gguf *g, const char *key);
int gguf_uint(const struct gguf *g, const char *key, uint64_t low, uint64_t high, uint64_t *value, struct err *err);
int gguf_float(const struct gguf *g, const char *key, double *value, struct err *err); /* finite */
int gguf_bool(const struct gguf *g, const char *key, bool *value, struct err *err);

struct gguf_string {
    const char *data; /* not NUL-terminated; any bytes */
    size_t len;
};

int gguf_string(const struct gguf *g, const char *key, struct gguf_string *value, struct err *err);
int gguf_strings(const struct gguf *g, const char *key, const struct gguf_string **values, size_t *n, struct err *err);

/* An array of numbers in the file; `whole` says which kind is wanted. */
struct gguf_array {
    const uint8_t *data;
    size_t n;
    int type; /* of the elements: the file's number for it */
};

int gguf_numbers(const struct gguf *g, const char *key, bool whole, struct gguf_array *array, struct err *err);
double gguf_array_float(const struct gguf_array *array, size_t i);
int64_t gguf_array_int(const struct gguf_array *array, size_t i); /* INT64_MAX for what is larger */

/* Row `row` of a matrix of such a type as floats. `data` is a tensor's, with `rows` rows of `cols` elements. */
void gguf_row(enum gguf_type type, const void *data, size_t rows, size_t cols, size_t row, float *out);

/* The same of a ternary type, without the scale: -1, 0, 1; 2 for a code that means nothing. And the scale of a block,
 * counted over the whole matrix; I2_S has the same one everywhere. */
bool gguf_type_ternary(enum gguf_type type);
void gguf_row_codes(enum gguf_type type, const void *data, size_t cols, size_t row, int8_t *codes);
float gguf_ternary_scale(enum gguf_type type, const void *data, size_t rows, size_t cols, size_t block);
