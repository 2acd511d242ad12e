// SPDX-License-Identifier: MIT
#include "inference/tokenizer.h"

#include "base/mem.h"
#include "inference/tokenizer_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LOWER_BLOCK "\xe2\x96\x81"

void tokenizer_free(struct tokenizer *t)
{
    if (!t)
        return;
    free(t->pieces);
    free(t->store);
    free(t->types);
    free(t->scores);
    dictionary_free(&t->tokens);
    dictionary_free(&t->merges);
    words_free(t->words);
    free(t);
}

struct tokenizer *tokenizer_new(const struct gguf *g, struct err *err)
{
    struct tokenizer *t = mem_array(1, sizeof(*t));

    if (tokenizer_read(t, g, err) == 0)
        return t;
    tokenizer_free(t);
    return NULL;
}

size_t tokenizer_size(const struct tokenizer *t)
{
    return t->n;
}

int32_t tokenizer_bos(const struct tokenizer *t)
{
    return t->bos;
}

int32_t tokenizer_eos(const struct tokenizer *t)
{
    return t->eos;
}

bool tokenizer_adds_bos(const struct tokenizer *t)
{
    return t->add_bos;
}

static bool is_string(struct gguf_string s, const char *text)
{
    return s.len == strlen(text) && !memcmp(s.data, text, s.len);
}

bool tokenizer_ends(const struct tokenizer *t, int32_t id)
{
    static const char *const ends[] = { "<|eot_id|>", "<|end_of_text|>", "<|im_end|>", "<|endoftext|>", "<|end|>" };

    if (id == t->eos || id == t->eot)
        return id >= 0;
    for (size_t i = 0; i < ARRAY_LEN(ends) && t->types[id] == TOKEN_CONTROL; i++)
        if (is_string(t->texts[id], ends[i]))
            return true;
    return false;
}

const char *tokenizer_piece(const struct tokenizer *t, int32_t id, size_t *len)
{
    if (id < 0 || (size_t)id >= t->n)
        BUG("there is no token %d", id);
    *len = t->pieces[id].len;
    return t->pieces[id].data;
}

bool tokenizer_skips_space(const struct tokenizer *t)
{
    return t->add_space;
}

void tokens_add(struct tokens *tokens, int32_t id)
{
    tokens->ids = mem_grow(tokens->ids, &tokens->capacity, tokens->n + 1, sizeof(*tokens->ids));
    tokens->ids[tokens->n++] = id;
}

void tokens_free(struct tokens *tokens)
{
    free(tokens->ids);
    *tokens = (struct tokens){ 0 };
}

/* SentencePiece: the joint piece must be a token; the highest score goes first. */
static bool rank_spm(const struct tokenizer *t, struct gguf_string pair, size_t left, float *rank)
{
    int32_t id = dictionary_find(&t->tokens, pair);

    (void)left;
    *rank = id < 0 ? 0 : -t->scores[id];
    return id >= 0;
}

/* Byte-level BPE: "left right" must be in the list of merges; its place there is its rank. */
static bool rank_bpe(const struct tokenizer *t, struct gguf_string pair, size_t left, float *rank)
{
    char key[256];
    int32_t place;

    if (pair.len + 1 > sizeof(key)) /* no merge is as long: the longest tokens are runs of some 100 spaces */
        return false;
    memcpy(key, pair.data, left);
    key[left] = ' ';
    memcpy(key + left + 1, pair.data + left, pair.len - left);
    place = dictionary_find(&t->merges, (struct gguf_string){ key, pair.len + 1 });
    *rank = (float)place;
    return place >= 0;
}

/* The text that a symbol stands for; of byte-level BPE symbols are bytes, each written as a character. */
static struct gguf_string as_text(const struct tokenizer *t, struct gguf_string s, char byte[1])
{
    unsigned c = (uint8_t)s.data[0];

    if (!t->bytes)
        return is_string(s, LOWER_BLOCK) ? (struct gguf_string){ " ", 1 } : s;
    if (s.len > 1)
        c = (c & 0x1f) << 6 | ((uint8_t)s.data[1] & 0x3f);
    for (int b = 0; b < 256; b++)
        if (t->chars[b] == c)
            *byte = (char)b;
    return (struct gguf_string){ byte, 1 };
}

