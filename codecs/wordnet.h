// SPDX-License-Identifier: MIT
/* wordnet.h -- the synsets of WordNet 3.0 as Debian's `wordnet-base` installs them (format: wndb(5)): words that share
 * a meaning, the definition of that meaning, sentences that use it, and the broader synsets.
 *
 * All strings are NUL-terminated ASCII as the database has them (case kept), and belong to the wordnet. The order is
 * that of the files noun, verb, adj, adv, by offset: the same on every host that has the same files. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct wordnet_synset {
    char pos;                    /* n(oun), v(erb), a(djective), s(atellite adjective: near an `a`), r (adverb) */
    uint32_t offset;             /* byte offset in its file: with the file, what names a synset */
    const char *definition;      /* "a motor vehicle with four wheels; usually propelled by ..." */
    const char *const *lemmas;   /* (n_lemmas) "motor vehicle": blanks, not underscores; no syntactic marker */
    const char *const *examples; /* (n_examples) without their quotation marks */
    const uint32_t *hypernyms;   /* (n_hypernyms) indexes of the broader synsets, instances' classes among them; of a
                                  * satellite: the adjectives that it is similar to */
    const uint32_t *related;     /* (n_related) indexes of synsets that share a root, of parts, members, attributes, of
                                  * what a verb entails: near in meaning, neither broader nor narrower nor opposite */
    size_t n_lemmas, n_examples, n_hypernyms, n_related; /* n_lemmas > 0; the others may be 0 */
};

struct wordnet {
    struct wordnet_synset *synsets; /* (n) 117,659 in release 3.0 */
    size_t n;
    uint64_t hash; /* XXH64 of the four files' bytes: names what was read, for caches */

    char *text; /* what the strings point into, and the pools of the pointers: not for callers */
    const char **strings;
    uint32_t *links;
};

#define WORDNET_FOLDER "/usr/share/wordnet"

/* Reads data.noun, data.verb, data.adj, data.adv of `folder` (NULL: WORDNET_FOLDER). -1: ERR_HOST where they are not
 * there, naming the package; ERR_CONFIG with file and line where one is not what wndb(5) says. */
int wordnet_load(const char *folder, struct wordnet *wordnet, struct err *err);
uint64_t wordnet_id(const struct wordnet_synset *synset); /* one number a synset: its file and offset */
void wordnet_free(struct wordnet *wordnet);               /* accepts {0} */
