// SPDX-License-Identifier: MIT
/* tokenizer_vocab.c -- a vocabulary out of a file's metadata. */
#include "base/mem.h"
#include "inference/tokenizer_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_CHARS = 0x200 };

#define LOWER_BLOCK "\xe2\x96\x81" /* U+2581: what SentencePiece writes a space as */

static int compare(struct gguf_string a, struct gguf_string b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.data, b.data, n) : 0;

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int by_key(const void *a, const void *b)
{
    const struct dictionary_entry *x = a, *y = b;
    int c = compare(x->key, y->key);

    return c ? c : (x->value > y->value) - (x->value < y->value);
}

int dictionary_new(struct dictionary *d, const struct gguf_string *keys, const int32_t *values, size_t n,
                   struct err *err)
{
    size_t kept = 0;

    *d = (struct dictionary){ .entries = mem_zeroed(n ? n : 1, sizeof(*d->entries), err) };
    if (!d->entries)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (values[i] >= 0)
            d->entries[d->n++] = (struct dictionary_entry){ keys[i], values[i] };
    qsort(d->entries, d->n, sizeof(*d->entries), by_key);
    for (size_t i = 0; i < d->n; i++)
        if (kept == 0 || compare(d->entries[kept - 1].key, d->entries[i].key) != 0)
            d->entries[kept++] = d->entries[i];
    d->n = kept;
    return 0;
}

void dictionary_free(struct dictionary *d)
{
    free(d->entries);
    *d = (struct dictionary){ 0 };
}

int32_t dictionary_find(const struct dictionary *d, struct gguf_string key)
{
    size_t low = 0, high = d->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = compare(key, d->entries[mid].key);

        if (c == 0)
            return d->entries[mid].value;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return -1;
}

