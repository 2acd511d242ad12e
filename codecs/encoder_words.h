// SPDX-License-Identifier: MIT
/* encoder_words.h -- how text becomes rows of the encoder's table. Shared by the encoder and its trainer: what one
 * trains, the other must find.
 *
 * A word is a run of [a-z0-9] after A-Z are lowered; every other byte separates. A word has a row of its own where the
 * vocabulary knows it, and rows shared by hashing for its n-grams of 3 to 5 letters, "<" and ">" standing at its ends
 * (subwords as Bojanowski et al., "Enriching word vectors with subword information", TACL 5, 2017). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    WORD_LETTERS_MAX = 32, /* of a longer word the first so many count */
    WORD_GRAM_MIN = 3,
    WORD_GRAM_MAX = 5,
    WORD_GRAMS_MAX = WORD_LETTERS_MAX * (WORD_GRAM_MAX - WORD_GRAM_MIN + 1),
};

/* The next word at *text, lowered and NUL-terminated into word[WORD_LETTERS_MAX + 1]; *text moves behind it. Returns
 * its length, 0 at the end of the text. */
size_t encoder_word_next(const char **text, char *word);

/* The buckets, each below `buckets`, of the n-grams of a word of `len` letters. Returns how many; 0 of a word too short
 * to have one that is not the word itself. */
size_t encoder_word_grams(const char *word, size_t len, uint32_t buckets, uint32_t grams[WORD_GRAMS_MAX]);

uint64_t encoder_word_hash(const char *bytes, size_t len); /* FNV-1a, 64 bits, its ends mixed */
