// SPDX-License-Identifier: MIT
/* corpus_private.h -- how a corpus comes from a source of documents: embed, deduplicate, split, cut, find neighbours;
 * each step cached by the content that it depends on. */
#pragma once

#include "codecs/corpus.h"

struct corpus_source {
    const char *name;   /* [a-z0-9_]+: also that of its files in the cache */
    const char *origin; /* for reports: "latent semantic analysis of WordNet's glosses" */
    uint64_t key;       /* a hash of all that the vectors depend on: data, parameters, and a number for the code */
    bool keep;          /* cache the vectors of the splits, as half floats; else only which they are */
    bool matryoshka;
    size_t train, base, queries; /* how many are wanted; where there are fewer, their proportions hold */

    /* Fills `all`, a vector for each row, of any length (zero vectors are left out), and `documents` (all->n, freed by
     * the caller): what document each row is of. A document's rows stay in one split. Called only where the cache does
     * not know the answer. */
    int (*make)(const void *arg, struct vectors *all, uint64_t **documents, struct err *err);
    const void *arg;
};

int corpus_build(const struct corpus_source *source, struct corpus_size size, struct corpus *corpus, struct err *err);

/* Normalises `all`, then fills train, base and queries of the corpus from it: documents in the order of a hash, the
 * first for queries, then base, then train, without near duplicates. -1 (ERR_CONFIG) where less than one is left for
 * each. `kept` of the source's cache is used and filled. */
int corpus_split(const struct corpus_source *source, struct vectors *all, const uint64_t *documents,
                 struct corpus *corpus, struct err *err);

/* Cuts base and queries to `size`, finds the neighbours (or has them from the cache), writes `describe`. */
int corpus_finish(const char *origin, struct corpus_size size, struct corpus *corpus, struct err *err);