size_t utf8_length(const char *s, size_t len)
{
    uint8_t c = (uint8_t)s[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 1;

    if (n > len)
        return 1;
    for (size_t i = 1; i < n; i++)
        if (((uint8_t)s[i] & 0xc0) != 0x80)
            return 1;
    return n;
}

/* Bytes that print as themselves in Latin-1 are their own characters; the others come from U+0100 on, in order. */
static void byte_characters(uint16_t chars[256])
{
    uint16_t next = 0x100;

    for (int b = 0; b < 256; b++) {
        bool prints = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;

        chars[b] = prints ? (uint16_t)b : next++;
    }
}

/* "<0x0A>" to 10; -1 for another text. */
static int byte_of(struct gguf_string text)
{
    char digits[3] = { 0 }, *end;
    long byte;

    if (text.len != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>')
        return -1;
    memcpy(digits, text.data + 3, 2);
    byte = strtol(digits, &end, 16);
    return end == digits + 2 && byte >= 0 ? (int)byte : -1;
}

/* Appends to the store what the text of a SentencePiece token stands for; the store has room for the text. */
static size_t piece_of_spm(const struct tokenizer *t, size_t id, char *out)
{
    struct gguf_string text = t->texts[id];
    size_t n = 0;

    if (t->types[id] == TOKEN_BYTE) {
        out[0] = (char)byte_of(text);
        return 1;
    }
    for (size_t i = 0; i < text.len;) {
        if (text.len - i >= 3 && !memcmp(text.data + i, LOWER_BLOCK, 3)) {
            out[n++] = ' ';
            i += 3;
        } else {
            out[n++] = text.data[i++];
        }
    }
    return n;
}

/* The same of a byte-level token: its characters are bytes. */
static size_t piece_of_bpe(const struct tokenizer *t, const int16_t bytes[BYTE_CHARS], size_t id, char *out)
{
    struct gguf_string text = t->texts[id];
    size_t n = 0;

    if (t->types[id] == TOKEN_USER) { /* such tokens are written as they are */
        memcpy(out, text.data, text.len);
        return text.len;
    }
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_length(text.data + i, text.len - i);
        uint8_t first = (uint8_t)text.data[i];
        uint32_t c = len == 2 ? (first & 0x1fu) << 6 | ((uint8_t)text.data[i + 1] & 0x3fu) : first;

        if (len <= 2 && c < BYTE_CHARS && bytes[c] >= 0) {
            out[n++] = (char)bytes[c];
        } else {
            memcpy(out + n, text.data + i, len);
            n += len;
        }
        i += len;
    }
    return n;
}

static int make_pieces(struct tokenizer *t, struct err *err)
{
    int16_t bytes[BYTE_CHARS];
    size_t total = 1, at = 0;

    memset(bytes, -1, sizeof(bytes));
    byte_characters(t->chars);
    for (int b = 0; b < 256; b++)
        bytes[t->chars[b]] = (int16_t)b;
    for (size_t i = 0; i < t->n; i++)
        total += t->texts[i].len;
    t->store = mem_zeroed(total, 1, err);
    t->pieces = mem_zeroed(t->n, sizeof(*t->pieces), err);
    if (!t->store || !t->pieces)
        return -1;
    for (size_t i = 0; i < t->n; i++) {
        char *out = t->store + at;
        bool shown = t->types[i] != TOKEN_CONTROL && t->types[i] != TOKEN_UNKNOWN && t->types[i] != TOKEN_UNUSED;
        size_t len = !shown ? 0 : t->bytes ? piece_of_bpe(t, bytes, i, out) : piece_of_spm(t, i, out);

        t->pieces[i] = (struct gguf_string){ out, len };
        at += len;
    }
    return 0;
}

/* Without types every token is a normal one, but for the bytes of SentencePiece. */
static int read_types(struct tokenizer *t, const struct gguf *g, struct err *err)
{
    static const char key[] = "tokenizer.ggml.token_type";
    struct gguf_array types = { 0 };

    t->types = mem_zeroed(t->n, 1, err);
    if (!t->types || (gguf_has(g, key) && gguf_numbers(g, key, true, &types, err) < 0))
        return -1;
    if (types.data && types.n != t->n)
        return err_set(err, ERR_CONFIG, "'%s': %zu tokens, but %zu types of them", gguf_name(g), t->n, types.n);
    for (size_t i = 0; i < t->n; i++) {
        int64_t type = types.data ? gguf_array_int(&types, i) : TOKEN_NORMAL;

        if (!types.data && !t->bytes && byte_of(t->texts[i]) >= 0)
            type = TOKEN_BYTE;
        if (type < TOKEN_NORMAL || type > TOKEN_BYTE)
            return err_set(err, ERR_CONFIG, "'%s': token %zu is of type %lld, not within 1 and 6", gguf_name(g), i,
                           (long long)type);
        if (type == TOKEN_BYTE && byte_of(t->texts[i]) < 0)
            return err_set(err, ERR_CONFIG, "'%s': token %zu should be a byte, and its text is not '<0x..>'",
                           gguf_name(g), i);
        t->types[i] = (uint8_t)type;
    }
    return 0;
}

static int read_scores(struct tokenizer *t, const struct gguf *g, struct err *err)
{
    struct gguf_array scores = { 0 };

    if (gguf_numbers(g, "tokenizer.ggml.scores", false, &scores, err) < 0)
        return -1;
    if (scores.n != t->n)
        return err_set(err, ERR_CONFIG, "'%s': %zu tokens, but %zu scores of them", gguf_name(g), t->n, scores.n);
    t->scores = mem_zeroed(t->n, sizeof(*t->scores), err);
    if (!t->scores)
        return -1;
    for (size_t i = 0; i < t->n; i++) {
        t->scores[i] = (float)gguf_array_float(&scores, i);
        if (isnan(t->scores[i]))
            return err_set(err, ERR_CONFIG, "'%s': the score of token %zu is not a number", gguf_name(g), i);
    }
    for (int b = 0; b < 256; b++)
        t->byte_ids[b] = -1;
    for (size_t i = t->n; i-- > 0;)
        if (t->types[i] == TOKEN_BYTE)
            t->byte_ids[byte_of(t->texts[i])] = (int32_t)i;
    return 0;
}

static int read_merges(struct tokenizer *t, const struct gguf *g, struct err *err)
{
    const struct gguf_string *merges = NULL;
    struct gguf_string pre = { "default", 7 };
    int32_t *ranks;
    size_t n = 0;
    int ret;

    if (gguf_strings(g, "tokenizer.ggml.merges", &merges, &n, err) < 0 ||
        (gguf_has(g, "tokenizer.ggml.pre") && gguf_string(g, "tokenizer.ggml.pre", &pre, err) < 0))
        return -1;
    ranks = mem_zeroed(n ? n : 1, sizeof(*ranks), err);
    if (!ranks)
        return -1;
    for (size_t i = 0; i < n; i++)
        ranks[i] = (int32_t)i;
    ret = dictionary_new(&t->merges, merges, ranks, n, err);
    free(ranks);
    t->words = ret < 0 ? NULL : words_new(pre, &t->whole_words, err);
    return t->words ? 0 : err_wrap(err, "'%s'", gguf_name(g));
}

/* What text may become: not the control tokens. */
static int index_tokens(struct tokenizer *t, struct err *err)
{
    int32_t *ids = mem_zeroed(t->n, sizeof(*ids), err);
    int ret;

    if (!ids)
        return -1;
    for (size_t i = 0; i < t->n; i++)
        ids[i] = t->types[i] == TOKEN_NORMAL || t->types[i] == TOKEN_USER ? (int32_t)i : -1;
    ret = dictionary_new(&t->tokens, t->texts, ids, t->n, err);
    free(ids);
    return ret;
}

/* -1 for "none", which some files write as the largest number. */
static int read_id(const struct tokenizer *t, const struct gguf *g, const char *key, int32_t *id, struct err *err)
{
    uint64_t value = UINT32_MAX;

    if (gguf_has(g, key) && gguf_uint(g, key, 0, UINT64_MAX, &value, err) < 0)
        return -1;
    if (value != UINT32_MAX && value >= t->n)
        return err_set(err, ERR_CONFIG, "'%s': key '%s' is %llu, but there are %zu tokens", gguf_name(g), key,
                       (unsigned long long)value, t->n);
    *id = value == UINT32_MAX ? -1 : (int32_t)value;
    return 0;
}

static int read_flags(struct tokenizer *t, const struct gguf *g, struct err *err)
{
    static const char bos[] = "tokenizer.ggml.add_bos_token", space[] = "tokenizer.ggml.add_space_prefix";

    t->add_space = !t->bytes;
    t->add_bos = !t->bytes || t->whole_words; /* as the models of either kind were trained, where the file is silent */
    if ((gguf_has(g, bos) && gguf_bool(g, bos, &t->add_bos, err) < 0) ||
        (gguf_has(g, space) && gguf_bool(g, space, &t->add_space, err) < 0))
        return -1;
    t->add_bos = t->add_bos && t->bos >= 0;
    t->add_space = t->add_space && !t->bytes;
    return 0;
}

int tokenizer_read(struct tokenizer *t, const struct gguf *g, struct err *err)
{
    struct gguf_string kind = { 0 };

    if (gguf_string(g, "tokenizer.ggml.model", &kind, err) < 0 ||
        gguf_strings(g, "tokenizer.ggml.tokens", &t->texts, &t->n, err) < 0)
        return -1;
    t->bytes = kind.len == 4 && !memcmp(kind.data, "gpt2", 4);
    if (!t->bytes && !(kind.len == 5 && !memcmp(kind.data, "llama", 5)))
        return err_set(err, ERR_CONFIG, "'%s': key 'tokenizer.ggml.model' is neither 'llama' nor 'gpt2'", gguf_name(g));
    if (t->n == 0 || t->n > INT32_MAX)
        return err_set(err, ERR_CONFIG, "'%s': a vocabulary of %zu tokens", gguf_name(g), t->n);
    if (read_types(t, g, err) < 0 || (t->bytes ? read_merges(t, g, err) : read_scores(t, g, err)) < 0 ||
        make_pieces(t, err) < 0 || index_tokens(t, err) < 0)
        return -1;
    if (read_id(t, g, "tokenizer.ggml.bos_token_id", &t->bos, err) < 0 ||
        read_id(t, g, "tokenizer.ggml.eos_token_id", &t->eos, err) < 0 ||
        read_id(t, g, "tokenizer.ggml.eot_token_id", &t->eot, err) < 0 ||
        read_id(t, g, "tokenizer.ggml.unknown_token_id", &t->unknown, err) < 0)
        return -1;
    return read_flags(t, g, err);
}