static int unknown(const struct tokenizer *t, struct gguf_string s, struct tokens *tokens, struct err *err)
{
    struct gguf_string text;
    char byte = '?';

    if (t->unknown >= 0) {
        tokens_add(tokens, t->unknown);
        return 0;
    }
    text = as_text(t, s, &byte);
    if (text.len == 1 && !isprint((uint8_t)text.data[0]))
        return err_set(err, ERR_USAGE, "the vocabulary has no token for the byte 0x%02x, and none for the unknown",
                       (uint8_t)text.data[0]);
    return err_set(err, ERR_USAGE, "the vocabulary has no token for '%.*s', and none for the unknown", (int)text.len,
                   text.data);
}

/* A character that is no token: its bytes; where one of them is missing, the unknown token. */
static int emit_bytes(const struct tokenizer *t, struct gguf_string s, struct tokens *tokens, struct err *err)
{
    for (size_t i = 0; i < s.len; i++)
        if (t->byte_ids[(uint8_t)s.data[i]] < 0)
            return unknown(t, s, tokens, err);
    for (size_t i = 0; i < s.len; i++)
        tokens_add(tokens, t->byte_ids[(uint8_t)s.data[i]]);
    return 0;
}

static int emit(const struct tokenizer *t, const struct merge *m, struct tokens *tokens, struct err *err)
{
    for (size_t i = 0; i < merge_count(m); i++) {
        struct gguf_string s = merge_at(m, i);
        int32_t id;

        if (s.len == 0)
            continue;
        id = dictionary_find(&t->tokens, s);
        if (id >= 0)
            tokens_add(tokens, id);
        else if ((t->bytes ? unknown(t, s, tokens, err) : emit_bytes(t, s, tokens, err)) < 0)
            return -1;
    }
    return 0;
}

static int encode_spm(const struct tokenizer *t, const char *text, size_t len, bool space, struct tokens *tokens,
                      struct err *err)
{
    char *copy = mem_array(3 * len + 4, 1); /* a space takes three bytes */
    struct merge *m = merge_new();
    size_t n = 0;
    int ret;

    if (space) {
        memcpy(copy, LOWER_BLOCK, 3); // NOLINT: it ends by its length
        n = 3;
    }
    for (size_t i = 0; i < len; i++) {
        memcpy(copy + n, text[i] == ' ' ? LOWER_BLOCK : text + i, text[i] == ' ' ? 3 : 1);
        n += text[i] == ' ' ? 3 : 1;
    }
    for (size_t i = 0; i < n; i += utf8_length(copy + i, n - i))
        merge_add(m, (struct gguf_string){ copy + i, utf8_length(copy + i, n - i) });
    merge_run(m, t, rank_spm);
    ret = emit(t, m, tokens, err);
    merge_free(m);
    free(copy);
    return ret;
}

struct bpe {
    const struct tokenizer *t;
    struct tokens *tokens;
    struct merge *merge;
    char *copy; /* room for the characters of all bytes of the text */
};

static int encode_word(void *arg, const char *word, size_t len, struct err *err)
{
    struct bpe *b = arg;
    size_t n = 0;
    int32_t id;

    merge_clear(b->merge);
    for (size_t i = 0; i < len; i++) {
        uint16_t c = b->t->chars[(uint8_t)word[i]];
        char *at = b->copy + n;

        if (c < 0x80) {
            b->copy[n++] = (char)c;
        } else {
            b->copy[n++] = (char)(0xc0 | c >> 6);
            b->copy[n++] = (char)(0x80 | (c & 0x3f));
        }
        merge_add(b->merge, (struct gguf_string){ at, c < 0x80 ? 1 : 2 });
    }
    id = b->t->whole_words ? dictionary_find(&b->t->tokens, (struct gguf_string){ b->copy, n }) : -1;
    if (id >= 0) {
        tokens_add(b->tokens, id);
        return 0;
    }
    merge_run(b->merge, b->t, rank_bpe);
    return emit(b->t, b->merge, b->tokens, err);
}

static int encode_bpe(const struct tokenizer *t, const char *text, size_t len, struct tokens *tokens, struct err *err)
{
    struct bpe b = { t, tokens, merge_new(), mem_array(2 * len + 1, 1) };
    int ret = words_split(t->words, text, len, encode_word, &b, err);

    merge_free(b.merge);
    free(b.copy);
    return ret;
}

int tokenizer_encode(const struct tokenizer *t, const char *text, size_t len, bool start, struct tokens *tokens,
                     struct err *err)
{
    if (start && t->add_bos)
        tokens_add(tokens, t->bos);
    if (len == 0)
        return 0;
    if (t->bytes)
        return encode_bpe(t, text, len, tokens, err);
    return encode_spm(t, text, len, start && t->add_space, tokens, err);
}
