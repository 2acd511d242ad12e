// SPDX-License-Identifier: MIT
/* text.h -- strings: a growing buffer, globs, suggestions, numbers. ASCII; no locale. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* A growing string. Start from {0}; data is NULL or NUL-terminated; text_free() is fine on {0}. */
struct text {
    char *data;
    size_t len, capacity;
};

void text_add(struct text *t, const char *s);
void text_addf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_free(struct text *t);

/* -1 (ERR_USAGE) for a glob that is empty, longer than GLOB_MAX or has more than GLOB_BRACES braces: matching one takes
 * time exponential in its braces. To be asked once for every glob from outside. */
enum { GLOB_MAX = 512, GLOB_BRACES = 6 };
int text_glob_check(const char *glob, struct err *err);

/* Does `glob` select `id`? `*` matches any run of characters, slashes too, `?` one, `{a,b}` either; a glob also selects
 * everything below what it names, so "kernels/gemm_f32" selects all of that scenario's cases. An unbalanced brace
 * stands for itself; a slash at the end counts for nothing. */
bool text_glob(const char *glob, const char *id);

/* Does any of the globs select it? None at all selects everything. */
bool text_globs(const char *const *globs, size_t n, const char *id);

/* The candidate nearest to `word` by Damerau-Levenshtein distance (optimal string alignment), or NULL where none is
 * near enough to be a slip (more than a third of the word's length, at least 1, at most 4). */
const char *text_suggest(const char *word, const char *const *candidates, size_t n);

/* Whole-string parsers; -1 with what was wrong in *err. */
int text_int64(const char *s, int64_t low, int64_t high, int64_t *value, struct err *err);
int text_double(const char *s, double low, double high, double *value, struct err *err);

/* Copies s into dst[size], cutting it where it does not fit, never inside a UTF-8 character; always NUL-terminated. */
void text_copy(char *dst, size_t size, const char *s);
bool text_is_utf8(const char *s); /* well-formed, as RFC 3629 has it */

/* "1.23 ms"-like: three significant digits and a unit that fits. `buf` of TEXT_SHORT bytes is returned. */
#define TEXT_SHORT 32
const char *text_ns(char *buf, double ns);
