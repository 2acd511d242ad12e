// SPDX-License-Identifier: MIT
#include "codecs/encoder_words.h"

#include <string.h>

static char lowered(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

size_t encoder_word_next(const char **text, char *word)
{
    const char *s = *text;
    size_t len = 0;

    while (*s && !lowered(*s))
        s++;
    for (; lowered(*s); s++)
        if (len < WORD_LETTERS_MAX)
            word[len++] = lowered(*s);
    word[len] = '\0';
    *text = s;
    return len;
}

/* FNV-1a (Fowler, Noll, Vo) leaves the low bits of short strings alike: the shifts spread them. */
uint64_t encoder_word_hash(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

size_t encoder_word_grams(const char *word, size_t len, uint32_t buckets, uint32_t grams[WORD_GRAMS_MAX])
{
    char marked[WORD_LETTERS_MAX + 2];
    size_t n = 0;

    if (buckets == 0 || len < WORD_GRAM_MIN || len > WORD_LETTERS_MAX)
        return 0;
    marked[0] = '<';
    memcpy(marked + 1, word, len);
    marked[len + 1] = '>';
    for (size_t size = WORD_GRAM_MIN; size <= WORD_GRAM_MAX && size < len + 2; size++)
        for (size_t at = 0; at + size <= len + 2; at++)
            grams[n++] = (uint32_t)(encoder_word_hash(marked + at, size) % buckets);
    return n;
}
