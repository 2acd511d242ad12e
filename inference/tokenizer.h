// SPDX-License-Identifier: MIT
/* tokenizer.h -- text to token ids and back, from the vocabulary in a GGUF file (tokenizer.ggml.*).
 *
 *   llama   SentencePiece: pieces with scores; the adjacent pair whose joint piece scores highest is merged first, the
 *           leftmost of equals; what no piece covers becomes byte tokens, or the unknown token (Kudo & Richardson,
 *           "SentencePiece", EMNLP 2018)
 *   gpt2    byte-level BPE: text is split into words as the file's `pre` says, bytes become printable characters, pairs
 *           are merged in the order of the file's list (Sennrich, Haddow & Birch, ACL 2016; Radford et al., 2019)
 *
 * Control tokens are never made from text. Any bytes may be encoded; invalid UTF-8 goes by bytes. */
#pragma once

#include "base/err.h"
#include "inference/gguf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tokenizer;

/* ERR_CONFIG where the vocabulary is missing, inconsistent or of another kind. The gguf must outlive it. */
struct tokenizer *tokenizer_new(const struct gguf *g, struct err *err);
void tokenizer_free(struct tokenizer *t); /* accepts NULL */

size_t tokenizer_size(const struct tokenizer *t);

/* -1: the vocabulary has none. */
int32_t tokenizer_bos(const struct tokenizer *t);
int32_t tokenizer_eos(const struct tokenizer *t);

bool tokenizer_adds_bos(const struct tokenizer *t); /* whether text begins with it, as the file says */
bool tokenizer_ends(const struct tokenizer *t, int32_t id); /* a token that ends a text: EOS, end of turn */

struct tokens {
    int32_t *ids;
    size_t n, capacity;
};

/* Appends the ids of text[0..len) to *tokens; with `start` as the start of a text: BOS where the file wants one, a
 * space in front where it wants that. Start from {0}; tokens_free() is fine on {0}. */
int tokenizer_encode(const struct tokenizer *t, const char *text, size_t len, bool start, struct tokens *tokens,
                     struct err *err);
void tokens_add(struct tokens *tokens, int32_t id);
void tokens_free(struct tokens *tokens);

/* The bytes that a token stands for (a character may be spread over several tokens), "" for control tokens. An id that
 * is none is a BUG(). A SentencePiece text begins with a space that was not in it: tokenizer_skips_space() says whether
 * the first token's is to be dropped. */
const char *tokenizer_piece(const struct tokenizer *t, int32_t id, size_t *len);
bool tokenizer_skips_space(const struct tokenizer *t);
