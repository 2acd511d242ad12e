// SPDX-License-Identifier: MIT
/* tokenizer_words.c -- how byte-level BPE cuts text into words before it merges: regular expressions that came with the
 * models, by the names that files give them. PCRE2 knows the categories of Unicode. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "base/mem.h"
#include "inference/tokenizer_private.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define GPT2   "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"
#define LLAMA3                                                                                                         \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"           \
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define QWEN2  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" \
               "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

enum { PATTERNS_MAX = 2 };

/* Each pattern splits what the one before it left in one piece. */
static const struct pre {
    const char *name, *patterns[PATTERNS_MAX];
    bool whole;
} pres[] = {
    { "default", { GPT2 }, false },
    { "gpt-2", { GPT2 }, false },
    { "gpt2", { GPT2 }, false },
    { "llama-bpe", { LLAMA3 }, true },
    { "llama3", { LLAMA3 }, true },
    { "llama-v3", { LLAMA3 }, true },
    { "qwen2", { QWEN2 }, false },
    { "smollm", { "\\p{N}", GPT2 }, false },
    { "starcoder", { "\\p{N}", GPT2 }, false },
    { "refact", { "\\p{N}", GPT2 }, false },
};

struct words {
    pcre2_code *code[PATTERNS_MAX]; /* NULL: no more */
    pcre2_match_data *match[PATTERNS_MAX];
};

void words_free(struct words *w)
{
    if (!w)
        return;
    for (int i = 0; i < PATTERNS_MAX; i++) {
        pcre2_code_free(w->code[i]);
        pcre2_match_data_free(w->match[i]);
    }
    free(w);
}

static int compile(struct words *w, int i, const char *pattern, struct err *err)
{
    PCRE2_SIZE at;
    int code;

    w->code[i] = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                               PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
    if (!w->code[i])
        return err_set(err, ERR_HARNESS, "PCRE2 refuses '%s' at %zu", pattern, (size_t)at);
    pcre2_jit_compile(w->code[i], PCRE2_JIT_COMPLETE); /* without it matching is slower, not different */
    w->match[i] = pcre2_match_data_create_from_pattern(w->code[i], NULL);
    return w->match[i] ? 0 : err_set(err, ERR_HOST, "no memory for a regular expression");
}

struct words *words_new(struct gguf_string pre, bool *whole, struct err *err)
{
    struct words *w = mem_array(1, sizeof(*w));

    for (size_t i = 0; i < ARRAY_LEN(pres); i++) {
        if (strlen(pres[i].name) != pre.len || memcmp(pres[i].name, pre.data, pre.len) != 0)
            continue;
        for (int k = 0; k < PATTERNS_MAX && pres[i].patterns[k]; k++)
            if (compile(w, k, pres[i].patterns[k], err) < 0)
                goto fail;
        *whole = pres[i].whole;
        return w;
    }
    err_set(err, ERR_CONFIG, "key 'tokenizer.ggml.pre' is none of default, gpt-2, llama-bpe, llama3, qwen2, smollm, "
                             "starcoder, refact: how it cuts text into words is not known here");
fail:
    words_free(w);
    return NULL;
}

static int split(const struct words *w, int level, const char *text, size_t len, words_fn *fn, void *arg,
                 struct err *err)
{
    size_t at = 0;

    if (len == 0)
        return 0;
    if (level == PATTERNS_MAX || !w->code[level])
        return fn(arg, text, len, err);
    while (at < len) {
        PCRE2_SIZE *found = pcre2_get_ovector_pointer(w->match[level]);
        int n = pcre2_match(w->code[level], (PCRE2_SPTR)text, len, at, 0, w->match[level], NULL);
        size_t begin = n > 0 ? found[0] : len, end = n > 0 ? found[1] : len;

        if (n < 0 && n != PCRE2_ERROR_NOMATCH)
            return err_set(err, ERR_HARNESS, "PCRE2 fails to cut text into words: error %d", n);
        if (split(w, level + 1, text + at, begin - at, fn, arg, err) < 0 ||
            split(w, level + 1, text + begin, end - begin, fn, arg, err) < 0)
            return -1;
        at = end > at ? end : len; /* an empty match there is none: every alternative takes a character */
    }
    return 0;
}

int words_split(const struct words *w, const char *text, size_t len, words_fn *fn, void *arg, struct err *err)
{
    return split(w, 0, text, len, fn, arg, err);
}
