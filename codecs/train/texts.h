// SPDX-License-Identifier: MIT
/* texts.h -- WordNet's sentences as lists of words, and pairs of them that mean much the same.
 *
 * A share of the synsets is held out: chosen by a hash of their name, so the same on every host, and no word of theirs
 * is counted, no pair with one of them on either side is trained on. */
#pragma once

#include "codecs/wordnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    uint32_t begin, end; /* in texts.words */
};

/* All lemmas, definition, each example of a synset, as words, in this order. */
struct texts {
    size_t n_words;  /* distinct words; their ids are below it, in the order in which they first appear */
    char **spelling; /* (n_words) owned */
    uint32_t *count; /* (n_words) in what is not held out */

    uint32_t *words;                  /* the pool */
    size_t n;                         /* synsets */
    struct span *definition, *lemmas; /* (n) */
    struct span *examples;            /* (first_example[n]) those of synset s from first_example[s] on */
    uint32_t *first_example;          /* (n + 1) */
    bool *held_out;                   /* (n) */
};

void texts_make(const struct wordnet *wordnet, struct texts *texts);
void texts_free(struct texts *texts); /* accepts {0} */

enum pair_kind { PAIR_LEMMAS, PAIR_EXAMPLE, PAIR_HYPERNYM, PAIR_HALVES, PAIR_RELATED, PAIR_USAGE, PAIR_KINDS };
extern const char *const pair_kind_names[PAIR_KINDS];

/* x: the lemmas, an example, or the definition; y: a definition, of PAIR_HYPERNYM the broader synset's, of PAIR_RELATED
 * that of one near in meaning (wordnet.h). Of PAIR_HALVES both are the same definition, from which the trainer draws
 * other words for x than for y; PAIR_USAGE is an example and the lemmas. The last three are for training only. Before a
 * definition stand its synset's lemmas: with them, from x_lead or y_lead on, it is another text for the same. */
struct pair {
    uint32_t synset_x, synset_y; /* keys: differ for PAIR_HYPERNYM and PAIR_RELATED only */
    struct span x, y;
    uint32_t x_lead, y_lead; /* x.begin, y.begin where there is no such text */
    enum pair_kind kind;
};

/* The pairs that may be trained on, or those of held-out synsets, by synset; *n of them, free() it. */
struct pair *texts_pairs(const struct texts *texts, const struct wordnet *wordnet, bool held_out, size_t *n);
