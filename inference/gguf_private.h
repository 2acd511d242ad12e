// SPDX-License-Identifier: MIT
/* gguf_private.h -- what the parser leaves behind for the look-ups. */
#pragma once

#include "inference/gguf.h"

/* The value types by their numbers in the file. */
enum gguf_value_type {
    GGUF_VALUE_U8,
    GGUF_VALUE_I8,
    GGUF_VALUE_U16,
    GGUF_VALUE_I16,
    GGUF_VALUE_U32,
    GGUF_VALUE_I32,
    GGUF_VALUE_F32,
    GGUF_VALUE_BOOL,
    GGUF_VALUE_STRING,
    GGUF_VALUE_ARRAY,
    GGUF_VALUE_U64,
    GGUF_VALUE_I64,
    GGUF_VALUE_F64,
    GGUF_VALUE_TYPES
};

struct gguf_entry {
    struct gguf_string key;
    enum gguf_value_type type;    /* of the value; of its elements where it is an array */
    bool array;
    size_t n;                     /* elements; 1 where it is none */
    const uint8_t *data;          /* of numbers: the first one */
    struct gguf_string *strings;  /* of strings: all of them */
};

struct gguf {
    char *name;
    const uint8_t *data;
    size_t size;
    bool mapped;
    struct gguf_entry *entries; /* sorted by key */
    size_t n_entries;
    struct gguf_tensor *tensors;
    size_t n_tensors;
    const struct gguf_tensor **by_name; /* sorted */
};

/* Bytes of a number of that type; 0 for strings and arrays. */
size_t gguf_value_bytes(enum gguf_value_type type);

int gguf_key_compare(const struct gguf_string *a, const struct gguf_string *b);

/* Fills all but name, data, size and mapped. -1 with *err filled, without the name: gguf.c puts that in front. */
int gguf_read(struct gguf *g, struct err *err);
