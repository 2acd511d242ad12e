// SPDX-License-Identifier: MIT
/* tokenizer_private.h -- what both kinds of tokenizers are made of. */
#pragma once

#include "inference/tokenizer.h"

/* The token types of the files. */
enum tokenizer_type { TOKEN_NORMAL = 1, TOKEN_UNKNOWN, TOKEN_CONTROL, TOKEN_USER, TOKEN_UNUSED, TOKEN_BYTE };

/* Strings to their numbers, by binary search. */
struct dictionary {
    struct dictionary_entry {
        struct gguf_string key;
        int32_t value;
    } *entries;
    size_t n;
};

struct words; /* tokenizer_words.c */

struct tokenizer {
    bool bytes;    /* gpt2; else llama */
    size_t n;
    const struct gguf_string *texts; /* as in the file */
    struct gguf_string *pieces;      /* what they stand for: into texts or `store` */
    char *store;
    uint8_t *types;
    float *scores;                /* llama */
    struct dictionary tokens;     /* texts that may be made from text */
    struct dictionary merges;     /* gpt2: "left right" to its rank */
    struct words *words;          /* gpt2 */
    bool whole_words;             /* gpt2: a word that is a token is taken as it is, without merges */
    uint16_t chars[256];          /* gpt2: the characters that bytes are written as */
    int32_t byte_ids[256];        /* llama: -1 where it has none */
    int32_t bos, eos, eot, unknown; /* -1: none */
    bool add_bos, add_space;
};

/* The n strings of `keys` that `values` does not say -1 for; of equal keys the first. */
int dictionary_new(struct dictionary *d, const struct gguf_string *keys, const int32_t *values, size_t n,
                   struct err *err);
void dictionary_free(struct dictionary *d);
int32_t dictionary_find(const struct dictionary *d, struct gguf_string key); /* -1: not there */

/* How much a pair of neighbours wants to be merged: false where not at all, else the lowest *rank first. The pair's
 * bytes lie side by side: `left` bytes of `pair` are the first's. */
typedef bool merge_rank_fn(const struct tokenizer *t, struct gguf_string pair, size_t left, float *rank);

/* A stretch of text, cut into characters to begin with, then merged pair by pair; the leftmost of equal ranks first. */
struct merge;
struct merge *merge_new(void);
void merge_free(struct merge *m); /* accepts NULL */
void merge_add(struct merge *m, struct gguf_string symbol);   /* each where the one before ends */
void merge_run(struct merge *m, const struct tokenizer *t, merge_rank_fn *rank);
size_t merge_count(const struct merge *m);                     /* of the symbols added */
struct gguf_string merge_at(const struct merge *m, size_t i); /* len 0: it was merged into one before it */
void merge_clear(struct merge *m);

/* Text into words, by the regular expressions that `pre` stands for; *whole as in struct tokenizer. NULL with *err
 * filled: there is none of that name. */
struct words *words_new(struct gguf_string pre, bool *whole, struct err *err);
void words_free(struct words *w); /* accepts NULL */

typedef int words_fn(void *arg, const char *word, size_t len, struct err *err);
int words_split(const struct words *w, const char *text, size_t len, words_fn *fn, void *arg, struct err *err);

/* The length of the UTF-8 character at s, 1 for what is none. */
size_t utf8_length(const char *s, size_t len);

/* Fills *t from the file, all but the look-ups of tokenizer.c; on failure tokenizer_free() cleans up. */
int tokenizer_read(struct tokenizer *t, const struct gguf *g, struct err *err);
